"""The bill: hand-computed acts, a golden table, sizes that are refused, and prices that agree with the benchmark's."""

import contextlib
import io
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import cost  # noqa: E402 - the path has just been set

TEMPLATES = {"secrets": 5, "queues": 10, "clocks": 4, "alarms": 80}


def acts():
    """Round numbers, so that a dollar can be computed by hand."""
    voucher = {
        "write_units": 4.0, "read_units": 2.0, "sqs_requests": 1.0, "http_requests": 0.5, "invocations": 1.0,
        "gb_seconds": 0.0, "topic_events": 1.0, "log_bytes": 1000.0, "answer_bytes": 0.0,
        "messages": {"push": 0.5, "email": 0.4, "sms": 0.1},
    }
    request = {"http_requests": 1.0, "invocations": 1.0}
    each = {
        "voucher": voucher,
        "wallet_read": request | {"read_units": 4.0, "answer_bytes": 2000.0, "log_bytes": 500.0},
        "quote": request, "hold": request | {"write_units": 4.0}, "release": request | {"write_units": 4.0},
        "order_placed": request | {"write_units": 6.0}, "order_edited": request, "order_refunded": request,
        "cart": request | {"write_units": 4.0}, "event": request, "webhook": {"sqs_requests": 1.0},
        "customer_put": request | {"write_units": 8.0},
    }
    recount = {"write_units_per_voucher": 0.01, "read_units_per_voucher": 0.1, "gb_seconds_per_voucher": 0.0}
    return {"acts": each, "recount": recount, "bytes": {"voucher_item": 710.0, "customer_item": 1500.0, "work_per_order": 900.0}}


def bill(**size):
    said = {"customers": 1_000_000, "orders": 1_000_000, "vouchers": 1_000_000} | size
    return cost.month(cost.Size(**said), acts(), cost.read_prices(), cost.read_usage(), TEMPLATES)


def refused(**size):
    with unittest.TestCase().assertRaises(cost.Refused) as caught:
        bill(**size)
    return str(caught.exception)


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cost.main(list(arguments))
        except SystemExit as ended:
            code = ended.code
    return code, out.getvalue(), err.getvalue()


