//! The forms of a campaign: its definition as each variant changes it, made once when the campaign
//! is loaded.
//!
//! Guarantees: a customer has the same form wherever it is asked for, and a voucher keeps the form
//! that is written on it.

use std::collections::BTreeSet;

use super::{Definition, check_channels, check_sizes, pressure::check_reminder};
use crate::{
    campaign::{
        offer::Offer,
        variants::{Variant, VariantTag, place_of},
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
        money::MinorUnits,
        validation::FieldError,
    },
};

/// A campaign's definition with the forms of its variants, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignForms {
    /// The definition as it was written; the form of all customers if there are no variants.
    pub definition: Definition,
    forms: Vec<Definition>,
}

impl CampaignForms {
    pub fn new(definition: Definition) -> Self {
        let forms = (1..).zip(&definition.variants);
        let forms = forms.map(|(number, variant)| definition.varied(number, variant)).collect();
        Self { definition, forms }
    }

    /// Returns all forms: those of the variants, or the only one.
    pub fn all(&self) -> impl Iterator<Item = &Definition> {
        let only = self.forms.is_empty().then_some(&self.definition);
        self.forms.iter().chain(only)
    }

    /// Returns the form that a customer gets who has no voucher yet.
    pub fn of_customer(&self, campaign: &CampaignId, customer: &CustomerId) -> &Definition {
        let place = place_of(&self.definition.variants, campaign, customer);
        place.and_then(|place| self.forms.get(place)).unwrap_or(&self.definition)
    }

    /// Returns the form of a record.
    pub fn of_variant(&self, variant: Option<&VariantTag>) -> &Definition {
        place_of_tag(variant).and_then(|place| self.forms.get(place)).unwrap_or(&self.definition)
    }
}

/// Returns the place of a record's variant among those of its campaign.
fn place_of_tag(variant: Option<&VariantTag>) -> Option<usize> {
    variant.and_then(|tag| usize::from(tag.number).checked_sub(1))
}

impl Definition {
    /// Returns the definition as a variant changes it.
    fn varied(&self, number: u8, variant: &Variant) -> Definition {
        let Variant { name, share: _, offer, validity, messages, channels } = variant;
        Definition {
            variants: Vec::new(),
            variant: Some(VariantTag { number, name: name.clone() }),
            offer: offer.clone().unwrap_or_else(|| self.offer.clone()),
            validity: validity.clone().unwrap_or_else(|| self.validity.clone()),
            messages: messages.clone().unwrap_or_else(|| self.messages.clone()),
            channels: channels.clone().unwrap_or_else(|| self.channels.clone()),
            ..self.clone()
        }
    }

    /// Returns the form that a customer gets who has no voucher yet.
    pub fn for_customer(self, campaign: &CampaignId, customer: &CustomerId) -> Definition {
        self.form_at(|variants| place_of(variants, campaign, customer))
    }

    /// Returns the form of a record.
    pub fn for_variant(self, variant: Option<&VariantTag>) -> Definition {
        self.form_at(|_| place_of_tag(variant))
    }

    fn form_at(self, place: impl FnOnce(&[Variant]) -> Option<usize>) -> Definition {
        let place = place(&self.variants);
        let number = place.and_then(|place| u8::try_from(place + 1).ok());
        match place.and_then(|place| self.variants.get(place)).zip(number) {
            Some((variant, number)) => self.varied(number, variant),
            None => self,
        }
    }

    /// Returns the channels of all ladders that its customers may have, each once.
    pub fn all_channels(&self) -> Vec<Channel> {
        if self.variants.is_empty() {
            return self.channels.ladder.clone();
        }
        let varied = self.variants.iter().filter_map(|variant| variant.channels.as_ref());
        let ladders = varied.chain([&self.channels]).flat_map(|channels| &channels.ladder);
        let each: BTreeSet<Channel> = ladders.copied().collect();
        each.into_iter().collect()
    }

