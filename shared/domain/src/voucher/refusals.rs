//! The refusals of a voucher's use, as its record keeps them: how often for each reason, and the
//! last one with its action.
//!
//! The vouchers function records each refusal. Diagnostics show them, and
//! `reporting::counters` counts them.

use jiff::Timestamp;

use crate::voucher::record::VoucherRefusal;

/// The refusals of one voucher for one reason. The count only grows. A write whose answer was lost
/// may count a refusal twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalCount {
    pub count: u32,
    /// The time of the first one; reports count all of them on its day.
    pub since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRefusal {
    /// The action that was refused, such as `redeem`.
    pub action: String,
    pub reason: VoucherRefusal,
    pub at: Timestamp,
}
