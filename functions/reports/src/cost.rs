//! Computes the cost of messages: the units that providers accepted (SMS segments, e-mails, push
//! messages) times a tariff in the tenant's currency.
//!
//! Pure, and in whole numbers only: millionths of the currency per unit, summed over the channels
//! and rounded once.

use domain::{
    kernel::{channel::Channel, money::Currency},
    reporting::{
        costs::CostRates,
        counters::{Counter, CounterValues},
    },
};

const MICROS: i64 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageTariff {
    pub currency: Currency,
    pub costs: CostRates,
}

impl MessageTariff {
    /// Returns the cost in minor units, rounded half up, or `None` for counters in another
    /// currency: nothing is converted here.
    pub fn message_cost(&self, counts: &CounterValues, currency: Currency) -> Option<i64> {
        self.cost_of_counters(counts, Counter::Units, currency)
    }

    /// Returns the cost of the units that `billed` counts on each channel.
    pub fn cost_of_counters(
        &self,
        counts: &CounterValues,
        billed: impl Fn(Channel) -> Counter,
        currency: Currency,
    ) -> Option<i64> {
        if currency != self.currency {
            return None;
        }
        let micros = |channel: Channel| {
            let units = counts.amount(&billed(channel));
            units.saturating_mul(
                i64::try_from(self.costs.micros_per_unit(channel)).unwrap_or(i64::MAX),
            )
        };
        let total = Channel::ALL.into_iter().map(micros).fold(0i64, i64::saturating_add);
        let minor = i128::from(total) * 10i128.pow(currency.exponent());
        i64::try_from((minor + i128::from(MICROS) / 2).div_euclid(i128::from(MICROS))).ok()
    }
}

/// Returns `part / whole` with two digits, rounded half up, or `None` if there is nothing to divide
/// by.
pub fn decimal_ratio(part: i64, whole: i64) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let hundredths = (i128::from(part.max(0)) * 100 + i128::from(whole) / 2) / i128::from(whole);
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

/// Returns `part / whole` in percent with two digits and its sign, or `None` if there is nothing to
/// divide by.
pub fn signed_percent(part: i64, whole: i64) -> Option<String> {
    let sign = if part < 0 { "-" } else { "" };
    Some(format!("{sign}{}", decimal_ratio(part.abs().saturating_mul(100), whole)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(units: &[(Channel, i64)], currency: &str) -> Option<i64> {
        let counts =
            units.iter().map(|(channel, units)| (Counter::Units(*channel), *units)).collect();
        let currency = Currency::parse(currency).unwrap();
        MessageTariff { currency, costs: CostRates::default() }.message_cost(&counts, currency)
    }

    #[test]
    fn fractions_of_a_cent_add_up_before_they_are_rounded() {
        assert_eq!(cost(&[(Channel::Sms, 3)], "EUR"), Some(15));
        assert_eq!(cost(&[(Channel::Email, 49)], "EUR"), Some(0));
        assert_eq!(cost(&[(Channel::Email, 50)], "EUR"), Some(1));
        assert_eq!(
            cost(&[(Channel::Sms, 1), (Channel::Email, 30), (Channel::Push, 2_000)], "EUR"),
            Some(6)
        );
        assert_eq!(cost(&[(Channel::Sms, 30)], "JPY"), Some(2));
        assert_eq!(cost(&[], "EUR"), Some(0));
    }

    #[test]
    fn nothing_is_converted() {
        let tariff = MessageTariff {
            currency: Currency::parse("EUR").unwrap(),
            costs: CostRates::default(),
        };
        assert_eq!(
            tariff.message_cost(&CounterValues::new(), Currency::parse("USD").unwrap()),
            None
        );
    }

    #[test]
    fn a_ratio_has_two_digits() {
        assert_eq!(decimal_ratio(1_000, 300).as_deref(), Some("3.33"));
        assert_eq!(decimal_ratio(1, 200).as_deref(), Some("0.01"));
        assert_eq!(decimal_ratio(5, 0), None);
    }
}