    /// Returns the verticals in which a voucher of any variant applies; an empty list is all of
    /// them.
    pub fn all_verticals(&self) -> Vec<String> {
        let varied = self.variants.iter().filter_map(|variant| variant.offer.as_ref());
        let scopes = varied.chain([&self.offer]).map(|offer| &offer.scope.verticals);
        if self.variants.is_empty() {
            return self.offer.scope.verticals.clone();
        }
        if scopes.clone().any(Vec::is_empty) {
            return Vec::new();
        }
        scopes.flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns the most that one voucher can cost, whatever its variant. Caps count with it, so
    /// that they are never passed.
    pub fn exposure_each(&self) -> MinorUnits {
        let varied = self.variants.iter().filter_map(|variant| variant.offer.as_ref());
        let is_own_used = self.variants.iter().any(|variant| variant.offer.is_none());
        let own = (is_own_used || self.variants.is_empty()).then_some(&self.offer);
        let each = varied.chain(own).map(Offer::exposure);
        each.max_by_key(|exposure| exposure.units()).unwrap_or_else(|| self.offer.exposure())
    }
}

/// Checks what each variant overrides as the campaign's own is checked, with the channels and
/// messages that it then has. Pointers are below `/variants/<place>`.
pub(super) fn check_overrides(
    shape: &super::DefinitionDocument,
    now: Option<jiff::Timestamp>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, variant) in shape.variants.iter().enumerate() {
        let channels = variant.channels.as_ref().unwrap_or(&shape.channels);
        let messages = variant.messages.as_ref().unwrap_or(&shape.messages);
        let offer = variant.offer.as_ref().unwrap_or(&shape.offer);
        let mut found = Vec::new();
        if let Some(own) = &variant.offer {
            found.extend(own.check());
            let (own, wanted) = (own.currency(), shape.offer.currency());
            if own != wanted {
                found.push(super::mixed_currency("/offer", own, wanted));
            }
        }
        if let Some(own) = &variant.validity {
            found.extend(own.check(now));
        }
        if variant.channels.is_some() {
            found.extend(check_channels(channels));
        }
        if variant.channels.is_some() || variant.messages.is_some() {
            found.extend(messages.check(&channels.ladder));
            let reminder = shape.reminder.iter();
            found.extend(reminder.flat_map(|reminder| check_reminder(reminder, channels)));
        }
        if now.is_some() && (variant.messages.is_some() || variant.offer.is_some()) {
            let sizes = check_sizes(messages, offer, &shape.name);
            found = super::add_field_errors(found, sizes);
        }
        let below = |error: FieldError| FieldError {
            field: format!("/variants/{index}{}", error.field),
            ..error
        };
        errors.extend(found.into_iter().map(below));
    }
    errors
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::voucher::record::tests::{definition as sample_definition, noon};

    fn document(variants: Value) -> Value {
        let mut document = sample_definition(json!({})).to_value();
        document["variants"] = variants;
        document
    }

    fn parse(variants: Value) -> Result<Definition, Vec<(String, &'static str)>> {
        Definition::parse(document(variants), noon())
            .map_err(|errors| errors.into_iter().map(|it| (it.field, it.code)).collect())
    }

    #[test]
    fn a_form_is_the_campaign_with_what_its_variant_changes() {
        let other = json!({"benefit": {"percent": {
            "percent": 20, "cap": {"amount": 1_234, "currency": "EUR"},
        }}});
        let variants = json!([
            {"name": "as it is", "share": 60},
            {"name": "a fifth", "share": 40, "offer": other},
        ]);
        let definition = parse(variants).unwrap();
        let forms = CampaignForms::new(definition.clone());
        let names: Vec<_> = forms.all().map(|it| it.variant.clone().unwrap().to_string()).collect();
        assert_eq!(names, ["1 as it is", "2 a fifth"]);
        let second = forms.of_variant(VariantTag::parse("2 renamed").as_ref());
        assert_eq!((second.offer.exposure().units(), &second.name), (1_234, &definition.name));
        assert_eq!(forms.of_variant(None), &definition);
        let campaign = CampaignId::parse("cmp_1").unwrap();
        let customers = (0..50).map(|it| CustomerId::parse(&format!("c-{it}")).unwrap());
        for customer in customers {
            let form = forms.of_customer(&campaign, &customer);
            assert_eq!(form, forms.of_variant(form.variant.as_ref()));
            assert_eq!(form, &definition.clone().for_customer(&campaign, &customer));
            assert_eq!(form, &definition.clone().for_variant(form.variant.as_ref()));
            assert!(form.variant.is_some() && form.variants.is_empty());
        }
        assert_eq!(definition.exposure_each().units(), 1_234, "the dearest variant's");
        // A definition without variants is its own form, and reads back as it was written.
        let plain = parse(json!([])).unwrap();
        assert_eq!(CampaignForms::new(plain.clone()).all().collect::<Vec<_>>(), [&plain]);
        assert_eq!(Definition::parse_stored(definition.to_value()).unwrap(), definition);
    }

    #[test]
    fn what_a_variant_overrides_is_checked_where_it_stands() {
        let dollars = json!({"benefit": {"fixed_amount": {
            "amount": {"amount": 500, "currency": "USD"},
        }}});
        let mixed = parse(json!([
            {"name": "a", "share": 50},
            {"name": "b", "share": 50, "offer": dollars},
        ]));
        assert_eq!(
            mixed.unwrap_err(),
            [("/variants/1/offer/currency".to_owned(), "mixed_currency")]
        );
        let refused = parse(json!([
            {"name": "a", "share": 50},
            {"name": "b", "share": 50, "channels": {"mode": "all", "ladder": []}},
        ]));
        assert_eq!(refused.unwrap_err(), [("/variants/1/channels/ladder".to_owned(), "required")]);
        let unknown = parse(json!([{"name": "a", "share": 50, "audience": {"everyone": {}}}]));
        assert!(unknown.unwrap_err()[0].0.starts_with("/variants/0"));
    }
}
