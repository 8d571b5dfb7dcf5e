//! What each playbook can be told: its shape, what it is otherwise, what it means, and which values are good.
//! Reads JSON that may be anything; the pointers of its errors start below `/parameters`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Playbook, amount::about};
use crate::{
    audience::{MAX_KM, MAX_NAME},
    customer::Point,
    field::FieldError,
    money::{Currency, Money},
    trigger::{MAX_COOL_DOWN, MAX_DAYS, MAX_DAYS_BEFORE},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WinBack {
    pub days: u16,
    pub cool_down_days: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrossVerticalTrial {
    pub ordered: String,
    pub never_ordered: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VipThankYou {
    pub orders: u32,
    pub spend: Money,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerticalLaunch {
    /// Missing is an error of `check`, which can name it.
    #[serde(default)]
    pub point: Option<Point>,
    pub km: f64,
    pub vertical: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Celebration {
    pub days_before: u16,
}

/// What they are if they are not given. A required one is here as an example.
pub(super) fn values(playbook: Playbook, currency: Currency) -> Value {
    match playbook {
        Playbook::WinBack => json!({"days": 30, "cool_down_days": 90}),
        Playbook::CrossVerticalTrial => json!({"ordered": "food", "never_ordered": "groceries"}),
        Playbook::VipThankYou => json!({"orders": 10, "spend": about(300, currency)}),
        Playbook::VerticalLaunch => {
            json!({"point": {"lat": 40.4168, "lon": -3.7038}, "km": 5, "vertical": "groceries"})
        }
        Playbook::Celebration => json!({"days_before": 0}),
    }
}

pub(super) fn meanings(playbook: Playbook) -> &'static [(&'static str, &'static str)] {
    match playbook {
        Playbook::WinBack => &[
            ("days", "Days without an order after which it fires, 1 to 1,095."),
            ("cool_down_days", "Days between two of its vouchers for one customer, 1 to 1,095."),
        ],
        Playbook::CrossVerticalTrial => &[
            ("ordered", "The vertical that they know."),
            ("never_ordered", "The vertical that they shall try; the offer holds there only."),
        ],
        Playbook::VipThankYou => {
            &[("orders", "So many orders, at least."), ("spend", "So much spent in all of them, at least.")]
        }
        Playbook::VerticalLaunch => &[
            ("point", "The place where it starts, {lat, lon} in degrees."),
            ("km", "How far from it customers are told, more than 0 and at most 20,000."),
            ("vertical", "The vertical that starts; the offer holds there only."),
        ],
        Playbook::Celebration => &[("days_before", "Days before the birthday at which it comes, 0 to 60.")],
    }
}

/// What the shape alone does not say.
pub(super) trait Check {
    fn check(&self) -> Vec<FieldError>;
}

impl Check for WinBack {
    fn check(&self) -> Vec<FieldError> {
        let errors =
            [range("/days", self.days, 1, MAX_DAYS), range("/cool_down_days", self.cool_down_days, 1, MAX_COOL_DOWN)];
        errors.into_iter().flatten().collect()
    }
}

impl Check for CrossVerticalTrial {
    fn check(&self) -> Vec<FieldError> {
        let errors = [vertical("/ordered", &self.ordered), vertical("/never_ordered", &self.never_ordered)];
        let same = self.ordered == self.never_ordered;
        let same = same.then(|| {
            FieldError::new("/never_ordered", "duplicate", "nobody has ordered in a vertical and never ordered in it")
        });
        errors.into_iter().flatten().chain(same).collect()
    }
}

impl Check for VipThankYou {
    fn check(&self) -> Vec<FieldError> {
        Vec::new()
    }
}

impl Check for VerticalLaunch {
    fn check(&self) -> Vec<FieldError> {
        let point = match self.point {
            None => Some(FieldError::new("/point", "required", "where does it start? {lat, lon} in degrees")),
            Some(point) if !point.on_earth() => {
                Some(FieldError::new("/point", "out_of_range", "lat is within -90 and 90, lon within -180 and 180"))
            }
            Some(_) => None,
        };
        let km = self.km > 0.0 && self.km <= MAX_KM;
        let km = (!km).then(|| FieldError::new("/km", "out_of_range", format!("more than 0 and at most {MAX_KM} km")));
        [point, km, vertical("/vertical", &self.vertical)].into_iter().flatten().collect()
    }
}

impl Check for Celebration {
    fn check(&self) -> Vec<FieldError> {
        range("/days_before", self.days_before, 0, MAX_DAYS_BEFORE).into_iter().collect()
    }
}

fn range(field: &str, value: u16, least: u16, most: u16) -> Option<FieldError> {
    let good = (least..=most).contains(&value);
    (!good).then(|| FieldError::new(field, "out_of_range", format!("{least} to {most}")))
}

/// It also stands in the messages, where braces would be variables.
fn vertical(field: &str, name: &str) -> Option<FieldError> {
    let good = !name.trim().is_empty()
        && name.len() <= MAX_NAME
        && !name.chars().any(|letter| letter.is_control() || matches!(letter, '{' | '}'));
    let detail = || format!("the name of a vertical has 1 to {MAX_NAME} bytes, no control characters and no braces");
    (!good).then(|| FieldError::new(field, "invalid", detail()))
}
