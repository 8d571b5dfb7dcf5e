//! The caps of a campaign, and the policy by which a redemption is reversed. Workers keep a campaign
//! within its caps by reserving quota.

use serde::{Deserialize, Serialize};

use super::mixed_currency;
use crate::kernel::{
    money::{Currency, Money},
    validation::FieldError,
};

/// Most vouchers of one campaign.
pub const MAX_VOUCHERS: u64 = 1_000_000_000;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Caps {
    /// Most vouchers to issue. Held-out customers take none, and are enrolled no further once it is
    /// reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 1))]
    pub vouchers: Option<u64>,
    /// Cap on the exposure: the sum of the most that each issued voucher can cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub exposure: Option<Money>,
    /// Cap on the sum of the redeemed discounts. Can be changed after launch only if it was set at
    /// launch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub redeemed: Option<Money>,
}

impl Caps {
    /// Returns true if a cap can stop vouchers from being issued.
    pub fn limit_issues(&self) -> bool {
        self.vouchers.is_some() || self.exposure.is_some()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OnCancel {
    /// The voucher can be used again while it is valid.
    #[default]
    Reissue,
    /// The voucher stays used.
    Burn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OnRefund {
    /// The discount shrinks with the order; below the minimum basket it is reversed in full.
    #[default]
    Proportional,
    /// A partial refund leaves the discount unchanged, below the minimum basket too. It is reversed
    /// in full once nothing is left that the offer applies to, or all money is back.
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReversalPolicy {
    pub on_cancel: OnCancel,
    pub on_refund: OnRefund,
}

pub(super) fn check_caps(caps: &Caps, currency: Currency) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if caps.vouchers.is_some_and(|vouchers| vouchers == 0 || vouchers > MAX_VOUCHERS) {
        errors.push(FieldError::new(
            "/caps/vouchers",
            "out_of_range",
            format!("1 to {MAX_VOUCHERS}"),
        ));
    }
    for (field, cap) in [("/caps/exposure", caps.exposure), ("/caps/redeemed", caps.redeemed)] {
        if let Some(cap) = cap
            && cap.currency != currency
        {
            errors.push(mixed_currency(field, cap.currency, currency));
        }
    }
    errors
}
