"""Reads customers and orders from a user's own files: {customers,orders}.{ndjson,csv}.

Reads the files of one folder line by line, whatever their size, and yields records for the loader.
README.md in this folder documents the columns. Guarantees: a line that is no record yields a
`RejectedLine` with file, line and reason, and the lines after it are still read.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from loader import LoadRecord, RejectedLine

LINE_BYTES = 256 * 1024  # the longest NDJSON line; a customer has less than 1 KB
CHANNELS = ("sms", "email", "push")
PERSONAL_DATE = "personal_date."
CUSTOMER_COLUMNS = {
    "customer_id", "first_name", "last_name", "locale", "zone", "currency", "signed_up", "tags",
    "lat", "lon", "birthday", "phone", "email", "consent_sms", "consent_email", "consent_push",
    "consent_source", "consent_at", "push_arns",
}  # fmt: skip
ORDER_COLUMNS = {
    "event", "event_id", "order_id", "customer_id", "at", "vertical", "merchant", "amount_minor",
    "currency",
}  # fmt: skip
CUSTOMER_NEEDS = {"customer_id"}
ORDER_NEEDS = {"order_id", "customer_id", "at"}
INTEGER = re.compile(r"-?[0-9]{1,18}")
DECIMAL = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,12})?")


class UnusableFile(Exception):
    """The folder or a whole file cannot be used; the message gives the reason."""


class InvalidLine(Exception):
    """One line cannot be used; the message gives the reason."""


@dataclass
class OrderStatistics:
    """The verticals and currencies of the placed orders, which decide what the promotion offers."""

    verticals: Counter = field(default_factory=Counter)
    currencies: Counter = field(default_factory=Counter)

    def add_order(self, order: dict) -> None:
        if order.get("event", "placed") != "placed":
            return
        basket = order.get("basket")
        if not isinstance(basket, dict):
            return
        if isinstance(basket.get("currency"), str):
            self.currencies[basket["currency"]] += 1
        lines = basket.get("lines")
        lines = lines if isinstance(lines, list) else []
        verticals = (line.get("vertical") for line in lines if isinstance(line, dict))
        self.verticals.update({name for name in verticals if isinstance(name, str)})


@dataclass(frozen=True)
class DataFolder:
    """The files found in a --data folder."""

    customers: Path
    orders: Path | None

    def records(self, statistics: OrderStatistics) -> Iterator[LoadRecord | RejectedLine]:
        """Yields all customers, then all orders, and counts the orders in `statistics`."""
        yield from _read_records(
            self.customers, "customer", CUSTOMER_COLUMNS, CUSTOMER_NEEDS, parse_customer_row
        )
        if self.orders is None:
            return
        for record in _read_records(
            self.orders, "order", ORDER_COLUMNS, ORDER_NEEDS, parse_order_row
        ):
            if isinstance(record, LoadRecord):
                statistics.add_order(record.body)
            yield record

    def digest(self) -> str:
        """Returns a digest of the contents of the files."""
        hasher = hashlib.sha256()
        for path in (self.customers, self.orders):
            if path:
                with path.open("rb") as content:
                    while block := content.read(1 << 20):
                        hasher.update(block)
            hasher.update(b"/")
        return hasher.hexdigest()


def find_data_files(folder: Path) -> DataFolder:
    if not folder.is_dir():
        raise UnusableFile(f"{folder} is not a folder")
    customers, orders = _find_file(folder, "customers"), _find_file(folder, "orders")
    if customers is None:
        raise UnusableFile(f"{folder} has neither customers.ndjson nor customers.csv")
    return DataFolder(customers, orders)


def parse_customer_row(row: dict[str, str]) -> tuple[str, dict]:
    """Turns a row of customers.csv into the customer id and the body of PUT /v1/customers/{id}."""
    profile: dict = _without_empty(
        {
            name: row.get(name, "")
            for name in ("first_name", "last_name", "locale", "zone", "currency", "signed_up")
        }
    )
    tags = _split_list(row.get("tags", ""))
    if tags:
        profile["tags"] = tags
    if row.get("lat") or row.get("lon"):
        profile["location"] = {"lat": _parse_decimal(row, "lat"), "lon": _parse_decimal(row, "lon")}
    dates = {
        name.removeprefix(PERSONAL_DATE): value
        for name, value in row.items()
        if value and (name == "birthday" or name.startswith(PERSONAL_DATE))
    }
    if dates:
        profile["personal_dates"] = dates
    body: dict = {"profile": profile}
    body["contacts"] = _without_empty(
        {"phone": row.get("phone", ""), "email": row.get("email", "")}
    )
    body["consents"] = _parse_consents(row)
    arns = _split_list(row.get("push_arns", ""))
    body["push_endpoints"] = [
        {"endpoint_id": f"device-{place}", "arn": arn} for place, arn in enumerate(arns, 1)
    ]
    return row["customer_id"], body


def parse_order_row(row: dict[str, str]) -> tuple[str, dict]:
    """Turns a row of orders.csv into the customer id and the body of POST /v1/orders.

    A placed order has one line, because a row has one amount.
    """
    event = row.get("event") or "placed"
    body: dict = {"event": event, "event_id": row.get("event_id") or event}
    body |= {name: row[name] for name in ("order_id", "customer_id", "at")}
    if row.get("amount_minor") or row.get("currency"):
        currency, amount = row.get("currency", ""), _parse_integer(row, "amount_minor")
        if event == "refunded":
            body["refund"] = {"currency": currency, "amount": amount}
        else:
            names = _without_empty({name: row.get(name, "") for name in ("vertical", "merchant")})
            line = {"id": "1", **names, "amount": amount}
            body["basket"] = {"currency": currency, "lines": [line]}
    return row["customer_id"], body


def _read_records(
    path: Path,
    kind: str,
    columns: set[str],
    needs: set[str],
    parse_row: Callable[[dict[str, str]], tuple[str, dict]],
) -> Iterator[LoadRecord | RejectedLine]:
    lines = _read_ndjson(path) if path.suffix == ".ndjson" else _read_csv(path, columns, needs)
    for number, line in lines:
        where = f"{path.name}:{number}"
        try:
            if isinstance(line, InvalidLine):
                raise line
            customer_id, body = (
                _parse_object(line, kind) if isinstance(line, bytes) else parse_row(line)
            )
        except InvalidLine as reason:
            yield RejectedLine(where, str(reason))
        else:
            yield LoadRecord(kind, customer_id, body, where)


def _read_ndjson(path: Path) -> Iterator[tuple[int, bytes | InvalidLine]]:
    with path.open("rb") as content:
        number = 0
        while line := content.readline(LINE_BYTES + 1):
            number += 1
            if len(line) > LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = content.readline(LINE_BYTES)
                yield number, InvalidLine(f"the line is longer than {LINE_BYTES:,} bytes")
            elif line.strip(b" \t\r\n\xef\xbb\xbf"):
                yield number, line.removeprefix(b"\xef\xbb\xbf")


def _parse_object(line: bytes, kind: str) -> tuple[str, dict]:
    """Parses an NDJSON line: the API's body plus "customer_id", which stays in that of an order."""
    try:
        body = json.loads(line)
    except UnicodeDecodeError:
        raise InvalidLine("the line is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise InvalidLine(f"the line is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise InvalidLine("the line is not a JSON object")
    customer_id = body.get("customer_id")
    if not isinstance(customer_id, str) or not customer_id:
        raise InvalidLine("customer_id is missing or not a string")
    if kind == "customer":
        del body["customer_id"]
    return customer_id, body


def _read_csv(
    path: Path, columns: set[str], needs: set[str]
) -> Iterator[tuple[int, dict[str, str] | InvalidLine]]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as content:
        reader = csv.reader(content, strict=True)
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header, columns, needs)
        while True:
            number = reader.line_num + 1  # the first one if a quoted cell spans lines
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, InvalidLine(f"the line is not CSV: {error}")
                continue
            if any(cell.strip() for cell in cells):
                yield number, _parse_row(header, cells, needs)


