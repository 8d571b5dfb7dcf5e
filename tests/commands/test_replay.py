"""Batches of the stream that Lambda gave up on: what is read, called again, counted, moved and left.

The notes have the form of AWS's documentation; every call and answer passes AWS's service models.
"""

import io
import json
import sys
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "restore"))

from modelled import Fails, ModelledSession  # noqa: E402 - after the path

from replay_stream import Replay, read_batch  # noqa: E402 - after modelled's path

BUCKET = "vouchers-streambatchesbucket-1"


def note(function, first="100", records=2, text=True, table="vouchers-vouchers"):
    """Returns what Lambda puts into the bucket for a batch."""
    event = {"Records": [{"eventID": str(number)} for number in range(records)]}
    return json.dumps(
        {
            "requestContext": {
                "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
                "functionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{function}:live",
                "condition": "RecordAgeExceeded",
                "approximateInvokeCount": 40,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "7", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": "2026-11-29T00:13:49.717Z",
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000001573689847184-864758bb",
                "startSequenceNumber": first,
                "endSequenceNumber": "900",
                "approximateArrivalOfFirstRecord": "2026-11-28T00:13:19Z",
                "approximateArrivalOfLastRecord": "2026-11-28T00:13:19Z",
                "batchSize": records,
                "streamArn": f"arn:aws:dynamodb:eu-west-1:123456789012:table/{table}/stream/2026-11-01T00:00:00.000",
            },
            "payload": json.dumps(event) if text else event,
        }
    ).encode()


class Account:
    """A bucket with these objects and functions that answer as `invoked` says."""

    def __init__(self, objects, invoked=None):
        self.objects, self.said = dict(objects), []
        self.session = ModelledSession(
            {
                "DescribeStackResources": {
                    "StackResources": [
                        {
                            "LogicalResourceId": "StreamBatchesBucket",
                            "PhysicalResourceId": BUCKET,
                            "ResourceType": "AWS::S3::Bucket",
                            "Timestamp": "2026-11-30T00:00:00Z",
                            "ResourceStatus": "CREATE_COMPLETE",
                        }
                    ]
                },
                "ListObjectsV2": lambda asked: {
                    "Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(asked["Prefix"])]
                },
                "GetObject": lambda asked: {"Body": io.BytesIO(self.objects[asked["Key"]])},
                "CopyObject": self.copy,
                "DeleteObject": self.delete,
                "Invoke": invoked or (lambda _asked: {"StatusCode": 200, "Payload": io.BytesIO(b'{"batchItemFailures":[]}')}),
            }
        )

    def copy(self, asked):
        bucket, key = urllib.parse.unquote(asked["CopySource"]).split("/", 1)  # as the SDK sends it
        assert bucket == BUCKET
        self.objects[asked["Key"]] = self.objects[key]
        return {}

    def delete(self, asked):
        del self.objects[asked["Key"]]
        return {}

    def replay(self, **options):
        return Replay(self.session, "vouchers", self.said.append).run(**options)

    def waiting(self):
        return [key for key in self.objects if key.startswith("aws/")]


def failing(*answers):
    """Returns answers of a function in turn."""
    answers = iter(answers)
    return lambda _asked: next(answers)


