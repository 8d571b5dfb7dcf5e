//! What messages cost: units that providers accepted (SMS segments, e-mails, pushes) times a tariff in the tenant's currency. Pure,
//! whole numbers only: a millionth of the currency per unit, summed over the channels and rounded once.

use domain::{channel::Channel, costs::Costs, money::Currency, report::Counts};

const MICROS: i64 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tariff {
    pub currency: Currency,
    pub costs: Costs,
}

impl Tariff {
    /// Minor units, rounded half up. `None` for counters in another currency: nothing here converts.
    pub fn cost(&self, counts: &Counts, currency: Currency) -> Option<i64> {
        self.cost_of(counts, "units.", currency)
    }

    /// The same of the counters that begin so, each with a channel behind it.
    pub fn cost_of(&self, counts: &Counts, prefix: &str, currency: Currency) -> Option<i64> {
        if currency != self.currency {
            return None;
        }
        let micros = |channel: Channel| {
            let units = counts.get(&format!("{prefix}{channel}")).copied().unwrap_or(0);
            units.saturating_mul(i64::try_from(self.costs.micros(channel)).unwrap_or(i64::MAX))
        };
        let total = Channel::ALL.into_iter().map(micros).fold(0i64, i64::saturating_add);
        let minor = i128::from(total) * 10i128.pow(currency.exponent());
        i64::try_from((minor + i128::from(MICROS) / 2).div_euclid(i128::from(MICROS))).ok()
    }
}

/// `part / whole` with two digits, rounded half up; `None` if there is nothing to divide by.
pub fn ratio(part: i64, whole: i64) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let hundredths = (i128::from(part.max(0)) * 100 + i128::from(whole) / 2) / i128::from(whole);
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(units: &[(&str, i64)], currency: &str) -> Option<i64> {
        let counts = units.iter().map(|(channel, units)| (format!("units.{channel}"), *units)).collect();
        let currency = Currency::parse(currency).unwrap();
        Tariff { currency, costs: Costs::default() }.cost(&counts, currency)
    }

    #[test]
    fn fractions_of_a_cent_add_up_before_they_are_rounded() {
        assert_eq!(cost(&[("sms", 3)], "EUR"), Some(15));
        assert_eq!(cost(&[("email", 49)], "EUR"), Some(0));
        assert_eq!(cost(&[("email", 50)], "EUR"), Some(1));
        assert_eq!(cost(&[("sms", 1), ("email", 30), ("push", 2_000)], "EUR"), Some(6));
        assert_eq!(cost(&[("sms", 30)], "JPY"), Some(2));
        assert_eq!(cost(&[], "EUR"), Some(0));
    }

    #[test]
    fn nothing_is_converted() {
        let tariff = Tariff { currency: Currency::parse("EUR").unwrap(), costs: Costs::default() };
        assert_eq!(tariff.cost(&Counts::new(), Currency::parse("USD").unwrap()), None);
    }

    #[test]
    fn a_ratio_has_two_digits() {
        assert_eq!(ratio(1_000, 300).as_deref(), Some("3.33"));
        assert_eq!(ratio(1, 200).as_deref(), Some("0.01"));
        assert_eq!(ratio(5, 0), None);
    }
}
