"""Tests what support does for one customer, and that a wallet that disagrees is noticed."""

import unittest
from datetime import UTC, datetime

from goodwill import GoodwillCase, Support, WrongWallet

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CASE = GoodwillCase("c-1", "case-1")


class FakeApi:
    """An API that keeps the vouchers it issues, and with `stuck` never moves an end."""

    def __init__(self, stuck: bool = False, doubled: bool = False):
        self.stuck, self.doubled = stuck, doubled
        self.ends: dict[str, str] = {}
        self.requests: dict[str, str] = {}

    def call(self, method, path, body):
        if path.endswith("/extend"):
            voucher_id = path.split("/")[-2]
            if not self.stuck:
                self.ends[voucher_id] = body["until"]
            return {}
        repeat = body["request_id"] in self.requests and not self.doubled
        if not repeat:
            self.requests[body["request_id"]] = f"v-{len(self.ends) + 1}"
        voucher_id = self.requests[body["request_id"]]
        self.ends.setdefault(voucher_id, body["until"])
        return {"voucher_id": voucher_id, "repeat": repeat, "message": None if repeat else "push"}

    def get_wallet(self, customer_id):
        return {"items": [{"voucher_id": one, "accept_by": end} for one, end in self.ends.items()]}


class Goodwill(unittest.TestCase):
    def give(self, api: FakeApi) -> list[str]:
        return Support(api, api, NOW).give(CASE, "cmp_1")

    def test_one_voucher_with_a_later_end(self):
        api = FakeApi()
        lines = self.give(api)
        self.assertEqual(api.ends, {"v-1": "2026-12-04T12:00:00Z"})
        self.assertIn("told by push, until 2026-11-27", lines[0])

    def test_an_end_that_does_not_move_is_noticed(self):
        with self.assertRaisesRegex(WrongWallet, "2026-11-27T12:00:00Z"):
            self.give(FakeApi(stuck=True))

    def test_a_second_voucher_of_the_same_request_is_noticed(self):
        with self.assertRaisesRegex(WrongWallet, "v-2 beside v-1"):
            self.give(FakeApi(doubled=True))


if __name__ == "__main__":
    unittest.main()
