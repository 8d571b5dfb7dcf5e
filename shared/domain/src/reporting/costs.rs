//! The prices and the margin with which a tenant's reports compute costs: the price of a message
//! for each channel, and the margin on sales.
//!
//! A deployment has defaults; a tenant's settings replace them field by field. Before it: nothing.
//! After it: the reports, which turn units into money.

use serde::{Deserialize, Serialize};

use crate::kernel::{channel::Channel, validation::FieldError};

/// The highest price of one message, in millionths of the currency: a thousand of the currency. A
/// higher one is a mistake of the unit.
pub const MAX_MICROS: u64 = 1_000_000_000;
const MAX_PERCENT: u8 = 100;

/// The prices and the margin that reports use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CostRates {
    /// Price of one SMS segment, in millionths of the currency.
    pub sms_micros: u64,
    /// Price of one e-mail, in millionths of the currency.
    pub email_micros: u64,
    /// Price of one push message, in millionths of the currency.
    pub push_micros: u64,
    /// Percent of sales at full price that remains before discounts and messages.
    pub margin_percent: u8,
}

impl Default for CostRates {
    /// Returns 0.05 for an SMS segment, 0.0001 for an e-mail (the price of SES) and 0.000001 for a
    /// push message (SNS charges half of it).
    ///
    /// The margin is 100 %: sales count in full if nobody has set a margin.
    fn default() -> Self {
        Self { sms_micros: 50_000, email_micros: 100, push_micros: 1, margin_percent: MAX_PERCENT }
    }
}

impl CostRates {
    /// Reads the deployment's prices from its environment. `number` returns the value of a
    /// variable, or the default.
    pub fn from_lookup<E>(number: impl Fn(&'static str, u64) -> Result<u64, E>) -> Result<Self, E> {
        let Self { sms_micros, email_micros, push_micros, margin_percent } = Self::default();
        let percent = number("MARGIN_PERCENT", u64::from(margin_percent))?;
        Ok(Self {
            sms_micros: number("SMS_COST_MICROS", sms_micros)?,
            email_micros: number("EMAIL_COST_MICROS", email_micros)?,
            push_micros: number("PUSH_COST_MICROS", push_micros)?,
            margin_percent: u8::try_from(percent)
                .map_or(MAX_PERCENT, |percent| percent.min(MAX_PERCENT)),
        })
    }

    pub fn micros_per_unit(&self, channel: Channel) -> u64 {
        match channel {
            Channel::Sms => self.sms_micros,
            Channel::Email => self.email_micros,
            Channel::Push => self.push_micros,
        }
    }
}

/// The prices and the margin that a tenant has set. The deployment's value applies to a field that
/// is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CostSettings {
    /// Price of one SMS segment, in millionths of the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, minimum = 0, maximum = 1_000_000_000_u64, example = 50_000)
    )]
    pub sms_micros: Option<u64>,
    /// Price of one e-mail, in millionths of the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, minimum = 0, maximum = 1_000_000_000_u64, example = 100)
    )]
    pub email_micros: Option<u64>,
    /// Price of one push message, in millionths of the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, minimum = 0, maximum = 1_000_000_000_u64, example = 1)
    )]
    pub push_micros: Option<u64>,
    /// Percent of sales at full price that remains before discounts and messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, minimum = 0, maximum = 100, example = 30)
    )]
    pub margin_percent: Option<u8>,
}

impl CostSettings {
    pub fn check(&self) -> Vec<FieldError> {
        let micros = [
            ("/sms_micros", self.sms_micros),
            ("/email_micros", self.email_micros),
            ("/push_micros", self.push_micros),
        ];
        let percent =
            ("/margin_percent", self.margin_percent.map(u64::from), u64::from(MAX_PERCENT));
        let fields =
            micros.into_iter().map(|(field, value)| (field, value, MAX_MICROS)).chain([percent]);
        let over = fields.filter(|(_, value, most)| value.is_some_and(|it| it > *most));
        over.map(|(field, _, most)| {
            FieldError::new(field, "out_of_range", format!("at most {most}"))
        })
        .collect()
    }

    /// Combines these settings with `deployed`, which fills the fields that are not set.
    pub fn with_defaults(&self, deployed: CostRates) -> CostRates {
        CostRates {
            sms_micros: self.sms_micros.unwrap_or(deployed.sms_micros),
            email_micros: self.email_micros.unwrap_or(deployed.email_micros),
            push_micros: self.push_micros.unwrap_or(deployed.push_micros),
            margin_percent: self.margin_percent.unwrap_or(deployed.margin_percent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_takes_the_place_of_what_was_deployed() {
        let deployed = CostRates::from_lookup(|name, default| {
            Ok::<_, ()>(if name == "SMS_COST_MICROS" { 70_000 } else { default })
        });
        let deployed = deployed.unwrap();
        assert_eq!(
            (deployed.sms_micros, deployed.email_micros, deployed.margin_percent),
            (70_000, 100, 100)
        );
        let set = CostSettings {
            email_micros: Some(0),
            margin_percent: Some(30),
            ..CostSettings::default()
        };
        assert_eq!(
            set.with_defaults(deployed),
            CostRates { email_micros: 0, margin_percent: 30, ..deployed }
        );
        assert_eq!(CostRates::from_lookup(|_, _| Ok::<_, ()>(1_000)).unwrap().margin_percent, 100);
        assert_eq!(deployed.micros_per_unit(Channel::Sms), 70_000);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        assert!(CostSettings::default().check().is_empty());
        let set = CostSettings {
            sms_micros: Some(MAX_MICROS),
            margin_percent: Some(100),
            ..CostSettings::default()
        };
        assert!(set.check().is_empty());
        let set =
            CostSettings { push_micros: Some(MAX_MICROS + 1), margin_percent: Some(101), ..set };
        let fields: Vec<_> = set.check().iter().map(|error| error.field.clone()).collect();
        assert_eq!(fields, ["/push_micros", "/margin_percent"]);
    }
}
