//! Checks a trigger that an operator has written: numbers within their range, names that are
//! usable, and a cool-down, because an autopilot runs unattended.

use super::{
    MAX_CART_MINUTES, MAX_COOL_DOWN_DAYS, MAX_DAYS_BEFORE, MAX_DEADLINE_HOURS, MAX_DELAY_MINUTES,
    MAX_INACTIVITY_DAYS, MAX_NAME, MAX_ORDER_NUMBER, Trigger, TriggerCondition,
};
use crate::kernel::validation::FieldError;

impl Trigger {
    /// Checks the trigger. Pointers are below `/trigger`.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut range = |field: &str, value: u32, least: u32, most: u32| {
            if !(least..=most).contains(&value) {
                errors.push(FieldError::new(
                    format!("/trigger/{field}"),
                    "out_of_range",
                    format!("{least} to {most}"),
                ));
            }
        };
        match &self.when {
            TriggerCondition::Inactivity { days, .. } => {
                range("when/inactivity/days", u32::from(*days), 1, u32::from(MAX_INACTIVITY_DAYS))
            }
            TriggerCondition::PersonalDate { days_before, .. } => {
                let most = u32::from(MAX_DAYS_BEFORE);
                range("when/personal_date/days_before", u32::from(*days_before), 0, most);
            }
            TriggerCondition::NthOrder { number } => {
                range("when/nth_order/number", *number, 1, MAX_ORDER_NUMBER)
            }
            TriggerCondition::CartLeft { minutes } => {
                range("when/cart_left/minutes", *minutes, 1, MAX_CART_MINUTES)
            }
            TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::Event { .. }
            | TriggerCondition::Goodwill {} => {}
        }
        range("local_hour", u32::from(self.local_hour), 0, 23);
        range("deadline_hours", u32::from(self.deadline_hours), 1, u32::from(MAX_DEADLINE_HOURS));
        range("delay_minutes", self.delay_minutes, 0, MAX_DELAY_MINUTES);
        match self.cool_down_days {
            Some(days) => range("cool_down_days", u32::from(days), 1, u32::from(MAX_COOL_DOWN_DAYS)),
            None if self.is_goodwill() => {}
            None => errors.push(FieldError::new(
                "/trigger/cool_down_days",
                "required",
                "an autopilot runs unattended: say how many days must lie between two vouchers for one customer",
            )),
        }
        if self.delay_minutes > 0 && !self.fires_on_events() {
            let detail = "only an event can be waited after; a calendar day has its `local_hour`";
            errors.push(FieldError::new("/trigger/delay_minutes", "not_for_this_trigger", detail));
        }
        if self.is_goodwill() && self.delay_minutes > 0 {
            let detail = "support issues the voucher at once";
            errors.push(FieldError::new("/trigger/delay_minutes", "not_for_this_trigger", detail));
        }
        if self.is_goodwill() && self.cool_down_days.is_some() {
            let detail = "the tenant's goodwill policy says how many vouchers a customer gets";
            errors.push(FieldError::new("/trigger/cool_down_days", "not_for_this_trigger", detail));
        }
        errors.extend(self.check_names());
        errors
    }

    fn check_names(&self) -> Vec<FieldError> {
        match &self.when {
            TriggerCondition::PersonalDate { name, .. }
                if !(1..=MAX_NAME).contains(&name.len()) =>
            {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/personal_date/name", "out_of_range", detail)]
            }
            TriggerCondition::Inactivity { vertical: Some(vertical), .. }
                if !(1..=MAX_NAME).contains(&vertical.len()) =>
            {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/inactivity/vertical", "out_of_range", detail)]
            }
            TriggerCondition::FirstOrder { vertical }
                if !(1..=MAX_NAME).contains(&vertical.len()) =>
            {
                let detail = format!("1 to {MAX_NAME} bytes");
                vec![FieldError::new("/trigger/when/first_order/vertical", "out_of_range", detail)]
            }
            TriggerCondition::SpendMilestone { amount } if amount.amount.units() < 1 => {
                let detail = "more than nothing, or the first order fires it";
                vec![FieldError::new(
                    "/trigger/when/spend_milestone/amount",
                    "out_of_range",
                    detail,
                )]
            }
            TriggerCondition::Event { name, properties } => {
                let mut errors = Vec::new();
                if !super::is_event_name(name) {
                    let detail = format!("1 to {MAX_NAME} of A-Z a-z 0-9 . _ -");
                    errors.push(FieldError::new("/trigger/when/event/name", "invalid", detail));
                }
                if let Some(properties) = properties {
                    errors.extend(properties.check("/trigger/when/event/where"));
                }
                errors
            }
            TriggerCondition::Inactivity { .. }
            | TriggerCondition::PersonalDate { .. }
            | TriggerCondition::NthOrder { .. }
            | TriggerCondition::FirstOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Goodwill {} => Vec::new(),
        }
    }
}
