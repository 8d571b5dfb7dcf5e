//! Plays customers with a voucher and their checkouts: accept, hold, redeem, reverse; and operators
//! who suspend redeeming or revoke vouchers meanwhile.

use domain::{
    campaign::redeeming::RedeemingState,
    voucher::record::{Voucher, VoucherStatus},
};
use serde_json::{Value, json};

use crate::{actors::RequestKind, simulation::SimulatedWorld};

impl SimulatedWorld {
    fn draw_voucher(&mut self, wanted: &[VoucherStatus]) -> Option<Voucher> {
        let fitting: Vec<&Voucher> = self
            .view
            .vouchers
            .values()
            .filter(|voucher| wanted.contains(&voucher.status))
            .collect();
        if fitting.is_empty() {
            return None;
        }
        fitting.get(self.random.usize(..fitting.len())).map(|voucher| (*voucher).clone())
    }

    fn voucher_path(voucher: &Voucher, action: &str) -> String {
        format!("/v1/customers/{}/vouchers/{}/{action}", voucher.customer, voucher.id)
    }

    /// Accepts a voucher, often from two devices at once.
    pub fn accept_voucher(&mut self) {
        let Some(voucher) = self.draw_voucher(&[
            VoucherStatus::Issued,
            VoucherStatus::Issued,
            VoucherStatus::Accepted,
        ]) else {
            return;
        };
        for _ in 0..self.random.usize(1..=2) {
            self.send_as_app_backend(
                "POST",
                Self::voucher_path(&voucher, "accept"),
                json!({}),
                RequestKind::Voucher,
            );
        }
    }

    /// Suspends redeeming, or resumes it after a while, so that most attempts meet a suspension.
    pub fn suspend_or_resume_redeeming(&mut self) {
        match self.view.redeeming {
            RedeemingState::Open => {
                self.send_as_admin("POST", "/suspend-redeeming", json!({"reason": "a mistake"}));
            }
            RedeemingState::Suspended if self.random.u32(..100) < 25 => {
                self.send_as_admin("POST", "/resume-redeeming", json!(null));
            }
            RedeemingState::Suspended => {}
        }
    }

    /// Revokes vouchers now and then, in whatever state the campaign is.
    pub fn revoke_vouchers(&mut self) {
        if self.random.u32(..100) < 30 {
            let scope = if self.random.bool() { "all" } else { "unaccepted" };
            let body = json!({"scope": scope, "reason": "a mistake"});
            self.send_as_admin("POST", "/revoke-vouchers", body);
        }
    }

    pub fn hold_voucher(&mut self) {
        let Some(voucher) = self.draw_voucher(&[VoucherStatus::Accepted]) else {
            return;
        };
        let key = format!("h{}-{}", voucher.customer, self.random.u32(..2));
        let seconds = [5, 60, 3_600].get(self.random.usize(..3)).copied().unwrap_or(60);
        let body = json!({"hold_key": key, "ttl_seconds": seconds, "basket": checkout_basket()});
        let path = Self::voucher_path(&voucher, "hold");
        self.send_as_app_backend("POST", path, body, RequestKind::Voucher);
    }

    /// Redeems a voucher, often from two checkouts at once, and most often by the checkout that
    /// holds it.
    pub fn redeem_voucher(&mut self) {
        let Some(voucher) = self.draw_voucher(&[
            VoucherStatus::Accepted,
            VoucherStatus::Redeemed,
            VoucherStatus::Issued,
        ]) else {
            return;
        };
        for _ in 0..self.random.usize(1..=2) {
            let order = format!("r{}-{}", voucher.customer, self.random.u32(..3));
            let mut body = json!({"order_id": order, "basket": checkout_basket()});
            if let Some(hold) = &voucher.hold
                && self.random.u32(..100) < 70
            {
                body["hold_key"] = json!(hold.key.as_str());
            }
            self.send_as_app_backend(
                "POST",
                Self::voucher_path(&voucher, "redeem"),
                body,
                RequestKind::Voucher,
            );
        }
    }

    pub fn reverse_redemption(&mut self) {
        let Some(voucher) = self.draw_voucher(&[VoucherStatus::Redeemed, VoucherStatus::Reversed])
        else {
            return;
        };
        let Some(redemption) = &voucher.redemption else {
            return;
        };
        let body = if self.random.bool() {
            json!({"event": "cancelled", "order_id": redemption.order.as_str()})
        } else {
            json!({
                "event": "refunded", "order_id": redemption.order.as_str(), "refund_id": format!("f{}", self.random.u32(..2)),
                "refunded": {"amount": 400, "currency": "EUR"},
            })
        };
        for _ in 0..self.random.usize(1..=2) {
            self.send_as_app_backend(
                "POST",
                Self::voucher_path(&voucher, "reverse"),
                body.clone(),
                RequestKind::Voucher,
            );
        }
    }
}

fn checkout_basket() -> Value {
    json!({
        "currency": "EUR", "delivery_fee": 0, "first_order": false,
        "lines": [{"vertical": "food", "merchant": "m1", "amount": 1_500}],
    })
}