def _check_header(path: Path, header: list[str], columns: set[str], needs: set[str]) -> None:
    unknown = [
        name
        for name in header
        if name not in columns and not (name.startswith(PERSONAL_DATE) and "birthday" in columns)
    ]
    if unknown:
        raise UnusableFile(f"{path.name}:1: unknown columns {', '.join(unknown)}; see README.md")
    if missing := sorted(needs - set(header)):
        raise UnusableFile(f"{path.name}:1: columns missing: {', '.join(missing)}")
    if doubled := sorted(name for name, times in Counter(header).items() if times > 1):
        raise UnusableFile(f"{path.name}:1: columns given twice: {', '.join(doubled)}")


def _parse_row(
    header: list[str], cells: list[str], needs: set[str]
) -> dict[str, str] | InvalidLine:
    if len(cells) != len(header):
        return InvalidLine(f"{len(cells)} cells, but the first line names {len(header)} columns")
    row = {name: cell.strip() for name, cell in zip(header, cells)}
    try:
        "".join(row.values()).encode()
    except UnicodeEncodeError:
        return InvalidLine("the line is not UTF-8")
    if empty := sorted(name for name in needs if not row[name]):
        return InvalidLine(f"{', '.join(empty)} is empty")
    return row


def _parse_consents(row: dict[str, str]) -> dict:
    consents = {}
    for channel in CHANNELS:
        state = row.get(f"consent_{channel}", "")
        if not state:
            continue
        if state not in ("granted", "denied"):
            raise InvalidLine(f"consent_{channel} is neither granted nor denied: {state!r}")
        consents[channel] = {"state": state, "source": row.get("consent_source") or "import"}
        if row.get("consent_at"):
            consents[channel]["at"] = row["consent_at"]
    return consents


def _parse_integer(row: dict[str, str], name: str) -> int:
    if not INTEGER.fullmatch(row.get(name, "")):
        raise InvalidLine(f"{name} is not a whole number of minor units: {row.get(name, '')!r}")
    return int(row[name])


def _parse_decimal(row: dict[str, str], name: str) -> float:
    if not DECIMAL.fullmatch(row.get(name, "")):
        raise InvalidLine(f"{name} is not a number of degrees: {row.get(name, '')!r}")
    return float(row[name])


def _without_empty(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _split_list(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _find_file(folder: Path, name: str) -> Path | None:
    found = [path for path in (folder / f"{name}.ndjson", folder / f"{name}.csv") if path.is_file()]
    if len(found) > 1:
        raise UnusableFile(f"{folder} has both {name}.ndjson and {name}.csv: keep one")
    return found[0] if found else None
