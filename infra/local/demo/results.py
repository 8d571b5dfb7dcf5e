"""Prints the results of a campaign: funnel, skips, money, and the reconciliation equation.

Reads the campaign and the campaign-perf report. Guarantees: `print_results` returns True only if
the equation closes and the report shows exactly what the simulated customers did.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from api import Operator
from clock import Clock
from customer_actions import ActionTotals
from screen import Screen, format_count, format_money, format_percent

REPORT = "/v1/reports/voucher-campaigns/campaign-perf"
STAGES = ("issued", "sent", "delivered", "accepted", "redeemed")
CHANNELS = ("push", "email", "sms")
SKIP_REASONS = {
    "no_consent": "no consent on any channel of the ladder",
    "opted_out": "denied every channel of the ladder",
    "suppressed": "the address bounced or complained before",
    "no_address": "consent, but no address or device",
    "topic_denied": "said no to the campaign's topic",
    "paused": "wants no messages for some time",
    "other_currency": "pays in another currency than the offer's",
    "customer_gone": "erased in the meantime",
    "campaign_ended": "the campaign ended before",
    "validity_over": "the validity is over",
    "no_longer_matches": "an order or a changed date ended the match",
    "too_late": "past the deadline of the match",
    "cool_down": "within the cool-down since the last occurrence",
    "cap_reached": "the campaign's cap was reached",
    "cancelled": "the campaign was cancelled",
    "dropped": "an operator dropped the match",
    "merged": "another record of the customer has the offer",
}
COUNT_TOTALS = ("accepted", "redeemed", "reversed")
MONEY_TOTALS = ("revenue", "voucher_cost")


def find_report_row(operator: Operator, campaign: dict, clock: Clock) -> dict:
    """Returns the campaign's row of the report, empty until its first counter has arrived."""
    launched = datetime.fromisoformat(campaign.get("launched_at") or campaign["created_at"])
    days = {
        "from": (launched - timedelta(days=1)).date().isoformat(),
        "to": (clock.now() + timedelta(days=1)).date().isoformat(),
    }
    for row in operator.pages(REPORT, **days):
        if row.get("campaign_id") == campaign["id"]:
            return row
    return {}


def message_counts(row: dict) -> tuple[int, int]:
    """Returns the messages sent and delivered on all channels."""
    channels = (row.get("channels") or {}).values()
    sent, delivered = (sum(one.get(stage) or 0 for one in channels) for stage in STAGES[1:3])
    return sent, delivered


def find_disagreements(row: dict, totals: ActionTotals) -> list[str]:
    """Lists the numbers of the report that differ from the simulated customers' actions."""
    return [
        f"{name} {format_count(reported)} of {format_count(actual)}"
        for name in COUNT_TOTALS + MONEY_TOTALS
        if (reported := minor_units(row.get(name)) or 0) != (actual := getattr(totals, name))
    ]


def equation_closes(run: dict) -> bool:
    """Checks the equation with a sum of our own and against the API's statement."""
    parts = sum(run.get(part) or 0 for part in ("issued", "ghost", "skipped", "waiting", "failed"))
    return run.get("selected") == parts and bool(run.get("equation_closed"))


def print_results(screen: Screen, campaign: dict, row: dict, totals: ActionTotals) -> bool:
    """Prints everything in the order of a voucher's life; returns whether all of it agrees."""
    screen.say(f"{campaign['name']} ({campaign['id']}), {campaign['state']}")
    _print_funnel(screen, row)
    _print_skips(screen, row)
    _print_money(screen, row)
    heading = "The report against the actions of the simulated customers"
    agree = print_agreement(screen, row, totals, heading)
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
            format_count(reached),
            format_percent(reached, _reached(row, "issued")),
            *(format_count(channels[name].get(stage)) for name in known),
        ])  # fmt: skip
    screen.table(rows, left=2)


def _reached(row: dict, stage: str) -> int:
    return row.get(stage) or 0


def _print_skips(screen: Screen, row: dict) -> None:
    skips = row.get("skips") or {}
    screen.heading("Skipped, by reason")
    if not skips:
        screen.say("no customer")
        return
    most = max(skips.values())
    ordered = sorted(skips.items(), key=lambda skip: (-skip[1], skip[0]))
    screen.table(
        [
            [name, SKIP_REASONS.get(name, ""), screen.bar(n, most, 14), format_count(n)]
            for name, n in ordered
        ],
        left=3,
    )


def _print_money(screen: Screen, row: dict) -> None:
    currency = row.get("currency") or ""
    revenue = minor_units(row.get("revenue"))
    vouchers, sending = minor_units(row.get("voucher_cost")), minor_units(row.get("message_cost"))
    most = max(revenue or 0, 1)
    screen.heading(f"Revenue against cost ({currency})")
    screen.table(
        [
            [
                "revenue of the redeemed orders",
                screen.bar(revenue or 0, most),
                format_money(revenue),
            ],
            ["discounts of the vouchers", screen.bar(vouchers or 0, most), format_money(vouchers)],
            ["messages sent", screen.bar(sending or 0, most), format_money(sending)],
            ["return on cost", "", row.get("return_on_cost") or "-"],
        ],
        left=2,
    )


def print_agreement(screen: Screen, row: dict, totals: ActionTotals, heading: str) -> bool:
    """Prints the report's numbers beside what the customers did; returns whether they agree."""
    screen.heading(heading)
    rows = [["", "actual", "report", ""]]
    for name in COUNT_TOTALS + MONEY_TOTALS:
        format_value = format_count if name in COUNT_TOTALS else format_money
        actual, reported = getattr(totals, name), minor_units(row.get(name)) or 0
        verdict = screen.mark_good("same") if actual == reported else screen.mark_bad("DIFFERENT")
        rows.append([name.replace("_", " "), format_value(actual), format_value(reported), verdict])
    screen.table(rows)
    return not find_disagreements(row, totals)


def _print_equation(screen: Screen, run: dict) -> bool:
    screen.heading("Reconciliation")
    names = ("selected", "issued", "ghost", "skipped", "waiting", "failed")
    signs = (" = ", " + ", " + ", " + ", " + ", "")
    numbers = [format_count(run.get(name) or 0) for name in names]
    widths = [max(len(name), len(number)) for name, number in zip(names, numbers)]
    holds = equation_closes(run)
    screen.say("".join(name.rjust(w) + sign for name, w, sign in zip(names, widths, signs)))
    verdict = screen.mark_good("closed") if holds else screen.mark_bad("OPEN")
    sums = "".join(number.rjust(w) + sign for number, w, sign in zip(numbers, widths, signs))
    screen.say(f"{sums}   {verdict}")
    screen.say(screen.dim("ghost: held out on purpose, to measure the effect of the campaign"))
    return holds


def minor_units(value) -> int | None:
    """Returns the amount of money that is given in minor units or as an object with currency."""
    return value.get("amount") if isinstance(value, dict) else value
