"""Generates a marketplace: customers with contacts and consents, and the orders they placed.

Reads nothing; yields records for the loader. Guarantees: the same seed and day give the same
records; customer N is the same for every count; no address or number reaches a person (e-mails at
example.com, phones from ranges that are reserved for fiction or not assigned).
"""

from __future__ import annotations

import math
import random
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalogue import MERCHANTS_PER_CITY, category_of, merchant_id
from cities import CITIES, City
from faults import FAULTS, NO, UNASKED, YES, DeliveryFault
from loader import LoadRecord

CURRENCY = "EUR"  # the same in all cities, so that one campaign reaches all
SIGNED_UP_DAYS = 1_200  # the age of the oldest customer
HISTORY_DAYS = 400  # the age of the oldest order
KM_PER_DEGREE = 111.2
CUSTOMERS_PER_FAULT = 40  # one in so many has an address that provokes a provider fault


@dataclass(frozen=True)
class Vertical:
    """A vertical and the habits of its customers."""

    name: str
    used_by: float  # the share of customers who order there
    median: int  # minor units of the median order
    spread: float  # standard deviation of the logarithm of the amounts
    hours: tuple[int, ...]


VERTICALS = (
    Vertical("food", 0.86, 1_850, 0.42, (12, 13, 13, 14, 19, 20, 20, 21, 21, 22)),
    Vertical("groceries", 0.48, 4_200, 0.50, (9, 10, 11, 12, 17, 18, 18, 19)),
    Vertical("pharmacy", 0.32, 2_100, 0.55, (9, 10, 11, 16, 17, 18)),
)


# the weight, then the customer's choice for sms, email and push
CONSENTS = (
    (34, (YES, YES, YES)),
    (14, (NO, YES, YES)),
    (10, (YES, YES, NO)),
    (9, (YES, NO, NO)),
    (9, (NO, NO, YES)),
    (11, (UNASKED, YES, UNASKED)),
    (7, (NO, NO, NO)),
    (6, (UNASKED, UNASKED, UNASKED)),
)
CHANNELS = ("sms", "email", "push")
SOURCES = ("signup_form", "checkout", "app_settings", "customer_care")
# the percentages of customers who have placed 0 to 10 orders
ORDERS = (15, 24, 20, 14, 9, 6, 4, 3, 2, 2, 1)


