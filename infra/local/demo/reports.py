"""The five reports as the operator sees them, in a few lines each.

Reads the reports API; prints. Guarantees: what is printed is what the API said, and a report that
does not answer is said so and spoils nothing.
"""

from __future__ import annotations

from datetime import timedelta

from api import Operator, Refused
from clock import Clock
from show import Screen, count, money

REPORTS = "/v1/reports/voucher-campaigns"
DAYS = 30  # up to tomorrow: a tenant's day may have begun before ours
NAME = 20  # characters of a campaign's name
FUNNEL = ("issued", "sent", "delivered", "accepted", "redeemed")


def print_reports(screen: Screen, operator: Operator, clock: Clock) -> None:
    """All five, over the last days."""
    until = clock.now() + timedelta(days=1)
    days = {
        "from": (until - timedelta(days=DAYS)).date().isoformat(),
        "to": until.date().isoformat(),
    }
    for name, show in (
        ("overview", overview),
        ("customer-engagement", engagement),
        ("campaign-perf", performance),
        ("api-perf", delivery),
        ("system-health", health),
    ):
        screen.heading(f"Report: {name}")
        more = {"by": "channel"} if name == "customer-engagement" else {}
        try:
            show(screen, operator.call("GET", f"{REPORTS}/{name}", **days, **more))
        except Refused as refused:
            screen.trouble(refused.reason())


def overview(screen: Screen, report: dict) -> None:
    rows = [["", "", "issued", "redeemed", "revenue", "discounts", "messages"]]
    for total in report["totals"]:
        currency = total["currency"]
        rows.append([
            total["kind"],
            currency,
            count(total["issued"]),
            count(total["redeemed"]),
            *(money(total[name], currency) for name in ("revenue", "discount", "message_cost")),
        ])  # fmt: skip
    screen.table(rows, left=2)
    for stands in report["exposure"]:
        parts = ("committed", "firm", "spent", "released")
        sums = ", ".join(f"{name} {money(stands[name])}" for name in parts)
        screen.say(f"exposure of {stands['kind']}s, {stands['currency']}: {sums}")
    ranking = report["ranking"]
    for ends in ranking["by_currency"]:
        for end in ("best", "worst"):
            names = ", ".join(f"{it['name']} {money(it['profit']['value'])}" for it in ends[end])
            screen.say(f"{end}, {ends['currency']}: {names or '-'}")
    screen.say(f"{ranking['judged']} of {ranking['looked_at']} campaigns have enough customers to judge")


def engagement(screen: Screen, report: dict) -> None:
    rows = [["", *FUNNEL]]
    for row in [report["total"] | {"key": "all"}, *report["rows"]]:
        rows.append([row["key"], *(count(row[stage]) for stage in FUNNEL)])
    screen.table(rows)


def performance(screen: Screen, report: dict) -> None:
    rows = [["", "", "treated", "held out", "profit", "95 %", "verdict"]]
    for item in report["items"]:
        effect, currency = item["effect"], item["currency"]
        profit = effect["profit"] or {}
        between = f"{money(profit['low'])} to {money(profit['high'])}" if profit else "-"
        rows.append([
            item["name"][:NAME],
            currency,
            count(effect["treated"]["customers"]),
            count(effect["held_out"]["customers"]),
            money(profit.get("value")),
            between,
            verdict(effect),
        ])  # fmt: skip
    screen.table(rows, left=2)


def verdict(effect: dict) -> str:
    """Of too little data the number of customers that are missing."""
    missing = effect["missing_customers"]
    return effect["verdict"].replace("_", " ") if missing is None else f"{count(missing)} missing"


def delivery(screen: Screen, report: dict) -> None:
    rows = [["", "", "attempts", "accepted", "failed", "unknown", "success", "p50 ms", "p95 ms"]]
    for item in report["channels"]:
        took = item["issued_to_sent"] or {}
        rows.append([
            item["channel"],
            item["provider"],
            *(count(item[name]) for name in ("attempts", "accepted", "failed", "unknown")),
            f"{item['success_percent'] or '-'}%",
            count(took.get("p50_ms")),
            count(took.get("p95_ms")),
        ])  # fmt: skip
    screen.table(rows, left=2)


def health(screen: Screen, report: dict) -> None:
    dead = sum(queue["dead_letters"] for queue in report["queues"])
    waiting = sum(queue["waiting"] or 0 for queue in report["queues"])
    screen.say(f"{report['state']}: {count(waiting)} messages wait, {count(dead)} dead letters")
    for alert in report["alerts"]:
        screen.say(f"{alert['cause']} ({alert['about']}): {alert['says']}")
