"""The customers' side: they look into their wallets, accept or decline, fill a basket, redeem.

Reads which vouchers the campaign issued; acts through the signed vouchers and orders API.
Guarantees: what a customer does follows from the voucher alone and every action is repeatable,
so going on after an interruption ends in the same numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from api import AppBackend, Refused
from promotion import MINIMUM_BASKET, Play, discount

WORKERS = 8
ACCEPT, DECLINE = 0.45, 0.06  # shares of the delivered vouchers
REDEEM = 0.40  # share of the accepted ones
HOLD_SECONDS = 600
DELIVERY_FEE = 299  # minor units
REASONS_KEPT = 5
IN_A_WALLET = {"issued", "accepted", "held", "declined", "redeemed", "reversed"}
REFUSED_VOUCHER = 409


class WentThrough(Exception):
    """The API did what it must refuse; the message says what."""


@dataclass(frozen=True)
class Voucher:
    customer_id: str
    voucher_id: str


@dataclass
class Act:
    """What one customer did. `order` is that of the redemption."""

    voucher: Voucher
    accepted: bool = False
    declined: bool = False
    redeemed: bool = False
    order: dict | None = None
    paid: int = 0
    discount: int = 0
    expected_discount: int = 0
    problem: str = ""


@dataclass
class Done:
    """The sum: what the report must show too."""

    wallets: int = 0
    accepted: int = 0
    declined: int = 0
    redeemed: int = 0
    reversed: int = 0
    revenue: int = 0  # what was paid for the redeemed orders, less what was given back
    voucher_cost: int = 0  # their discounts, likewise
    discounts_wrong: int = 0
    problems: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, act: Act) -> None:
        self.wallets += not act.problem
        self.accepted += act.accepted
        self.declined += act.declined
        self.redeemed += act.redeemed
        self.revenue += act.paid
        self.voucher_cost += act.discount
        self.discounts_wrong += act.discount != act.expected_discount
        self.problems += bool(act.problem)
        if act.problem and len(self.reasons) < REASONS_KEPT:
            self.reasons.append(f"{act.voucher.customer_id}: {act.problem}")

    def stored(self) -> dict:
        return asdict(self)


def delivered_vouchers(items: Iterable[dict]) -> list[Voucher]:
    """Of the campaign's list, those a customer can see: no ghosts, no skips."""
    return [
        Voucher(item["customer_id"], item["voucher_id"])
        for item in items
        if item.get("status") in IN_A_WALLET and item.get("delivered_at", True)
    ]


def all_act(
    vouchers: list[Voucher], app: AppBackend, play: Play, watch: Callable[[Done], None]
) -> tuple[Done, list[Act]]:
    """Everyone acts, several at once."""
    done, acts = Done(), []
    with ThreadPoolExecutor(WORKERS) as workers:
        for act in workers.map(lambda voucher: _acts(voucher, app, play), vouchers):
            done.add(act)
            acts.append(act)
            watch(done)
    return done, acts


def edges(
    acts: list[Act], done: Done, app: AppBackend, play: Play, say: Callable[[str], None]
) -> None:
    """A basket too small, a double redemption, a cancelled order: shown one by one."""
    accepted = [act for act in acts if act.accepted and not act.redeemed]
    redeemed = [act for act in acts if act.redeemed]
    if accepted:
        say(_too_small(accepted[0], app, play))
    if redeemed:
        say(_redeemed_twice(redeemed[0], app, play))
    if len(redeemed) > 1:
        say(_stolen(redeemed[0], redeemed[1], app, play))
        say(_cancelled(redeemed[-1], done, app))


def _acts(voucher: Voucher, app: AppBackend, play: Play) -> Act:
    act = Act(voucher)
    mood = random.Random(voucher.voucher_id)
    wants, buys = mood.random(), mood.random()
    try:
        if not _in_wallet(voucher, app.wallet(voucher.customer_id)):
            act.problem = f"{voucher.voucher_id} is not in the wallet"
        elif wants < ACCEPT:
            app.act(voucher.customer_id, voucher.voucher_id, "accept")
            act.accepted = True
            if buys < REDEEM:
                _buys(act, mood, app, play)
        elif wants < ACCEPT + DECLINE:
            app.act(voucher.customer_id, voucher.voucher_id, "decline")
            act.declined = True
    except Refused as refusal:
        act.problem = f"{refusal.request}: {refusal.reason()}"
    return act


