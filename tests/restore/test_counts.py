"""Tests the count of vouchers with items that are none."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "infra"))

from restore import counts  # noqa: E402 - after the path


def voucher(**changes):
    item = {"c": {"S": "cmp_1"}, "status": {"S": "issued"}, "issued_at": {"N": "100"}}
    return item | changes


class OneTable:
    """A client of DynamoDB whose only table has these items, all in its first segment."""

    def __init__(self, items):
        self.items = items

    def get_paginator(self, _operation):
        return self

    def paginate(self, Segment, **_request):
        return [{"Items": self.items if Segment == 0 else []}]


class Counts(unittest.TestCase):
    def test_what_is_no_voucher_is_counted_apart_and_ends_nothing(self):
        items = [
            voucher(),
            voucher(issued_at={"N": "201"}),
            voucher(ttl={"N": "5"}),
            {"customer_id": {"S": "c-1"}},
            voucher(issued_at={"S": "yesterday"}),
            voucher(ttl={"N": "never"}),
        ]
        counted = counts.count_vouchers(OneTable(items), "vouchers", until=200, alive_at=10)
        self.assertEqual(counted, {("cmp_1", "issued"): 1, counts.UNREADABLE: 3})


if __name__ == "__main__":
    unittest.main()
