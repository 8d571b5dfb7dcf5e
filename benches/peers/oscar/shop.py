"""Fills the shop: three products with stock, an offer that vouchers open, and for each order a
customer with a basket of three lines and a voucher that can be used once.

Writes the migrated database that settings.py names. Before it: redemptions.py, which has made
the tables. After it: placement.py, which places the orders. Guarantees: the basket is the one that
our own benchmark redeems on (benches/src/checkout.rs): three lines of two pieces, the same amounts.
"""

from datetime import timedelta
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.utils import timezone
from oscar.core.loading import get_class, get_model

Basket = get_model("basket", "Basket")
Benefit = get_model("offer", "Benefit")
Condition = get_model("offer", "Condition")
ConditionalOffer = get_model("offer", "ConditionalOffer")
Partner = get_model("partner", "Partner")
Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")
Range = get_model("offer", "Range")
StockRecord = get_model("partner", "StockRecord")
Voucher = get_model("voucher", "Voucher")
Selector = get_class("partner.strategy", "Selector")

QUANTITY = 2
UNIT_PRICES = [Decimal("3.50"), Decimal("3.55"), Decimal("3.60")]
BASKET_TOTAL = QUANTITY * sum(UNIT_PRICES)
# A tenth of the basket comes out even on each line, so no rounding has to be foreseen.
PERCENT = 10
DISCOUNT = BASKET_TOTAL * PERCENT / 100
MINIMUM_BASKET = Decimal("5.00")
STOCK = 1_000_000  # more than all orders take
VOUCHER_DAYS = 30


def create_products():
    """Creates a product for each line of a basket."""
    food = ProductClass.objects.create(name="Food", track_stock=True, requires_shipping=True)
    partner = Partner.objects.create(name="A merchant")
    products = []
    for number, price in enumerate(UNIT_PRICES):
        product = Product.objects.create(
            product_class=food,
            title=f"Product {number}",
            upc=f"upc-{number:06}",
            structure=Product.STANDALONE,
        )
        StockRecord.objects.create(
            product=product,
            partner=partner,
            partner_sku=f"sku-{number:06}",
            price=price,
            price_currency="EUR",
            num_in_stock=STOCK,
        )
        products.append(product)
    return products


def create_offer():
    """Creates the offer: a percentage of every product, from a minimum basket on."""
    everything = Range.objects.create(name="Everything", includes_all_products=True)
    condition = Condition.objects.create(
        range=everything, type=Condition.VALUE, value=MINIMUM_BASKET
    )
    benefit = Benefit.objects.create(range=everything, type=Benefit.PERCENTAGE, value=PERCENT)
    return ConditionalOffer.objects.create(
        name="A tenth off",
        offer_type=ConditionalOffer.VOUCHER,
        condition=condition,
        benefit=benefit,
    )


def create_vouchers(offer, count):
    """Creates vouchers that can each be used once; returns their codes."""
    now = timezone.now()
    codes = [f"VOUCHER-{number:06}" for number in range(count)]
    for code in codes:
        voucher = Voucher.objects.create(
            name=code,
            code=code,
            usage=Voucher.SINGLE_USE,
            start_datetime=now - timedelta(days=1),
            end_datetime=now + timedelta(days=VOUCHER_DAYS),
        )
        voucher.offers.add(offer)
    return codes


def fill_baskets(products, count):
    """Creates as many customers, each with a filled basket; returns the ids of the baskets."""
    customers = get_user_model().objects
    baskets = []
    for number in range(count):
        owner = customers.create(username=f"customer-{number:06}")
        basket = Basket.objects.create(owner=owner)
        basket.strategy = Selector().strategy(user=owner)
        for product in products:
            basket.add_product(product, quantity=QUANTITY)
        baskets.append(basket.pk)
    return baskets
