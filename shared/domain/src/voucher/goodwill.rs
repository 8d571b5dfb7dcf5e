//! Goodwill: what support may do for one customer. Issue a voucher of a goodwill campaign now, issue
//! one again that is over, or extend one that is open.
//!
//! The tenant's policy limits each role. A voucher that support issues takes its part of the
//! campaign's caps like any other and has a record like any other; its occurrence says that it was
//! issued by hand. A voucher is issued again once at most: the occurrence follows from the old one.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    campaign::{
        definition::Definition,
        lifecycle::{CampaignPhase, CampaignState},
        redeeming::Revocation,
        trigger::{Trigger, TriggerCondition},
        validity::ValidityWindow,
    },
    kernel::{
        id::{Occurrence, VoucherId},
        money::Currency,
        validation::FieldError,
    },
    voucher::record::{Voucher, VoucherStatus},
};

/// Longest id of a request to issue a voucher, in bytes: with its prefix it is an occurrence.
pub const MAX_REQUEST_ID: usize = 55;
/// The days over which the goodwill vouchers of one customer are counted.
pub const CUSTOMER_DAYS: i64 = 30;
/// Upper bound of the numbers in the policy.
pub const MAX_LIMIT: u32 = 10_000;
/// Upper bound of the cost of one voucher, in minor units.
pub const MAX_COST: i64 = 1_000_000_000_000;

const ISSUED: &str = "goodwill.";
const AGAIN: &str = "again.";

/// The limits of what each role may give away. Administrators have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoodwillPolicy {
    pub support: GoodwillLimits,
    pub marketer: GoodwillLimits,
    /// The goodwill vouchers that one customer gets in 30 days at most, from all operators.
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub customer_vouchers: u32,
}

/// The limits of one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoodwillLimits {
    /// The most that one voucher may cost, in minor units of the tenant's currency. Absent means
    /// that the campaign's offer alone decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 0))]
    pub max_cost: Option<i64>,
    /// The vouchers that one operator issues a day at most.
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub vouchers_per_day: u32,
    /// The days from now to which a voucher is extended at most.
    #[cfg_attr(feature = "openapi", schema(maximum = 10_000))]
    pub extension_days: u32,
}

impl Default for GoodwillPolicy {
    fn default() -> Self {
        Self {
            support: GoodwillLimits { max_cost: None, vouchers_per_day: 20, extension_days: 30 },
            marketer: GoodwillLimits { max_cost: None, vouchers_per_day: 100, extension_days: 90 },
            customer_vouchers: 3,
        }
    }
}

impl GoodwillPolicy {
    /// Checks the numbers. Pointers are below the policy.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut range = |field: String, value: i64, most: i64| {
            if !(0..=most).contains(&value) {
                errors.push(FieldError::new(field, "out_of_range", format!("0 to {most}")));
            }
        };
        for (role, limits) in [("support", &self.support), ("marketer", &self.marketer)] {
            let most = i64::from(MAX_LIMIT);
            range(format!("/{role}/max_cost"), limits.max_cost.unwrap_or(0), MAX_COST);
            range(format!("/{role}/vouchers_per_day"), limits.vouchers_per_day.into(), most);
            range(format!("/{role}/extension_days"), limits.extension_days.into(), most);
        }
        range("/customer_vouchers".into(), self.customer_vouchers.into(), i64::from(MAX_LIMIT));
        errors
    }
}

/// The limits that apply to the operator who asks.
#[derive(Debug, Clone, Copy)]
pub struct OperatorLimits {
    pub limits: GoodwillLimits,
    pub customer_vouchers: u32,
    pub tenant_currency: Currency,
}

/// The reason why support does not get what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoodwillRefusal {
    /// The campaign's trigger is another one.
    NotGoodwill,
    /// The campaign issues nothing now: it is not launched, is paused, or is over.
    CampaignNotLive,
    /// The campaign's vouchers are revoked, those issued from now on as well.
    CampaignRevoked,
    /// The record is no voucher.
    NotAVoucher,
    /// The voucher can still be used: it is extended instead.
    VoucherIsOpen,
    /// The voucher is revoked, and a checkout that held it before can still redeem it.
    VoucherIsHeld,
    /// The voucher is used: its order is cancelled or refunded instead.
    VoucherIsRedeemed,
    /// The voucher is over: it is issued again instead.
    VoucherIsOver,
    /// The voucher would be over at once, or ends before it begins.
    EndsTooEarly,
    /// The end lies before the present one.
    NotLater,
    /// The offer can cost more than the role may give away.
    CostLimit,
    /// The offer's currency is another than the tenant's, so its cost cannot be compared.
    CurrencyLimit,
    /// The end lies further away than the role may move it.
    ExtensionLimit,
    /// The customer has got as many goodwill vouchers as the tenant allows.
    CustomerLimit,
}

