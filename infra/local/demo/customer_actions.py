"""Simulates the customers: they read their wallets, accept or decline, fill a basket and redeem.

Reads the vouchers that the campaign issued; acts through the signed API of vouchers and orders.
Guarantees: a customer's actions follow from the voucher alone and each is repeatable, so that a run
that continues after an interruption ends with the same numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from api import ApiError, AppBackend
from promotion import MINIMUM_BASKET, PromotionPlan, expected_discount

WORKERS = 8
ACCEPT, DECLINE = 0.45, 0.06  # shares of the delivered vouchers
REDEEM = 0.40  # share of the accepted ones
HOLD_SECONDS = 600
DELIVERY_FEE = 299  # minor units
REASONS_KEPT = 5
WALLET_STATUSES = {"issued", "accepted", "held", "declined", "redeemed", "reversed"}
CONFLICT = 409


class UnexpectedSuccess(Exception):
    """An action that the API must refuse succeeded; the message names it."""


@dataclass(frozen=True)
class VoucherRef:
    """The identifiers of a voucher."""

    customer_id: str
    voucher_id: str


@dataclass
class CustomerActions:
    """The actions of one customer; `order` is the one that redeemed the voucher."""

    voucher: VoucherRef
    accepted: bool = False
    declined: bool = False
    redeemed: bool = False
    order: dict | None = None
    paid: int = 0
    discount: int = 0
    expected_discount: int = 0
    problem: str = ""


@dataclass
class ActionTotals:
    """The sums over all customers, which the report must show too."""

    wallets: int = 0
    accepted: int = 0
    declined: int = 0
    redeemed: int = 0
    reversed: int = 0
    revenue: int = 0  # paid for the orders with a redemption, less what was paid back
    voucher_cost: int = 0  # the discounts of these orders, less those of reversed ones
    discounts_wrong: int = 0
    problems: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, actions: CustomerActions) -> None:
        self.wallets += not actions.problem
        self.accepted += actions.accepted
        self.declined += actions.declined
        self.redeemed += actions.redeemed
        self.revenue += actions.paid
        self.voucher_cost += actions.discount
        self.discounts_wrong += actions.discount != actions.expected_discount
        self.problems += bool(actions.problem)
        if actions.problem and len(self.reasons) < REASONS_KEPT:
            self.reasons.append(f"{actions.voucher.customer_id}: {actions.problem}")

    def to_json(self) -> dict:
        return asdict(self)


def select_delivered_vouchers(items: Iterable[dict]) -> list[VoucherRef]:
    """Selects the vouchers that a customer can see: no held-out and no skipped records."""
    return [
        VoucherRef(item["customer_id"], item["voucher_id"])
        for item in items
        if item.get("status") in WALLET_STATUSES and item.get("delivered_at", True)
    ]


def run_customer_actions(
    vouchers: list[VoucherRef],
    app: AppBackend,
    plan: PromotionPlan,
    on_progress: Callable[[ActionTotals], None],
) -> tuple[ActionTotals, list[CustomerActions]]:
    """Simulates all customers, several at once."""
    totals, all_actions = ActionTotals(), []
    with ThreadPoolExecutor(WORKERS) as workers:
        for actions in workers.map(
            lambda voucher: _simulate_customer(voucher, app, plan), vouchers
        ):
            totals.add(actions)
            all_actions.append(actions)
            on_progress(totals)
    return totals, all_actions


def show_edge_cases(
    all_actions: list[CustomerActions],
    totals: ActionTotals,
    app: AppBackend,
    plan: PromotionPlan,
    say: Callable[[str], None],
) -> None:
    """Demonstrates a small basket, a repeated and a foreign redemption, and a cancelled order."""
    accepted = [actions for actions in all_actions if actions.accepted and not actions.redeemed]
    redeemed = [actions for actions in all_actions if actions.redeemed]
    if accepted:
        say(_quote_small_basket(accepted[0], app, plan))
    if redeemed:
        say(_redeem_twice(redeemed[0], app, plan))
    if len(redeemed) > 1:
        say(_redeem_foreign_voucher(redeemed[0], redeemed[1], app, plan))
        say(_cancel_order(redeemed[-1], totals, app))


def _simulate_customer(
    voucher: VoucherRef, app: AppBackend, plan: PromotionPlan
) -> CustomerActions:
    actions = CustomerActions(voucher)
    rng = random.Random(voucher.voucher_id)
    acceptance, purchase = rng.random(), rng.random()
    try:
        if not _wallet_contains(voucher, app.get_wallet(voucher.customer_id)):
            actions.problem = f"{voucher.voucher_id} is not in the wallet"
        elif acceptance < ACCEPT:
            app.act_on_voucher(voucher.customer_id, voucher.voucher_id, "accept")
            actions.accepted = True
            if purchase < REDEEM:
                _check_out(actions, rng, app, plan)
        elif acceptance < ACCEPT + DECLINE:
            app.act_on_voucher(voucher.customer_id, voucher.voucher_id, "decline")
            actions.declined = True
    except ApiError as refusal:
        actions.problem = f"{refusal.request}: {refusal.reason()}"
    return actions


def _check_out(
    actions: CustomerActions, rng: random.Random, app: AppBackend, plan: PromotionPlan
) -> None:
    """Holds the voucher for the cart, redeems it, and reports the order."""
    customer_id, voucher_id = actions.voucher.customer_id, actions.voucher.voucher_id
    in_scope = [5 * rng.randint(160, 700) for _ in range(rng.choice((2, 2, 3)))]
    others = 5 * rng.randint(200, 500) if rng.random() < 0.25 else 0
    basket = plan.basket(in_scope, others, DELIVERY_FEE, f"{plan.new}-{rng.randint(1, 9)}")
    cart = f"cart-{voucher_id}"
    vouchers = {"vouchers": [voucher_id], "basket": basket}
    redeem = {"order_id": f"order-{voucher_id}", **vouchers, "hold_key": cart}
    hold = {"hold_key": cart, "ttl_seconds": HOLD_SECONDS, **vouchers}
    app.check_out(customer_id, "hold", hold)
    redemption = app.check_out(customer_id, "redeem", redeem)
    actions.redeemed, actions.order = True, redeem
    actions.discount = redemption["discount"]["amount"]
    actions.expected_discount = expected_discount(sum(in_scope))
    actions.paid = sum(line["amount"] for line in basket["lines"]) + DELIVERY_FEE - actions.discount
    app.post_order({
        "event": "placed",
        "event_id": "placed",
        "order_id": redeem["order_id"],
        "customer_id": customer_id,
        "at": redemption_time(redemption),
        "basket": basket,
    })  # fmt: skip


def _quote_small_basket(actions: CustomerActions, app: AppBackend, plan: PromotionPlan) -> str:
    small = MINIMUM_BASKET - 600
    basket = plan.basket([small], 0, DELIVERY_FEE, f"{plan.new}-1")
    quote = app.check_out(actions.voucher.customer_id, "quote", {"basket": basket})
    [quoted] = [
        one for one in quote["vouchers"] if one["voucher_id"] == actions.voucher.voucher_id
    ]
    outcome = "applies" if quoted["applicable"] else f"does not apply: {quoted['hint']}"
    missing = (quoted["missing"] or {}).get("amount", 0)
    return f"a basket of {small / 100:.2f} is quoted: the voucher {outcome} by {missing / 100:.2f}"


def _redeem_twice(actions: CustomerActions, app: AppBackend, plan: PromotionPlan) -> str:
    again = {**(actions.order or {}), "order_id": f"again-{actions.voucher.voucher_id}"}
    again.pop("hold_key", None)
    return f"a voucher is redeemed a second time: {_expect_refusal(actions.voucher, again, app)}"


def _redeem_foreign_voucher(
    mine: CustomerActions, other: CustomerActions, app: AppBackend, plan: PromotionPlan
) -> str:
    foreign = VoucherRef(mine.voucher.customer_id, other.voucher.voucher_id)
    order = {
        **(mine.order or {}),
        "order_id": f"stolen-{other.voucher.voucher_id}",
        "vouchers": [other.voucher.voucher_id],
    }
    order.pop("hold_key", None)
    return f"the voucher of another customer is redeemed: {_expect_refusal(foreign, order, app)}"


def _expect_refusal(voucher: VoucherRef, order: dict, app: AppBackend) -> str:
    try:
        app.check_out(voucher.customer_id, "redeem", order)
    except ApiError as refusal:
        if refusal.status == CONFLICT:
            return f"refused ({refusal.status} {refusal.code})"
        raise
    raise UnexpectedSuccess(f"{voucher.voucher_id} was redeemed although it must be refused")


def _cancel_order(actions: CustomerActions, totals: ActionTotals, app: AppBackend) -> str:
    customer_id, order_id = actions.voucher.customer_id, (actions.order or {})["order_id"]
    app.post_order(
        {
            "event": "cancelled",
            "event_id": "cancelled",
            "order_id": order_id,
            "customer_id": customer_id,
            "at": redemption_time({}),
        }
    )
    totals.reversed += 1
    totals.revenue -= actions.paid
    totals.voucher_cost -= actions.discount
    return "an order is cancelled: its redemption is reversed, the discount is given back"


def _wallet_contains(voucher: VoucherRef, wallet: dict) -> bool:
    items = wallet.get("items", wallet.get("vouchers")) or []
    return any(item.get("voucher_id") == voucher.voucher_id for item in items)


def redemption_time(redemption: dict) -> str:
    """Returns the time of the redemption, which a repeat leaves as it is, so that the repeated
    order event is the same too."""
    return redemption.get("redeemed_at") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
