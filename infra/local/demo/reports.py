"""Prints the five reports of the operator in a few lines each.

Reads the reports API. Guarantees: it prints what the API answered, and a report that fails is
named and does not stop the others.
"""

from __future__ import annotations

from datetime import timedelta

from api import ApiError, Operator
from clock import Clock
from screen import Screen, format_count, format_money

REPORTS = "/v1/reports/voucher-campaigns"
DAYS = 30  # until tomorrow, because the tenant's day may begin before that of this machine
NAME_WIDTH = 20  # characters
FUNNEL = ("issued", "sent", "delivered", "accepted", "redeemed")


def print_reports(screen: Screen, operator: Operator, clock: Clock) -> None:
    """Prints all five reports of the last days."""
    until = clock.now() + timedelta(days=1)
    days = {
        "from": (until - timedelta(days=DAYS)).date().isoformat(),
        "to": until.date().isoformat(),
    }
    for name, show in (
        ("overview", print_overview),
        ("customer-engagement", print_engagement),
        ("campaign-perf", print_performance),
        ("api-perf", print_delivery),
        ("system-health", print_health),
    ):
        screen.heading(f"Report: {name}")
        more = {"by": "channel"} if name == "customer-engagement" else {}
        try:
            show(screen, operator.call("GET", f"{REPORTS}/{name}", **days, **more))
        except ApiError as error:
            screen.print_error(error.reason())


def print_overview(screen: Screen, report: dict) -> None:
    rows = [["", "", "issued", "redeemed", "revenue", "discounts", "messages"]]
    for total in report["totals"]:
        currency = total["currency"]
        amounts = (total[name] for name in ("revenue", "discount", "message_cost"))
        rows.append([
            total["kind"],
            currency,
            format_count(total["issued"]),
            format_count(total["redeemed"]),
            *(format_money(amount, currency) for amount in amounts),
        ])  # fmt: skip
    screen.table(rows, left=2)
    for exposure in report["exposure"]:
        parts = ("committed", "firm", "spent", "released")
        sums = ", ".join(f"{name} {format_money(exposure[name])}" for name in parts)
        screen.say(f"exposure of {exposure['kind']}s, {exposure['currency']}: {sums}")
    ranking = report["ranking"]
    for ranked in ranking["by_currency"]:
        for end in ("best", "worst"):
            names = ", ".join(
                f"{campaign['name']} {format_money(campaign['profit']['value'])}"
                for campaign in ranked[end]
            )
            screen.say(f"{end}, {ranked['currency']}: {names or '-'}")
    screen.say(
        f"{ranking['judged']} of {ranking['looked_at']} campaigns have enough customers to judge"
    )


def print_engagement(screen: Screen, report: dict) -> None:
    rows = [["", *FUNNEL]]
    for row in [report["total"] | {"key": "all"}, *report["rows"]]:
        rows.append([row["key"], *(format_count(row[stage]) for stage in FUNNEL)])
    screen.table(rows)


def print_performance(screen: Screen, report: dict) -> None:
    rows = [["", "", "treated", "held out", "profit", "95 %", "verdict"]]
    for item in report["items"]:
        effect, currency = item["effect"], item["currency"]
        profit = effect["profit"] or {}
        between = (
            f"{format_money(profit['low'])} to {format_money(profit['high'])}" if profit else "-"
        )
        rows.append([
            item["name"][:NAME_WIDTH],
            currency,
            format_count(effect["treated"]["customers"]),
            format_count(effect["held_out"]["customers"]),
            format_money(profit.get("value")),
            between,
            format_verdict(effect),
        ])  # fmt: skip
    screen.table(rows, left=2)


def format_verdict(effect: dict) -> str:
    """Returns the verdict or, if there is too little data, how many customers are missing."""
    missing = effect["missing_customers"]
    return (
        effect["verdict"].replace("_", " ")
        if missing is None
        else f"{format_count(missing)} missing"
    )


def print_delivery(screen: Screen, report: dict) -> None:
    rows = [["", "", "attempts", "accepted", "failed", "unknown", "success", "p50 ms", "p95 ms"]]
    for item in report["channels"]:
        took = item["issued_to_sent"] or {}
        rows.append([
            item["channel"],
            item["provider"],
            *(format_count(item[name]) for name in ("attempts", "accepted", "failed", "unknown")),
            f"{item['success_percent'] or '-'}%",
            format_count(took.get("p50_ms")),
            format_count(took.get("p95_ms")),
        ])  # fmt: skip
    screen.table(rows, left=2)


def print_health(screen: Screen, report: dict) -> None:
    dead = sum(queue["dead_letters"] for queue in report["queues"])
    waiting = sum(queue["waiting"] or 0 for queue in report["queues"])
    screen.say(
        f"{report['state']}: {format_count(waiting)} messages wait, "
        f"{format_count(dead)} dead letters"
    )
    for alert in report["alerts"]:
        screen.say(f"{alert['cause']} ({alert['about']}): {alert['says']}")
