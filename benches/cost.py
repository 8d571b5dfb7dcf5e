#!/usr/bin/env python3
"""The month's bill of a marketplace, from counted acts and list prices.

    cost.py --customers 10000000 --orders 30000000 --vouchers 10000000 [--wallet-reads N] [--checkouts N]
            [--carts N] [--events N] [--stored N] [--push N] [--email N] [--sms N] [--acts FILE]

It reads `last-acts.json` beside it (what `make bench ONLY=cost KEEP=1` counted for the last release; without it `target/cost-acts.json` of
the newest run, or --acts), `prices.toml`, `usage.toml` and the two templates, from which it counts secrets, queues, clocks and alarms. It writes to the terminal only. An act that was not counted
is named and is not in the bill: nothing here is guessed in its place. `bench.py` uses it too, for the figures in dollars.
"""

import argparse
import dataclasses
import json
import re
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LAST_ACTS = HERE / "last-acts.json"
# What a run since then has counted, for a tree that has no release yet.
NEWEST_ACTS = ROOT / "target" / "cost-acts.json"
MILLION = 1e6
GB = 1e9
MINUTES_A_DAY = 24 * 60
SECONDS_A_DAY = 86_400

# What is counted of an act: its name in the file, the service that bills it, and its price.
PARTS = {
    "write_units": ("DynamoDB writes", lambda prices: prices["dynamodb"]["write_units_million"] / MILLION),
    "read_units": ("DynamoDB reads", lambda prices: prices["dynamodb"]["read_units_million"] / MILLION),
    "sqs_requests": ("SQS", lambda prices: prices["sqs"]["requests_million"] / MILLION),
    "http_requests": ("HTTP API", lambda prices: prices["http_api"]["requests_million"] / MILLION),
    "invocations": ("Lambda", lambda prices: prices["lambda"]["requests_million"] / MILLION),
    "gb_seconds": ("Lambda", lambda prices: prices["lambda"]["gb_second"]),
    "topic_events": ("SNS topic", lambda prices: prices["sns"]["requests_million"] / MILLION),
    "log_bytes": ("CloudWatch logs", lambda prices: prices["cloudwatch"]["logs_gb"] / GB),
    "answer_bytes": ("data transfer", lambda prices: prices["transfer"]["out_gb"] / GB),
}
CHANNELS = ("push", "email", "sms")
# The goals of `make bench ONLY=cost` that are in dollars, per million.
GOALS = {
    "cost.all_dollars_per_million": 15.0,
    "cost.wallet_dollars_per_million": 1.0,
    "cost.order_dollars_per_million": 4.0,
}


class Refused(Exception):
    """Something that was asked for cannot be priced; the text says which field and why."""


