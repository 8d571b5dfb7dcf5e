//! Variants of a campaign: the forms in which one promotion or autopilot meets its customers, so
//! that the best can be found. Each says in what it differs; the rest is the campaign's own.
//!
//! A customer's variant follows from campaign and customer alone, by hash. It is the same for every
//! message, try and repeat, and is written on the record when the voucher is issued.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    campaign::{messages::Messages, offer::Offer, validity::Validity},
    kernel::{
        channel::Channels,
        id::{CampaignId, CustomerId, stable_share},
        validation::FieldError,
    },
};

/// The fewest variants of a campaign that has any.
pub const MIN_VARIANTS: usize = 2;
/// The most variants of a campaign.
pub const MAX_VARIANTS: usize = 6;
/// Longest name of a variant, in bytes.
pub const MAX_VARIANT_NAME: usize = 40;
/// The hash by which customers fall to variants. It differs from the one that holds customers out,
/// so that each variant has its part of both.
const SPLIT: &str = "variant";
/// Numbers that a share of one percent takes of the hash's range.
const NUMBERS_PER_PERCENT: u32 = 100;

/// One form of a campaign: its name, the percent of the customers who get it, and what is
/// different.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CampaignVariant))]
pub struct Variant {
    /// The name, 1 to 40 bytes; no two variants of a campaign have the same.
    pub name: String,
    /// Percent of the customers who are not held out, 1 to 99; the shares of all variants add up to
    /// 100.
    pub share: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub offer: Option<Offer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub validity: Option<Validity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub messages: Option<Messages>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub channels: Option<Channels>,
}

/// The variant of a record, as it is stored: its place among the campaign's variants, from 1, and
/// its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantTag {
    pub number: u8,
    pub name: String,
}

impl VariantTag {
    /// Reads the stored form; `None` for one that nothing writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, name) = text.split_once(' ')?;
        let number: u8 = number.parse().ok()?;
        (1..=MAX_VARIANTS)
            .contains(&usize::from(number))
            .then(|| Self { number, name: name.to_owned() })
    }
}

/// The stored form: `2 Five euros`.
impl fmt::Display for VariantTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.name)
    }
}

impl Serialize for VariantTag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VariantTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("no variant"))
    }
}

/// A variant's share of the customers, as the campaign's summary keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantShare {
    pub tag: VariantTag,
    /// Percent of the customers who are not held out.
    pub percent: u8,
}

impl VariantShare {
    pub fn of_variants(variants: &[Variant]) -> Vec<Self> {
        let one = |(number, variant): (u8, &Variant)| Self {
            tag: VariantTag { number, name: variant.name.clone() },
            percent: variant.share,
        };
        (1..).zip(variants).map(one).collect()
    }

    /// Reads the stored form; `None` for one that nothing writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (percent, tag) = text.split_once(' ')?;
        Some(Self { percent: percent.parse().ok()?, tag: VariantTag::parse(tag)? })
    }
}

/// The stored form: `40 2 Five euros`.
impl fmt::Display for VariantShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.percent, self.tag)
    }
}

/// Returns the place of the customer's variant. It depends on nothing but the arguments, and each
/// variant gets its share.
pub fn place_of(
    variants: &[Variant],
    campaign: &CampaignId,
    customer: &CustomerId,
) -> Option<usize> {
    let number = stable_share(SPLIT, campaign, customer);
    let mut upper = 0;
    variants.iter().position(|variant| {
        upper += u32::from(variant.share) * NUMBERS_PER_PERCENT;
        number < upper
    })
}

