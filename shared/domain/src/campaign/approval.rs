//! The rule for when a launch needs a second person's approval.
//!
//! The tenant sets thresholds. A campaign needs an approval before it starts unless its own caps
//! keep it at or under them. The caps decide because they are enforced; an estimate of the audience
//! changes by the hour.
//!
//! Before it: the campaign's definition. After it: launch and amendments, which ask here.

use serde::{Deserialize, Serialize};

use crate::{
    campaign::definition::Caps,
    kernel::{
        money::{Currency, Money},
        validation::FieldError,
    },
};

/// Upper bound of a threshold, in customers or minor units: more than any campaign reaches, and
/// well within the range of JSON numbers.
pub const MAX_THRESHOLD: u64 = 1_000_000_000_000;

/// Thresholds above which a campaign needs an approval. Without both, no campaign ever needs one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalThresholds {
    /// Most customers that a campaign may give a voucher to without an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, minimum = 0, maximum = 1_000_000_000_000_u64, example = 5000)
    )]
    pub customers: Option<u64>,
    /// Most that its vouchers may cost without an approval, in minor units of the tenant's
    /// currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            nullable = false,
            minimum = 0,
            maximum = 1_000_000_000_000_u64,
            example = 1_000_000
        )
    )]
    pub exposure: Option<u64>,
    /// True if a rehearsal of the present version that is less than a day old may stand for a cap:
    /// a launch that it counted at or under a threshold needs no approval for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_rehearsal: bool,
}

/// The size of a launch as a rehearsal has counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RehearsedSize {
    pub vouchers: u64,
    /// The most that these vouchers can cost, in minor units.
    pub exposure: i64,
    pub currency: Currency,
}

/// The threshold that the caps exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ApprovalReason {
    Customers,
    Exposure,
}

impl ApprovalThresholds {
    pub fn check(&self) -> Vec<FieldError> {
        let fields = [("/customers", self.customers), ("/exposure", self.exposure)];
        let over = fields
            .into_iter()
            .filter(|(_, threshold)| threshold.is_some_and(|it| it > MAX_THRESHOLD));
        over.map(|(field, _)| {
            FieldError::new(field, "out_of_range", format!("at most {MAX_THRESHOLD}"))
        })
        .collect()
    }

    /// Returns the reasons why these caps need an approval. A missing cap exceeds every threshold,
    /// and so does a cap in a currency that cannot be compared.
    pub fn approval_reasons(&self, caps: &Caps, tenant: Currency) -> Vec<ApprovalReason> {
        let customers = self.customers.filter(|most| caps.vouchers.is_none_or(|cap| cap > *most));
        let exposure = self
            .exposure
            .filter(|most| caps.exposure.is_none_or(|cap| !is_within(cap, *most, tenant)));
        let found = [
            customers.map(|_| ApprovalReason::Customers),
            exposure.map(|_| ApprovalReason::Exposure),
        ];
        found.into_iter().flatten().collect()
    }

    /// Returns the reasons that are left if the tenant lets a rehearsal of this size stand for
    /// caps.
    pub fn reasons_after_rehearsal(
        &self,
        caps: &Caps,
        rehearsed: Option<&RehearsedSize>,
        tenant: Currency,
    ) -> Vec<ApprovalReason> {
        let reasons = self.approval_reasons(caps, tenant);
        let Some(size) = rehearsed.filter(|_| self.by_rehearsal) else {
            return reasons;
        };
        let is_left = |reason: &ApprovalReason| match reason {
            ApprovalReason::Customers => self.customers.is_some_and(|most| size.vouchers > most),
            ApprovalReason::Exposure => self.exposure.is_some_and(|most| {
                let within = u64::try_from(size.exposure).is_ok_and(|units| units <= most);
                size.currency != tenant || !within
            }),
        };
        reasons.into_iter().filter(is_left).collect()
    }

    /// Returns the reasons why an amendment needs an approval: the caps that it raises and that now
    /// exceed a threshold. A cap that was over before and is not raised needs no second approval.
    pub fn raised_reasons(
        &self,
        before: &Caps,
        after: &Caps,
        tenant: Currency,
    ) -> Vec<ApprovalReason> {
        let raises = |reason: &ApprovalReason| match reason {
            ApprovalReason::Customers => {
                before.vouchers.is_some_and(|was| after.vouchers.is_none_or(|cap| cap > was))
            }
            ApprovalReason::Exposure => before
                .exposure
                .is_some_and(|was| after.exposure.is_none_or(|cap| cap.amount > was.amount)),
        };
        self.approval_reasons(after, tenant).into_iter().filter(raises).collect()
    }

