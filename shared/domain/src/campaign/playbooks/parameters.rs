//! Parameters of the playbooks: their shape, default values, meanings and checks.
//!
//! Reads JSON that may be anything; the pointers of its errors start below `/parameters`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Playbook, amount::round_amount};
use crate::{
    campaign::{
        audience::{MAX_KM, MAX_NAME, MAX_NAMED_MERCHANTS, MAX_OPENED_DAYS},
        catalogue::CatalogueKey,
        trigger::{MAX_COOL_DOWN_DAYS, MAX_DAYS_BEFORE, MAX_INACTIVITY_DAYS},
    },
    kernel::{
        money::{Currency, Money},
        validation::FieldError,
    },
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WinBackParameters {
    pub days: u16,
    pub cool_down_days: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrossVerticalTrialParameters {
    pub ordered: String,
    pub never_ordered: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VipThankYouParameters {
    pub orders: u32,
    pub spend: Money,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerticalLaunchParameters {
    pub opened_within_days: u32,
    /// Instead of the new ones, if there are any.
    pub merchants: Vec<String>,
    pub km: f64,
    /// Empty if it is not given, so that `check` can name what is missing.
    #[serde(default)]
    pub vertical: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CelebrationParameters {
    pub days_before: u16,
}

/// Returns the default values. A required parameter has an example here.
pub(super) fn default_values(playbook: Playbook, currency: Currency) -> Value {
    match playbook {
        Playbook::WinBack => json!({"days": 30, "cool_down_days": 90}),
        Playbook::CrossVerticalTrial => json!({"ordered": "food", "never_ordered": "groceries"}),
        Playbook::VipThankYou => json!({"orders": 10, "spend": round_amount(300, currency)}),
        Playbook::VerticalLaunch => {
            json!({"opened_within_days": 14, "merchants": [], "km": 5, "vertical": "groceries"})
        }
        Playbook::Celebration => json!({"days_before": 0}),
    }
}

pub(super) fn parameter_meanings(playbook: Playbook) -> &'static [(&'static str, &'static str)] {
    match playbook {
        Playbook::WinBack => &[
            ("days", "Days without an order after which it fires, 1 to 1,095."),
            ("cool_down_days", "Days between two of its vouchers for one customer, 1 to 1,095."),
        ],
        Playbook::CrossVerticalTrial => &[
            ("ordered", "The vertical that they know."),
            ("never_ordered", "The vertical that they shall try; the offer holds there only."),
        ],
        Playbook::VipThankYou => &[
            ("orders", "So many orders, at least."),
            ("spend", "So much spent in all of them, at least."),
        ],
        Playbook::VerticalLaunch => &[
            ("opened_within_days", "Days since the merchants opened, 0 to 366."),
            ("merchants", "These merchants instead of the new ones, at most 50."),
            ("km", "How far from them customers are told, more than 0 and at most 20,000."),
            ("vertical", "The vertical that starts; the offer holds there only."),
        ],
        Playbook::Celebration => {
            &[("days_before", "Days before the birthday at which it comes, 0 to 60.")]
        }
    }
}

/// Checks what the shape alone does not ensure.
pub(super) trait ParameterCheck {
    fn check(&self) -> Vec<FieldError>;
}

impl ParameterCheck for WinBackParameters {
    fn check(&self) -> Vec<FieldError> {
        let errors = [
            check_range("/days", self.days, 1, MAX_INACTIVITY_DAYS),
            check_range("/cool_down_days", self.cool_down_days, 1, MAX_COOL_DOWN_DAYS),
        ];
        errors.into_iter().flatten().collect()
    }
}

impl ParameterCheck for CrossVerticalTrialParameters {
    fn check(&self) -> Vec<FieldError> {
        let errors = [
            check_vertical("/ordered", &self.ordered),
            check_vertical("/never_ordered", &self.never_ordered),
        ];
        let same = self.ordered == self.never_ordered;
        let same = same.then(|| {
            FieldError::new(
                "/never_ordered",
                "duplicate",
                "nobody has ordered in a vertical and never ordered in it",
            )
        });
        errors.into_iter().flatten().chain(same).collect()
    }
}

impl ParameterCheck for VipThankYouParameters {
    fn check(&self) -> Vec<FieldError> {
        Vec::new()
    }
}

impl ParameterCheck for VerticalLaunchParameters {
    fn check(&self) -> Vec<FieldError> {
        let days = self.opened_within_days <= MAX_OPENED_DAYS;
        let days = (!days).then(|| {
            let detail = format!("0 to {MAX_OPENED_DAYS}");
            FieldError::new("/opened_within_days", "out_of_range", detail)
        });
        let merchants = (self.merchants.len() > MAX_NAMED_MERCHANTS).then(|| {
            let detail = format!("at most {MAX_NAMED_MERCHANTS}");
            FieldError::new("/merchants", "too_many", detail)
        });
        let bad = self.merchants.iter().position(|key| CatalogueKey::parse(key).is_none());
        let bad = bad.map(|index| {
            let detail = format!("a merchant's id has 1 to {MAX_NAME} bytes");
            FieldError::new(format!("/merchants/{index}"), "invalid", detail)
        });
        let km = self.km > 0.0 && self.km <= MAX_KM;
        let km = (!km).then(|| {
            FieldError::new("/km", "out_of_range", format!("more than 0 and at most {MAX_KM} km"))
        });
        let vertical = if self.vertical.is_empty() {
            Some(FieldError::new("/vertical", "required", "which vertical starts?"))
        } else {
            check_vertical("/vertical", &self.vertical)
        };
        [days, merchants, bad, km, vertical].into_iter().flatten().collect()
    }
}

impl ParameterCheck for CelebrationParameters {
    fn check(&self) -> Vec<FieldError> {
        check_range("/days_before", self.days_before, 0, MAX_DAYS_BEFORE).into_iter().collect()
    }
}

fn check_range(field: &str, value: u16, least: u16, most: u16) -> Option<FieldError> {
    let good = (least..=most).contains(&value);
    (!good).then(|| FieldError::new(field, "out_of_range", format!("{least} to {most}")))
}

/// Checks the name of a vertical. The name also appears in the messages, where braces would be
/// variables.
fn check_vertical(field: &str, name: &str) -> Option<FieldError> {
    let good = !name.trim().is_empty()
        && name.len() <= MAX_NAME
        && !name.chars().any(|letter| letter.is_control() || matches!(letter, '{' | '}'));
    let detail = || {
        format!(
            "the name of a vertical has 1 to {MAX_NAME} bytes, no control characters and no braces"
        )
    };
    (!good).then(|| FieldError::new(field, "invalid", detail()))
}