def _buys(act: Act, mood: random.Random, app: AppBackend, play: Play) -> None:
    """Checkout: hold the voucher for the cart, redeem it, and report the order."""
    customer_id, voucher_id = act.voucher.customer_id, act.voucher.voucher_id
    in_scope = [5 * mood.randint(160, 700) for _ in range(mood.choice((2, 2, 3)))]
    others = 5 * mood.randint(200, 500) if mood.random() < 0.25 else 0
    basket = play.basket(in_scope, others, DELIVERY_FEE, f"{play.new}-{mood.randint(1, 9)}")
    cart = f"cart-{voucher_id}"
    hold = {"hold_key": cart, "ttl_seconds": HOLD_SECONDS, "basket": basket}
    redeem = {"order_id": f"order-{voucher_id}", "basket": basket, "hold_key": cart}
    app.act(customer_id, voucher_id, "hold", hold)
    redemption = app.act(customer_id, voucher_id, "redeem", redeem)
    act.redeemed, act.order = True, redeem
    act.discount = redemption["discount"]["amount"]
    act.expected_discount = discount(sum(in_scope))
    act.paid = sum(line["amount"] for line in basket["lines"]) + DELIVERY_FEE - act.discount
    app.post_order({
        "event": "placed",
        "order_id": redeem["order_id"],
        "customer_id": customer_id,
        "at": _at(redemption),
        "vertical": play.new,
        "merchant": basket["lines"][0]["merchant"],
        "total": {"amount": act.paid, "currency": play.currency},
    })  # fmt: skip


def _too_small(act: Act, app: AppBackend, play: Play) -> str:
    small = MINIMUM_BASKET - 600
    basket = play.basket([small], 0, DELIVERY_FEE, f"{play.new}-1")
    answer = app.act(
        act.voucher.customer_id, act.voucher.voucher_id, "validate", {"basket": basket}
    )
    does = "applies" if answer.get("applicable") else f"does not apply: {answer.get('hint')}"
    return f"a basket of {small / 100:.2f} is validated: the voucher {does}"


def _redeemed_twice(act: Act, app: AppBackend, play: Play) -> str:
    again = {**(act.order or {}), "order_id": f"again-{act.voucher.voucher_id}"}
    again.pop("hold_key", None)
    return f"a voucher is redeemed a second time: {_refusal_of(act.voucher, again, app)}"


def _stolen(mine: Act, other: Act, app: AppBackend, play: Play) -> str:
    stolen = Voucher(mine.voucher.customer_id, other.voucher.voucher_id)
    order = {**(mine.order or {}), "order_id": f"stolen-{other.voucher.voucher_id}"}
    order.pop("hold_key", None)
    return f"a voucher of someone else is redeemed: {_refusal_of(stolen, order, app)}"


def _refusal_of(voucher: Voucher, order: dict, app: AppBackend) -> str:
    try:
        app.act(voucher.customer_id, voucher.voucher_id, "redeem", order)
    except Refused as refusal:
        if refusal.status == REFUSED_VOUCHER:
            return f"refused ({refusal.status} {refusal.code})"
        raise
    raise WentThrough(f"{voucher.voucher_id} was redeemed where it must be refused")


def _cancelled(act: Act, done: Done, app: AppBackend) -> str:
    customer_id, order_id = act.voucher.customer_id, (act.order or {})["order_id"]
    app.post_order(
        {"event": "cancelled", "order_id": order_id, "customer_id": customer_id, "at": _at({})}
    )
    body = {"order_id": order_id, "event": "cancelled"}
    app.act(customer_id, act.voucher.voucher_id, "reverse", body)
    done.reversed += 1
    done.revenue -= act.paid
    done.voucher_cost -= act.discount
    return "an order is cancelled: its redemption is reversed, the discount is given back"


def _in_wallet(voucher: Voucher, wallet: dict) -> bool:
    items = wallet.get("items", wallet.get("vouchers")) or []
    return any(item.get("voucher_id") == voucher.voucher_id for item in items)


def _at(redemption: dict) -> str:
    """The same moment on a repeat, so that the order event is the same too."""
    return redemption.get("redeemed_at") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
