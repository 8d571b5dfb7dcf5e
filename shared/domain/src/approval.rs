//! When a second person has to agree: a tenant sets thresholds, and a campaign whose own caps do not keep it at or under them needs an
//! approval before it starts. Decided on the caps, which are enforced, and not on an estimate of the audience, which moves by the hour.
//! Before it: the campaign's definition. After it: launch and amendments, which ask here.

use serde::{Deserialize, Serialize};

use crate::{
    definition::Caps,
    field::FieldError,
    money::{Currency, Money},
};

/// Customers, and minor units: more than any campaign reaches, and far from the end of a number of JSON.
pub const MAX_THRESHOLD: u64 = 1_000_000_000_000;

/// Over either of them an approval is needed; without both none ever is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approvals {
    /// Customers that a campaign may give a voucher to without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, minimum = 0, maximum = 1_000_000_000_000_u64, example = 5000)
    )]
    pub customers: Option<u64>,
    /// What its vouchers may cost at most without one, in minor units of the tenant's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, minimum = 0, maximum = 1_000_000_000_000_u64, example = 1_000_000)
    )]
    pub exposure: Option<u64>,
}

/// Which threshold the caps do not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Reason {
    Customers,
    Exposure,
}

impl Approvals {
    pub fn check(&self) -> Vec<FieldError> {
        let fields = [("/customers", self.customers), ("/exposure", self.exposure)];
        let over = fields.into_iter().filter(|(_, threshold)| threshold.is_some_and(|it| it > MAX_THRESHOLD));
        over.map(|(field, _)| FieldError::new(field, "out_of_range", format!("at most {MAX_THRESHOLD}"))).collect()
    }

    /// Why these caps need an approval: no cap is over every threshold, and so is a cap in a currency that cannot be compared.
    pub fn reasons(&self, caps: &Caps, tenant: Currency) -> Vec<Reason> {
        let customers = self.customers.filter(|most| caps.vouchers.is_none_or(|cap| cap > *most));
        let exposure = self.exposure.filter(|most| caps.exposure.is_none_or(|cap| !within(cap, *most, tenant)));
        let found = [customers.map(|_| Reason::Customers), exposure.map(|_| Reason::Exposure)];
        found.into_iter().flatten().collect()
    }

    /// Why an amendment needs one: the caps it raises, of those that are over now. What was over before and stays needs no second.
    pub fn raised(&self, before: &Caps, after: &Caps, tenant: Currency) -> Vec<Reason> {
        let raises = |reason: &Reason| match reason {
            Reason::Customers => before.vouchers.is_some_and(|was| after.vouchers.is_none_or(|cap| cap > was)),
            Reason::Exposure => {
                before.exposure.is_some_and(|was| after.exposure.is_none_or(|cap| cap.amount > was.amount))
            }
        };
        self.reasons(after, tenant).into_iter().filter(raises).collect()
    }

    /// For people: `customers over 5000, exposure over 1000000 (minor units of EUR)`.
    pub fn named(&self, reasons: &[Reason], tenant: Currency) -> String {
        let name = |reason: &Reason| match reason {
            Reason::Customers => format!("customers over {}", self.customers.unwrap_or_default()),
            Reason::Exposure => {
                format!("exposure over {} (minor units of {tenant})", self.exposure.unwrap_or_default())
            }
        };
        reasons.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

fn within(cap: Money, most: u64, tenant: Currency) -> bool {
    cap.currency == tenant && u64::try_from(cap.amount.units()).is_ok_and(|units| units <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Minor;

    fn euro() -> Currency {
        Currency::parse("EUR").unwrap()
    }
    fn caps(vouchers: Option<u64>, exposure: Option<i64>) -> Caps {
        let money = |units| Money::new(Minor::new(units).unwrap(), euro());
        Caps { vouchers, exposure: exposure.map(money), redeemed: None }
    }
    const BOTH: Approvals = Approvals { customers: Some(100), exposure: Some(5_000) };

    #[test]
    fn caps_at_or_under_the_thresholds_need_nobody() {
        use Reason::{Customers, Exposure};
        assert!(BOTH.reasons(&caps(Some(100), Some(5_000)), euro()).is_empty());
        assert_eq!(BOTH.reasons(&caps(Some(101), Some(5_000)), euro()), [Customers]);
        assert_eq!(BOTH.reasons(&caps(Some(100), Some(5_001)), euro()), [Exposure]);
        assert_eq!(BOTH.reasons(&caps(None, None), euro()), [Customers, Exposure]);
        assert_eq!(BOTH.reasons(&caps(Some(1), Some(1)), Currency::parse("USD").unwrap()), [Exposure]);
        assert!(Approvals::default().reasons(&caps(None, None), euro()).is_empty());
    }

    #[test]
    fn an_amendment_needs_one_for_what_it_raises_over_a_threshold() {
        let raised = |before, after| BOTH.raised(&before, &after, euro());
        assert_eq!(raised(caps(Some(50), Some(10)), caps(Some(101), Some(10))), [Reason::Customers]);
        assert_eq!(raised(caps(Some(50), Some(10)), caps(Some(50), None)), [Reason::Exposure]);
        assert!(raised(caps(Some(50), Some(10)), caps(Some(100), Some(5_000))).is_empty());
        assert!(raised(caps(Some(500), None), caps(Some(400), None)).is_empty(), "lowered, and was approved");
        assert!(raised(caps(None, Some(10)), caps(Some(500), Some(10))).is_empty());
    }

    #[test]
    fn a_threshold_has_an_end() {
        let over = Approvals { customers: Some(MAX_THRESHOLD + 1), exposure: Some(MAX_THRESHOLD) };
        assert_eq!(over.check().iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["/customers"]);
    }
}
