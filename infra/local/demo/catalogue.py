"""Lists the catalogue of the generated marketplace: its merchants, and how it calls its verticals
and categories.

Reads nothing. Guarantees: the merchants are those that its orders name, one in nine of them opened
within the last two weeks, and the same seed and day give the same catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cities import CITIES

MERCHANTS_PER_CITY = 9  # in each vertical
OPENED_DAYS = 90  # between two openings of a city and vertical
NEW_DAYS = 10  # the age of the newest
SPREAD_DEGREES = 0.004  # between two merchants of a city, some 400 m

VERTICAL_NAMES = {
    "food": {"en": "Restaurants", "es": "Restaurantes", "de": "Restaurants", "ar": "المطاعم"},
    "groceries": {"en": "Groceries", "es": "Supermercado", "de": "Lebensmittel", "ar": "البقالة"},
    "pharmacy": {"en": "Pharmacy", "es": "Farmacia", "de": "Apotheke", "ar": "الصيدلية"},
}
CATEGORY_NAMES = {
    "pizza": {"en": "Pizza", "es": "Pizza", "de": "Pizza", "ar": "بيتزا"},
    "burgers": {"en": "Burgers", "es": "Hamburguesas", "de": "Burger", "ar": "برغر"},
    "sushi": {"en": "Sushi", "es": "Sushi", "de": "Sushi", "ar": "سوشي"},
    "fresh": {"en": "Fresh food", "es": "Frescos", "de": "Frische", "ar": "أغذية طازجة"},
    "drinks": {"en": "Drinks", "es": "Bebidas", "de": "Getränke", "ar": "مشروبات"},
    "household": {"en": "Household", "es": "Hogar", "de": "Haushalt", "ar": "منزل"},
    "medicine": {"en": "Medicine", "es": "Medicamentos", "de": "Arzneimittel", "ar": "أدوية"},
    "beauty": {"en": "Beauty", "es": "Belleza", "de": "Kosmetik", "ar": "تجميل"},
    "baby": {"en": "Baby care", "es": "Bebé", "de": "Babypflege", "ar": "عناية بالطفل"},
}
CATEGORIES = {
    "food": ("pizza", "burgers", "sushi"),
    "groceries": ("fresh", "drinks", "household"),
    "pharmacy": ("medicine", "beauty", "baby"),
}
KINDS = {"food": "Kitchen", "groceries": "Market", "pharmacy": "Pharmacy"}


def merchant_id(city_slug: str, vertical: str, number: int) -> str:
    return f"{city_slug}-{vertical}-{number}"


def category_of(vertical: str, number: int) -> str:
    """Returns what the merchant of this number sells."""
    of_vertical = CATEGORIES[vertical]
    return of_vertical[(number - 1) % len(of_vertical)]


def catalogue_requests(as_of: datetime, slug) -> Iterator[tuple[str, dict]]:
    """Yields each path of the signed API with its body."""
    for kind, names in (("verticals", VERTICAL_NAMES), ("categories", CATEGORY_NAMES)):
        for key, by_language in names.items():
            yield f"/v1/catalogue/{kind}/{key}", {"names": by_language}
    for city in CITIES:
        for vertical, kind in KINDS.items():
            for number in range(1, MERCHANTS_PER_CITY + 1):
                age = NEW_DAYS + OPENED_DAYS * (MERCHANTS_PER_CITY - number)
                place = {
                    "lat": round(city.lat + SPREAD_DEGREES * (number - 5), 5),
                    "lon": round(city.lon + SPREAD_DEGREES * (5 - number), 5),
                    "city": city.name,
                    "zone": city.zone,
                }
                merchant = {
                    "name": f"{city.name} {kind} {number}",
                    "verticals": [vertical],
                    "categories": [category_of(vertical, number)],
                    "places": [place],
                    "opened_on": (as_of - timedelta(days=age)).date().isoformat(),
                }
                yield f"/v1/merchants/{merchant_id(slug(city.name), vertical, number)}", merchant