class TestBill(unittest.TestCase):
    def test_a_million_vouchers_by_hand(self):
        row = bill().rows["voucher"]
        self.assertAlmostEqual(row["DynamoDB writes"], 4 * 0.625)
        self.assertAlmostEqual(row["DynamoDB reads"], 2 * 0.125)
        self.assertAlmostEqual(row["SQS"], 0.40)
        self.assertAlmostEqual(row["HTTP API"], 0.50)
        self.assertAlmostEqual(row["Lambda"], 0.20)
        self.assertAlmostEqual(row["SNS topic"], 0.50)
        self.assertAlmostEqual(row["CloudWatch logs"], 0.50, msg="a gigabyte")
        self.assertAlmostEqual(sum(row.values()), 4.85)

    def test_a_wallet_read_by_hand(self):
        # 1.00 of the API, 0.20 of Lambda, 4 x 0.125, half a gigabyte of logs, 2 GB out
        self.assertAlmostEqual(cost.per_million(acts(), "wallet_read", cost.read_prices()), 1.00 + 0.20 + 0.50 + 0.25 + 0.18)

    def test_storage_and_recount_by_hand(self):
        made = bill(stored=1_000_000)
        # 710 bytes and 290 of indexes are a gigabyte for a million
        self.assertAlmostEqual(made.rows["voucher stored"]["DynamoDB storage"], 0.25)
        self.assertAlmostEqual(made.rows["voucher stored"]["DynamoDB backup"], 0.20)
        self.assertNotIn("DynamoDB backup", made.rows["order stored"], "Work has none")
        self.assertAlmostEqual(made.rows["recount, a night"]["DynamoDB writes"], 0.01 * 0.625 * 30.4)
        self.assertAlmostEqual(made.rows["recount, a night"]["DynamoDB reads"], 0.1 * 0.125 * 30.4)

    def test_what_is_fixed_by_hand(self):
        made = bill()
        self.assertAlmostEqual(made.rows["secrets"]["Secrets Manager"], 2.00)
        self.assertAlmostEqual(made.rows["alarms"]["CloudWatch alarms"], 8.00)
        # a poll is 20 seconds and five are under way: a quarter of a request a second for each queue
        self.assertAlmostEqual(made.rows["polling of queues"]["SQS"], 10 * 0.25 * 86_400 * 30.4 * 0.4e-6)
        nothing = cost.month(cost.Size(1, 0, 0), acts(), cost.read_prices(), cost.read_usage(), TEMPLATES)
        self.assertAlmostEqual(nothing.total(nothing.fixed), made.total(made.fixed), msg="whatever is done")

    def test_a_whole_voucher_is_the_sum_of_its_parts(self):
        parts = cost.whole_voucher(acts(), cost.read_prices(), cost.read_usage())
        self.assertAlmostEqual(parts["wallet_read"], 5 * 2.13)
        self.assertAlmostEqual(parts["storage"], 0.45 * 430 / 30.4)
        self.assertAlmostEqual(parts["recount"], (0.01 * 0.625 + 0.1 * 0.125) * 430)
        figures = cost.figures(acts(), cost.read_prices(), cost.read_usage())
        self.assertAlmostEqual(figures["cost.all_dollars_per_million"], sum(parts.values()))
        self.assertAlmostEqual(figures["cost.order_dollars_per_million"], 1.00 + 0.20 + 6 * 0.625)

    def test_channels_are_apart(self):
        made = bill()
        self.assertAlmostEqual(made.rows["channel: sms"]["channel: sms"], 100_000 * 0.05)
        self.assertAlmostEqual(made.total() - made.platform(), 5_000 + 40 + 0.25)
        none = bill(push=0, email=0, sms=0)
        self.assertAlmostEqual(none.total(), made.platform())
        self.assertAlmostEqual(bill(email=1_000_000).rows["channel: email"]["channel: email"], 100)

    def test_rows_and_services_sum_to_the_same(self):
        made = bill(events=5)
        self.assertAlmostEqual(sum(made.by_service().values()), made.total())
        self.assertEqual(made.missing, [])

    def test_what_was_not_counted_is_named_and_not_guessed(self):
        known = acts()
        del known["acts"]["webhook"], known["recount"], known["bytes"]["work_per_order"]
        made = cost.month(cost.Size(1, 1, 1), known, cost.read_prices(), cost.read_usage(), TEMPLATES)
        self.assertEqual(made.missing, ["webhook", "recount", "order stored"])
        self.assertIn("not counted and not in the bill: webhook, recount, order stored", cost.shown(made, cost.Size(1, 1, 1)))
        with self.assertRaisesRegex(cost.Refused, "recount were not counted"):
            cost.whole_voucher(known, cost.read_prices(), cost.read_usage())

    def test_the_table_is_as_kept(self):
        size = cost.Size(customers=10_000_000, orders=30_000_000, vouchers=10_000_000)
        made = cost.month(size, acts(), cost.read_prices(), cost.read_usage(), TEMPLATES)
        golden = HERE / "golden_bill.txt"
        self.assertEqual(cost.shown(made, size) + "\n", golden.read_text(encoding="utf-8"))


