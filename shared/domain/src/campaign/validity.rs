//! Validity: the time in which a voucher may be accepted and redeemed. It is given by fixed dates,
//! from issue, or from acceptance.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kernel::validation::FieldError;

/// Longest validity, in hours: two years.
pub const MAX_VALIDITY_HOURS: u32 = 2 * 366 * 24;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Validity {
    Absolute {
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        from: Timestamp,
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        until: Timestamp,
    },
    /// Accept and redeem within `hours` of issue.
    FromIssue { hours: u32 },
    /// Accept within `accept_within_hours` of issue, redeem within `hours` of accepting.
    FromAcceptance { hours: u32, accept_within_hours: u32 },
}

/// The time limits of one voucher, fixed at issue. `redeem_by` of a from-acceptance voucher is
/// fixed at acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidityWindow {
    pub valid_from: Timestamp,
    pub accept_by: Timestamp,
    /// Last moment to redeem, or `None` if it is not known before acceptance.
    pub redeem_by: Option<Timestamp>,
}

fn hours_after(at: Timestamp, hours: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(i64::from(hours))).unwrap_or(Timestamp::MAX)
}

impl Validity {
    pub fn window(&self, issued_at: Timestamp, accept_by: Option<Timestamp>) -> ValidityWindow {
        let (valid_from, last_accept, redeem_by) = match self {
            Validity::Absolute { from, until } => (*from, *until, Some(*until)),
            Validity::FromIssue { hours } => {
                (issued_at, hours_after(issued_at, *hours), Some(hours_after(issued_at, *hours)))
            }
            Validity::FromAcceptance { accept_within_hours, .. } => {
                (issued_at, hours_after(issued_at, *accept_within_hours), None)
            }
        };
        ValidityWindow {
            valid_from,
            accept_by: accept_by.map_or(last_accept, |limit| limit.min(last_accept)),
            redeem_by,
        }
    }

    /// Returns the last moment to redeem a voucher that was accepted at `accepted_at`. A voucher whose
    /// end is known before, `window_end`, keeps it.
    pub fn redeem_by(&self, window_end: Option<Timestamp>, accepted_at: Timestamp) -> Timestamp {
        match self {
            Validity::Absolute { until, .. } => window_end.unwrap_or(*until),
            Validity::FromIssue { hours } | Validity::FromAcceptance { hours, .. } => {
                window_end.unwrap_or_else(|| hours_after(accepted_at, *hours))
            }
        }
    }

    /// Returns true if a voucher issued at `at` could still be redeemed.
    pub fn is_open_at(&self, at: Timestamp) -> bool {
        match self {
            Validity::Absolute { until, .. } => at < *until,
            Validity::FromIssue { .. } | Validity::FromAcceptance { .. } => true,
        }
    }

    /// Checks the limits. `now` is `None` for a stored definition that is read back, so that a
    /// definition that was valid at launch stays readable.
    pub fn check(&self, now: Option<Timestamp>) -> Vec<FieldError> {
        let hours_in_range = |field: &str, hours: u32| {
            let bad = !(1..=MAX_VALIDITY_HOURS).contains(&hours);
            bad.then(|| {
                FieldError::new(field, "out_of_range", format!("1 to {MAX_VALIDITY_HOURS} hours"))
            })
        };
        match self {
            Validity::Absolute { from, until } => {
                let mut errors = Vec::new();
                if until <= from {
                    errors.push(FieldError::new(
                        "/validity/absolute/until",
                        "end_before_start",
                        "must be after `from`",
                    ));
                }
                if now.is_some_and(|now| *until <= now) {
                    errors.push(FieldError::new(
                        "/validity/absolute/until",
                        "in_the_past",
                        "must be in the future",
                    ));
                }
                errors
            }
            Validity::FromIssue { hours } => {
                hours_in_range("/validity/from_issue/hours", *hours).into_iter().collect()
            }
            Validity::FromAcceptance { hours, accept_within_hours } => {
                let limits = [
                    hours_in_range("/validity/from_acceptance/hours", *hours),
                    hours_in_range(
                        "/validity/from_acceptance/accept_within_hours",
                        *accept_within_hours,
                    ),
                ];
                limits.into_iter().flatten().collect()
            }
        }
    }
}
