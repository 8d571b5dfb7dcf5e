"""Sends customers and orders to the API: several at once, but each customer's in their order.

Reads records from the marketplace or from files; writes them through the signed API. Every record
is idempotent there, so loading again after an interruption repeats and never doubles.
Guarantees: a refused record is counted with its place and reason and does not stop the rest.
"""

from __future__ import annotations

import queue
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from api import AppBackend, Refused, Unreachable

WORKERS = 8  # more only wait for the local gateway
WAITING_PER_WORKER = 64  # records read ahead: bounds memory, whatever the size of the file
KEPT_REFUSALS = 10_000  # reasons kept for the list of refused records; all are counted
SERVER_ERRORS_IN_A_ROW = 20  # then the API is down and the rest would only be lost
WATCH_SECONDS = 0.1  # between two looks at the tally
UNSIGNED = (401, 403)  # the signature is wrong: no record can pass


@dataclass(frozen=True)
class Record:
    """One request: a customer to put or an order event to post, and where it was read."""

    kind: str  # "customer" or "order"
    customer_id: str
    body: dict
    where: str


@dataclass(frozen=True)
class BadLine:
    """A line that is no record."""

    where: str
    reason: str


@dataclass
class Tally:
    """What the API took, what it knew already, and what was refused and why."""

    customers: int = 0
    events: Counter = field(default_factory=Counter)
    repeats: int = 0
    refused: int = 0
    refusals: list[BadLine] = field(default_factory=list)
    sample: str = ""  # one customer that is there now

    def taken(self) -> int:
        return self.customers + self.events.total()

    def refuse(self, where: str, reason: str) -> None:
        self.refused += 1
        if len(self.refusals) < KEPT_REFUSALS:
            self.refusals.append(BadLine(where, reason))


class Stopped(Exception):
    """Loading cannot go on; the message says why."""


def load(
    source: Iterable[Record | BadLine], app: AppBackend, watch: Callable[[Tally], None]
) -> Tally:
    """Sends everything in `source`; `watch` sees the tally while it grows."""
    lanes = [_Lane(app) for _ in range(WORKERS)]
    tally = Tally()
    watched = 0.0
    try:
        for record in source:
            if isinstance(record, BadLine):
                tally.refuse(record.where, record.reason)
                continue
            lane = lanes[zlib.crc32(record.customer_id.encode()) % WORKERS]
            while not lane.offer(record):
                _check(lanes)
            if time.monotonic() - watched > WATCH_SECONDS:
                watched = time.monotonic()
                watch(_sum(tally, lanes))
    finally:
        for lane in lanes:
            lane.close()
    while any(lane.busy() for lane in lanes):
        time.sleep(WATCH_SECONDS)
        watch(_sum(tally, lanes))
    _check(lanes)
    return _sum(tally, lanes)


class _Lane:
    """One thread and its queue; a customer always takes the same lane, so order is kept."""

    def __init__(self, app: AppBackend):
        self.app = app
        self.tally = Tally()
        self.failure: str | None = None
        self._failed_in_a_row = 0
        self._waiting: queue.Queue = queue.Queue(WAITING_PER_WORKER)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def offer(self, record: Record) -> bool:
        try:
            self._waiting.put(record, timeout=0.5)
            return True
        except queue.Full:
            return False

    def close(self) -> None:
        self._closing.set()

    def busy(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while self.failure is None:
            try:
                record = self._waiting.get(timeout=0.05)
            except queue.Empty:
                if self._closing.is_set():
                    return
                continue
            self._send(record)

    def _send(self, record: Record) -> None:
        try:
            if record.kind == "customer":
                self.app.put_customer(record.customer_id, record.body)
                self.tally.customers += 1
                self.tally.sample = record.customer_id
            else:
                answer = self.app.post_order(record.body)
                self.tally.events[record.body.get("event", "placed")] += 1
                self.tally.repeats += answer.get("recorded") == "repeat"
            self._failed_in_a_row = 0
        except Refused as refusal:
            self._refused(record, refusal)
        except Unreachable as error:
            self.failure = str(error)
        except Exception as error:  # a fault of ours: without this the lane dies unheard
            self.failure = f"{record.where}: {error!r}"

    def _refused(self, record: Record, refusal: Refused) -> None:
        self.tally.refuse(record.where, refusal.reason())
        self._failed_in_a_row = self._failed_in_a_row + 1 if refusal.status >= 500 else 0
        if refusal.status in UNSIGNED or self._failed_in_a_row >= SERVER_ERRORS_IN_A_ROW:
            self.failure = refusal.sentence()


def _check(lanes: list[_Lane]) -> None:
    for lane in lanes:
        if lane.failure:
            raise Stopped(lane.failure)


def _sum(start: Tally, lanes: list[_Lane]) -> Tally:
    total = Tally(0, Counter(), 0, start.refused, list(start.refusals))
    for part in (lane.tally for lane in lanes):
        total.customers += part.customers
        total.events.update(dict(part.events))
        total.repeats += part.repeats
        total.refused += part.refused
        total.refusals.extend(part.refusals)
        total.sample = total.sample or part.sample
    return total
