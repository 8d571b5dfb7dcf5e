"""Tests that the generated marketplace is reproducible, varied and harmless."""

import json
import unittest
from collections import Counter
from datetime import UTC, datetime

from cities import CITIES
from faults import FAULTS
from loader import LoadRecord
from marketplace import CHANNELS, CUSTOMERS_PER_FAULT, Marketplace, format_instant
from promotion import PromotionPlan, expected_discount, plan_from_orders

AS_OF = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MARKET = Marketplace(seed=7, count=1_000, as_of=AS_OF)
RECORDS = list(MARKET.records())
CUSTOMERS = [record for record in RECORDS if record.kind == "customer"]
ORDERS = [record.body for record in RECORDS if record.kind == "order"]
PLACED = [order for order in ORDERS if order["event"] == "placed"]


def states(customer: LoadRecord) -> tuple[str | None, ...]:
    consents = customer.body["consents"]
    return tuple(consents.get(channel, {}).get("state") for channel in CHANNELS)


class Reproducible(unittest.TestCase):
    def test_same_seed_same_records(self):
        self.assertEqual(RECORDS, list(Marketplace(7, 1_000, AS_OF).records()))

    def test_other_seed_other_customers(self):
        other = Marketplace(8, 1_000, AS_OF)
        self.assertNotEqual(
            next(MARKET.customer_records(1)).body, next(other.customer_records(1)).body
        )
        self.assertNotEqual(MARKET.customer_id(1), other.customer_id(1))

    def test_a_bigger_marketplace_begins_with_the_smaller_one(self):
        self.assertEqual(list(Marketplace(7, 3, AS_OF).records()), RECORDS[: self.records_of(3)])

    def records_of(self, customers: int) -> int:
        return sum(len(list(MARKET.customer_records(number))) for number in range(1, customers + 1))


class Varied(unittest.TestCase):
    def test_every_mix_of_consents_is_there(self):
        mixes = Counter(states(customer) for customer in CUSTOMERS)
        self.assertGreater(mixes["granted", "granted", "granted"], 250)
        for rare in (
            ("granted", "denied", "denied"),
            ("denied", "denied", "granted"),
            ("denied", "denied", "denied"),
            (None, None, None),
        ):
            self.assertGreater(mixes[rare], 20, rare)

    def test_two_to_three_orders_each_and_some_are_reversed(self):
        self.assertTrue(2.0 <= len(PLACED) / len(CUSTOMERS) <= 3.0, len(PLACED))
        reversals = Counter(order["event"] for order in ORDERS)
        self.assertGreater(reversals["cancelled"], 20)
        self.assertGreater(reversals["refunded"], 20)

    def test_the_promotion_finds_many_and_not_all(self):
        used: dict[str, set] = {}
        for order in PLACED:
            [line] = order["basket"]["lines"]
            used.setdefault(order["customer_id"], set()).add(line["vertical"])
        matched = sum(
            "food" in verticals and "pharmacy" not in verticals for verticals in used.values()
        )
        self.assertTrue(300 < matched < 700, matched)

    def test_amounts_are_skewed(self):
        amounts = sorted(order["basket"]["lines"][0]["amount"] for order in PLACED)
        mean, median = sum(amounts) / len(amounts), amounts[len(amounts) // 2]
        self.assertGreater(mean, median * 1.1)

    def test_every_fault_is_there(self):
        faulty = [
            next(MARKET.customer_records(number))
            for number in range(CUSTOMERS_PER_FAULT, 1_001, CUSTOMERS_PER_FAULT)
        ]
        self.assertGreaterEqual(len(faulty), len(FAULTS))
        refused = [customer.body for customer in faulty if "+refuse@" in str(customer.body)]
        self.assertTrue(refused)


class Harmless(unittest.TestCase):
    def test_no_address_reaches_a_person(self):
        starts = ("+34555", "+493023125", "+494066969", "+498999998", "+3363998", "+3532091")
        faulty = {MARKET.customer_id(number) for number in range(0, 1_001, CUSTOMERS_PER_FAULT)}
        for customer in CUSTOMERS:
            contacts = customer.body["contacts"]
            self.assertTrue(contacts.get("email", "x@example.com").endswith("@example.com"))
            if customer.customer_id not in faulty and "phone" in contacts:
                self.assertTrue(contacts["phone"].startswith(starts), contacts["phone"])
                self.assertRegex(contacts["phone"], r"^\+[1-9][0-9]{7,14}$")

    def test_nothing_happens_after_the_moment_of_loading(self):
        for order in ORDERS:
            self.assertLessEqual(order["at"], format_instant(AS_OF))
        for customer in CUSTOMERS:
            for consent in customer.body["consents"].values():
                self.assertLessEqual(consent["at"], format_instant(AS_OF))

    def test_orders_follow_their_customer_in_time(self):
        last: dict[str, str] = {}
        known = set()
        for record in RECORDS:
            if record.kind == "customer":
                known.add(record.customer_id)
                continue
            self.assertIn(record.customer_id, known)
            self.assertLessEqual(last.get(record.customer_id, ""), record.body["at"])
            last[record.customer_id] = record.body["at"]

    def test_push_consent_and_endpoints_fit(self):
        for customer in CUSTOMERS:
            for endpoint in customer.body["push_endpoints"]:
                self.assertRegex(
                    endpoint["arn"], r"^arn:aws:sns:[a-z0-9-]+:\d{12}:endpoint/\w+/\S+$"
                )


class Promotion(unittest.TestCase):
    def test_goes_from_the_most_ordered_vertical_to_the_least(self):
        plan = plan_from_orders({"meals": 90, "flowers": 4, "drinks": 40}, {"SEK": 3, "EUR": 1})
        self.assertEqual(plan, PromotionPlan("meals", "flowers", "SEK"))
        self.assertEqual(plan_from_orders({}, {}), PromotionPlan())

    def test_every_variable_that_can_be_missing_has_a_default(self):
        for locale, messages in (
            PromotionPlan().campaign_body("x", 10)["messages"]["locales"].items()
        ):
            text = json.dumps(messages)
            self.assertIn("{{ first_name | default(", text, locale)
            for name in ("{{ first_name }}", "{vertical}", "{known}", "{days}"):
                self.assertNotIn(name, text, locale)

    def test_every_customer_has_messages_in_their_language(self):
        plan = PromotionPlan()
        spoken = {city.country.locale.split("-")[0] for city in CITIES}
        for body in (plan.campaign_body("x", 10), plan.delivery_body("y")):
            locales = body["messages"]["locales"]
            self.assertEqual(set(locales), spoken)
            for locale, messages in locales.items():
                # What differs by language is in the variable: a text of one's own would not follow.
                self.assertIn("{{ offer }}", messages["sms"]["text"], locale)
                self.assertNotIn(" %", messages["sms"]["text"], locale)
        email = plan.campaign_body("x", 10)["messages"]["locales"]["es"]["email"]
        self.assertIn("hasta el {{ accept_by }}", json.dumps(email, ensure_ascii=False))

    def test_the_discount_is_capped(self):
        self.assertEqual(expected_discount(1_500), 300)
        self.assertEqual(expected_discount(90_000), 800)


if __name__ == "__main__":
    unittest.main()
