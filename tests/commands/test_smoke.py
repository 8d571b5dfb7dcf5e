"""The smoke test of a real account: what it never does, and what it notices. Its whole walk runs on the test stack (`make test`)."""

import contextlib
import io
import os
import unittest
from types import SimpleNamespace
from unittest import mock

from account import Account

import aws_smoke  # noqa: E402 - after the path that `account` sets
from processes import StepFailed  # noqa: E402
from smoke.people import CUSTOMERS, KINDS, MAILBOXES, people  # noqa: E402
from smoke.walk import Walk  # noqa: E402

OPTIONS = {"stack": "vouchers-smoke", "sender": "offers@shop.es", "architecture": "arm64", "sms": None, "keep": False, "local": False}


class Command(unittest.TestCase):
    def run_with(self, wrong=(), confirm="1", **changes):
        self.calls = []
        account = Account()

        def walk(_callers, _options):
            self.calls.append("walk")
            if wrong is Exception:
                raise StepFailed("broken")
            return wrong

        with (
            mock.patch.object(aws_smoke, "open_session", lambda _local: account.session),
            mock.patch.object(aws_smoke, "deploy", lambda _options: self.calls.append("deploy")),
            mock.patch.object(aws_smoke, "destroy", lambda _options: self.calls.append("destroy")),
            mock.patch.object(aws_smoke, "callers_of_stack", lambda *_: ("app", "operator")),
            mock.patch.object(aws_smoke, "walk", walk),
            mock.patch.dict(os.environ, {"CONFIRM": confirm}),
            mock.patch.object(aws_smoke.sys, "stdin", io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            return aws_smoke.run(SimpleNamespace(**OPTIONS | changes))

    def test_destroys_what_it_deployed_however_it_ends(self):
        self.assertEqual((self.run_with(), self.calls), (0, ["deploy", "walk", "destroy"]))
        self.assertEqual((self.run_with(["a dead letter"]), self.calls), (1, ["deploy", "walk", "destroy"]))
        with self.assertRaises(StepFailed):
            self.run_with(Exception)
        self.assertEqual(self.calls[-1], "destroy")
        self.run_with(keep=True)
        self.assertEqual(self.calls, ["deploy", "walk"])

    def test_does_nothing_unless_somebody_says_yes(self):
        with self.assertRaisesRegex(StepFailed, "nothing was deployed"):
            self.run_with(confirm="")
        self.assertEqual(self.calls, [])

    def test_never_takes_the_name_of_the_real_stack(self):
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit):
            aws_smoke.read_options(["--stack", "vouchers", "--sender", "offers@shop.es"])

    def test_wants_a_sender_that_can_send(self):
        with self.assertRaises(StepFailed):
            self.run_with(sender="shop.es")
        self.assertEqual(self.calls, [])

    def test_costs_cents_by_its_own_reckoning(self):
        self.assertLess(sum(aws_smoke.COSTS.values()), 0.5)

    def test_stays_below_what_a_sandbox_takes(self):
        self.assertEqual(CUSTOMERS, 50)
        self.assertIn("EmailRatePerSecond=1", aws_smoke.PARAMETERS)
        for person in people("run", ("+1", "+2")):
            self.assertTrue(person.channel == "sms" or person.address.endswith(f"@{MAILBOXES}"), "nobody but the simulator")
        self.assertEqual(len({person.address for person in people("run")}), CUSTOMERS, "a suppression is of an address")


class Account50:
    """An API on which every message has ended, as `changes` says otherwise, by customer."""

    def __init__(self, people_of_run, **changes):
        self.people, self.changes, self.dead = people_of_run, changes, 0

    def put_customer(self, _id, _body):
        return {}

    def call(self, method, path, body=None, _headers=None):
        if path.endswith("/dead-letters"):
            return {"items": [{"queue": "feedback", "waiting": self.dead, "held": 0}]}
        if path.endswith("/suppressions/search"):
            [person] = [person for person in self.people if person.address == body["email"]]
            reason = self.changes.get("suppressed", person.suppressed)
            return {"suppressions": [{"reason": reason}] if reason else []}
        run = {"selected": len(self.people), "issued": len(self.people), "skipped": 0, "failed": 0, "waiting": 0}
        return {"id": "cmp_1", "state": self.changes.get("state", "completed"), "run": run | self.changes.get("run", {})}

    def pages(self, _path, limit):
        self.dead = self.changes.get("dead", 0)
        for person in self.people:
            state = self.changes.get("attempt", sorted(person.ends)[0])
            yield {"customer_id": person.id, "attempts": {person.channel: {"state": state}}}


class Steps(unittest.TestCase):
    def walked(self, **changes):
        people_of_run = people("run")
        api = Account50(people_of_run, **changes)
        ticks = iter(range(0, 10**9, 100))
        return Walk(api, api, "run", people_of_run, lambda _text: None, lambda _s: None, lambda: next(ticks)).walk()

    def test_find_nothing_when_all_came_back(self):
        self.assertEqual(self.walked(), [])

    def test_notice_each_thing_that_is_wrong(self):
        for changes, said in (
            ({"state": "running"}, "running and not completed"),
            ({"run": {"issued": 49, "skipped": 1}}, "49 customers were issued"),
            ({"attempt": "sent"}, "40 messages by email to success: sent, and delivered is right"),
            ({"suppressed": None}, "suppressed for nothing"),
            ({"dead": 2}, "2 dead letters of feedback"),
        ):
            with self.subTest(changes):
                self.assertTrue([sentence for sentence in self.walked(**changes) if said in sentence], self.walked(**changes))

    def test_know_each_kind_of_mailbox(self):
        self.assertEqual(set(KINDS), {"success", "complaint", "bounce", "suppressionlist"})


if __name__ == "__main__":
    unittest.main()
