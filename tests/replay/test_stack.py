"""A reader of the stream that is broken for longer than its batches are tried: what it missed is replayed, and nobody is told twice.

On the stack that STACK_JSON names (`make test`). It stops the webhooks of that stack for more than a minute, so nothing else may run beside it.
"""

import http.server
import json
import os
import sys
import threading
import time
import unittest
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("infra/local/demo", "infra/local", "infra"):
    sys.path.insert(0, str(ROOT / folder))

from aws_smoke import callers_of_local_stack  # noqa: E402 - after the path
from replay_stream import Replay  # noqa: E402
from sdk import open_session, physical_id, read_local_stack  # noqa: E402
from smoke.people import people  # noqa: E402
from smoke.walk import Walk  # noqa: E402

FUNCTION = "vouchers-publish-webhook-events"
ROLE = "PublishWebhookEventsRole"
PARKED = "vouchers-parked-records"
AGE_SECONDS = 60  # the least that Lambda takes; the template has 23 hours
WAIT_SECONDS = 150
ENDPOINTS = "/v1/configuration/voucher-campaign/webhooks"
CUSTOMERS = 5


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps the ids of the events that it is told, with how often."""

    told = {}

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = (event["data"].get("customer_id"), event["type"])
        self.told.setdefault(key, set()).add(self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


def until(what, probe):
    """Waits until the probe says true, and says how long that took."""
    began = time.monotonic()
    while not probe():
        if time.monotonic() > began + WAIT_SECONDS:
            raise AssertionError(f"{what}: not within {WAIT_SECONDS} s")
        time.sleep(1)
    print(f"{what}: {time.monotonic() - began:.0f} s", flush=True)


class BrokenReader(unittest.TestCase):
    def setUp(self):
        self.stack = read_local_stack()
        self.session = open_session(True)
        self.addCleanup(os.environ.pop, "AWS_ENDPOINT_URL", None)
        self.app, self.operator = callers_of_local_stack()
        self.functions, self.iam = self.session.client("lambda"), self.session.client("iam")
        self.role = physical_id(self.session.client("cloudformation"), "vouchers", ROLE)
        [mapping] = self.functions.list_event_source_mappings(FunctionName=f"{FUNCTION}:live")["EventSourceMappings"]
        self.mapping, self.age = mapping["UUID"], mapping["MaximumRecordAgeInSeconds"]
        self.run_id = f"broken{uuid.uuid4().hex[:8]}"
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.operator.call("PUT", f"{ENDPOINTS}/{self.run_id}", {"url": f"http://127.0.0.1:{server.server_port}/hook"})
        self.addCleanup(self.operator.call, "DELETE", f"{ENDPOINTS}/{self.run_id}")

    def break_reader(self):
        """Takes the reader's right to read the endpoints, and shortens the day."""
        deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "dynamodb:Query", "Resource": "*"}]}
        self.iam.put_role_policy(RoleName=self.role, PolicyName="broken", PolicyDocument=json.dumps(deny))
        self.addCleanup(self.mend_reader)
        self.functions.update_event_source_mapping(UUID=self.mapping, MaximumRecordAgeInSeconds=AGE_SECONDS)

    def mend_reader(self):
        """Gives the right and the day back."""
        policies = self.iam.list_role_policies(RoleName=self.role)["PolicyNames"]
        if "broken" in policies:
            self.iam.delete_role_policy(RoleName=self.role, PolicyName="broken")
        self.functions.update_event_source_mapping(UUID=self.mapping, MaximumRecordAgeInSeconds=self.age)

    def send(self, run):
        """Sends a campaign to a few; returns them."""
        crowd = people(run)[:CUSTOMERS]
        walk = Walk(self.app, self.operator, run, crowd, lambda _text: None)
        walk.import_people()
        walk.wait_for_run(walk.launch())
        return crowd

    def issued(self, crowd):
        return [Receiver.told.get((person.id, "voucher.issued"), set()) for person in crowd]

    def parked(self):
        """Returns how many messages wait for a person, who has an alarm on them."""
        queues = self.session.client("sqs")
        url = queues.get_queue_url(QueueName=PARKED)["QueueUrl"]
        counted = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(counted["Attributes"]["ApproximateNumberOfMessages"])

    def test_what_it_missed_is_told_after_a_replay_and_once(self):
        said = []
        parked = self.parked()
        self.break_reader()
        missed = self.send(f"{self.run_id}a")
        replay = Replay(self.session, "vouchers", said.append)
        until("the batches are given up", lambda: sum(len(batch.event["Records"]) for batch in replay.waiting()) >= CUSTOMERS)
        until("a person is told", lambda: self.parked() > parked)
        self.assertEqual(self.issued(missed), [set()] * CUSTOMERS, "the reader was broken")
        self.mend_reader()
        later = self.send(f"{self.run_id}b")
        until("the reader goes on", lambda: all(self.issued(later)))
        self.assertTrue(replay.run(), said)
        until("what was missed is told", lambda: all(self.issued(missed)))
        self.assertTrue(Replay(self.session, "vouchers", said.append).run(), "nothing is left")
        self.assertEqual({len(ids) for ids in self.issued(missed)}, {1}, "one event each, under one id")


if __name__ == "__main__":
    unittest.main()
