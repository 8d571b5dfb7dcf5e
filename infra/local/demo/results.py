"""What came of a campaign: funnel, skips, money, and the equation that proves nothing was lost.

Reads the campaign and the campaign-perf report; prints. Guarantees: `agree` is true only when the
report shows exactly what the customers of this demo did.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from acting import Done
from api import Operator
from clock import Clock
from show import Screen, count, money, share

REPORT = "/v1/reports/voucher-campaigns/campaign-perf"
STAGES = ("issued", "sent", "delivered", "accepted", "redeemed")
CHANNELS = ("push", "email", "sms")
SKIPS = {
    "no_consent": "no consent on any channel of the ladder",
    "opted_out": "said no to every channel of the ladder",
    "suppressed": "the address bounced or complained before",
    "no_address": "consent, but no address or device",
    "customer_gone": "erased in between",
    "campaign_ended": "its end came first",
    "validity_over": "the offer is over",
    "no_longer_matches": "they ordered, or the date was changed, in between",
    "too_late": "past the deadline of its firing",
    "cool_down": "had one of this campaign not long ago",
    "cap_reached": "the campaign's cap was reached",
    "cancelled": "the campaign was cancelled",
    "dropped": "an operator gave the match up",
}
DONE = ("accepted", "redeemed", "reversed")
DONE_MONEY = ("revenue", "voucher_cost")


def report_row(operator: Operator, campaign: dict, clock: Clock) -> dict:
    """The campaign's row of the report; empty until its first counter has arrived."""
    launched = datetime.fromisoformat(campaign.get("launched_at") or campaign["created_at"])
    days = {
        "from": (launched - timedelta(days=1)).date().isoformat(),
        "to": (clock.now() + timedelta(days=1)).date().isoformat(),
    }
    for row in operator.pages(REPORT, **days):
        if row.get("campaign_id") == campaign["id"]:
            return row
    return {}


def messages(row: dict) -> tuple[int, int]:
    """Sent and delivered, over all channels."""
    channels = (row.get("channels") or {}).values()
    sent, delivered = (sum(one.get(stage) or 0 for one in channels) for stage in STAGES[1:3])
    return sent, delivered


def disagreements(row: dict, done: Done) -> list[str]:
    """What the report does not show as it was done here."""
    return [
        f"{name} {count(minor(row.get(name)) or 0)} of {count(getattr(done, name))}"
        for name in DONE + DONE_MONEY
        if (minor(row.get(name)) or 0) != getattr(done, name)
    ]


def closed(run: dict) -> bool:
    """Our own sum, and the API's word for it."""
    parts = sum(run.get(part) or 0 for part in ("issued", "ghost", "skipped", "waiting", "failed"))
    return run.get("selected") == parts and bool(run.get("equation_closed"))


def print_results(screen: Screen, campaign: dict, row: dict, done: Done) -> bool:
    """Everything, in the order of a voucher's life. True when all of it adds up."""
    screen.say(f"{campaign['name']} ({campaign['id']}), {campaign['state']}")
    _print_funnel(screen, row)
    _print_skips(screen, row)
    _print_money(screen, row)
    agree = _print_agreement(screen, row, done)
    return _print_equation(screen, campaign.get("run") or {}) and agree


def _print_funnel(screen: Screen, row: dict) -> None:
    screen.heading("Funnel by channel")
    channels = row.get("channels") or {}
    known = [name for name in CHANNELS if name in channels]
    known += sorted(set(channels) - set(known))
    rows = [["", "", "all", "of issued", *known]]
    for stage in STAGES:
        reached = _reached(row, stage)
        rows.append([
            stage,
            screen.bar(reached, _reached(row, "issued")),
            count(reached),
            share(reached, _reached(row, "issued")),
            *(count(channels[name].get(stage)) for name in known),
        ])  # fmt: skip
    screen.table(rows, left=2)


def _reached(row: dict, stage: str) -> int:
    return row.get(stage) or 0


def _print_skips(screen: Screen, row: dict) -> None:
    skips = row.get("skips") or {}
    screen.heading("Skipped, by reason")
    if not skips:
        screen.say("nobody")
        return
    most = max(skips.values())
    ordered = sorted(skips.items(), key=lambda skip: (-skip[1], skip[0]))
    screen.table(
        [[name, SKIPS.get(name, ""), screen.bar(n, most, 14), count(n)] for name, n in ordered],
        left=3,
    )


def _print_money(screen: Screen, row: dict) -> None:
    currency = row.get("currency") or ""
    revenue = minor(row.get("revenue"))
    vouchers, sending = minor(row.get("voucher_cost")), minor(row.get("message_cost"))
    most = max(revenue or 0, 1)
    screen.heading(f"Revenue against cost ({currency})")
    screen.table(
        [
            ["revenue of the redeemed orders", screen.bar(revenue or 0, most), money(revenue)],
            ["discounts of the vouchers", screen.bar(vouchers or 0, most), money(vouchers)],
            ["messages sent", screen.bar(sending or 0, most), money(sending)],
            ["return on cost", "", row.get("return_on_cost") or "-"],
        ],
        left=2,
    )


def _print_agreement(screen: Screen, row: dict, done: Done) -> bool:
    screen.heading("The report against what the customers did here")
    rows = [["", "done", "report", ""]]
    for name in DONE + DONE_MONEY:
        shown = count if name in DONE else money
        did, says = getattr(done, name), minor(row.get(name)) or 0
        verdict = screen.good("same") if did == says else screen.bad("DIFFERENT")
        rows.append([name.replace("_", " "), shown(did), shown(says), verdict])
    screen.table(rows)
    return not disagreements(row, done)


def _print_equation(screen: Screen, run: dict) -> bool:
    screen.heading("Nobody lost, nobody twice")
    names = ("selected", "issued", "ghost", "skipped", "waiting", "failed")
    signs = (" = ", " + ", " + ", " + ", " + ", "")
    numbers = [count(run.get(name) or 0) for name in names]
    widths = [max(len(name), len(number)) for name, number in zip(names, numbers)]
    holds = closed(run)
    screen.say("".join(name.rjust(w) + sign for name, w, sign in zip(names, widths, signs)))
    verdict = screen.good("closed") if holds else screen.bad("OPEN")
    sums = "".join(number.rjust(w) + sign for number, w, sign in zip(numbers, widths, signs))
    screen.say(f"{sums}   {verdict}")
    screen.say(screen.dim("ghost: held out on purpose, to measure what the campaign really causes"))
    return holds


def minor(value) -> int | None:
    """Money comes as minor units or as an object with its currency."""
    return value.get("amount") if isinstance(value, dict) else value
