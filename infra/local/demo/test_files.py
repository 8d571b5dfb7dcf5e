"""Tests that good lines of a user's files become requests and bad ones name place and reason."""

import json
import tempfile
import unittest
from pathlib import Path

from files import OrderStatistics, UnusableFile, find_data_files
from loader import LoadRecord, RejectedLine


class FilesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name: str, content: str | bytes) -> None:
        content = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(content)

    def read(self) -> list[LoadRecord | RejectedLine]:
        self.statistics = OrderStatistics()
        return list(find_data_files(self.folder).records(self.statistics))


class Csv(FilesTest):
    def test_a_full_row_is_the_body_of_the_api(self):
        self.write(
            "customers.csv",
            "customer_id,first_name,last_name,locale,zone,currency,signed_up,tags,lat,lon,birthday,"
            "personal_date.wedding,phone,email,consent_sms,consent_email,consent_push,"
            "consent_source,consent_at,push_arns\n"
            'c-1,Ana,"Gil, Ruiz",es-ES,Europe/Madrid,EUR,2024-05-01,vip; family,40.4,-3.7,'
            "1990-03-05,2015-06-20,+34555000001,ana@example.com,granted,denied,,checkout,"
            "2024-05-01T10:00:00Z,arn:one;arn:two\n",
        )
        [record] = self.read()
        self.assertEqual(
            (record.kind, record.customer_id, record.where), ("customer", "c-1", "customers.csv:2")
        )
        consent = {"source": "checkout", "at": "2024-05-01T10:00:00Z"}
        self.assertEqual(record.body, {
            "profile": {
                "first_name": "Ana", "last_name": "Gil, Ruiz", "locale": "es-ES",
                "zone": "Europe/Madrid", "currency": "EUR", "signed_up": "2024-05-01",
                "tags": ["vip", "family"], "location": {"lat": 40.4, "lon": -3.7},
                "personal_dates": {"birthday": "1990-03-05", "wedding": "2015-06-20"},
            },
            "contacts": {"phone": "+34555000001", "email": "ana@example.com"},
            "consents": {
                "sms": {"state": "granted", **consent},
                "email": {"state": "denied", **consent},
            },
            "push_endpoints": [
                {"endpoint_id": "device-1", "arn": "arn:one"},
                {"endpoint_id": "device-2", "arn": "arn:two"},
            ],
        })  # fmt: skip

    def test_an_almost_empty_row_is_a_customer_too(self):
        self.write("customers.csv", "\ufeffcustomer_id,email\nc-1,\n\n")
        [record] = self.read()
        self.assertEqual(record.body["profile"], {})
        self.assertEqual(record.body["contacts"], {})

    def test_orders_of_each_kind(self):
        self.write("customers.csv", "customer_id\nc-1\n")
        self.write(
            "orders.csv",
            "event,event_id,order_id,customer_id,at,vertical,merchant,amount_minor,currency\n"
            ",,o-1,c-1,2026-01-01T12:00:00Z,food,m-1,2350,EUR\n"
            "refunded,r-1,o-1,c-1,2026-01-01T13:00:00Z,,,500,EUR\n"
            "cancelled,,o-1,c-1,2026-01-01T14:00:00Z,,,,\n",
        )
        _, placed, refunded, cancelled = [record.body for record in self.read()]
        about = {"order_id": "o-1", "customer_id": "c-1"}
        line = {"id": "1", "vertical": "food", "merchant": "m-1", "amount": 2350}
        self.assertEqual(placed, {
            "event": "placed", "event_id": "placed", **about, "at": "2026-01-01T12:00:00Z",
            "basket": {"currency": "EUR", "lines": [line]},
        })  # fmt: skip
        self.assertEqual(refunded, {
            "event": "refunded", "event_id": "r-1", **about, "at": "2026-01-01T13:00:00Z",
            "refund": {"currency": "EUR", "amount": 500},
        })  # fmt: skip
        self.assertEqual(cancelled, {
            "event": "cancelled", "event_id": "cancelled", **about, "at": "2026-01-01T14:00:00Z",
        })  # fmt: skip
        self.assertEqual(self.statistics.verticals, {"food": 1})
        self.assertEqual(self.statistics.currencies, {"EUR": 1})

    def test_bad_lines_name_place_and_reason_and_the_rest_is_read(self):
        self.write("customers.csv", "customer_id\nc-1\n")
        self.write(
            "orders.csv",
            b"order_id,customer_id,at,amount_minor,currency\n"
            b"o-1,c-1,t,12.50,EUR\n"
            b"o-2,,t,1250,EUR\n"
            b"o-3,c-1,t\n"
            b"o-4,c-1,\xff,1250,EUR\n"
            b'"o-5,\nline two",c-1,t,1250,EUR\n'
            b'o-6,"c"x,t,1250,EUR\n'
            b"o-7,c-1,t,1250,EUR\n",
        )
        found = self.read()[1:]
        bad = {one.where: one.reason for one in found if isinstance(one, RejectedLine)}
        self.assertEqual(
            [one.where for one in found if isinstance(one, LoadRecord)],
            ["orders.csv:6", "orders.csv:9"],
        )
        self.assertEqual(list(bad), [f"orders.csv:{line}" for line in (2, 3, 4, 5, 8)])
        for line, part in (
            (2, "12.50"),
            (3, "customer_id"),
            (4, "3 cells"),
            (5, "UTF-8"),
            (8, "CSV"),
        ):
            self.assertIn(part, bad[f"orders.csv:{line}"])

    def test_a_wrong_first_line_stops_everything(self):
        for header, part in (
            ("customer_id,mail", "unknown columns mail"),
            ("email,phone", "columns missing: customer_id"),
            ("customer_id,email,email", "twice: email"),
        ):
            self.write("customers.csv", header + "\n")
            with self.assertRaises(UnusableFile) as caught:
                self.read()
            self.assertIn(part, str(caught.exception))


