"""Tests that the catalogue is the one that the marketplace's orders name."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime

from catalogue import catalogue_requests
from marketplace import Marketplace, ascii_slug

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class TheCatalogue(unittest.TestCase):
    def test_has_every_merchant_vertical_and_category_of_the_orders(self):
        told = {path for path, _ in catalogue_requests(NOW, ascii_slug)}
        orders = [
            record.body
            for record in Marketplace(1, 300, NOW, "us-east-1").records()
            if record.kind == "order" and record.body["event"] == "placed"
        ]
        self.assertGreater(len(orders), 100)
        for order in orders:
            [line] = order["basket"]["lines"]
            self.assertIn(f"/v1/merchants/{line['merchant']}", told)
            self.assertIn(f"/v1/catalogue/verticals/{line['vertical']}", told)
            self.assertIn(f"/v1/catalogue/categories/{line['category']}", told)

    def test_some_merchants_are_new_and_all_are_near_their_city(self):
        merchants = [
            body
            for path, body in catalogue_requests(NOW, ascii_slug)
            if path.startswith("/v1/merchants")
        ]
        new = [merchant for merchant in merchants if merchant["opened_on"] >= "2026-11-16"]
        self.assertEqual(len(new) * 9, len(merchants))
        self.assertTrue(all(merchant["places"][0]["city"] for merchant in merchants))


if __name__ == "__main__":
    unittest.main()
