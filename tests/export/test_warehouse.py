"""A data warehouse loads the exports of the whole stack and gets the sums that the reports show.

Needs the stack that `STACK_JSON` names, whose work is at rest, and DuckDB. It launches a campaign of its
own, in which one voucher is redeemed and one customer is skipped. Guarantees: every part has
the bytes and the checksum of the manifest; over the Parquet files of all vouchers, each campaign has
the counts and the money of its report; the discounts on orders are those of the vouchers on them.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
import unittest
import urllib.request
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra" / "local" / "demo"))

from api import AppBackend, Operator  # noqa: E402 - after the path

STACK = json.loads(Path(os.environ["STACK_JSON"]).read_text())
WAIT_SECONDS = 180
PAUSE_SECONDS = 1
REPORT = "/v1/reports/voucher-campaigns/campaign-perf"
VIEWS = ROOT / "infra" / "warehouse"
FUNNEL = ("issued", "ghost", "skipped", "failed", "sent", "delivered", "tapped", "accepted", "declined", "redeemed")
PROFIT = ("issued_exposure", "voucher_cost", "revenue")
NAMES = FUNNEL + PROFIT
NOTHING = dict.fromkeys(NAMES, 0)
SUMS = f"SELECT campaign_id, {', '.join(NAMES)} FROM funnel JOIN profit USING (campaign_id, currency)"


class Warehouse(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sell_one(f"export{uuid.uuid4().hex[:8]}")

    def setUp(self):
        self.token = sign_in("viewer")
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.warehouse = self.enterContext(duckdb.connect())

    def test_the_ledger_as_parquet_has_the_sums_of_the_reports(self):
        deadline = time.monotonic() + WAIT_SECONDS
        while True:  # counters follow the ledger within seconds
            self.load("vouchers")
            exported = self.exported_sums()
            reported = self.reported_sums()
            differing = {
                campaign: (sums, exported.get(campaign, NOTHING))
                for campaign, sums in reported.items()
                if sums != exported.get(campaign, NOTHING)
            }
            if not differing or time.monotonic() > deadline:
                break
            time.sleep(PAUSE_SECONDS)
        self.assertEqual(differing, {}, "by campaign, what the report says and what the files say")
        self.assertTrue(any(sums["voucher_cost"] for sums in reported.values()), "something was redeemed")

    def test_reasons_are_counted_as_the_reports_do(self):
        self.load("vouchers")
        refusals = self.warehouse.sql("SELECT campaign_id, reason, records FROM refusals WHERE kind = 'skipped'")
        exported = {(campaign, reason): records for campaign, reason, records in refusals.fetchall()}
        deadline = time.monotonic() + WAIT_SECONDS
        while not (reported := self.reported_skips()) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)  # counters follow the ledger within seconds
        self.assertEqual({place: exported.get(place) for place in reported}, reported)
        self.assertTrue(reported, "somebody was skipped")

    def test_discounts_on_orders_are_those_of_their_vouchers(self):
        self.load("vouchers")
        self.load("orders")
        wrong = self.warehouse.sql("""
            SELECT v.voucher_id, v.discount_minor, o.discount_minor, v.returned_minor, o.returned_minor
            FROM vouchers v LEFT JOIN orders o USING (voucher_id, order_id)
            WHERE v.order_id IS NOT NULL AND v.customer_id IS NOT NULL
              AND v.discount_minor - v.returned_minor > 0
              AND (o.discount_minor - o.returned_minor) IS DISTINCT FROM (v.discount_minor - v.returned_minor)
        """).fetchall()
        self.assertEqual(wrong, [])
        doubled = self.warehouse.sql("""
            SELECT order_id, voucher_id, count(*) FROM orders GROUP BY ALL HAVING count(*) > 1
        """).fetchall()
        self.assertEqual(doubled, [])

    def load(self, kind):
        """Exports all records of a kind and makes a table of the files."""
        started = self.call("POST", "/v1/exports", {"kind": kind, "format": "parquet"})
        deadline = time.monotonic() + WAIT_SECONDS
        while (export := self.call("GET", f"/v1/exports/{started['id']}"))["state"] == "running":
            self.assertLess(time.monotonic(), deadline, export)
            time.sleep(PAUSE_SECONDS)
        self.assertEqual(export["state"], "done", export)
        manifest = json.loads(self.download(export["manifest"]))
        self.assertEqual(manifest["parts"], [part_of(file) for file in export["files"]])
        folder = self.folder / started["id"]
        folder.mkdir()
        for file in export["files"]:
            (folder / file["name"]).write_bytes(self.download(file))
        self.warehouse.sql(f"CREATE OR REPLACE TABLE {kind} AS FROM read_parquet('{folder}/part-*.parquet')")
        if kind == "vouchers":
            for view in ("funnel", "profit", "refusals"):
                self.warehouse.sql((VIEWS / f"{view}.sql").read_text())
        [(rows,)] = self.warehouse.sql(f"SELECT count(*) FROM {kind}").fetchall()
        self.assertEqual(rows, manifest["rows"])
        described = self.warehouse.sql(f"DESCRIBE {kind}").fetchall()
        self.assertEqual([row[0] for row in described], [column["name"] for column in manifest["columns"]])

    def exported_sums(self):
        rows = self.warehouse.sql(SUMS).fetchall()
        return {campaign: dict(zip(NAMES, map(int, sums), strict=True)) for campaign, *sums in rows}

    def reported_sums(self):
        return {item["campaign_id"]: {name: item[name] for name in NAMES} for item in self.reports()}

    def reported_skips(self):
        """Returns how many customers each campaign has skipped, by reason."""
        return {
            (item["campaign_id"], reason): count
            for item in self.reports()
            for reason, count in item["skips"].items()
            if count
        }

    def reports(self):
        """Returns the report of each launched campaign, over all its days."""
        to = date.today() + timedelta(days=200)
        period = f"from={to - timedelta(days=700)}&to={to}"
        items, cursor = [], ""
        while cursor is not None:
            page = self.call("GET", f"{REPORT}?{period}&limit=100{cursor and '&cursor=' + cursor}")
            items += page["items"]
            cursor = page["next_cursor"]
        return items

    def download(self, file):
        with urllib.request.urlopen(file["url"]) as answer:
            content = answer.read()
        self.assertEqual(len(content), file["bytes"], file)
        self.assertEqual(hashlib.sha256(content).hexdigest(), file["sha256"], file)
        return content

    def call(self, method, path, body=None):
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(STACK["api_url"] + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def sell_one(run):
    """Launches a campaign for two customers: one redeems the voucher, and one pays in another currency."""
    app = AppBackend(STACK["api_url"], STACK["webhook_key_id"], STACK["webhook_secret"])
    operator = Operator(STACK["api_url"], sign_in("marketer"))
    buyer, skipped = f"{run}-buyer", f"{run}-skipped"
    for customer, currency in ((buyer, "EUR"), (skipped, "USD")):
        consent = {"state": "granted", "at": datetime.now(UTC).isoformat(), "source": "test"}
        app.call("PUT", f"/v1/customers/{customer}", {
            "profile": {"tags": [run], "currency": currency},
            "contacts": {"email": f"{customer}@example.com"},
            "consents": {"email": consent},
        })  # fmt: skip
    campaign = operator.call("POST", "/v1/campaigns", {
        "name": f"Export {run}",
        "kind": "promotion",
        "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
        "validity": {"from_acceptance": {"hours": 24, "accept_within_hours": 24}},
        "audience": {"tags": {"any_of": [run]}},
        "channels": {"mode": "first_available", "ladder": ["email"]},
        "messages": {"default_locale": "en", "locales": {"en": {"email": {
            "subject": "{{ offer }}", "preheader": "For you", "html": "<p>{{ voucher_link }}</p>", "text": "{{ voucher_link }}",
        }}}},
        "holdout_percent": 0,
    }, {"idempotency-key": run})["id"]  # fmt: skip
    operator.call("POST", f"/v1/campaigns/{campaign}/launch")
    deadline = time.monotonic() + WAIT_SECONDS
    while operator.call("GET", f"/v1/campaigns/{campaign}")["state"] != "completed":
        if time.monotonic() > deadline:
            raise AssertionError(f"{campaign} is not completed")
        time.sleep(PAUSE_SECONDS)
    [voucher] = app.call("GET", f"/v1/customers/{buyer}/vouchers")["items"]
    app.call("POST", f"/v1/customers/{buyer}/vouchers/{voucher['voucher_id']}/accept", {})
    line = {"id": "1", "vertical": "food", "merchant": "m-1", "amount": 3_000}
    app.call("POST", f"/v1/customers/{buyer}/checkout/redeem", {
        "order_id": f"{run}-1", "vouchers": [voucher["voucher_id"]], "basket": {"currency": "EUR", "lines": [line]},
    })  # fmt: skip


def part_of(file):
    return {name: file[name] for name in ("name", "rows", "bytes", "sha256")}


def sign_in(group):
    user = STACK["groups_users"][group]
    body = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": STACK["client_id"],
        "AuthParameters": {"USERNAME": user["username"], "PASSWORD": user["password"]},
    }
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
    }
    request = urllib.request.Request(STACK["endpoint_url"], json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["AuthenticationResult"]["AccessToken"]


if __name__ == "__main__":
    unittest.main()
