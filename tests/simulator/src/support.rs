//! Support gives vouchers by hand: it extends the open ones and issues again those that are over,
//! often twice at once and with ends that are near, so that a customer uses a voucher while its end
//! moves.
//!
//! Whether a scenario has support is drawn from the seed with a random source of its own, so that the
//! other scenarios stay unchanged.

use domain::voucher::{
    goodwill::{GoodwillLimits, GoodwillPolicy},
    record::VoucherStatus,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::{approvals::SimulatedOperator, simulation::SimulatedWorld};

/// The seconds after which a voucher ends that support gives. The last is more than it may give.
const SECONDS: [i64; 5] = [5, 60, 3_600, 20 * 24 * 3_600, 40 * 24 * 3_600];
/// The vouchers that support issues on a day at most, and those that one customer gets.
pub const MOST_PER_DAY: u32 = 4;
pub const MOST_PER_CUSTOMER: u32 = 2;

/// Returns the tenant's limits of goodwill.
pub fn policy() -> GoodwillPolicy {
    let support =
        GoodwillLimits { max_cost: None, vouchers_per_day: MOST_PER_DAY, extension_days: 30 };
    GoodwillPolicy { support, customer_vouchers: MOST_PER_CUSTOMER, ..GoodwillPolicy::default() }
}

/// Returns true if the scenario has support.
pub fn has_support(seed: u64, is_autopilot: bool) -> bool {
    let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_0009);
    !is_autopilot && draw.u32(..100) < 30
}

impl SimulatedWorld {
    /// Extends a voucher or issues it again; returns false if support has nothing to do.
    pub fn act_as_support(&mut self) -> bool {
        if !self.plan.support || self.random.u32(..100) >= 20 {
            return false;
        }
        let wanted = [
            VoucherStatus::Issued,
            VoucherStatus::Accepted,
            VoucherStatus::Declined,
            VoucherStatus::Reversed,
        ];
        let Some(voucher) = self.draw_voucher(&wanted) else { return false };
        let action = match self.random.u32(..100) {
            0..50 => "extend",
            _ => "reissue",
        };
        let path = format!(
            "/v1/configuration/voucher-campaign/customers/{}/vouchers/{}/{action}",
            voucher.customer, voucher.id
        );
        for _ in 0..self.random.usize(1..=2) {
            let seconds = SECONDS.get(self.random.usize(..SECONDS.len())).copied().unwrap_or(60);
            let until = self.current_time() + SignedDuration::from_secs(seconds);
            let body = json!({"reason": "asked for it", "until": until.to_string()});
            self.send_to_operations(SimulatedOperator::Sue, path.clone(), body);
        }
        self.coverage.count_event(action);
        true
    }
}
