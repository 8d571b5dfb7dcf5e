//! Collects the values that a definition names, each with its very place: in the audience rule, in
//! the scope of the offer, and in the trigger.
//!
//! Pure. Guarantees: a place is a JSON pointer into the definition as operators write it.

use super::ValueKind;
use crate::campaign::{
    audience::{AudienceRule, TagCondition},
    definition::Definition,
    offer::OfferScope,
    trigger::{PropertyRule, TriggerCondition},
};

/// A value that a definition names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedValue {
    /// JSON pointer into the definition.
    pub field: String,
    pub kind: ValueKind,
    pub name: String,
}

/// Returns the values that a definition names, in the order of its parts.
pub fn definition_values(definition: &Definition) -> Vec<NamedValue> {
    let mut values = NamedValues::default();
    values.add_scope(&definition.offer.scope, "/offer/scope");
    for (index, variant) in definition.variants.iter().enumerate() {
        let own = variant.offer.iter();
        own.for_each(|offer| {
            values.add_scope(&offer.scope, &format!("/variants/{index}/offer/scope"))
        });
    }
    values.add_rule(&definition.audience, "/audience");
    if let Some(trigger) = &definition.trigger {
        values.add_trigger(&trigger.when);
    }
    values.0
}

/// Returns the values that an audience rule names, with pointers that begin with `at`.
pub fn rule_values(rule: &AudienceRule, at: &str) -> Vec<NamedValue> {
    let mut values = NamedValues::default();
    values.add_rule(rule, at);
    values.0
}

#[derive(Default)]
struct NamedValues(Vec<NamedValue>);

impl NamedValues {
    fn add(&mut self, kind: ValueKind, field: String, name: &str) {
        self.0.push(NamedValue { field, kind, name: name.to_owned() });
    }

    fn add_list<'a>(
        &mut self,
        kind: ValueKind,
        field: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) {
        for (index, name) in names.into_iter().enumerate() {
            self.add(kind, format!("{field}/{index}"), name);
        }
    }

    fn add_scope(&mut self, scope: &OfferScope, at: &str) {
        let OfferScope { verticals, merchants, categories } = scope;
        for (kind, list, names) in [
            (ValueKind::Vertical, "verticals", verticals),
            (ValueKind::Merchant, "merchants", merchants),
            (ValueKind::Category, "categories", categories),
        ] {
            let field = format!("{at}/{list}");
            self.add_list(kind, &field, names.iter().map(String::as_str));
        }
    }

    fn add_rule(&mut self, rule: &AudienceRule, parent: &str) {
        let at = format!("{parent}/{}", rule.key());
        match rule {
            AudienceRule::All(rules) | AudienceRule::Any(rules) => {
                for (index, rule) in rules.iter().enumerate() {
                    self.add_rule(rule, &format!("{at}/{index}"));
                }
            }
            AudienceRule::Not(rule) => self.add_rule(rule, &at),
            AudienceRule::Ordered { vertical } | AudienceRule::NeverOrdered { vertical } => {
                self.add(ValueKind::Vertical, format!("{at}/vertical"), vertical);
            }
            AudienceRule::OrdersCount { vertical, .. }
            | AudienceRule::Spend { vertical, .. }
            | AudienceRule::LastOrder { vertical, .. } => {
                if let Some(vertical) = vertical {
                    self.add(ValueKind::Vertical, format!("{at}/vertical"), vertical);
                }
            }
            AudienceRule::NearMerchants(nearby) => {
                let merchants = nearby.merchants.iter().map(|key| key.as_str());
                self.add_list(ValueKind::Merchant, &format!("{at}/merchants"), merchants);
                if let Some(vertical) = &nearby.vertical {
                    self.add(ValueKind::Vertical, format!("{at}/vertical"), vertical);
                }
            }
            AudienceRule::Locale { any_of } => {
                let names = any_of.iter().map(|locale| locale.as_str());
                self.add_list(ValueKind::Locale, &format!("{at}/any_of"), names);
            }
            AudienceRule::Tags(TagCondition { any_of, all_of, none_of }) => {
                for (list, tags) in [("any_of", any_of), ("all_of", all_of), ("none_of", none_of)] {
                    let names = tags.iter().map(String::as_str);
                    self.add_list(ValueKind::Tag, &format!("{at}/{list}"), names);
                }
            }
            // a frozen segment is warned of where it is edited
            AudienceRule::Everyone
            | AudienceRule::FirstOrder(_)
            | AudienceRule::OrderGap(_)
            | AudienceRule::HadVoucher(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::SignedUp(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::Segment(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => {}
        }
    }

    fn add_trigger(&mut self, when: &TriggerCondition) {
        match when {
            TriggerCondition::Inactivity { vertical: Some(vertical), .. } => {
                let field = "/trigger/when/inactivity/vertical";
                self.add(ValueKind::Vertical, field.to_owned(), vertical);
            }
            TriggerCondition::FirstOrder { vertical } => {
                let field = "/trigger/when/first_order/vertical";
                self.add(ValueKind::Vertical, field.to_owned(), vertical);
            }
            TriggerCondition::Event { name, properties } => {
                self.add(ValueKind::Event, "/trigger/when/event/name".to_owned(), name);
                if let Some(properties) = properties {
                    self.add_properties(properties, "/trigger/when/event/where");
                }
            }
            TriggerCondition::Inactivity { vertical: None, .. }
            | TriggerCondition::PersonalDate { .. }
            | TriggerCondition::NthOrder { .. }
            | TriggerCondition::SpendMilestone { .. }
            | TriggerCondition::SignUp {}
            | TriggerCondition::CartLeft { .. }
            | TriggerCondition::Goodwill {} => {}
        }
    }

    fn add_properties(&mut self, rule: &PropertyRule, at: &str) {
        match rule {
            PropertyRule::All(parts) | PropertyRule::Any(parts) => {
                let group = if matches!(rule, PropertyRule::All(_)) { "all" } else { "any" };
                for (index, part) in parts.iter().enumerate() {
                    self.add_properties(part, &format!("{at}/{group}/{index}"));
                }
            }
            PropertyRule::Not(part) => self.add_properties(part, &format!("{at}/not")),
            PropertyRule::Property { name, .. } => {
                self.add(ValueKind::EventProperty, format!("{at}/property/name"), name);
            }
        }
    }
}
