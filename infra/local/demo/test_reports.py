"""Tests of the printed reports, with documents of their shape and with an error."""

import io
import unittest
from datetime import datetime, timezone

import reports
from api import ApiError
from screen import WIDTH, Screen

STAGES = {"issued": 900, "sent": 880, "delivered": 800, "accepted": 300, "redeemed": 150}
ARM = {"customers": 1_000_000, "spenders": 5}
ANSWERS = {
    "overview": {
        "totals": [
            {"kind": "promotion", "currency": "EUR", **STAGES, "revenue": 987_654_321,
             "discount": 12_345_678, "message_cost": None},
        ],
        "exposure": [
            {"kind": "promotion", "currency": "EUR", "committed": 40_000_00, "firm": 1_00,
             "spent": 0, "released": 7_00, "forecast": None},
        ],
        "ranking": {
            "by_currency": [
                {"currency": "EUR", "worst": [],
                 "best": [{"name": "Spring", "profit": {"value": 495_000, "low": 1, "high": 2}}]},
            ],
            "judged": 1, "looked_at": 2, "more": False,
        },
    },
    "customer-engagement": {
        "total": STAGES,
        "rows": [{"key": "sms", **STAGES, "issued": None}],
    },
    "campaign-perf": {
        "items": [
            {"name": "A campaign with a name that is long", "currency": "EUR",
             "effect": {"treated": ARM, "held_out": ARM, "missing_customers": None,
                        "verdict": "scale",
                        "profit": {"value": 500_000_00, "low": -1_00, "high": 900_000_00}}},
            {"name": "Small", "currency": "EUR",
             "effect": {"treated": ARM, "held_out": ARM, "profit": None, "missing_customers": 980,
                        "verdict": "not_enough_data"}},
        ]
    },
    "api-perf": {
        "channels": [
            {"channel": "sms", "provider": "sns", "attempts": 9, "accepted": 8, "failed": 1,
             "unknown": 0, "success_percent": "88.89",
             "issued_to_sent": {"p50_ms": 20, "p95_ms": 400}},
        ]
    },
    "system-health": {
        "state": "attention",
        "queues": [{"dead_letters": 2, "waiting": None}, {"dead_letters": 0, "waiting": 7}],
        "alerts": [{"cause": "dead_letters", "about": "sms", "says": "2 messages were given up"}],
    },
}  # fmt: skip


class FakeOperator:
    """An operator's API that answers with these documents and refuses other requests."""

    def __init__(self, answers: dict):
        self.answers = answers
        self.requests = []

    def call(self, method: str, path: str, **query):
        name = path.rsplit("/", 1)[-1]
        self.requests.append((name, query))
        if name not in self.answers:
            raise ApiError(method, path, 503, {"code": "unavailable", "detail": "Later."})
        return self.answers[name]


class FixedClock:
    def now(self):
        return datetime(2026, 11, 20, tzinfo=timezone.utc)


def print_to_text(answers: dict) -> tuple[str, FakeOperator]:
    stream, operator = io.StringIO(), FakeOperator(answers)
    reports.print_reports(Screen(stream), operator, FixedClock())
    return stream.getvalue(), operator


class Reports(unittest.TestCase):
    def test_all_five_are_requested_and_fit(self):
        text, operator = print_to_text(ANSWERS)
        self.assertEqual([name for name, _ in operator.requests], list(ANSWERS))
        self.assertEqual(operator.requests[0][1], {"from": "2026-10-22", "to": "2026-11-21"})
        self.assertLessEqual(max(map(len, text.splitlines())), WIDTH)
        for expected in ("9,876,543.21 EUR", "-1.00 to 900,000.00", "scale", "980 missing",
                     "committed 40,000.00", "Spring 4,950.00", "88.89%",
                     "attention: 7 messages wait, 2 dead letters"):  # fmt: skip
            self.assertIn(expected, text)

    def test_a_report_that_fails_does_not_stop_the_others(self):
        text, _ = print_to_text({"system-health": ANSWERS["system-health"]})
        self.assertIn("Later.", text)
        self.assertIn("attention", text)


if __name__ == "__main__":
    unittest.main()
