//! Plays customers who accept a voucher, and operators who suspend redeeming or revoke vouchers.

use domain::{
    campaign::redeeming::RedeemingState,
    kernel::channel::Channel,
    voucher::record::{Voucher, VoucherStatus},
};
use serde_json::json;

use crate::{actors::RequestKind, contexts::link_signer, simulation::SimulatedWorld};

impl SimulatedWorld {
    pub fn draw_voucher(&mut self, wanted: &[VoucherStatus]) -> Option<Voucher> {
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
        if self.random.u32(..100) < 40 {
            return self.follow_link(&voucher);
        }
        for _ in 0..self.random.usize(1..=2) {
            self.send_as_app_backend(
                "POST",
                Self::voucher_path(&voucher, "accept"),
                json!({}),
                RequestKind::Voucher,
            );
        }
    }

    /// Opens the link of a message, often several times at once, or presses the button behind it.
    fn follow_link(&mut self, voucher: &Voucher) {
        let channels = Channel::ALL;
        let channel = channels.get(self.random.usize(..channels.len())).copied();
        let Some(channel) = channel else { return };
        let path = format!("/l/{}", link_signer().code(voucher, channel));
        let method = if self.random.u32(..100) < 70 { "GET" } else { "POST" };
        for _ in 0..self.random.usize(1..=3) {
            self.send_by_browser(method, path.clone());
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
}
