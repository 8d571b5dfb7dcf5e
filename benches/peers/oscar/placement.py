"""Places orders in django-oscar and measures each, with a voucher and without one, and both again
while the time in SQLite is counted.

What is measured is what Oscar's views do when a voucher is entered and the order is confirmed,
without HTTP: look the voucher up, put it on the basket, apply the offers, place the order, close
the basket. Baskets are filled and loaded before. Before it: redemptions.py, which has made the
tables. Guarantees: every order is read back and has got exactly its discount and used up its
voucher, and a voucher that is used up is refused; anything else ends the run.
"""

import resource
import sys
import time
from dataclasses import dataclass

import shop
from django.db import connection, transaction
from oscar.core.loading import get_class, get_model
from store_time import STORE_TIME, CountedConnection

Basket = get_model("basket", "Basket")
Order = get_model("order", "Order")
Voucher = get_model("voucher", "Voucher")
Applicator = get_class("offer.applicator", "Applicator")
Free = get_class("shipping.methods", "Free")
OrderCreator = get_class("order.utils", "OrderCreator")
OrderTotalCalculator = get_class("checkout.calculators", "OrderTotalCalculator")
Selector = get_class("partner.strategy", "Selector")

SHIPPING = Free()
# The figures beside the main one are averages of this part of its orders.
LESS = 3


@dataclass
class Clocks:
    """What the process has used so far."""

    cpu: float
    wall: float
    store_cpu: float
    statements: int

    @classmethod
    def read(cls):
        used = resource.getrusage(resource.RUSAGE_SELF)
        return cls(
            used.ru_utime + used.ru_stime,
            time.perf_counter(),
            STORE_TIME.seconds,
            STORE_TIME.statements,
        )


def measure(orders, warm_up):
    """Returns the averages of one order, as redemptions.py prints them.

    CPU time and rate are those of a connection that is not counted, so that the counting is not in
    them; only the store's share comes from one that is.
    """
    many, few = orders + warm_up, orders // LESS + warm_up
    with transaction.atomic():
        products = shop.create_products()
        codes = shop.create_vouchers(shop.create_offer(), many + few)
        baskets = iter(shop.fill_baskets(products, many + 3 * few + 1))
    none = [None] * few
    with_voucher = measure_orders(baskets, codes[:many], warm_up)
    without = measure_orders(baskets, none, warm_up)
    check_refusal(next(baskets), codes[0])
    count_store_time()
    store = measure_orders(baskets, codes[many:], warm_up)
    store_without = measure_orders(baskets, none, warm_up)
    return {
        "orders": orders,
        "cpu_ms": 1_000 * with_voucher.cpu,
        "store_cpu_ms": 1_000 * store.store_cpu,
        "statements": store.statements,
        "per_second": 1 / with_voucher.wall,
        "without_voucher_cpu_ms": 1_000 * without.cpu,
        "without_voucher_store_cpu_ms": 1_000 * store_without.store_cpu,
    }


def measure_orders(baskets, codes, warm_up):
    """Places an order with each voucher; returns the average of all but the first ones."""
    spent = []
    for code in codes:
        basket = load_basket(next(baskets))
        began = Clocks.read()
        order = place_order(basket, code)
        spent.append((began, Clocks.read()))
        check_order(order, code)
    spent = spent[warm_up:]

    def average(name):
        return sum(getattr(end, name) - getattr(began, name) for began, end in spent) / len(spent)

    return Clocks(*(average(name) for name in ("cpu", "wall", "store_cpu", "statements")))


def load_basket(number):
    """Loads a filled basket, as Oscar's middleware has it at hand for a request."""
    basket = Basket.objects.select_related("owner").get(pk=number)
    basket.strategy = Selector().strategy(user=basket.owner)
    return basket


def place_order(basket, code):
    """Places the order with this voucher, or without one.

    It is one transaction, as Oscar's documentation advises for a request (`ATOMIC_REQUESTS`).
    """
    with transaction.atomic():
        if code:
            basket.vouchers.add(Voucher.objects.get(code=code))
        Applicator().apply(basket, basket.owner)
        charge = SHIPPING.calculate(basket)
        total = OrderTotalCalculator().calculate(basket, charge)
        order = OrderCreator().place_order(basket, total, SHIPPING, charge, user=basket.owner)
        basket.submit()
    return order


def check_order(order, code):
    """Reads the order back: its lines, its total, its discount and the use of its voucher."""
    order = Order.objects.get(pk=order.pk)
    found = (
        order.lines.count(),
        order.total_incl_tax,
        [(discount.voucher_code, discount.amount) for discount in order.discounts.all()],
        [use.voucher.code for use in order.voucherapplication_set.all()],
    )
    expected = (
        len(shop.UNIT_PRICES),
        shop.BASKET_TOTAL - (shop.DISCOUNT if code else 0),
        [(code, shop.DISCOUNT)] if code else [],
        [code] if code else [],
    )
    if found != expected:
        sys.exit(f"order {order.number} is {found} and should be {expected}")


def check_refusal(number, code):
    """Sees that a voucher which an order has used up is refused to another one."""
    try:
        place_order(load_basket(number), code)
    except ValueError as refusal:
        if "already been used" in str(refusal):
            return
        raise
    sys.exit(f"{code} was used a second time")


def count_store_time():
    """Makes the next connection one whose time is counted."""
    connection.close()
    connection.settings_dict["OPTIONS"]["factory"] = CountedConnection
