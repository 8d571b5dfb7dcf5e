"""Tests the sums of an order with two vouchers, and that a wrong one of the API is noticed."""

import unittest

from combined_order import (
    DELIVERED,
    ORDERED,
    REFUNDED,
    WrongSum,
    compute_sums,
    find_holder,
    show_combined_order,
)
from customer_actions import ActionTotals, CustomerActions, VoucherRef
from promotion import PromotionPlan

MINE = VoucherRef("c-1", "v-1")
DELIVERY = VoucherRef("c-1", "v-2")


class FakeTill:
    """An API that answers these sums, whatever it is asked."""

    def __init__(self, wrong_by: int = 0):
        self.wrong_by = wrong_by
        self.events = []

    def act_on_voucher(self, customer_id, voucher_id, action):
        return {}

    def check_out(self, customer_id, step, body):
        vouchers = [{"discount": {"amount": amount}} for amount in compute_sums(ORDERED).discount]
        return {
            "best": {"discount": {"amount": 979}, "vouchers": vouchers},
            "vouchers": vouchers,
            "redeemed_at": "2026-11-20T12:00:00Z",
        }

    def post_order(self, event):
        self.events.append(event["event"])
        prices = tuple(line["amount"] for line in event.get("basket", {}).get("lines", ()))
        refunded = REFUNDED if event["event"] == "refunded" else 0
        sums = compute_sums(prices or DELIVERED, refunded)
        vouchers = [
            {"discount": {"amount": amount}, "returned": {"amount": 0}} for amount in sums.discount
        ]
        return {
            "order": {"revenue": {"amount": sums.paid + self.wrong_by}, "vouchers": vouchers}
        }


class CombinedOrder(unittest.TestCase):
    def show(self, till: FakeTill, delivery: list) -> tuple[ActionTotals, ActionTotals]:
        totals, lines = (ActionTotals(), ActionTotals()), []
        actions = [CustomerActions(MINE, accepted=True)]
        show_combined_order(actions, delivery, totals, till, PromotionPlan(), lines.append)
        return totals

    def test_the_sums_by_hand(self):
        # 20% of 34.00 is 6.80, and 2.99 for the delivery
        self.assertEqual(compute_sums(ORDERED).discount, (680, 299))
        self.assertEqual(compute_sums(ORDERED).revenue, (1_889, 831))
        # 20% of 29.00 is 5.80, of which 1.20 come back with a quarter of the first line
        self.assertEqual(compute_sums(DELIVERED, REFUNDED).discount, (460, 299))
        self.assertEqual(compute_sums(DELIVERED, REFUNDED).revenue, (1_214, 626))

    def test_both_campaigns_book_their_parts(self):
        till = FakeTill()
        first, delivery = self.show(till, [DELIVERY])
        self.assertEqual(till.events, ["placed", "edited", "refunded"])
        self.assertEqual((first.redeemed, first.revenue, first.voucher_cost), (1, 1_214, 460))
        self.assertEqual(
            (delivery.accepted, delivery.redeemed, delivery.revenue, delivery.voucher_cost),
            (1, 1, 626, 299),
        )

    def test_a_wrong_sum_is_noticed(self):
        with self.assertRaises(WrongSum):
            self.show(FakeTill(wrong_by=1), [DELIVERY])

    def test_a_customer_needs_both_vouchers(self):
        used = CustomerActions(MINE, accepted=True, redeemed=True)
        self.assertIsNone(find_holder([used], [DELIVERY]))
        self.assertIsNone(find_holder([CustomerActions(MINE, accepted=True)], []))
        self.assertEqual(self.show(FakeTill(), [])[0], ActionTotals())


if __name__ == "__main__":
    unittest.main()