@dataclass(frozen=True)
class Marketplace:
    """A marketplace of `count` customers, numbered from 1; no event is later than `as_of`."""

    seed: int
    count: int
    as_of: datetime
    region: str = "us-east-1"

    def records(self) -> Iterator[LoadRecord]:
        """Yields each customer, followed by their order events, oldest first."""
        for number in range(1, self.count + 1):
            yield from self.customer_records(number)

    def customer_id(self, number: int) -> str:
        return f"cust-{self.seed}-{number:06}"

    def customer_records(self, number: int) -> Iterator[LoadRecord]:
        rng = random.Random(f"{self.seed}/{number}")
        city = rng.choices(CITIES, [city.weight for city in CITIES])[0]
        customer_id = self.customer_id(number)
        signed_up = self.as_of - timedelta(days=2 + SIGNED_UP_DAYS * rng.random() ** 1.4)
        orders = self._order_events(rng, number, customer_id, city, signed_up)
        fault = (
            FAULTS[number // CUSTOMERS_PER_FAULT % len(FAULTS)]
            if number % CUSTOMERS_PER_FAULT == 0
            else None
        )
        body = self._customer_body(rng, number, city, signed_up, len(orders), fault)
        yield LoadRecord("customer", customer_id, body, f"customer {number}")
        for order in orders:
            yield LoadRecord(
                "order", customer_id, order, f"customer {number}, order {order['order_id']}"
            )

    def _customer_body(
        self,
        rng: random.Random,
        number: int,
        city: City,
        signed_up: datetime,
        orders: int,
        fault: DeliveryFault | None,
    ) -> dict:
        first, last = (
            rng.choice(rng.choice((city.country.women, city.country.men))),
            rng.choice(city.country.last),
        )
        consents = fault.consents if fault else _consents(rng)
        contacts, endpoints = {}, []
        if fault or rng.random() < 0.94:
            contacts["phone"] = _phone(city, number)
        if fault or rng.random() < 0.97:
            contacts["email"] = f"{ascii_slug(first)}.{ascii_slug(last)}.{number}@example.com"
        if consents[2] == YES and (fault or rng.random() < 0.95):
            endpoints.append({"endpoint_id": "phone", "arn": self._endpoint(rng)})
        if fault:
            contacts, endpoints = fault.apply_to(contacts, endpoints)
        return {
            "profile": {
                "first_name": first,
                "last_name": last,
                "locale": city.country.locale,
                "zone": city.zone,
                "currency": CURRENCY,
                "signed_up": signed_up.date().isoformat(),
                "tags": _tags(rng, orders),
                "location": _location_near(rng, city),
                "city": city.name,
                "personal_dates": _personal_dates(rng),
            },
            "contacts": contacts,
            "consents": _consent_history(rng, consents, signed_up),
            "push_endpoints": endpoints,
        }

    def _order_events(
        self, rng: random.Random, number: int, customer_id: str, city: City, signed_up: datetime
    ) -> list[dict]:
        """Returns the order events, oldest first: some placed orders are cancelled or refunded."""
        uses = [vertical for vertical in VERTICALS if rng.random() < vertical.used_by]
        first_day = max(signed_up, self.as_of - timedelta(days=HISTORY_DAYS))
        span = (self.as_of - timedelta(days=1) - first_day).total_seconds()
        spending_factor = math.exp(rng.gauss(0, 0.25))  # some customers always order more
        placed, events = rng.choices(range(len(ORDERS)), ORDERS)[0] if uses else 0, []
        for place in range(placed):
            vertical = rng.choices(uses, [vertical.used_by for vertical in uses])[0]
            day = first_day + timedelta(seconds=span * math.sqrt(rng.random()))
            at = day.replace(hour=rng.choice(vertical.hours), minute=rng.randrange(60))
            at = max(signed_up, min(at, self.as_of - timedelta(hours=3)))
            total = max(
                500,
                5
                * round(
                    vertical.median * spending_factor * math.exp(rng.gauss(0, vertical.spread)) / 5
                ),
            )
            order_id = f"ord-{self.seed}-{number:06}-{place + 1}"
            order_ref = {"order_id": order_id, "customer_id": customer_id}
            merchant_number = rng.randint(1, MERCHANTS_PER_CITY)
            merchant = merchant_id(ascii_slug(city.name), vertical.name, merchant_number)
            category = category_of(vertical.name, merchant_number)
            events.append(
                (
                    at,
                    {
                        "event": "placed",
                        "event_id": "placed",
                        **order_ref,
                        "at": format_instant(at),
                        "basket": _basket(vertical.name, merchant, category, total),
                    },
                )
            )
            events.extend(_cancel_or_refund(rng, at, order_ref, total))
        return [event for _, event in sorted(events, key=lambda one: one[0])]

    def _endpoint(self, rng: random.Random) -> str:
        platform = rng.choices(("GCM/market-android", "APNS/market-ios"), (62, 38))[0]
        device = uuid.UUID(int=rng.getrandbits(128), version=4)
        return f"arn:aws:sns:{self.region}:000000000000:endpoint/{platform}/{device}"


def _cancel_or_refund(
    rng: random.Random, at: datetime, order_ref: dict, total: int
) -> list[tuple[datetime, dict]]:
    chance = rng.random()
    later = at + timedelta(minutes=rng.randint(5, 170))
    if chance < 0.03:
        cancelled = {"event": "cancelled", "event_id": "cancelled", **order_ref}
        return [(later, {**cancelled, "at": format_instant(later)})]
    if chance < 0.06:
        part = total if rng.random() < 0.3 else 5 * max(1, round(total * rng.uniform(0.1, 0.6) / 5))
        refund = {"currency": CURRENCY, "amount": part}
        refunded = {"event": "refunded", "event_id": "refunded", **order_ref, "refund": refund}
        return [(later, {**refunded, "at": format_instant(later)})]
    return []


def _consents(rng: random.Random) -> tuple[str | None, ...]:
    return rng.choices([mix for _, mix in CONSENTS], [weight for weight, _ in CONSENTS])[0]


def _consent_history(
    rng: random.Random, choices: tuple[str | None, ...], signed_up: datetime
) -> dict:
    """Returns the consents with time and source; a channel that was never asked has no entry."""
    history = {}
    for channel, state in zip(CHANNELS, choices):
        at, source = signed_up + timedelta(minutes=rng.randint(1, 1_400)), rng.choice(SOURCES)
        if state:
            history[channel] = {"state": state, "source": source, "at": format_instant(at)}
    return history


def _tags(rng: random.Random, orders: int) -> list[str]:
    chances = {"vip": 0.6 if orders >= 6 else 0.0, "staff": 0.015, "student": 0.08, "family": 0.12}
    return [tag for tag, chance in chances.items() if rng.random() < chance]


def _location_near(rng: random.Random, city: City) -> dict:
    """Returns a location within a few kilometres of the centre."""
    north, east = rng.gauss(0, 2.8), rng.gauss(0, 2.8)
    lon_km = KM_PER_DEGREE * math.cos(math.radians(city.lat))
    return {
        "lat": round(city.lat + north / KM_PER_DEGREE, 5),
        "lon": round(city.lon + east / lon_km, 5),
    }


def _personal_dates(rng: random.Random) -> dict:
    born = datetime(1952, 1, 1) + timedelta(days=rng.randrange(365 * 54))
    return {"birthday": born.date().isoformat()} if rng.random() < 0.7 else {}


def _phone(city: City, number: int) -> str:
    start, digits = city.phone or city.country.phone
    return f"{start}{number % 10**digits:0{digits}}"


def ascii_slug(text: str) -> str:
    """Returns lower-case ASCII for addresses and ids: "Róisín" gives "roisin"."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return folded.lower().replace(" ", "-").replace("'", "")


def _basket(vertical: str, merchant: str, category: str, total: int) -> dict:
    line = {"id": "1", "vertical": vertical, "merchant": merchant, "category": category}
    line["amount"] = total
    return {"currency": CURRENCY, "lines": [line]}


def format_instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
