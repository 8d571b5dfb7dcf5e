//! The reasons why the use of a voucher is turned down, and what is kept of that with the voucher.

use jiff::Timestamp;

use crate::campaign::offer::DiscountRefusal;

/// The reason why a voucher refuses. Clients get one uniform refusal; these are for diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoucherRefusal {
    Unknown,
    NotAccepted,
    AlreadyAccepted,
    AlreadyDeclined,
    Expired,
    NotYetValid,
    Revoked,
    RedeemingSuspended,
    Held,
    AlreadyRedeemed,
    NotRedeemed,
    Burned,
    RedeemedCap,
    Basket(DiscountRefusal),
}

impl VoucherRefusal {
    pub fn code(self) -> &'static str {
        match self {
            VoucherRefusal::Unknown => "unknown",
            VoucherRefusal::NotAccepted => "not_accepted",
            VoucherRefusal::AlreadyAccepted => "already_accepted",
            VoucherRefusal::AlreadyDeclined => "already_declined",
            VoucherRefusal::Expired => "expired",
            VoucherRefusal::NotYetValid => "not_yet_valid",
            VoucherRefusal::Revoked => "revoked",
            VoucherRefusal::RedeemingSuspended => "redeeming_suspended",
            VoucherRefusal::Held => "held_by_another_checkout",
            VoucherRefusal::AlreadyRedeemed => "already_redeemed",
            VoucherRefusal::NotRedeemed => "not_redeemed",
            VoucherRefusal::Burned => "used_up",
            VoucherRefusal::RedeemedCap => "redeemed_cap_reached",
            VoucherRefusal::Basket(reason) => reason.code(),
        }
    }

    /// Returns every reason, those of the basket included.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [
            VoucherRefusal::Unknown,
            VoucherRefusal::NotAccepted,
            VoucherRefusal::AlreadyAccepted,
            VoucherRefusal::AlreadyDeclined,
            VoucherRefusal::Expired,
            VoucherRefusal::NotYetValid,
            VoucherRefusal::Revoked,
            VoucherRefusal::RedeemingSuspended,
            VoucherRefusal::Held,
            VoucherRefusal::AlreadyRedeemed,
            VoucherRefusal::NotRedeemed,
            VoucherRefusal::Burned,
            VoucherRefusal::RedeemedCap,
        ];
        own.into_iter().chain(DiscountRefusal::ALL.map(VoucherRefusal::Basket))
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::all().find(|reason| reason.code() == code)
    }
}

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
