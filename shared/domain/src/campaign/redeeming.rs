//! The operators' switches over a campaign's issued vouchers, apart from the campaign's life cycle:
//! redeeming is suspended and resumed, and vouchers are revoked, in any state in which there can be
//! vouchers, a campaign that is over included.
//!
//! `lifecycle` says when, the campaigns function decides by it, and the store keeps the result in
//! META; before a voucher is used, `voucher::redemption` asks. A checkout hold that was granted
//! before is honoured until it ends.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The limit of a revocation that covers every voucher, those included that a worker is issuing at
/// that moment.
const EVERY_VOUCHER: Timestamp = Timestamp::constant(200_000_000_000, 0);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RedeemingState {
    #[default]
    Open,
    /// No voucher of the campaign is held or redeemed, but for checkouts that hold one already.
    Suspended,
}

/// An operator's suspension of redeeming, in force until an operator resumes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedeemingSuspension {
    pub by: String,
    pub at: Timestamp,
    pub reason: String,
}

impl RedeemingState {
    pub fn of(suspension: Option<&RedeemingSuspension>) -> Self {
        match suspension {
            Some(_) => RedeemingState::Suspended,
            None => RedeemingState::Open,
        }
    }
}

/// An operator's action on the vouchers that a campaign has issued. None changes the campaign's
/// state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VoucherAction {
    SuspendRedeeming,
    ResumeRedeeming,
    RevokeVouchers,
}

impl VoucherAction {
    pub const ALL: [VoucherAction; 3] = [
        VoucherAction::SuspendRedeeming,
        VoucherAction::ResumeRedeeming,
        VoucherAction::RevokeVouchers,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            VoucherAction::SuspendRedeeming => "suspend_redeeming",
            VoucherAction::ResumeRedeeming => "resume_redeeming",
            VoucherAction::RevokeVouchers => "revoke_vouchers",
        }
    }
    /// Returns true if the action changes something in this state of redeeming.
    pub fn fits(self, redeeming: RedeemingState) -> bool {
        match self {
            VoucherAction::SuspendRedeeming => redeeming == RedeemingState::Open,
            VoucherAction::ResumeRedeeming => redeeming == RedeemingState::Suspended,
            VoucherAction::RevokeVouchers => true,
        }
    }
}

/// The issued vouchers that a cancellation or a revocation revokes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RevokeScope {
    /// Issued vouchers stay valid.
    #[default]
    None,
    /// Vouchers that no customer has accepted are revoked.
    Unaccepted,
    /// All vouchers that are not redeemed are revoked.
    All,
}

impl RevokeScope {
    pub fn as_str(self) -> &'static str {
        match self {
            RevokeScope::None => "none",
            RevokeScope::Unaccepted => "unaccepted",
            RevokeScope::All => "all",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [RevokeScope::None, RevokeScope::Unaccepted, RevokeScope::All]
            .into_iter()
            .find(|revoke| revoke.as_str() == text)
    }
}

/// The vouchers of a campaign that are revoked: for each scope, those issued up to a time. A
/// revocation is never taken back, so a later one only adds to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Revocation {
    /// The limit for vouchers that no customer has accepted.
    pub unaccepted_until: Option<Timestamp>,
    /// The limit for all vouchers that are not redeemed.
    pub all_until: Option<Timestamp>,
}

impl Revocation {
    /// Builds the revocation of every voucher in the scope, whenever it is issued.
    pub fn of_every_voucher(scope: RevokeScope) -> Self {
        Self::until(scope, EVERY_VOUCHER)
    }

    /// Builds the revocation of the vouchers in the scope that are issued up to a time.
    pub fn until(scope: RevokeScope, until: Timestamp) -> Self {
        match scope {
            RevokeScope::None => Self::default(),
            RevokeScope::Unaccepted => Self { unaccepted_until: Some(until), all_until: None },
            RevokeScope::All => Self { unaccepted_until: None, all_until: Some(until) },
        }
    }

    /// Returns true if a voucher that is neither redeemed nor over is revoked.
    pub fn covers(&self, issued_at: Timestamp, is_accepted: bool) -> bool {
        let within = |until: Option<Timestamp>| until.is_some_and(|until| issued_at <= until);
        within(self.all_until) || !is_accepted && within(self.unaccepted_until)
    }

    /// Returns the scope in which every voucher is revoked, whenever it was issued. Sums that do
    /// not know when a voucher was issued use it: they count one that was revoked while its
    /// campaign went on as open until it ends.
    pub fn whole_scope(&self) -> RevokeScope {
        let every = Some(EVERY_VOUCHER);
        if self.all_until == every {
            RevokeScope::All
        } else if self.unaccepted_until == every {
            RevokeScope::Unaccepted
        } else {
            RevokeScope::None
        }
    }

    /// Returns each scope with its limit; a limit of `None` covers every voucher.
    pub fn parts(&self) -> Vec<(RevokeScope, Option<Timestamp>)> {
        [(RevokeScope::Unaccepted, self.unaccepted_until), (RevokeScope::All, self.all_until)]
            .into_iter()
            .filter_map(|(scope, until)| Some((scope, until?)))
            .map(|(scope, until)| (scope, (until != EVERY_VOUCHER).then_some(until)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_revocation_of_the_unaccepted_leaves_the_accepted() {
        let revoked = Revocation::of_every_voucher(RevokeScope::Unaccepted);
        assert!(revoked.covers(at(1), false) && !revoked.covers(at(1), true));
        assert_eq!(revoked.whole_scope(), RevokeScope::Unaccepted);
        let nothing = Revocation::of_every_voucher(RevokeScope::None);
        assert_eq!((nothing, nothing.whole_scope()), (Revocation::default(), RevokeScope::None));
        assert!(!nothing.covers(at(1), false));
    }

    #[test]
    fn two_revocations_hold_side_by_side() {
        let both = Revocation { unaccepted_until: Some(at(20)), all_until: Some(at(10)) };
        let covered = |issued: i64| (both.covers(at(issued), true), both.covers(at(issued), false));
        assert_eq!(
            (covered(10), covered(11), covered(21)),
            ((true, true), (false, true), (false, false))
        );
        assert_eq!(both.parts().len(), 2);
    }
}