impl GoodwillRefusal {
    /// Returns true if another role could do it.
    pub fn is_limit(self) -> bool {
        match self {
            GoodwillRefusal::CostLimit
            | GoodwillRefusal::CurrencyLimit
            | GoodwillRefusal::ExtensionLimit
            | GoodwillRefusal::CustomerLimit => true,
            GoodwillRefusal::NotGoodwill
            | GoodwillRefusal::CampaignNotLive
            | GoodwillRefusal::CampaignRevoked
            | GoodwillRefusal::NotAVoucher
            | GoodwillRefusal::VoucherIsOpen
            | GoodwillRefusal::VoucherIsHeld
            | GoodwillRefusal::VoucherIsRedeemed
            | GoodwillRefusal::VoucherIsOver
            | GoodwillRefusal::EndsTooEarly
            | GoodwillRefusal::NotLater => false,
        }
    }
}

/// The state of the campaign whose voucher is asked for.
#[derive(Debug, Clone, Copy)]
pub struct GoodwillCampaign<'a> {
    pub definition: &'a Definition,
    pub state: CampaignState,
    pub revoke: Revocation,
}

impl Occurrence {
    /// Returns the occurrence of the voucher that support issues by a request of this id. `None`
    /// means that the id is too long or has other characters than an id.
    pub fn of_goodwill(request: &str) -> Option<Self> {
        let fits = (1..=MAX_REQUEST_ID).contains(&request.len());
        fits.then(|| Occurrence::parse(&format!("{ISSUED}{request}")).ok()).flatten()
    }

    /// Returns the occurrence of the voucher that replaces one that is over.
    pub fn of_reissue(voucher: &VoucherId) -> Option<Self> {
        Occurrence::parse(&format!("{AGAIN}{voucher}")).ok()
    }

    /// Returns true if support issued the voucher by hand.
    pub fn is_goodwill(&self) -> bool {
        self.as_str().starts_with(ISSUED) || self.as_str().starts_with(AGAIN)
    }
}

impl Trigger {
    /// Returns true if nothing but support makes it fire.
    pub fn is_goodwill(&self) -> bool {
        matches!(self.when, TriggerCondition::Goodwill {})
    }
}