@dataclasses.dataclass
class Size:
    """A month of a marketplace. What is None follows from the others by usage.toml."""

    customers: float
    orders: float
    vouchers: float
    wallet_reads: float | None = None
    checkouts: float | None = None
    carts: float | None = None
    events: float = 0.0
    stored: float | None = None
    push: float | None = None
    email: float | None = None
    sms: float | None = None

    def check(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is dataclasses.MISSING:
                raise Refused(f"{field.name}: is missing")
            if value is not None and not 0 <= value < float("inf"):
                raise Refused(f"{field.name}: {value:g} is not a number from 0")
        if not self.customers + self.orders + self.vouchers:
            raise Refused("customers, orders, vouchers: all are 0, so there is nothing to price")
        if self.vouchers and not self.customers:
            raise Refused("customers: 0, and somebody has to get the vouchers")

    def filled(self, usage):
        """Returns the same with what was not said."""
        use, kept = usage["usage"], usage["kept"]
        said = {name: getattr(self, name) for name in ("wallet_reads", "checkouts", "carts", "stored")}
        follows = {
            "wallet_reads": self.vouchers * use["wallet_reads_per_voucher"],
            "checkouts": self.vouchers * use["checkouts_per_voucher"],
            "carts": self.orders * use["carts_per_order"],
            "stored": self.vouchers * kept["voucher_days"] / kept["nights_a_month"],
        }
        return dataclasses.replace(self, **{name: follows[name] if value is None else value for name, value in said.items()})


@dataclasses.dataclass
class Bill:
    """Dollars by act, and in it by service."""

    rows: dict = dataclasses.field(default_factory=dict)
    numbers: dict = dataclasses.field(default_factory=dict)
    missing: list = dataclasses.field(default_factory=list)
    fixed: set = dataclasses.field(default_factory=set)
    channels: set = dataclasses.field(default_factory=set)

    def add(self, act, number, services):
        self.numbers[act] = number
        row = self.rows.setdefault(act, {})
        for service, dollars in services.items():
            row[service] = row.get(service, 0.0) + dollars

    def total(self, acts=None):
        return sum(sum(self.rows[act].values()) for act in self.rows if acts is None or act in acts)

    def platform(self):
        return self.total(set(self.rows) - self.channels)

    def by_service(self):
        services = {}
        for row in self.rows.values():
            for service, dollars in row.items():
                services[service] = services.get(service, 0.0) + dollars
        return dict(sorted(services.items(), key=lambda pair: -pair[1]))


def read_prices():
    return tomllib.loads((HERE / "prices.toml").read_text(encoding="utf-8"))


def read_usage():
    return tomllib.loads((HERE / "usage.toml").read_text(encoding="utf-8"))


def read_acts(path):
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(f"acts: {path} is not there; `make bench ONLY=cost` writes it") from None
    except json.JSONDecodeError as error:
        raise Refused(f"acts: {path} is not JSON: {error}") from None


def count_templates(template, observability):
    """What the templates make whether anybody uses it or not."""
    alarms = 0
    # Fn::ForEach: a name, `- [A, B]`, and the resource that each of them gets
    for block in re.split(r"\n(?=  \S)", observability):
        each = re.search(r"Fn::ForEach::\w+:\n\s+- \w+\n\s+- \[([^\]]*)\]", block)
        times = len(each.group(1).split(",")) if each else 1
        alarms += times * block.count("Type: AWS::CloudWatch::Alarm")
    return {
        "secrets": template.count("Type: AWS::SecretsManager::Secret"),
        "queues": len(re.findall(r"Type: SQS\b", template)),
        "clocks": len(re.findall(r"rate\(1 minute\)", template)),
        "alarms": alarms,
    }


def read_templates():
    both = [ROOT / "template.yaml", ROOT / "infra" / "observability.yaml"]
    return count_templates(*(path.read_text(encoding="utf-8") for path in both))


def price_act(act, prices):
    """Dollars of one act by service."""
    services = {}
    for part, (service, price) in PARTS.items():
        dollars = act.get(part, 0.0) * price(prices)
        if dollars:
            services[service] = services.get(service, 0.0) + dollars
    return services


def month(size, acts, prices, usage, templates):
    """The bill of a month."""
    size.check()
    size = size.filled(usage)
    use = usage["usage"]
    bill = Bill()
    plan = [
        ("voucher", "voucher", size.vouchers),
        ("wallet read", "wallet_read", size.wallet_reads),
        ("quote", "quote", size.checkouts),
        ("hold", "hold", size.checkouts),
        ("release", "release", size.checkouts * use["released_share"]),
        ("webhook", "webhook", size.vouchers * use["webhooks_per_voucher"]),
        ("order placed", "order_placed", size.orders),
        ("order edited", "order_edited", size.orders * use["edited_share"]),
        ("order refunded", "order_refunded", size.orders * use["refunded_share"]),
        ("cart", "cart", size.carts),
        ("event", "event", size.events),
        ("customer told", "customer_put", size.customers * use["changed_share"]),
    ]
    for title, name, number in plan:
        if not number:
            continue
        if name not in acts.get("acts", {}):
            bill.missing.append(title)
            continue
        each = price_act(acts["acts"][name], prices)
        bill.add(title, number, {service: dollars * number for service, dollars in each.items()})
    add_recount(bill, size, acts, prices, usage)
    add_storage(bill, size, acts, prices, usage)
    add_idle(bill, prices, usage, templates)
    add_channels(bill, size, acts, prices)
    return bill


def recount_night(acts, prices):
    """Dollars of one stored voucher in one night, by service; None if it was not counted."""
    counted = acts.get("recount")
    if not counted:
        return None
    return {
        "DynamoDB writes": counted["write_units_per_voucher"] * PARTS["write_units"][1](prices),
        "DynamoDB reads": counted["read_units_per_voucher"] * PARTS["read_units"][1](prices),
        "Lambda": counted["gb_seconds_per_voucher"] * PARTS["gb_seconds"][1](prices),
    }


def add_recount(bill, size, acts, prices, usage):
    if not size.stored:
        return
    night = recount_night(acts, prices)
    if night is None:
        bill.missing.append("recount")
        return
    nights = usage["kept"]["nights_a_month"]
    bill.add("recount, a night", size.stored, {name: dollars * nights * size.stored for name, dollars in night.items()})


def stored_month(name, acts, prices, usage, protected):
    """Dollars of one stored item in a month, by service; None if its size was not counted."""
    counted = {"voucher": "voucher_item", "customer": "customer_item", "order": "work_per_order"}[name]
    if counted not in acts.get("bytes", {}):
        return None
    size = (acts["bytes"][counted] + usage["index"][f"{name}_bytes"]) / GB
    services = {"DynamoDB storage": size * prices["dynamodb"]["storage_gb_month"]}
    if protected:
        services["DynamoDB backup"] = size * prices["dynamodb"]["point_in_time_recovery_gb_month"]
    return services


def add_storage(bill, size, acts, prices, usage):
    kept = usage["kept"]
    orders = size.orders * kept["order_days"] / kept["nights_a_month"]
    # the table of orders has no point-in-time recovery
    for name, number, protected in (("voucher", size.stored, True), ("customer", size.customers, True), ("order", orders, False)):
        if not number:
            continue
        each = stored_month(name, acts, prices, usage, protected)
        if each is None:
            bill.missing.append(f"{name} stored")
            continue
        bill.add(f"{name} stored", number, {service: dollars * number for service, dollars in each.items()})


def add_idle(bill, prices, usage, templates):
    idle, days = usage["idle"], usage["kept"]["nights_a_month"]
    polls = templates["queues"] * idle["polls_a_second_per_queue"] * SECONDS_A_DAY * days
    rounds = templates["clocks"] * MINUTES_A_DAY * days
    each = {
        "write_units": idle["write_units_a_round"], "read_units": idle["read_units_a_round"], "sqs_requests": 3,
        "invocations": 1, "gb_seconds": idle["gb_seconds_a_round"], "log_bytes": idle["log_bytes_a_round"],
    }
    bill.add("clocks", rounds, {service: dollars * rounds for service, dollars in price_act(each, prices).items()})
    bill.add("polling of queues", polls, {"SQS": polls * PARTS["sqs_requests"][1](prices)})
    bill.add("secrets", templates["secrets"], {"Secrets Manager": templates["secrets"] * prices["secrets_manager"]["secret_month"]})
    watch = prices["cloudwatch"]
    bill.add("alarms", templates["alarms"], {"CloudWatch alarms": templates["alarms"] * watch["alarm_month"]})
    metrics = idle["metrics"] * watch["metric_month"] + idle["dashboards"] * watch["dashboard_month"]
    bill.add("metrics and dashboard", idle["metrics"], {"CloudWatch metrics": metrics})
    operators = usage["outside"]["operators"]
    bill.add("operators", operators, {"Cognito": operators * prices["cognito"]["user_month"]})
    bill.fixed = {"clocks", "polling of queues", "secrets", "alarms", "metrics and dashboard", "operators"}


def add_channels(bill, size, acts, prices):
    """The channels' own charges, of the messages that were said, or of those that the counted run sent."""
    each = {
        "push": prices["sns"]["push_million"] / MILLION,
        "email": prices["ses"]["emails_thousand"] / 1e3,
        "sms": prices["sms"]["message"],
    }
    counted = acts.get("acts", {}).get("voucher", {}).get("messages", {})
    for channel in CHANNELS:
        said = getattr(size, channel)
        number = size.vouchers * counted.get(channel, 0.0) if said is None else said
        if number:
            name = f"channel: {channel}"
            bill.add(name, number, {name: number * each[channel]})
            bill.channels.add(name)


def whole_voucher(acts, prices, usage):
    """Dollars of a million vouchers with all that follows them: platform, wallet, checkout, storage and recounts for as long as they are
    kept. Refused if a part was not counted."""
    use, kept = usage["usage"], usage["kept"]
    plan = {
        "voucher": 1.0, "wallet_read": use["wallet_reads_per_voucher"], "quote": use["checkouts_per_voucher"],
        "hold": use["checkouts_per_voucher"], "release": use["checkouts_per_voucher"] * use["released_share"],
    }
    missing = [name for name in plan if name not in acts.get("acts", {})]
    night, stored = recount_night(acts, prices), stored_month("voucher", acts, prices, usage, True)
    missing += ["recount"] * (night is None) + ["voucher_item"] * (stored is None)
    if missing:
        raise Refused(f"acts: {', '.join(missing)} were not counted")
    parts = {name: sum(price_act(acts["acts"][name], prices).values()) * number * MILLION for name, number in plan.items()}
    parts["recount"] = sum(night.values()) * kept["voucher_days"] * MILLION
    parts["storage"] = sum(stored.values()) * kept["voucher_days"] / kept["nights_a_month"] * MILLION
    return parts


def per_million(acts, name, prices):
    if name not in acts.get("acts", {}):
        raise Refused(f"acts: {name} was not counted")
    return sum(price_act(acts["acts"][name], prices).values()) * MILLION


def figures(acts, prices, usage):
    """The figures in dollars that `make bench` has goals for."""
    return {
        "cost.all_dollars_per_million": sum(whole_voucher(acts, prices, usage).values()),
        "cost.wallet_dollars_per_million": per_million(acts, "wallet_read", prices),
        "cost.order_dollars_per_million": per_million(acts, "order_placed", prices),
    }


def write_figures(path, acts_path):
    """Adds the figures in dollars to the benchmark's, prints each with its goal, and names the missed ones."""
    prices, usage = read_prices(), read_usage()
    try:
        acts = read_acts(acts_path)
        found = figures(acts, prices, usage)
    except Refused as refused:
        print(f"  skipped: dollars of the whole bill: {refused}")
        return []
    known = json.loads(path.read_text(encoding="utf-8"))
    missed = []
    print("\nThe whole bill of a million vouchers, with what follows from each until it is deleted")
    for name, dollars in whole_voucher(acts, prices, usage).items():
        print(f"    {name:<44} {dollars:>12.2f} $")
    for name, goal in GOALS.items():
        value = float(f"{found[name]:.4g}")
        known[name] = value
        verdict = "met" if value <= goal else "MISSED"
        print(f"  {name:<46} {value:>12} $ per million{'':<11} goal at most {goal:g}: {verdict}")
        if value > goal:
            missed.append(f"{name} is {value} and should be at most {goal:g}")
    path.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n", encoding="utf-8")
    for goal in missed:
        print(f"goal missed: {goal}")
    return missed


def shown(bill, size, quick=False):
    """The bill as text."""
    lines = [f"{'a month':<24}{'number':>16}{'$':>14}{'share':>8}{'$ a million':>14}"]
    total = bill.total()
    for act, row in sorted(bill.rows.items(), key=lambda pair: -sum(pair[1].values())):
        number, dollars = bill.numbers[act], sum(row.values())
        share = f"{dollars / total:.1%}" if total else "-"
        million = "" if act in bill.fixed else f"{dollars / number * MILLION:,.2f}"
        lines.append(f"{act:<24}{number:>16,.0f}{dollars:>14,.2f}{share:>8}{million:>14}".rstrip())
    lines += ["", f"{'by service':<40}{'$':>14}"]
    lines += [f"{service:<40}{dollars:>14,.2f}" for service, dollars in bill.by_service().items()]
    platform = bill.platform()
    first = max((act for act in bill.rows if act not in bill.channels), key=lambda act: sum(bill.rows[act].values()))
    lines += [
        "",
        f"{'fixed, whatever is done':<40}{bill.total(bill.fixed):>14,.2f}",
        f"{'without channels':<40}{platform:>14,.2f}",
        f"{'with channels':<40}{total:>14,.2f}",
    ]
    if size.vouchers:
        lines.append(f"{'a million vouchers, all without channels':<40}{platform / size.vouchers * MILLION:>14,.2f}")
    lines.append(f"what dominates without channels: {first}, {sum(bill.rows[first].values()) / platform:.0%}")
    if bill.missing:
        lines.append(f"not counted and not in the bill: {', '.join(bill.missing)}")
    if quick:
        lines.append("the acts were counted in a quick run: to see that it works, not to quote")
    return "\n".join(lines)


def amount(text):
    try:
        value = float(text.replace("_", "").replace(",", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    return value


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for field in dataclasses.fields(Size):
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=amount, default=0.0 if field.name == "events" else None)
    parser.add_argument("--acts", default=str(LAST_ACTS if LAST_ACTS.exists() else NEWEST_ACTS))
    said = vars(parser.parse_args(arguments))
    acts_path = said.pop("acts")
    size = Size(**said)
    try:
        size.check()
        acts = read_acts(acts_path)
        bill = month(size, acts, read_prices(), read_usage(), read_templates())
    except Refused as refused:
        print(f"cost: {refused}", file=sys.stderr)
        return 2
    print(shown(bill, size, acts.get("quick", False)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
