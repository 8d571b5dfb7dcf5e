"""The truth about a skip, and that a wrong answer is noticed."""

import io
import unittest

import whynot
from show import Screen

LADDER = ["push", "email", "sms"]
GRANTED, DENIED = {"state": "granted"}, {"state": "denied"}


def customer(**changes) -> dict:
    return {"consents": {}, "contacts": {"phone": "+34600000001"}, "push_endpoints": []} | changes


class Truth(unittest.TestCase):
    def check(self, expected, **changes):
        self.assertEqual(whynot.truth(customer(**changes), LADDER), expected)

    def test_silence_and_a_no_are_two_things(self):
        self.check("no_consent")
        self.check("opted_out", consents={"sms": DENIED})
        self.check("opted_out", consents={"sms": DENIED, "push": DENIED, "email": DENIED})

    def test_the_channel_that_came_closest_is_the_reason(self):
        self.check("no_address", consents={"email": GRANTED, "sms": DENIED})
        self.check(
            "suppressed", consents={"sms": GRANTED}, suppressions={"sms": {"reason": "opted_out"}}
        )

    def test_who_can_be_reached_is_not_to_be_skipped(self):
        self.check(None, consents={"sms": GRANTED, "email": DENIED})


class Asked:
    """An API with two skipped customers, and an app backend that knows why."""

    def __init__(self, reason: str):
        self.reason = reason

    def pages(self, path, **_query):
        return [{"customer_id": "c-1"}, {"customer_id": "c-2"}]

    def customer(self, customer_id):
        return customer(consents={"sms": DENIED} if customer_id == "c-1" else {})

    def call(self, _method, path):
        reason = "opted_out" if "c-1" in path else self.reason
        return {
            "answer": "skipped",
            "reason": reason,
            "decision": {"outcome": "skip", "reason": reason},
        }


class Asking(unittest.TestCase):
    def asked(self, reason: str) -> tuple[bool, str]:
        out = io.StringIO()
        api = Asked(reason)
        good = whynot.ask_all(Screen(out), api, api, {"id": "cmp_1", "channels": {"ladder": LADDER}})
        return good, out.getvalue()

    def test_true_answers_are_counted(self):
        good, text = self.asked("no_consent")
        self.assertTrue(good, text)
        self.assertIn("2 asked, all true", text)

    def test_a_wrong_answer_is_named(self):
        good, text = self.asked("opted_out")
        self.assertFalse(good)
        self.assertIn("c-2: said skipped opted_out, and it is no_consent", text)


if __name__ == "__main__":
    unittest.main()