class TestSizes(unittest.TestCase):
    def test_a_size_that_is_none_is_refused_with_its_field(self):
        self.assertEqual(refused(orders=-1), "orders: -1 is not a number from 0")
        self.assertEqual(refused(wallet_reads=float("nan")), "wallet_reads: nan is not a number from 0")
        self.assertEqual(refused(sms=float("inf")), "sms: inf is not a number from 0")
        self.assertEqual(refused(vouchers=None), "vouchers: is missing")
        self.assertTrue(refused(customers=0, orders=0, vouchers=0).endswith("nothing to price"))
        self.assertTrue(refused(customers=0).startswith("customers: 0"))

    def test_nought_of_something_is_a_size(self):
        made = bill(orders=0, wallet_reads=0, checkouts=0)
        for act in ("order placed", "cart", "order stored", "wallet read", "quote"):
            self.assertNotIn(act, made.rows)
        self.assertGreater(bill(vouchers=0).total(), 0)

    def test_the_command_says_what_is_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "acts.json"
            path.write_text(json.dumps(acts() | {"quick": True}), encoding="utf-8")
            size = ("--customers", "10_000", "--orders", "5000", "--vouchers", "2000", "--acts", str(path))
            code, out, _ = run(*size)
            self.assertEqual(code, 0)
            self.assertIn("with channels", out)
            self.assertIn("a quick run", out)
            self.assertEqual(run("--customers", "1", "--acts", str(path))[::2], (2, "cost: orders: is missing\n"))
            self.assertEqual(run(*size, "--sms", "-1")[::2], (2, "cost: sms: -1 is not a number from 0\n"))
            code, _, err = run(*size, "--push", "many")
            self.assertEqual(code, 2)
            self.assertIn("'many' is not a number", err)
            code, _, err = run(*size[:-1], str(Path(folder) / "none.json"))
            self.assertEqual((code, "make bench ONLY=cost" in err), (2, True))


class TestSources(unittest.TestCase):
    def test_the_benchmarks_prices_are_those_of_the_list(self):
        source = (HERE.parent / "src" / "cost" / "price.rs").read_text(encoding="utf-8")
        found = {name: float(value.replace("_", "")) for name, value in re.findall(r"const (\w+): f64 = ([0-9_.]+);", source)}
        prices = cost.read_prices()
        expected = {
            "WRITE_UNITS": prices["dynamodb"]["write_units_million"], "READ_UNITS": prices["dynamodb"]["read_units_million"],
            "SQS_REQUESTS": prices["sqs"]["requests_million"], "INVOCATIONS": prices["lambda"]["requests_million"],
            "HTTP_REQUESTS": prices["http_api"]["requests_million"], "SNS_REQUESTS": prices["sns"]["push_million"],
            "EMAILS": prices["ses"]["emails_thousand"], "SMS": prices["sms"]["message"],
            "GB_SECONDS": prices["lambda"]["gb_second"], "LOG_GB": prices["cloudwatch"]["logs_gb"],
        }
        self.assertEqual({name: found[name] for name in expected}, expected)

    def test_lists_of_a_template_are_multiplied(self):
        observability = (
            "Resources:\n  Fn::ForEach::Age:\n    - Queue\n    - [a, b, c]\n    - 'Old&{Queue}':\n        Type: AWS::CloudWatch::Alarm\n"
            "  One:\n    Type: AWS::CloudWatch::Alarm\n"
        )
        template = "A:\n  Type: AWS::SecretsManager::Secret\nB:\n  Type: SQS\n  Rate: rate(1 minute)\n"
        self.assertEqual(cost.count_templates(template, observability), {"secrets": 1, "queues": 1, "clocks": 1, "alarms": 4})

    def test_the_templates_of_the_product_are_counted(self):
        found = cost.read_templates()
        self.assertTrue(all(found[name] > 0 for name in found), found)
        self.assertGreater(found["alarms"], 50, "by queue, function and table")

    def test_figures_join_the_benchmarks_and_misses_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            bench, counted = Path(folder) / "bench.json", Path(folder) / "acts.json"
            bench.write_text('{"a.figure": 1.0}', encoding="utf-8")
            counted.write_text(json.dumps(acts()), encoding="utf-8")
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                missed = cost.write_figures(bench, counted)
            written = json.loads(bench.read_text(encoding="utf-8"))
            self.assertEqual(set(written), {"a.figure", *cost.GOALS})
            self.assertEqual(written["cost.wallet_dollars_per_million"], 2.13)
            self.assertIn("cost.wallet_dollars_per_million is 2.13 and should be at most 1", missed)
            self.assertIn("MISSED", out.getvalue())


if __name__ == "__main__":
    unittest.main()
