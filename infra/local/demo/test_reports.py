"""What the demo prints of the five reports: of documents of their shape, and of a refusal."""

import io
import unittest
from datetime import datetime, timezone

import reports
from api import Refused
from show import WIDTH, Screen

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
                        "verdict": "scale", "profit": {"value": 500_000_00, "low": -1_00, "high": 900_000_00}}},
            {"name": "Small", "currency": "EUR",
             "effect": {"treated": ARM, "held_out": ARM, "profit": None, "missing_customers": 980,
                        "verdict": "not_enough_data"}},
        ]
    },
    "api-perf": {
        "channels": [
            {"channel": "sms", "provider": "sns", "attempts": 9, "accepted": 8, "failed": 1,
             "unknown": 0, "success_percent": "88.89", "issued_to_sent": {"p50_ms": 20, "p95_ms": 400}},
        ]
    },
    "system-health": {
        "state": "attention",
        "queues": [{"dead_letters": 2, "waiting": None}, {"dead_letters": 0, "waiting": 7}],
        "alerts": [{"cause": "dead_letters", "about": "sms", "says": "2 messages were given up"}],
    },
}  # fmt: skip


class Answering:
    """An operator's API that has these documents, and refuses what it has not."""

    def __init__(self, answers: dict):
        self.answers = answers
        self.asked = []

    def call(self, method: str, path: str, **query):
        name = path.rsplit("/", 1)[-1]
        self.asked.append((name, query))
        if name not in self.answers:
            raise Refused(method, path, 503, {"code": "unavailable", "detail": "Later."})
        return self.answers[name]


class At:
    def now(self):
        return datetime(2026, 11, 20, tzinfo=timezone.utc)


def printed(answers: dict) -> tuple[str, Answering]:
    stream, operator = io.StringIO(), Answering(answers)
    reports.print_reports(Screen(stream), operator, At())
    return stream.getvalue(), operator


class Reports(unittest.TestCase):
    def test_all_five_are_asked_for_and_fit(self):
        text, operator = printed(ANSWERS)
        self.assertEqual([name for name, _ in operator.asked], list(ANSWERS))
        self.assertEqual(operator.asked[0][1], {"from": "2026-10-22", "to": "2026-11-21"})
        self.assertLessEqual(max(map(len, text.splitlines())), WIDTH)
        for said in ("9,876,543.21 EUR", "-1.00 to 900,000.00", "scale", "980 missing",
                     "committed 40,000.00", "Spring 4,950.00", "88.89%", "attention: 7 messages wait, 2 dead letters"):  # fmt: skip
            self.assertIn(said, text)

    def test_a_report_that_does_not_answer_spoils_nothing(self):
        text, _ = printed({"system-health": ANSWERS["system-health"]})
        self.assertIn("Later.", text)
        self.assertIn("attention", text)


if __name__ == "__main__":
    unittest.main()
