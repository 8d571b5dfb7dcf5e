//! The condition "near merchants": a place of a merchant is within so many km of the customer. The
//! merchants are named, or those that opened within so many days, in a vertical or in any.
//!
//! The catalogue changes, and a rule is evaluated without input or output. So whoever evaluates the
//! rule first resolves it by the merchants of that day. Guarantees: a condition that was not
//! resolved holds for nobody, and since `not` may not hold one, a merchant that leaves never widens
//! an audience.

use std::collections::BTreeSet;

use jiff::{ToSpan, civil::Date};

use super::{AudienceRule, DistanceCondition};
use crate::{
    campaign::catalogue::{CatalogueKey, Merchant},
    customer::profile::GeoPoint,
};

/// Most days since the opening: a merchant of last year is no new one.
pub const MAX_OPENED_DAYS: u32 = 366;
/// Most merchants that one condition names.
pub const MAX_NAMED_MERCHANTS: usize = 50;
/// Most places that a condition is resolved by, those of the newest merchants. Each costs a
/// subtraction or two for every customer.
pub const MAX_RESOLVED_PLACES: usize = 2_000;

/// A merchant under its key, as a condition is resolved by it.
pub type KeyedMerchant = (CatalogueKey, Merchant);

#[derive(Debug, Clone, PartialEq)]
pub struct NearMerchants {
    /// The merchants by their keys; empty for those that are new.
    pub merchants: Vec<CatalogueKey>,
    pub opened_within_days: Option<u32>,
    pub vertical: Option<String>,
    pub km: f64,
    /// The places of the merchants, once they are known.
    places: Option<DistanceCondition>,
}

/// The merchants that rules are resolved by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MerchantNeeds {
    pub named: BTreeSet<CatalogueKey>,
    /// The most days since an opening that a rule asks for.
    pub opened_within_days: Option<u32>,
}

impl MerchantNeeds {
    pub fn is_nothing(&self) -> bool {
        self.named.is_empty() && self.opened_within_days.is_none()
    }
}

impl NearMerchants {
    pub(super) fn new(
        merchants: Vec<CatalogueKey>,
        opened_within_days: Option<u32>,
        vertical: Option<String>,
        km: f64,
    ) -> Self {
        Self { merchants, opened_within_days, vertical, km, places: None }
    }

    pub(super) fn contains(&self, place: &GeoPoint) -> bool {
        self.places.as_ref().is_some_and(|places| places.contains(place))
    }

    /// Returns the distance to the nearest of the places, or `None` if there are none or the
    /// condition was not resolved.
    pub(super) fn km_to(&self, place: &GeoPoint) -> Option<f64> {
        self.places.as_ref().map(|places| places.km_to(place)).filter(|km| km.is_finite())
    }

    /// Returns true if the condition is resolved and no merchant with a place fits it.
    pub fn fits_nobody(&self) -> bool {
        self.places.as_ref().is_some_and(|places| places.points().next().is_none())
    }

    /// Describes the merchants, for explanations.
    pub fn wanted(&self) -> String {
        let vertical = self.vertical.as_ref().map(|it| format!(" in {it}")).unwrap_or_default();
        match self.opened_within_days {
            Some(days) => format!("a merchant{vertical} that opened within {days} days"),
            None => format!("one of {} merchants{vertical}", self.merchants.len()),
        }
    }

    fn resolve(&mut self, merchants: &[KeyedMerchant], today: Date) {
        let first = |days: u32| today.checked_sub(i64::from(days).days()).ok();
        let is_wanted = |(key, merchant): &&KeyedMerchant| {
            let is_named = self.merchants.is_empty() || self.merchants.contains(key);
            let is_new = self.opened_within_days.is_none_or(|days| {
                let opened = merchant.opened_on.filter(|day| *day <= today);
                opened.is_some_and(|day| first(days).is_some_and(|first| day >= first))
            });
            let is_of = self.vertical.as_ref().is_none_or(|it| merchant.verticals.contains(it));
            is_named && is_new && is_of
        };
        let places = merchants.iter().filter(is_wanted).flat_map(|(_, merchant)| &merchant.places);
        let points: Vec<GeoPoint> =
            places.map(|place| place.point()).take(MAX_RESOLVED_PLACES).collect();
        self.places = Some(DistanceCondition::new(points, self.km));
    }
}

impl AudienceRule {
    /// Returns the conditions on merchants with their pointers, which begin with `at`.
    pub fn near_merchants(&self, at: &str) -> Vec<(String, &NearMerchants)> {
        let mut found = Vec::new();
        self.collect_near_merchants(at, &mut found);
        found
    }

    fn collect_near_merchants<'a>(
        &'a self,
        parent: &str,
        found: &mut Vec<(String, &'a NearMerchants)>,
    ) {
        let at = format!("{parent}/{}", self.key());
        match self {
            AudienceRule::NearMerchants(condition) => found.push((at, condition)),
            AudienceRule::All(rules) | AudienceRule::Any(rules) => {
                for (index, rule) in rules.iter().enumerate() {
                    rule.collect_near_merchants(&format!("{at}/{index}"), found);
                }
            }
            AudienceRule::Not(rule) => rule.collect_near_merchants(&at, found),
            AudienceRule::Everyone
            | AudienceRule::Ordered { .. }
            | AudienceRule::NeverOrdered { .. }
            | AudienceRule::OrdersCount { .. }
            | AudienceRule::Spend { .. }
            | AudienceRule::FirstOrder(_)
            | AudienceRule::LastOrder { .. }
            | AudienceRule::OrderGap(_)
            | AudienceRule::HadVoucher(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::Locale { .. }
            | AudienceRule::SignedUp(_)
            | AudienceRule::Tags(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::Segment(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => {}
        }
    }

    /// Returns the merchants that the rule is resolved by.
    pub fn merchant_needs(&self) -> MerchantNeeds {
        let mut needs = MerchantNeeds::default();
        for (_, condition) in self.near_merchants("") {
            if condition.merchants.is_empty() {
                needs.opened_within_days =
                    needs.opened_within_days.max(condition.opened_within_days);
            }
            needs.named.extend(condition.merchants.iter().cloned());
        }
        needs
    }

    /// Resolves the conditions on merchants by these, the newest first, as of `today`.
    pub fn resolve_merchants(&mut self, merchants: &[KeyedMerchant], today: Date) {
        match self {
            AudienceRule::NearMerchants(condition) => condition.resolve(merchants, today),
            AudienceRule::All(rules) | AudienceRule::Any(rules) => {
                rules.iter_mut().for_each(|rule| rule.resolve_merchants(merchants, today));
            }
            AudienceRule::Not(rule) => rule.resolve_merchants(merchants, today),
            AudienceRule::Everyone
            | AudienceRule::Ordered { .. }
            | AudienceRule::NeverOrdered { .. }
            | AudienceRule::OrdersCount { .. }
            | AudienceRule::Spend { .. }
            | AudienceRule::FirstOrder(_)
            | AudienceRule::LastOrder { .. }
            | AudienceRule::OrderGap(_)
            | AudienceRule::HadVoucher(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::Locale { .. }
            | AudienceRule::SignedUp(_)
            | AudienceRule::Tags(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::Segment(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => {}
        }
    }
}
