"""Tests of the expected skip reason, and that a wrong answer is noticed."""

import io
import unittest

import diagnostics
from screen import Screen

LADDER = ["push", "email", "sms"]
GRANTED, DENIED = {"state": "granted"}, {"state": "denied"}


def customer(**changes) -> dict:
    return {"consents": {}, "contacts": {"phone": "+34600000001"}, "push_endpoints": []} | changes


class ExpectedSkipReason(unittest.TestCase):
    def check(self, expected, **changes):
        self.assertEqual(diagnostics.expected_skip_reason(customer(**changes), LADDER), expected)

    def test_no_consent_and_a_denied_one_differ(self):
        self.check("no_consent")
        self.check("opted_out", consents={"sms": DENIED})
        self.check("opted_out", consents={"sms": DENIED, "push": DENIED, "email": DENIED})

    def test_the_channel_that_came_closest_is_the_reason(self):
        self.check("no_address", consents={"email": GRANTED, "sms": DENIED})
        self.check(
            "suppressed", consents={"sms": GRANTED}, suppressions={"sms": {"reason": "opted_out"}}
        )

    def test_a_reachable_customer_has_no_skip_reason(self):
        self.check(None, consents={"sms": GRANTED, "email": DENIED})


class FakeApi:
    """An API with two skipped customers, and the app backend that knows their consents."""

    def __init__(self, reason: str):
        self.reason = reason

    def pages(self, path, **_query):
        return [{"customer_id": "c-1"}, {"customer_id": "c-2"}]

    def get_customer(self, customer_id):
        return customer(consents={"sms": DENIED} if customer_id == "c-1" else {})

    def call(self, _method, path):
        reason = "opted_out" if "c-1" in path else self.reason
        return {
            "answer": "skipped",
            "reason": reason,
            "decision": {"outcome": "skip", "reason": reason},
        }


class Answers(unittest.TestCase):
    def check_skips(self, reason: str) -> tuple[bool, str]:
        out = io.StringIO()
        api = FakeApi(reason)
        good = diagnostics.check_all_skips(
            Screen(out), api, api, {"id": "cmp_1", "channels": {"ladder": LADDER}}
        )
        return good, out.getvalue()

    def test_correct_answers_are_counted(self):
        good, text = self.check_skips("no_consent")
        self.assertTrue(good, text)
        self.assertIn("2 answers, all correct", text)

    def test_a_wrong_answer_is_named(self):
        good, text = self.check_skips("opted_out")
        self.assertFalse(good)
        self.assertIn("c-2: answered skipped opted_out, expected no_consent", text)


if __name__ == "__main__":
    unittest.main()
