"""Loading in order, what counts as agreement, and how it looks."""

import io
import threading
import unittest
from collections import defaultdict

import autopilots
import results
from acting import Act, Done, Voucher, delivered_vouchers
from api import Refused
from loading import BadLine, Record, Stopped, load
from show import WIDTH, Screen, money


class Taking:
    """An app backend that takes everything but what `refuses` says."""

    def __init__(self, refuses=lambda _: None):
        self.refuses = refuses
        self.took = defaultdict(list)
        self.lock = threading.Lock()

    def put_customer(self, customer_id, body):
        return self.take(customer_id, "customer", body)

    def post_order(self, body):
        return self.take(body["customer_id"], body["order_id"], body)

    def take(self, customer_id, what, body):
        status = self.refuses(body)
        if status:
            raise Refused("PUT", "/", status, {"code": "no", "detail": "No."})
        with self.lock:
            self.took[customer_id].append(what)
        return {"recorded": "first"}


def records(customers: int, orders: int):
    for customer in range(customers):
        name = f"c-{customer}"
        yield Record("customer", name, {}, f"line {customer}")
        for order in range(orders):
            body = {"event": "placed", "customer_id": name, "order_id": f"o-{order}"}
            yield Record("order", name, body, f"order {order}")


class Autopilots(unittest.TestCase):
    def test_each_says_when_it_fires_and_what_it_says(self):
        for autopilot in (autopilots.WINBACK, autopilots.CELEBRATION):
            body = autopilots.definition(autopilot, "EUR")
            self.assertEqual((body["kind"], body["trigger"]["when"]), ("autopilot", autopilot.when))
            self.assertGreater(body["trigger"]["cool_down_days"], 0)
            self.assertIn("{{ voucher_link }}", body["messages"]["locales"]["en"]["sms"]["text"])
            self.assertEqual(set(body["messages"]["locales"]), {"en", "es", "de", "fr"})


class Loading(unittest.TestCase):
    def test_keeps_the_order_of_each_customer(self):
        app = Taking()
        tally = load(records(300, 3), app, lambda _: None)
        self.assertEqual((tally.customers, tally.events["placed"]), (300, 900))
        self.assertEqual(set(map(tuple, app.took.values())), {("customer", "o-0", "o-1", "o-2")})

    def test_a_refused_record_does_not_stop_the_rest(self):
        app = Taking(lambda body: 422 if body.get("order_id") == "o-1" else None)
        source = [BadLine("orders.csv:9", "not a record"), *records(20, 3)]
        tally = load(source, app, lambda _: None)
        self.assertEqual((tally.customers, tally.events["placed"], tally.refused), (20, 40, 21))
        self.assertIn(BadLine("orders.csv:9", "not a record"), tally.refusals)
        self.assertIn(BadLine("order 1", "422 no: No."), tally.refusals)

    def test_a_wrong_signature_stops_at_once(self):
        with self.assertRaises(Stopped):
            load(records(5_000, 1), Taking(lambda _: 401), lambda _: None)


class Agreement(unittest.TestCase):
    def test_only_equal_counts_agree(self):
        done = Done(accepted=4, redeemed=2, reversed=1, revenue=900, voucher_cost=80)
        row = {"accepted": 4, "redeemed": 2, "reversed": 1, "revenue": 900, "voucher_cost": 80}
        self.assertEqual(results.disagreements(row, done), [])
        self.assertEqual(results.disagreements(row | {"redeemed": 1}, done), ["redeemed 1 of 2"])
        self.assertEqual(len(results.disagreements({}, done)), 5)

    def test_the_equation_is_summed_here_too(self):
        run = {"selected": 9, "issued": 5, "ghost": 1, "skipped": 2, "waiting": 0, "failed": 1}
        self.assertTrue(results.closed(run | {"equation_closed": True}))
        self.assertFalse(results.closed(run | {"equation_closed": False}))
        self.assertFalse(results.closed(run | {"equation_closed": True, "issued": 4}))

    def test_ghosts_and_skips_have_no_wallet(self):
        items = [
            {"customer_id": "a", "voucher_id": "1", "status": "issued"},
            {"customer_id": "b", "voucher_id": "2", "status": "ghost"},
            {"customer_id": "c", "voucher_id": "3", "status": "skipped"},
            {"customer_id": "d", "voucher_id": "4", "status": "issued", "delivered_at": None},
        ]
        self.assertEqual(delivered_vouchers(items), [Voucher("a", "1")])

    def test_a_refusal_is_counted_and_kept(self):
        done = Done()
        for number in range(9):
            done.add(Act(Voucher(f"c-{number}", "v"), problem="no"))
        self.assertEqual((done.problems, done.wallets, len(done.reasons)), (9, 0, 5))


class Looks(unittest.TestCase):
    def test_money(self):
        self.assertEqual(money(123_456, "EUR"), "1,234.56 EUR")
        self.assertEqual(money(-5, "EUR"), "-0.05 EUR")
        self.assertEqual(money(1500, "JPY"), "1,500 JPY")
        self.assertEqual(money(None), "-")

    def test_the_result_fits_and_says_whether_it_adds_up(self):
        run = {"selected": 1_228_000, "issued": 1_100_000, "ghost": 120_000, "skipped": 8_000,
               "waiting": 0, "failed": 0, "equation_closed": True}  # fmt: skip
        stages = {
            "sent": 1_090_000,
            "delivered": 1_080_000,
            "accepted": 400_000,
            "redeemed": 99_000,
        }
        row = {"currency": "EUR", "issued": 1_100_000, **stages, "reversed": 1,
               "revenue": 987_654_321, "voucher_cost": 1, "message_cost": 2, "return_on_cost": "3.00",
               "skips": {"no_consent": 8_000},
               "channels": dict.fromkeys(("sms", "email", "push"), stages)}  # fmt: skip
        campaign = {"name": "First pharmacy order", "id": "cmp_1", "state": "completed", "run": run}
        for done, says in (
            (Done(0, 400_000, 0, 99_000, 1, 987_654_321, 1), True),
            (Done(), False),
        ):
            stream = io.StringIO()
            self.assertEqual(results.print_results(Screen(stream), campaign, row, done), says)
            text = stream.getvalue()
            self.assertLessEqual(max(map(len, text.splitlines())), WIDTH)
            self.assertNotIn("\x1b", text)
            self.assertIn("closed", text)


if __name__ == "__main__":
    unittest.main()
