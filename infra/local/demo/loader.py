"""Sends customers and orders to the API: several at once, but those of one customer in order.

Reads records from the marketplace or from files; writes them through the signed API. Each record is
idempotent there, so loading again after an interruption never doubles anything.
Guarantees: a refused record is counted with its source and reason and does not stop the rest.
"""

from __future__ import annotations

import queue
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from api import ApiError, ApiUnreachable, AppBackend

WORKERS = 8  # more would only wait for the local gateway
WAITING_PER_WORKER = 64  # records read ahead; bounds the memory for files of any size
KEPT_REFUSALS = 10_000  # reasons kept for the list of refused records; all are counted
SERVER_ERRORS_IN_A_ROW = 20  # the API is down then, and the rest would be lost
PROGRESS_SECONDS = 0.1  # between two reports of progress
UNSIGNED = (401, 403)  # the signature is wrong, and every record would be refused


@dataclass(frozen=True)
class LoadRecord:
    """One request: a customer to put or an order event to post, and its place in the source."""

    kind: str  # "customer" or "order"
    customer_id: str
    body: dict
    where: str


@dataclass(frozen=True)
class RejectedLine:
    """A line that is no record, or a record that the API refused."""

    where: str
    reason: str


@dataclass
class LoadTotals:
    """The numbers of records that were accepted, repeated and refused, with the reasons."""

    customers: int = 0
    events: Counter = field(default_factory=Counter)
    repeats: int = 0
    refused: int = 0
    refusals: list[RejectedLine] = field(default_factory=list)
    sample: str = ""  # one customer that is loaded

    def accepted(self) -> int:
        return self.customers + self.events.total()

    def refuse(self, where: str, reason: str) -> None:
        self.refused += 1
        if len(self.refusals) < KEPT_REFUSALS:
            self.refusals.append(RejectedLine(where, reason))


class LoadStopped(Exception):
    """Loading cannot continue; the message gives the reason."""


def load_records(
    source: Iterable[LoadRecord | RejectedLine],
    app: AppBackend,
    on_progress: Callable[[LoadTotals], None],
) -> LoadTotals:
    """Sends all records of `source`; calls `on_progress` with the totals so far."""
    workers = [_LoadWorker(app) for _ in range(WORKERS)]
    totals = LoadTotals()
    last_progress = 0.0
    try:
        for record in source:
            if isinstance(record, RejectedLine):
                totals.refuse(record.where, record.reason)
                continue
            worker = workers[zlib.crc32(record.customer_id.encode()) % WORKERS]
            while not worker.offer(record):
                _raise_failure(workers)
            if time.monotonic() - last_progress > PROGRESS_SECONDS:
                last_progress = time.monotonic()
                on_progress(_sum_totals(totals, workers))
    finally:
        for worker in workers:
            worker.close()
    while any(worker.is_busy() for worker in workers):
        time.sleep(PROGRESS_SECONDS)
        on_progress(_sum_totals(totals, workers))
    _raise_failure(workers)
    return _sum_totals(totals, workers)


class _LoadWorker:
    """One thread and its queue; a customer's records go to the same worker, which keeps order."""

    def __init__(self, app: AppBackend):
        self.app = app
        self.totals = LoadTotals()
        self.failure: str | None = None
        self._failed_in_a_row = 0
        self._waiting: queue.Queue = queue.Queue(WAITING_PER_WORKER)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def offer(self, record: LoadRecord) -> bool:
        try:
            self._waiting.put(record, timeout=0.5)
            return True
        except queue.Full:
            return False

    def close(self) -> None:
        self._closing.set()

    def is_busy(self) -> bool:
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

    def _send(self, record: LoadRecord) -> None:
        try:
            if record.kind == "customer":
                self.app.put_customer(record.customer_id, record.body)
                self.totals.customers += 1
                self.totals.sample = record.customer_id
            else:
                answer = self.app.post_order(record.body)
                self.totals.events[record.body.get("event", "placed")] += 1
                self.totals.repeats += answer.get("recorded") == "repeat"
            self._failed_in_a_row = 0
        except ApiError as refusal:
            self._record_refusal(record, refusal)
        except ApiUnreachable as error:
            self.failure = str(error)
        except Exception as error:  # a bug of ours, which would otherwise end the thread silently
            self.failure = f"{record.where}: {error!r}"

    def _record_refusal(self, record: LoadRecord, refusal: ApiError) -> None:
        self.totals.refuse(record.where, refusal.reason())
        self._failed_in_a_row = self._failed_in_a_row + 1 if refusal.status >= 500 else 0
        if refusal.status in UNSIGNED or self._failed_in_a_row >= SERVER_ERRORS_IN_A_ROW:
            self.failure = refusal.sentence()


def _raise_failure(workers: list[_LoadWorker]) -> None:
    for worker in workers:
        if worker.failure:
            raise LoadStopped(worker.failure)


def _sum_totals(start: LoadTotals, workers: list[_LoadWorker]) -> LoadTotals:
    total = LoadTotals(0, Counter(), 0, start.refused, list(start.refusals))
    for part in (worker.totals for worker in workers):
        total.customers += part.customers
        total.events.update(dict(part.events))
        total.repeats += part.repeats
        total.refused += part.refused
        total.refusals.extend(part.refusals)
        total.sample = total.sample or part.sample
    return total
