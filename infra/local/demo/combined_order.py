"""Shows an order with two vouchers: they are redeemed together, then the order is edited and partly
refunded.

Reads the vouchers of both campaigns; acts through the signed checkout and order API. Guarantees:
each sum that the API answers is checked to the minor unit against one that is computed here, from
the prices and the two offers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api import AppBackend
from customer_actions import (
    DELIVERY_FEE,
    ActionTotals,
    CustomerActions,
    VoucherRef,
    redemption_time,
)
from promotion import DELIVERY_CAP, PromotionPlan, expected_discount
from screen import format_money

ORDERED = (2_400, 1_000)  # the prices of the lines; the discount is below its cap
DELIVERED = (2_400, 500)  # after the edit: less of the second line was in stock
REFUNDED = 600  # of the first line


class WrongSum(Exception):
    """The API answered another sum than the prices and the offers give; the message names both."""


@dataclass(frozen=True)
class OrderSums:
    """What is booked of the order: revenue and discount of each of the two campaigns."""

    revenue: tuple[int, int]
    discount: tuple[int, int]  # less what came back

    @property
    def paid(self) -> int:
        return sum(self.revenue)


def compute_sums(prices: tuple[int, ...], refunded: int = 0) -> OrderSums:
    """Computes the sums of an order with these lines, of whose first one a part came back.

    The revenue is shared in proportion to the discounts that the vouchers gave, rounded down for
    the first of them.
    """
    first, delivery = expected_discount(sum(prices)), min(DELIVERY_FEE, DELIVERY_CAP)
    on_first_line = first * prices[0] // sum(prices)
    returned = on_first_line * refunded // prices[0]
    paid = sum(prices) + DELIVERY_FEE - first - delivery - (refunded - returned)
    share = paid * first // (first + delivery)
    return OrderSums((share, paid - share), (first - returned, delivery))


def find_holder(
    all_actions: list[CustomerActions], delivery: list[VoucherRef]
) -> tuple[VoucherRef, VoucherRef] | None:
    """Returns the two vouchers of the first customer who can redeem both."""
    offered = {voucher.customer_id: voucher for voucher in delivery}
    for actions in all_actions:
        other = offered.get(actions.voucher.customer_id)
        if other and actions.accepted and not actions.redeemed:
            return actions.voucher, other
    return None


def show_combined_order(
    all_actions: list[CustomerActions],
    delivery: list[VoucherRef],
    totals: tuple[ActionTotals, ActionTotals],
    app: AppBackend,
    plan: PromotionPlan,
    say: Callable[[str], None],
) -> None:
    """Lets one customer order with both vouchers; adds what is booked to the campaigns' totals."""
    holder = find_holder(all_actions, delivery)
    if holder is None:
        say("no customer has a voucher of both promotions")
        return
    order = _CombinedOrder(holder, app, plan)
    for step in (order.check_out, order.place, order.edit, order.refund):
        say(step())
    totals[1].wallets += 1
    totals[1].accepted += 1
    for total, revenue, discount in zip(totals, order.sums.revenue, order.sums.discount):
        total.redeemed += 1
        total.revenue += revenue
        total.voucher_cost += discount


class _CombinedOrder:
    """One order; each step returns a line for the screen."""

    def __init__(
        self, holder: tuple[VoucherRef, VoucherRef], app: AppBackend, plan: PromotionPlan
    ):
        self.customer_id = holder[0].customer_id
        self.vouchers = [voucher.voucher_id for voucher in holder]
        self.order_id = f"both-{self.vouchers[0]}"
        self.app = app
        self.plan = plan
        self.at = ""
        self.sums = compute_sums(ORDERED)

    def check_out(self) -> str:
        app, customer_id, basket = self.app, self.customer_id, self._basket(ORDERED)
        app.act_on_voucher(customer_id, self.vouchers[1], "accept")
        saved = sum(self.sums.discount)
        best = app.check_out(customer_id, "quote", {"basket": basket})["best"]
        # vouchers of an earlier launch may save even more
        if best["discount"]["amount"] < saved or len(best["vouchers"]) < len(self.vouchers):
            raise WrongSum(f"the best vouchers save {best['discount']['amount']}, not {saved}")
        vouchers = {"vouchers": self.vouchers, "basket": basket}
        cart = {"hold_key": f"cart-{self.order_id}", **vouchers}
        held = app.check_out(customer_id, "hold", cart)
        redeemed = app.check_out(customer_id, "redeem", {"order_id": self.order_id, **cart})
        self.at = redemption_time(redeemed)
        for answer in (held, redeemed):
            parts = tuple(one["discount"]["amount"] for one in answer["vouchers"])
            _require("the discounts", parts, self.sums.discount)
        return f"two vouchers go on one order: {self._money(saved)} off"

    def place(self) -> str:
        self._report("placed", {"basket": self._basket(ORDERED)})
        return f"it is placed: {self._money(self.sums.paid)} are paid"

    def edit(self) -> str:
        self.sums = compute_sums(DELIVERED)
        self._report("edited", {"basket": self._basket(DELIVERED)})
        return f"less of a line is in stock: {self._money(self.sums.paid)}"

    def refund(self) -> str:
        self.sums = compute_sums(DELIVERED, REFUNDED)
        lines = [{"id": "1", "amount": REFUNDED}]
        self._report("refunded", {"refund": {"currency": self.plan.currency, "lines": lines}})
        shares = " and ".join(self._money(share) for share in self.sums.revenue)
        return f"a quarter of a line comes back: {self._money(self.sums.paid)}, shared as {shares}"

    def _report(self, event: str, more: dict) -> None:
        """Reports an event of the order, and checks the sums of the answer."""
        answer = self.app.post_order({
            "event": event,
            "event_id": event,
            "order_id": self.order_id,
            "customer_id": self.customer_id,
            "at": self.at,
            **more,
        })  # fmt: skip
        order = answer["order"]
        _require(f"the revenue once {event}", order["revenue"]["amount"], self.sums.paid)
        kept = tuple(
            one["discount"]["amount"] - one["returned"]["amount"] for one in order["vouchers"]
        )
        _require(f"the discounts once {event}", kept, self.sums.discount)

    def _basket(self, prices: tuple[int, ...]) -> dict:
        return self.plan.basket(list(prices), 0, DELIVERY_FEE, f"{self.plan.new}-1")

    def _money(self, minor: int) -> str:
        return format_money(minor, self.plan.currency)


def _require(what: str, answered: object, computed: object) -> None:
    if answered != computed:
        raise WrongSum(f"{what} of an order with two vouchers: {answered} instead of {computed}")
