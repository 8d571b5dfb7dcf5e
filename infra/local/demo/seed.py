"""Loads the marketplace once: a generated one, or the customers and orders of a user's files.

Reads the progress and the --data folder; writes through the signed API, the progress, and
demo-refused.txt beside it. Guarantees: a marketplace that is loaded is not loaded again; a refused
line of a user's file is reported and does not stop the rest.
"""

from __future__ import annotations

import argparse
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import files
from api import ApiError, AppBackend
from catalogue import catalogue_requests
from cities import CITIES
from loader import LoadTotals, RejectedLine, load_records
from marketplace import VERTICALS, Marketplace, ascii_slug, format_instant
from progress import DemoProgress
from promotion import PromotionPlan, plan_from_orders
from screen import DemoFailed, Screen, format_count

REJECTED_SHOWN = 8


def seed_marketplace(
    options: argparse.Namespace,
    stack: dict,
    progress: DemoProgress,
    app: AppBackend,
    screen: Screen,
) -> None:
    """Loads the marketplace of `options` unless progress and API agree that it is loaded."""
    seeding = _Seeding(options, stack, progress, app, screen)
    folder = files.find_data_files(options.data) if options.data else None
    generated = {"seed": options.seed, "customers": options.customers}
    wanted = {"data": folder.digest()} if folder else generated
    known = progress.marketplace
    if known.get("wanted") == wanted and seeding.customer_exists(known["probe"]):
        screen.say(f"already loaded: {known['summary']}")
        return
    progress.reset()
    totals, plan = seeding.import_files(folder) if folder else seeding.generate()
    progress.marketplace = {
        "wanted": wanted,
        "count": totals.customers,
        "probe": totals.sample,
        "play": plan.to_json(),
        "summary": _format_totals(totals),
    }
    progress.save()
    screen.say(progress.marketplace["summary"])


@dataclass
class _Seeding:
    """One load, from either source."""

    options: argparse.Namespace
    stack: dict
    progress: DemoProgress
    app: AppBackend
    screen: Screen

    def generate(self) -> tuple[LoadTotals, PromotionPlan]:
        options, screen = self.options, self.screen
        as_of = self.progress.as_of.setdefault(str(options.seed), format_instant(datetime.now(UTC)))
        self.progress.save()
        region = self.stack.get("region") or "us-east-1"
        market = Marketplace(options.seed, options.customers, datetime.fromisoformat(as_of), region)
        zones = len({city.zone for city in CITIES})
        customers = f"{format_count(options.customers)} customers"
        places = f"{len(CITIES)} cities, {zones} time zones, {len(VERTICALS)} verticals"
        screen.say(f"generating {customers}: {places}")
        totals = self._load(market.records(), f" of {format_count(options.customers)}")
        if totals.refused:
            raise DemoFailed(
                f"the API refused {totals.refused} records of the generated marketplace"
            )
        self._tell_catalogue(market.as_of)
        return totals, PromotionPlan()

    def _tell_catalogue(self, as_of: datetime) -> None:
        """Tells the merchants, and how the marketplace calls its verticals and categories."""
        for told, (path, body) in enumerate(catalogue_requests(as_of, ascii_slug), start=1):
            self.app.call("PUT", path, body)
            self.screen.show_progress(f"entries of the catalogue {format_count(told)}")

    def import_files(self, folder: files.DataFolder) -> tuple[LoadTotals, PromotionPlan]:
        statistics = files.OrderStatistics()
        names = " and ".join(path.name for path in (folder.customers, folder.orders) if path)
        self.screen.say(f"importing {names} of {self.options.data}")
        totals = self._load(folder.records(statistics), "")
        if not totals.customers:
            raise DemoFailed("no customer could be loaded")
        return totals, plan_from_orders(statistics.verticals, statistics.currencies)

    def _load(self, records, expected: str) -> LoadTotals:
        screen, started = self.screen, time.monotonic()

        def on_progress(totals: LoadTotals) -> None:
            speed = totals.accepted() / max(0.001, time.monotonic() - started)
            screen.show_progress(
                f"customers {format_count(totals.customers)}{expected}   "
                f"orders {format_count(totals.events['placed'])}   {speed:.0f} requests/s"
            )

        totals = load_records(records, self.app, on_progress)
        totals.refusals.sort(key=_line_order)
        for rejected in totals.refusals[:REJECTED_SHOWN]:
            screen.print_error(f"{rejected.where}: {rejected.reason}")
        if totals.refused:
            listed = self.options.stack.parent / "demo-refused.txt"
            listed.write_text(
                "".join(f"{rejected.where}: {rejected.reason}\n" for rejected in totals.refusals)
            )
            screen.print_error(
                f"{format_count(totals.refused)} records refused, listed in {listed}"
            )
        return totals

    def customer_exists(self, customer_id: str) -> bool:
        try:
            self.app.get_customer(customer_id)
        except ApiError as refusal:
            if refusal.status in (404, 410):
                return False
            raise
        return True


def _line_order(rejected: RejectedLine) -> list:
    """Sorts "orders.csv:9" before "orders.csv:10"; the workers find them in any order."""
    return [int(part) if part.isdigit() else part for part in re.split("([0-9]+)", rejected.where)]


def _format_totals(totals: LoadTotals) -> str:
    events = totals.events
    return (
        f"customers {format_count(totals.customers)}   orders {format_count(events['placed'])}   "
        f"cancelled {format_count(events['cancelled'])}   "
        f"refunded {format_count(events['refunded'])}"
    )
