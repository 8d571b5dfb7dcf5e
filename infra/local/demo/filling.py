"""Fills the marketplace once: made up, or from a user's own files, and remembers what is there.

Reads the marker and the --data folder; writes through the signed API, the marker, and
demo-refused.txt beside it. Guarantees: what is loaded already is not loaded again; a refused line
of a user's file is reported and does not stop the rest.
"""

from __future__ import annotations

import argparse
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import files
from api import AppBackend, Refused
from cities import CITIES
from loading import BadLine, Tally, load
from marker import Marker
from marketplace import VERTICALS, Marketplace, instant
from promotion import Play, play_of
from show import GaveUp, Screen, count

REFUSALS_SHOWN = 8


def fill(
    options: argparse.Namespace, stack: dict, marker: Marker, app: AppBackend, screen: Screen
) -> None:
    """Loads what `options` ask for, unless the marker and the API say that it is there."""
    filling = _Filling(options, stack, marker, app, screen)
    folder = files.find(options.data) if options.data else None
    made_up = {"seed": options.seed, "customers": options.customers}
    wanted = {"data": folder.digest()} if folder else made_up
    known = marker.marketplace
    if known.get("wanted") == wanted and filling.is_there(known["probe"]):
        screen.say(f"already loaded: {known['summary']}")
        return
    marker.forget()
    tally, play = filling.import_files(folder) if folder else filling.make_up()
    marker.marketplace = {
        "wanted": wanted,
        "count": tally.customers,
        "probe": tally.sample,
        "play": play.stored(),
        "summary": _loaded_line(tally),
    }
    marker.save()
    screen.say(marker.marketplace["summary"])


@dataclass
class _Filling:
    """The two sources, and what they have in common."""

    options: argparse.Namespace
    stack: dict
    marker: Marker
    app: AppBackend
    screen: Screen

    def make_up(self) -> tuple[Tally, Play]:
        options, screen = self.options, self.screen
        as_of = self.marker.as_of.setdefault(str(options.seed), instant(datetime.now(UTC)))
        self.marker.save()
        region = self.stack.get("region") or "us-east-1"
        market = Marketplace(options.seed, options.customers, datetime.fromisoformat(as_of), region)
        zones = len({city.zone for city in CITIES})
        customers = f"{count(options.customers)} customers"
        places = f"{len(CITIES)} cities, {zones} time zones, {len(VERTICALS)} verticals"
        screen.say(f"making up {customers}: {places}")
        tally = self._load(market.records(), f" of {count(options.customers)}")
        if tally.refused:
            raise GaveUp(f"the API refused {tally.refused} records of the made-up marketplace")
        return tally, Play()

    def import_files(self, folder: files.Folder) -> tuple[Tally, Play]:
        census = files.Census()
        names = " and ".join(path.name for path in (folder.customers, folder.orders) if path)
        self.screen.say(f"importing {names} of {self.options.data}")
        tally = self._load(folder.records(census), "")
        if not tally.customers:
            raise GaveUp("not one customer could be loaded")
        return tally, play_of(census.verticals, census.currencies)

    def _load(self, records, of: str) -> Tally:
        screen, started = self.screen, time.monotonic()

        def watch(tally: Tally) -> None:
            speed = tally.taken() / max(0.001, time.monotonic() - started)
            screen.live(
                f"customers {count(tally.customers)}{of}   orders {count(tally.events['placed'])}"
                f"   {speed:.0f} requests/s"
            )

        tally = load(records, self.app, watch)
        tally.refusals.sort(key=_by_line)
        for bad in tally.refusals[:REFUSALS_SHOWN]:
            screen.trouble(f"{bad.where}: {bad.reason}")
        if tally.refused:
            listed = self.options.stack.parent / "demo-refused.txt"
            listed.write_text("".join(f"{bad.where}: {bad.reason}\n" for bad in tally.refusals))
            screen.trouble(f"{count(tally.refused)} records refused, listed in {listed}")
        return tally

    def is_there(self, customer_id: str) -> bool:
        try:
            self.app.customer(customer_id)
        except Refused as refusal:
            if refusal.status in (404, 410):
                return False
            raise
        return True


def _by_line(bad: BadLine) -> list:
    """ "orders.csv:9" before "orders.csv:10"; the lanes find them in any order."""
    return [int(part) if part.isdigit() else part for part in re.split("([0-9]+)", bad.where)]


def _loaded_line(tally: Tally) -> str:
    events = tally.events
    return (
        f"customers {count(tally.customers)}   orders {count(events['placed'])}"
        f"   cancelled {count(events['cancelled'])}   refunded {count(events['refunded'])}"
    )