class Ndjson(FilesTest):
    def test_the_line_is_the_body_plus_the_id(self):
        self.write("customers.ndjson", '{"customer_id":"c-1","profile":{"locale":"es"}}\n\n')
        self.write(
            "orders.ndjson",
            '{"customer_id":"c-1","order_id":"o-1","event":"placed",'
            '"basket":{"lines":[{"vertical":"food"}]}}',
        )
        customer, order = self.read()
        self.assertEqual(customer.body, {"profile": {"locale": "es"}})
        self.assertEqual(order.body["customer_id"], "c-1")
        self.assertEqual(self.statistics.verticals, {"food": 1})

    def test_bad_lines_name_place_and_reason_and_the_rest_is_read(self):
        lines = [
            b"{", b"[]", b'{"customer_id": 7}', b'{"customer_id":"\xff"}', b"[" * 100_000,
            b'{"customer_id":"' + b"x" * 300_000 + b'"}',
            json.dumps({"customer_id": "c-1"}).encode(),
        ]  # fmt: skip
        self.write("customers.ndjson", b"\n".join(lines))
        found = self.read()
        self.assertEqual(
            [one.where for one in found], [f"customers.ndjson:{n}" for n in range(1, 8)]
        )
        self.assertEqual([isinstance(one, LoadRecord) for one in found], [False] * 6 + [True])
        for one, part in zip(
            found, ("not JSON", "object", "customer_id", "UTF-8", "not JSON", "longer")
        ):
            self.assertIn(part, one.reason)


class Folder(FilesTest):
    def test_an_unusable_folder_is_refused(self):
        with self.assertRaises(UnusableFile):
            find_data_files(self.folder)
        with self.assertRaises(UnusableFile):
            find_data_files(self.folder / "nowhere")
        self.write("customers.csv", "customer_id\n")
        self.write("customers.ndjson", "")
        with self.assertRaises(UnusableFile):
            find_data_files(self.folder)

    def test_its_digest_changes_with_the_content(self):
        self.write("customers.csv", "customer_id\nc-1\n")
        before = find_data_files(self.folder).digest()
        self.assertEqual(before, find_data_files(self.folder).digest())
        self.write("orders.csv", "order_id,customer_id,at\n")
        self.assertNotEqual(before, find_data_files(self.folder).digest())


if __name__ == "__main__":
    unittest.main()
