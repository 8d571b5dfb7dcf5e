#!/usr/bin/env python3
"""Feeds batches of the vouchers' stream again that Lambda gave up on.

    replay_stream.py [--stack vouchers] [--local] [--dry-run]

Reads the bucket into which Lambda puts, with their records, the batches that failed for 23 hours.
Webhook events: calls the function with the same records, so that it queues the same events; an event
has the same id each time, so receivers that heard of it know it. Reports: their function counts by the position in
the stream and would leave them out, so a recount is started, which counts the table of the vouchers.
The same function also counts the values that occur, from the streams of customers and orders: no recount
counts those, so their batches stay, and each is told of with what they are. A batch that
went through moves to `replayed/`, so a repeated call finds only what is left. Exit code 1 if some is.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sdk import StepFailed, has_sdk, open_session, physical_id, start_again  # noqa: E402 - after the path

BUCKET = "StreamBatchesBucket"
WAITING, REPLAYED = "aws/", "replayed/"
ALIAS = "live"
COUNTS = "aggregate-reports"  # which counts reports and the values that occur
VOUCHERS = "-vouchers"  # the table that a recount counts

NO_RECOUNT = "values of this batch are not counted, and no recount of the reports counts them: see docs/operating.md"


@dataclass
class Batch:
    """One batch as Lambda left it: who failed on it, why, and its records."""

    key: str
    function: str
    table: str
    shard: str
    first: str
    condition: str
    event: dict

    def __str__(self):
        return f"{len(self.event['Records'])} records for {self.function} ({self.condition}, of {self.table}, from {self.first} of {self.shard})"


def read_batch(key, text):
    """Returns the batch that an object of the bucket holds."""
    note = json.loads(text)
    payload, place = note["payload"], note["DDBStreamBatchInfo"]
    event = json.loads(payload) if isinstance(payload, str) else payload
    # arn:aws:lambda:region:account:function:name, and the alias or version that was called
    function = note["requestContext"]["functionArn"].split(":")[6]
    # arn:aws:dynamodb:region:account:table/name/stream/label
    table = place["streamArn"].split("/")[1]
    if not event["Records"]:
        raise ValueError("it has no records")
    return Batch(
        key, function, table, place["shardId"], place["startSequenceNumber"], note["requestContext"]["condition"], event
    )


class Replay:
    """One run over the bucket of a stack."""

    def __init__(self, session, stack, tell=print):
        self.stack, self.tell = stack, tell
        self.s3, self.functions = session.client("s3"), session.client("lambda")
        self.bucket = physical_id(session.client("cloudformation"), stack, BUCKET)
        self.left = 0

    def waiting(self):
        """Returns the batches that wait, those of a shard in the order of the stream; tells of what is no batch."""
        batches = []
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=WAITING):
            for item in page.get("Contents", []):
                body = self.s3.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read()
                try:
                    batches.append(read_batch(item["Key"], body))
                except (ValueError, KeyError, IndexError, TypeError) as error:
                    self.left += 1
                    self.tell(f"left: {item['Key']} is no batch of a stream ({type(error).__name__}: {error})")
        return sorted(batches, key=lambda batch: (batch.function, batch.shard, batch.first.zfill(40)))

    def run(self, dry=False):
        """Replays all that wait; returns true if nothing is left."""
        batches = self.waiting()
        if not batches and not self.left:
            self.tell("no batch waits")
        of_counts = [batch for batch in batches if batch.function.endswith(f"-{COUNTS}")]
        counted = [batch for batch in of_counts if batch.table.endswith(VOUCHERS)]
        if dry:
            for batch in batches:
                self.tell(f"would replay: {batch}")
            return not batches and not self.left
        for batch in batches:
            if batch not in of_counts:
                self.settle(batch, self.call_again(batch))
            elif batch not in counted:
                self.settle(batch, NO_RECOUNT)
        if counted:
            refusal = self.recount()
            for batch in counted:
                self.settle(batch, refusal)
        return self.left == 0

    def call_again(self, batch):
        """Calls the function with the batch; returns what it failed for, or None."""
        answer = self.functions.invoke(
            FunctionName=batch.function, Qualifier=ALIAS, Payload=json.dumps(batch.event).encode()
        )
        text = answer["Payload"].read()
        if "FunctionError" in answer:
            return text.decode(errors="replace")[:300]
        failed = (json.loads(text or b"null") or {}).get("batchItemFailures", [])
        return f"{len(failed)} records failed" if failed else None

    def recount(self):
        """Starts a recount of the reports; returns why it could not, or None."""
        from restore.second_stack import start_recount

        status, answer = start_recount(self.functions, self.stack)
        if status in (200, 202, 409):  # 409: one runs already, and counts these as well
            self.tell("a recount counts them from the table; when it has ended, repair what it shows (docs/reports.md)")
            return None
        return f"the recount was answered {status} {answer}"

    def settle(self, batch, refusal):
        """Moves a batch that went through out of the way, or tells that it stays."""
        if refusal:
            self.left += 1
            self.tell(f"left: {batch}: {refusal}")
            return
        # copied first: what is in both places is replayed once more, which is harmless
        source = {"Bucket": self.bucket, "Key": batch.key}
        self.s3.copy_object(Bucket=self.bucket, Key=REPLAYED + batch.key, CopySource=source)
        self.s3.delete_object(Bucket=self.bucket, Key=batch.key)
        self.tell(f"replayed: {batch}")


def main():
    parser = argparse.ArgumentParser(prog="replay-stream", description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default="vouchers")
    parser.add_argument("--local", action="store_true", help="the stack of `make run` on this machine")
    parser.add_argument("--dry-run", action="store_true", help="only say what waits")
    options = parser.parse_args()
    if not has_sdk():
        return start_again(__file__)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return 0 if Replay(open_session(options.local), options.stack).run(options.dry_run) else 1
    except StepFailed as failure:
        failure.print_details()
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
