"""Tests of loading, of the agreement between report and customers, and of the output."""

import io
import threading
import unittest
from collections import defaultdict

import autopilots
import results
from api import ApiError
from customer_actions import (
    ActionTotals,
    CustomerActions,
    VoucherRef,
    select_delivered_vouchers,
)
from loader import LoadRecord, LoadStopped, RejectedLine, load_records
from screen import WIDTH, Screen, format_money


class FakeAppBackend:
    """An app backend that accepts all records but those for which `refuses` gives a status."""

    def __init__(self, refuses=lambda _: None):
        self.refuses = refuses
        self.received = defaultdict(list)
        self.lock = threading.Lock()

    def put_customer(self, customer_id, body):
        return self.receive(customer_id, "customer", body)

    def post_order(self, body):
        return self.receive(body["customer_id"], body["order_id"], body)

    def receive(self, customer_id, record, body):
        status = self.refuses(body)
        if status:
            raise ApiError("PUT", "/", status, {"code": "no", "detail": "No."})
        with self.lock:
            self.received[customer_id].append(record)
        return {"recorded": "first"}


def records(customers: int, orders: int):
    for customer in range(customers):
        name = f"c-{customer}"
        yield LoadRecord("customer", name, {}, f"line {customer}")
        for order in range(orders):
            body = {"event": "placed", "customer_id": name, "order_id": f"o-{order}"}
            yield LoadRecord("order", name, body, f"order {order}")


class Autopilots(unittest.TestCase):
    def test_each_has_a_trigger_and_messages_in_all_languages(self):
        for autopilot in (autopilots.WINBACK, autopilots.CELEBRATION):
            body = autopilots.build_definition(autopilot, "EUR")
            self.assertEqual((body["kind"], body["trigger"]["when"]), ("autopilot", autopilot.when))
            self.assertGreater(body["trigger"]["cool_down_days"], 0)
            self.assertIn("{{ voucher_link }}", body["messages"]["locales"]["en"]["sms"]["text"])
            self.assertEqual(set(body["messages"]["locales"]), {"en", "es", "de", "fr"})


class Loading(unittest.TestCase):
    def test_keeps_the_order_of_each_customer(self):
        app = FakeAppBackend()
        totals = load_records(records(300, 3), app, lambda _: None)
        self.assertEqual((totals.customers, totals.events["placed"]), (300, 900))
        self.assertEqual(
            set(map(tuple, app.received.values())), {("customer", "o-0", "o-1", "o-2")}
        )

    def test_a_refused_record_does_not_stop_the_rest(self):
        app = FakeAppBackend(lambda body: 422 if body.get("order_id") == "o-1" else None)
        source = [RejectedLine("orders.csv:9", "not a record"), *records(20, 3)]
        totals = load_records(source, app, lambda _: None)
        self.assertEqual((totals.customers, totals.events["placed"], totals.refused), (20, 40, 21))
        self.assertIn(RejectedLine("orders.csv:9", "not a record"), totals.refusals)
        self.assertIn(RejectedLine("order 1", "422 no: No."), totals.refusals)

    def test_a_wrong_signature_stops_at_once(self):
        with self.assertRaises(LoadStopped):
            load_records(records(5_000, 1), FakeAppBackend(lambda _: 401), lambda _: None)


class Agreement(unittest.TestCase):
    def test_only_equal_counts_agree(self):
        totals = ActionTotals(accepted=4, redeemed=2, reversed=1, revenue=900, voucher_cost=80)
        row = {"accepted": 4, "redeemed": 2, "reversed": 1, "revenue": 900, "voucher_cost": 80}
        self.assertEqual(results.find_disagreements(row, totals), [])
        self.assertEqual(
            results.find_disagreements(row | {"redeemed": 1}, totals), ["redeemed 1 of 2"]
        )
        self.assertEqual(len(results.find_disagreements({}, totals)), 5)

    def test_the_equation_is_checked_with_our_own_sum(self):
        run = {"selected": 9, "issued": 5, "ghost": 1, "skipped": 2, "waiting": 0, "failed": 1}
        self.assertTrue(results.equation_closes(run | {"equation_closed": True}))
        self.assertFalse(results.equation_closes(run | {"equation_closed": False}))
        self.assertFalse(results.equation_closes(run | {"equation_closed": True, "issued": 4}))

    def test_held_out_and_skipped_records_have_no_voucher(self):
        items = [
            {"customer_id": "a", "voucher_id": "1", "status": "issued"},
            {"customer_id": "b", "voucher_id": "2", "status": "ghost"},
            {"customer_id": "c", "voucher_id": "3", "status": "skipped"},
            {"customer_id": "d", "voucher_id": "4", "status": "issued", "delivered_at": None},
        ]
        self.assertEqual(select_delivered_vouchers(items), [VoucherRef("a", "1")])

    def test_a_refusal_is_counted_and_kept(self):
        totals = ActionTotals()
        for number in range(9):
            totals.add(CustomerActions(VoucherRef(f"c-{number}", "v"), problem="no"))
        self.assertEqual((totals.problems, totals.wallets, len(totals.reasons)), (9, 0, 5))


class Output(unittest.TestCase):
    def test_money(self):
        self.assertEqual(format_money(123_456, "EUR"), "1,234.56 EUR")
        self.assertEqual(format_money(-5, "EUR"), "-0.05 EUR")
        self.assertEqual(format_money(1500, "JPY"), "1,500 JPY")
        self.assertEqual(format_money(None), "-")

    def test_the_result_fits_and_tells_whether_it_agrees(self):
        run = {"selected": 1_228_000, "issued": 1_100_000, "ghost": 120_000, "skipped": 8_000,
               "waiting": 0, "failed": 0, "equation_closed": True}  # fmt: skip
        stages = {
            "sent": 1_090_000,
            "delivered": 1_080_000,
            "accepted": 400_000,
            "redeemed": 99_000,
        }
        row = {"currency": "EUR", "issued": 1_100_000, **stages, "reversed": 1,
               "revenue": 987_654_321, "voucher_cost": 1, "message_cost": 2,
               "return_on_cost": "3.00",
               "skips": {"no_consent": 8_000},
               "channels": dict.fromkeys(("sms", "email", "push"), stages)}  # fmt: skip
        campaign = {"name": "First pharmacy order", "id": "cmp_1", "state": "completed", "run": run}
        for totals, agrees in (
            (ActionTotals(0, 400_000, 0, 99_000, 1, 987_654_321, 1), True),
            (ActionTotals(), False),
        ):
            stream = io.StringIO()
            self.assertEqual(results.print_results(Screen(stream), campaign, row, totals), agrees)
            text = stream.getvalue()
            self.assertLessEqual(max(map(len, text.splitlines())), WIDTH)
            self.assertNotIn("\x1b", text)
            self.assertIn("closed", text)


if __name__ == "__main__":
    unittest.main()