class WebhookEvents(unittest.TestCase):
    def test_are_announced_again_with_the_records_that_failed(self):
        account = Account({"aws/lambda/u/s/b": note("vouchers-publish-webhook-events")})
        self.assertTrue(account.replay())
        [call] = account.session.of("Invoke")
        self.assertEqual((call["FunctionName"], call["Qualifier"]), ("vouchers-publish-webhook-events", "live"))
        self.assertEqual(len(json.loads(call["Payload"])["Records"]), 2)
        self.assertEqual(list(account.objects), ["replayed/aws/lambda/u/s/b"])

    def test_of_a_shard_go_in_the_order_of_the_stream(self):
        name = "vouchers-publish-webhook-events"
        account = Account({"aws/a": note(name, "1000", 3), "aws/b": note(name, "200", 1)})
        account.replay()
        self.assertEqual([len(json.loads(call["Payload"])["Records"]) for call in account.session.of("Invoke")], [1, 3])

    def test_that_fail_again_stay_and_do_not_keep_the_others(self):
        name = "vouchers-publish-webhook-events"
        good = {"StatusCode": 200, "Payload": io.BytesIO(b"null")}
        for bad in (
            {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage":"no table"}')},
            {"StatusCode": 200, "Payload": io.BytesIO(b'{"batchItemFailures":[{"itemIdentifier":"100"}]}')},
        ):
            account = Account({"aws/a": note(name, "100"), "aws/b": note(name, "200")}, failing(bad, good))
            good["Payload"].seek(0)
            self.assertFalse(account.replay())
            self.assertEqual(account.waiting(), ["aws/a"])
            self.assertTrue(any(line.startswith("left: ") for line in account.said), account.said)

    def test_are_not_replayed_twice(self):
        account = Account({"aws/a": note("vouchers-publish-webhook-events")})
        self.assertTrue(account.replay())
        self.assertTrue(account.replay())
        self.assertEqual(len(account.session.of("Invoke")), 1)

    def test_are_only_listed_by_a_dry_run(self):
        account = Account({"aws/a": note("vouchers-publish-webhook-events")})
        self.assertFalse(account.replay(dry=True))
        self.assertEqual((account.session.of("Invoke"), account.waiting()), ([], ["aws/a"]))


class Counts(unittest.TestCase):
    def answered(self, status):
        return lambda _asked: {"StatusCode": 200, "Payload": io.BytesIO(json.dumps({"statusCode": status, "body": "{}"}).encode())}

    def test_are_made_good_by_one_recount_and_not_by_their_function(self):
        name = "vouchers-aggregate-reports"
        account = Account({"aws/a": note(name), "aws/b": note(name, "200")}, self.answered(202))
        self.assertTrue(account.replay())
        [call] = account.session.of("Invoke")
        self.assertEqual(call["FunctionName"], "vouchers-operations")
        self.assertIn("/recount", json.loads(call["Payload"])["rawPath"])
        self.assertEqual(account.waiting(), [])

    def test_wait_if_the_recount_is_refused(self):
        account = Account({"aws/a": note("vouchers-aggregate-reports")}, self.answered(503))
        self.assertFalse(account.replay())
        self.assertEqual(account.waiting(), ["aws/a"])


class ValuesThatOccur(unittest.TestCase):
    """The function of the counts reads three streams, and a recount of the reports counts the vouchers only."""

    def test_stay_and_are_told_of_since_no_recount_counts_them(self):
        for table in ("vouchers-customers", "vouchers-work"):
            account = Account({"aws/a": note("vouchers-aggregate-reports", table=table)})
            self.assertFalse(account.replay())
            self.assertEqual((account.waiting(), account.session.of("Invoke")), (["aws/a"], []))
            [line] = account.said
            self.assertIn(table, line)
            self.assertIn("not counted", line)

    def test_keep_no_batch_of_the_vouchers_from_its_recount(self):
        name = "vouchers-aggregate-reports"
        answer = lambda _asked: {"StatusCode": 200, "Payload": io.BytesIO(b'{"statusCode": 202, "body": "{}"}')}  # noqa: E731
        account = Account({"aws/a": note(name), "aws/b": note(name, table="vouchers-customers")}, answer)
        self.assertFalse(account.replay())
        self.assertEqual((account.waiting(), len(account.session.of("Invoke"))), (["aws/b"], 1))


class ObjectsOfTheBucket(unittest.TestCase):
    def test_that_are_no_batches_are_told_and_left(self):
        for body in (b"{}", b"not json", note("f", records=0)):
            account = Account({"aws/a": body})
            self.assertFalse(account.replay())
            self.assertEqual(account.waiting(), ["aws/a"])

    def test_may_have_their_event_as_text_or_as_it_is(self):
        for text in (True, False):
            batch = read_batch("k", note("vouchers-publish-webhook-events", text=text))
            self.assertEqual(len(batch.event["Records"]), 2)

    def test_are_not_reached_without_a_stack(self):
        account = Account({})
        account.session.answers["DescribeStackResources"] = Fails("ValidationError", "Stack does not exist")
        with self.assertRaisesRegex(Exception, "has no StreamBatchesBucket"):
            account.replay()


if __name__ == "__main__":
    unittest.main()