/// Checks names and shares. What a variant overrides is checked as the campaign's own is.
pub fn check_split(variants: &[Variant]) -> Vec<FieldError> {
    if variants.is_empty() {
        return Vec::new();
    }
    let mut errors = Vec::new();
    if !(MIN_VARIANTS..=MAX_VARIANTS).contains(&variants.len()) {
        let detail = format!("none, or {MIN_VARIANTS} to {MAX_VARIANTS} variants");
        errors.push(FieldError::new("/variants", "out_of_range", detail));
    }
    for (index, variant) in variants.iter().enumerate() {
        let name = variant.name.as_str();
        let at = |field: &str| format!("/variants/{index}/{field}");
        let is_name = !name.trim().is_empty() && name.trim() == name;
        if !is_name || name.len() > MAX_VARIANT_NAME || name.chars().any(char::is_control) {
            let detail = format!(
                "1 to {MAX_VARIANT_NAME} bytes, no control characters, no space at its ends"
            );
            errors.push(FieldError::new(at("name"), "out_of_range", detail));
        }
        if variants.iter().take(index).any(|earlier| earlier.name == variant.name) {
            let detail = format!("another variant is called {name}");
            errors.push(FieldError::new(at("name"), "duplicate", detail));
        }
        if !(1..=99).contains(&variant.share) {
            errors.push(FieldError::new(at("share"), "out_of_range", "1 to 99 percent"));
        }
    }
    let sum: u32 = variants.iter().map(|variant| u32::from(variant.share)).sum();
    if sum != 100 {
        let detail = format!("the shares of the variants add up to {sum}, not to 100");
        errors.push(FieldError::new("/variants", "shares_not_100", detail));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants(shares: &[u8]) -> Vec<Variant> {
        let one = |(index, share): (usize, &u8)| Variant {
            name: format!("form {index}"),
            share: *share,
            offer: None,
            validity: None,
            messages: None,
            channels: None,
        };
        shares.iter().enumerate().map(one).collect()
    }

    #[track_caller]
    fn check(variants: &[Variant], expected: &[(&str, &str)]) {
        let found = check_split(variants);
        let found: Vec<_> = found.iter().map(|it| (it.field.as_str(), it.code)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn shares_add_up_to_100_and_names_differ() {
        check(&[], &[]);
        check(&variants(&[50, 50]), &[]);
        check(&variants(&[20, 20, 20, 20, 10, 10]), &[]);
        check(&variants(&[60, 50]), &[("/variants", "shares_not_100")]);
        check(
            &variants(&[100]),
            &[("/variants", "out_of_range"), ("/variants/0/share", "out_of_range")],
        );
        check(&variants(&[0, 40, 60]), &[("/variants/0/share", "out_of_range")]);
        check(&variants(&[20, 20, 20, 10, 10, 10, 10]), &[("/variants", "out_of_range")]);
        check(
            &variants(&[255, 255]),
            &[
                ("/variants/0/share", "out_of_range"),
                ("/variants/1/share", "out_of_range"),
                ("/variants", "shares_not_100"),
            ],
        );
        let mut same = variants(&[50, 50]);
        same[1].name = same[0].name.clone();
        check(&same, &[("/variants/1/name", "duplicate")]);
        same[1].name = " padded".into();
        check(&same, &[("/variants/1/name", "out_of_range")]);
    }

    #[test]
    fn each_variant_gets_its_share_and_each_customer_one_variant() {
        let campaign = CampaignId::parse("cmp_1").unwrap();
        let split = variants(&[70, 20, 10]);
        let mut found = [0u32; 3];
        let mut held_first = 0;
        for number in 0..20_000 {
            let customer = CustomerId::parse(&format!("c-{number}")).unwrap();
            let place = place_of(&split, &campaign, &customer).unwrap();
            assert_eq!(place_of(&split, &campaign, &customer), Some(place));
            found[place] += 1;
            let held = stable_share("holdout", &campaign, &customer) < 1_000;
            held_first += u32::from(held && place == 0);
        }
        let near = |count: u32, expected: u32| count.abs_diff(expected) < expected / 10;
        assert!(near(found[0], 14_000) && near(found[1], 4_000) && near(found[2], 2_000));
        assert!(near(held_first, 1_400), "holdout and variants are drawn apart: {held_first}");
        assert_eq!(place_of(&[], &campaign, &CustomerId::parse("c-1").unwrap()), None);
    }

    #[test]
    fn a_tag_survives_its_stored_form() {
        for share in VariantShare::of_variants(&variants(&[70, 30])) {
            assert_eq!(VariantShare::parse(&share.to_string()), Some(share));
        }
        assert_eq!(VariantShare::parse("x 1 a"), None);
        let tag = VariantTag { number: 2, name: "Five euros, today".into() };
        assert_eq!(VariantTag::parse(&tag.to_string()), Some(tag));
        for text in ["", "2", "0 none", "7 seven", "x y", "-1 a"] {
            assert_eq!(VariantTag::parse(text), None, "{text}");
        }
    }
}
