"""A client generated from the OpenAPI document redeems a voucher, and the examples of the docs run.

Needs the stack that `STACK_JSON` names, and moves its clock a day ahead first: signatures go by the
machine's time, and business by the stack's. Guarantees: what the document and the docs promise is
what the deployed API does.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
import unittest
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from document import ROOT, generate_client
from examples import run_examples
from signing import TOLERANCE_SECONDS, RequestSignature, decode_secret, sign

STACK_JSON = Path(os.environ["STACK_JSON"]).resolve()
STACK = json.loads(STACK_JSON.read_text())
WAIT_SECONDS = 120
PAUSE_SECONDS = 0.5

CLIENT_FOLDER = ROOT / "target" / "api-client"


def setUpModule():
    clock = ROOT / "infra" / "local" / "demo" / "clock.py"
    subprocess.run([sys.executable, clock, "--stack", STACK_JSON, "--days", "1"], check=True)
    generate_client(CLIENT_FOLDER)
    sys.path.insert(0, str(CLIENT_FOLDER))


class Examples(unittest.TestCase):
    def test_every_example_of_the_docs_runs_as_it_stands(self):
        for attempt in ("first", "repeated"):
            with self.subTest(attempt):
                shown = run_examples(STACK_JSON)
                self.assertIn("Ana\n", shown, "the customer, by Python")
                self.assertIn("García\n", shown, "the customer, by Node")
                self.assertIn('"recorded"', shown, "the order")
                self.assertIn("win-back", shown, "the playbooks")


class GeneratedClient(unittest.TestCase):
    def setUp(self):
        from voucher_campaigns_client import AuthenticatedClient, Client

        signature = RequestSignature(STACK["webhook_key_id"], STACK["webhook_secret"])
        self.app = Client(base_url=STACK["api_url"], httpx_args={"auth": signature})
        self.marketer = AuthenticatedClient(base_url=STACK["api_url"], token=sign_in("marketer"))
        self.admin = AuthenticatedClient(base_url=STACK["api_url"], token=sign_in("admin"))
        for client in (self.app, self.marketer, self.admin):
            self.addCleanup(client.get_httpx_client().close)

    def test_a_voucher_is_issued_accepted_held_and_redeemed(self):
        from voucher_campaigns_client.api.checkout import hold_vouchers, redeem_vouchers
        from voucher_campaigns_client.api.vouchers import accept_voucher
        from voucher_campaigns_client.models import (
            Basket,
            BasketLine,
            EmptyRequest,
            HoldRequest,
            RedeemRequest,
        )

        customer = f"generated-{uuid.uuid4().hex[:12]}"
        self.create_customer(customer)
        campaign = self.launch_campaign(tag=customer)
        voucher = self.wait_for_voucher(customer, campaign)
        line = BasketLine(id="1", vertical="food", merchant="m-1", amount=3_000)
        basket = Basket(currency="EUR", lines=[line])
        of_customer = {"id": customer, "client": self.app}

        accepted = accept_voucher.sync(**of_customer, voucher=voucher, body=EmptyRequest())
        self.assertEqual(accepted.status, "accepted")
        hold = HoldRequest(hold_key="checkout-1", vouchers=[voucher], basket=basket)
        self.assertEqual(hold_vouchers.sync(**of_customer, body=hold).discount.amount, 500)
        order = RedeemRequest(
            order_id=f"{customer}-o-1", hold_key="checkout-1", vouchers=[voucher], basket=basket
        )
        for repeat in (False, True):
            redeemed = redeem_vouchers.sync(**of_customer, body=order)
            self.assertEqual((redeemed.discount.amount, redeemed.repeat), (500, repeat))

        other = RedeemRequest(order_id=f"{customer}-o-2", vouchers=[voucher], basket=basket)
        refused = redeem_vouchers.sync_detailed(**of_customer, body=other)
        self.assertEqual(refused.status_code, 409)
        self.assertEqual(refused.parsed.code, "voucher_refused")

    def test_a_webhook_is_signed_by_the_time_that_its_receiver_has(self):
        from voucher_campaigns_client.api.webhooks import (
            delete_webhook,
            put_webhook,
            test_webhook,
        )
        from voucher_campaigns_client.models import EndpointBody

        receiver = WebhookReceiver()
        self.addCleanup(receiver.close)
        of_endpoint = {"endpoint": f"e{uuid.uuid4().hex[:12]}", "client": self.admin}
        body = EndpointBody(url=f"http://127.0.0.1:{receiver.server_port}/hook")
        secret = put_webhook.sync(**of_endpoint, body=body).secret
        self.addCleanup(delete_webhook.sync_detailed, **of_endpoint)
        self.assertEqual(test_webhook.sync_detailed(**of_endpoint).status_code, 202)
        headers, content = receiver.received.get(timeout=WAIT_SECONDS)
        timestamp = headers["webhook-timestamp"]
        self.assertLess(abs(time.time() - int(timestamp)), TOLERANCE_SECONDS)
        expected = sign(decode_secret(secret), headers["webhook-id"], timestamp, content)
        self.assertEqual(headers["webhook-signature"], expected)

    def create_customer(self, customer):
        from voucher_campaigns_client.api.customers import put_customer
        from voucher_campaigns_client.models import CustomerReplacement

        body = CustomerReplacement.from_dict({
            "profile": {"first_name": "Ana", "zone": "Europe/Madrid", "tags": [customer]},
            "contacts": {"email": f"{customer}@example.com"},
            "consents": {"email": {
                "state": "granted", "source": "signup_form", "at": "2026-05-01T10:00:00Z",
            }},
        })  # fmt: skip
        created = put_customer.sync_detailed(id=customer, client=self.app, body=body)
        self.assertEqual(created.status_code, 201)

    def launch_campaign(self, tag):
        from voucher_campaigns_client.api.campaigns import create_campaign, launch_campaign
        from voucher_campaigns_client.models import CampaignDefinition, LaunchRequest

        euros = lambda amount: {"amount": amount, "currency": "EUR"}  # noqa: E731
        definition = CampaignDefinition.from_dict({
            "name": "Redeemed by a generated client", "kind": "promotion",
            "offer": {
                "benefit": {"fixed_amount": {"amount": euros(500)}},
                "minimum_basket": euros(1_000), "scope": {"verticals": ["food"]},
            },
            "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 168}},
            "audience": {"tags": {"any_of": [tag]}},
            "channels": {"mode": "first_available", "ladder": ["email"]},
            "messages": {"default_locale": "en", "locales": {"en": {"email": {
                "subject": "{{ offer }}", "preheader": "For you",
                "html": "<p>{{ voucher_link }}</p>", "text": "{{ voucher_link }}",
            }}}},
            "holdout_percent": 0,
        })  # fmt: skip
        key = str(uuid.uuid4())
        created = create_campaign.sync(client=self.marketer, body=definition, idempotency_key=key)
        launched = launch_campaign.sync(id=created.id, client=self.marketer, body=LaunchRequest())
        self.assertEqual(launched.state, "running")
        return created.id

    def wait_for_voucher(self, customer, campaign):
        from voucher_campaigns_client.api.vouchers import list_vouchers

        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            wallet = list_vouchers.sync(id=customer, client=self.app)
            found = [it.voucher_id for it in wallet.items if it.campaign_id == campaign]
            if found:
                return found[0]
            time.sleep(PAUSE_SECONDS)
        self.fail(f"{customer} got no voucher of {campaign} in {WAIT_SECONDS} s")


class WebhookReceiver(ThreadingHTTPServer):
    """The app backend's endpoint: it takes every webhook."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), WebhookHandler)
        self.received = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class WebhookHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        content = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.put((self.headers, content))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Prints nothing."""


def sign_in(group):
    """Returns the token of an operator of this group."""
    user = STACK["groups_users"][group]
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": STACK["client_id"],
        "AuthParameters": {"USERNAME": user["username"], "PASSWORD": user["password"]},
    }
    answer = httpx.post(
        STACK["endpoint_url"],
        content=json.dumps(request),
        headers={
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
        },
    )
    return answer.raise_for_status().json()["AuthenticationResult"]["AccessToken"]


if __name__ == "__main__":
    unittest.main()