impl GoodwillCampaign<'_> {
    /// Decides on a voucher that support issues now, and returns its time limits. `records` are the
    /// customer's records of all campaigns, and `until` is the end that support asks for.
    pub fn issue(
        &self,
        operator: Option<&OperatorLimits>,
        records: &[Voucher],
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<ValidityWindow, GoodwillRefusal> {
        if !self.definition.trigger.as_ref().is_some_and(Trigger::is_goodwill) {
            return Err(GoodwillRefusal::NotGoodwill);
        }
        if self.state != CampaignState::Enabled {
            return Err(GoodwillRefusal::CampaignNotLive);
        }
        self.issue_window(operator, records, until, now)
    }

    /// Decides on the voucher that replaces `old`, and returns its time limits. What a checkout still
    /// holds is promised to it, whatever was revoked since, so nothing replaces it before the hold's
    /// end.
    pub fn reissue(
        &self,
        old: &Voucher,
        operator: Option<&OperatorLimits>,
        records: &[Voucher],
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<ValidityWindow, GoodwillRefusal> {
        match old.status_at(self.revoke, now) {
            VoucherStatus::Expired
            | VoucherStatus::Declined
            | VoucherStatus::Reversed
            | VoucherStatus::Revoked => {}
            VoucherStatus::Issued | VoucherStatus::Accepted => {
                return Err(GoodwillRefusal::VoucherIsOpen);
            }
            VoucherStatus::Redeemed => return Err(GoodwillRefusal::VoucherIsRedeemed),
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {
                return Err(GoodwillRefusal::NotAVoucher);
            }
        }
        if old.hold.as_ref().is_some_and(|hold| now < hold.until) {
            return Err(GoodwillRefusal::VoucherIsHeld);
        }
        if self.state.phase() == CampaignPhase::Draft {
            return Err(GoodwillRefusal::CampaignNotLive);
        }
        self.issue_window(operator, records, until, now)
    }

    fn issue_window(
        &self,
        operator: Option<&OperatorLimits>,
        records: &[Voucher],
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<ValidityWindow, GoodwillRefusal> {
        if self.revoke.covers(now, false) {
            return Err(GoodwillRefusal::CampaignRevoked);
        }
        let usual = self.definition.validity.window(now, self.definition.accept_by);
        let window = match until {
            Some(end) => ValidityWindow {
                valid_from: usual.valid_from,
                accept_by: end,
                redeem_by: Some(end),
            },
            None => usual,
        };
        let end = window.redeem_by.map_or(window.accept_by, |end| end.min(window.accept_by));
        if end <= now || end <= window.valid_from {
            return Err(GoodwillRefusal::EndsTooEarly);
        }
        match operator {
            Some(operator) => {
                operator.check_issue(self.definition, records, until, now).map(|()| window)
            }
            None => Ok(window),
        }
    }
}

impl OperatorLimits {
    fn check_issue(
        &self,
        definition: &Definition,
        records: &[Voucher],
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), GoodwillRefusal> {
        if let Some(most) = self.limits.max_cost {
            if definition.offer.currency() != self.tenant_currency {
                return Err(GoodwillRefusal::CurrencyLimit);
            }
            if definition.offer.exposure().units() > most {
                return Err(GoodwillRefusal::CostLimit);
            }
        }
        if let Some(until) = until {
            self.check_end(until, now)?;
        }
        if count_recent(records, now) >= self.customer_vouchers as usize {
            return Err(GoodwillRefusal::CustomerLimit);
        }
        Ok(())
    }

    fn check_end(&self, until: Timestamp, now: Timestamp) -> Result<(), GoodwillRefusal> {
        let latest = add_days(now, i64::from(self.limits.extension_days));
        if until > latest { Err(GoodwillRefusal::ExtensionLimit) } else { Ok(()) }
    }
}

/// Returns the number of vouchers that the customer got by goodwill in the last days.
fn count_recent(records: &[Voucher], now: Timestamp) -> usize {
    let since = add_days(now, -CUSTOMER_DAYS);
    let recent = records.iter().filter(|record| {
        record.status.is_voucher() && record.occurrence.is_goodwill() && record.issued_at > since
    });
    recent.count()
}

fn add_days(at: Timestamp, days: i64) -> Timestamp {
    let limit = if days < 0 { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(limit)
}

/// The answer to "extend": the new time limits, the same answer again, or a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtensionDecision {
    Extend { accept_by: Timestamp, redeem_by: Option<Timestamp> },
    Repeat,
    Refuse(GoodwillRefusal),
}

impl Voucher {
    /// Decides on moving the voucher's end to `until`. An unaccepted voucher can then be accepted and
    /// redeemed until that time; one whose time runs from its acceptance keeps it in full.
    pub fn extend(
        &self,
        until: Timestamp,
        revoke: Revocation,
        operator: Option<&OperatorLimits>,
        now: Timestamp,
    ) -> ExtensionDecision {
        let (end, is_issued) = match self.status_at(revoke, now) {
            VoucherStatus::Issued => (self.accept_by, true),
            VoucherStatus::Accepted => (self.redeem_by.unwrap_or(self.accept_by), false),
            VoucherStatus::Redeemed => {
                return ExtensionDecision::Refuse(GoodwillRefusal::VoucherIsRedeemed);
            }
            VoucherStatus::Expired
            | VoucherStatus::Declined
            | VoucherStatus::Reversed
            | VoucherStatus::Revoked => {
                return ExtensionDecision::Refuse(GoodwillRefusal::VoucherIsOver);
            }
            VoucherStatus::Ghost | VoucherStatus::Skipped | VoucherStatus::Failed => {
                return ExtensionDecision::Refuse(GoodwillRefusal::NotAVoucher);
            }
        };
        if until == end {
            return ExtensionDecision::Repeat;
        }
        if until < end {
            return ExtensionDecision::Refuse(GoodwillRefusal::NotLater);
        }
        if let Some(why) = operator.and_then(|operator| operator.check_end(until, now).err()) {
            return ExtensionDecision::Refuse(why);
        }
        if is_issued {
            let redeem_by = self.redeem_by.map(|end| end.max(until));
            ExtensionDecision::Extend { accept_by: until, redeem_by }
        } else {
            ExtensionDecision::Extend { accept_by: self.accept_by, redeem_by: Some(until) }
        }
    }
}

#[cfg(test)]
mod tests;