    /// Formats the reasons for people: `customers over 5000, exposure over 1000000 (minor units of
    /// EUR)`.
    pub fn describe_reasons(&self, reasons: &[ApprovalReason], tenant: Currency) -> String {
        let name = |reason: &ApprovalReason| match reason {
            ApprovalReason::Customers => {
                format!("customers over {}", self.customers.unwrap_or_default())
            }
            ApprovalReason::Exposure => {
                format!(
                    "exposure over {} (minor units of {tenant})",
                    self.exposure.unwrap_or_default()
                )
            }
        };
        reasons.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

fn is_within(cap: Money, most: u64, tenant: Currency) -> bool {
    cap.currency == tenant && u64::try_from(cap.amount.units()).is_ok_and(|units| units <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::MinorUnits;

    fn euro() -> Currency {
        Currency::parse("EUR").unwrap()
    }
    fn caps(vouchers: Option<u64>, exposure: Option<i64>) -> Caps {
        let money = |units| Money::new(MinorUnits::new(units).unwrap(), euro());
        Caps { vouchers, exposure: exposure.map(money), redeemed: None }
    }
    const BOTH: ApprovalThresholds =
        ApprovalThresholds { customers: Some(100), exposure: Some(5_000), by_rehearsal: false };

    #[test]
    fn caps_at_or_under_the_thresholds_need_nobody() {
        use ApprovalReason::{Customers, Exposure};
        assert!(BOTH.approval_reasons(&caps(Some(100), Some(5_000)), euro()).is_empty());
        assert_eq!(BOTH.approval_reasons(&caps(Some(101), Some(5_000)), euro()), [Customers]);
        assert_eq!(BOTH.approval_reasons(&caps(Some(100), Some(5_001)), euro()), [Exposure]);
        assert_eq!(BOTH.approval_reasons(&caps(None, None), euro()), [Customers, Exposure]);
        assert_eq!(
            BOTH.approval_reasons(&caps(Some(1), Some(1)), Currency::parse("USD").unwrap()),
            [Exposure]
        );
        assert!(
            ApprovalThresholds::default().approval_reasons(&caps(None, None), euro()).is_empty()
        );
    }

    #[test]
    fn an_amendment_needs_one_for_what_it_raises_over_a_threshold() {
        let raised = |before, after| BOTH.raised_reasons(&before, &after, euro());
        assert_eq!(
            raised(caps(Some(50), Some(10)), caps(Some(101), Some(10))),
            [ApprovalReason::Customers]
        );
        assert_eq!(
            raised(caps(Some(50), Some(10)), caps(Some(50), None)),
            [ApprovalReason::Exposure]
        );
        assert!(raised(caps(Some(50), Some(10)), caps(Some(100), Some(5_000))).is_empty());
        assert!(
            raised(caps(Some(500), None), caps(Some(400), None)).is_empty(),
            "lowered, and was approved"
        );
        assert!(raised(caps(None, Some(10)), caps(Some(500), Some(10))).is_empty());
    }

    #[test]
    fn a_rehearsal_stands_for_the_caps_only_where_the_tenant_allows_it() {
        use ApprovalReason::{Customers, Exposure};
        let size = |vouchers, exposure| RehearsedSize { vouchers, exposure, currency: euro() };
        let left = |by_rehearsal, rehearsed: Option<RehearsedSize>| {
            let thresholds = ApprovalThresholds { by_rehearsal, ..BOTH };
            thresholds.reasons_after_rehearsal(&caps(None, None), rehearsed.as_ref(), euro())
        };
        assert_eq!(left(true, None), [Customers, Exposure]);
        assert_eq!(left(false, Some(size(1, 1))), [Customers, Exposure]);
        assert!(left(true, Some(size(100, 5_000))).is_empty());
        assert_eq!(left(true, Some(size(101, 5_000))), [Customers]);
        assert_eq!(left(true, Some(size(100, 5_001))), [Exposure]);
        let dollars = RehearsedSize { currency: Currency::parse("USD").unwrap(), ..size(1, 1) };
        assert_eq!(left(true, Some(dollars)), [Exposure]);
    }

    #[test]
    fn a_threshold_has_an_end() {
        let over = ApprovalThresholds {
            customers: Some(MAX_THRESHOLD + 1),
            exposure: Some(MAX_THRESHOLD),
            by_rehearsal: false,
        };
        assert_eq!(
            over.check().iter().map(|error| error.field.as_str()).collect::<Vec<_>>(),
            ["/customers"]
        );
    }
}
