//! Builds a promotion's definition with everything filled in: 5.00 EUR off food from 10.00, for the
//! customers with a tag, nobody held out.

use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub struct PromotionBuilder {
    definition: Value,
}

pub fn money(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// Starts a definition that selects nobody until [`PromotionBuilder::tag`] or
/// [`PromotionBuilder::audience`] is called.
pub fn promotion() -> PromotionBuilder {
    PromotionBuilder {
        definition: json!({
            "name": "A system test",
            "kind": "promotion",
            "description": "",
            "offer": {
                "benefit": {"fixed_amount": {"amount": money(500)}},
                "minimum_basket": money(1_000),
                "scope": {"verticals": ["food"], "merchants": [], "categories": []},
                "first_order_only": false,
            },
            "validity": {"from_acceptance": {"hours": 72, "accept_within_hours": 168}},
            "audience": {"tags": {"any_of": ["nobody-has-this-tag"]}},
            "channels": {"mode": "first_available", "ladder": ["push", "email", "sms"]},
            "messages": {"default_locale": "en", "locales": {"en": {
                "sms": {"text": "{{ offer }}: {{ voucher_link }}"},
                "email": {
                    "subject": "{{ offer }}", "preheader": "For you",
                    "html": "<p>Hi {{ first_name | default('there') }}, {{ voucher_link }}</p>", "text": "{{ voucher_link }}",
                },
                "push": {"title": "{{ offer }}", "body": "Hi {{ first_name | default('there') }}"},
            }}},
            "caps": {},
            "holdout_percent": 0,
            "reversal": {"on_cancel": "reissue", "on_refund": "proportional"},
        }),
    }
}

impl PromotionBuilder {
    /// Selects the customers with this tag.
    pub fn tag(self, tag: &str) -> Self {
        self.audience(json!({"tags": {"any_of": [tag]}}))
    }
    pub fn audience(self, rule: Value) -> Self {
        self.with("/audience", rule)
    }
    pub fn name(self, name: &str) -> Self {
        self.with("/name", json!(name))
    }
    /// Uses these channels in order: each one if the channel before is not open or refuses.
    pub fn ladder(self, channels: &[&str]) -> Self {
        self.with("/channels", json!({"mode": "first_available", "ladder": channels}))
    }
    /// Sends on each of these channels.
    pub fn on_all_channels(self, channels: &[&str]) -> Self {
        self.with("/channels", json!({"mode": "all", "ladder": channels}))
    }
    pub fn holdout(self, percent: u32) -> Self {
        self.with("/holdout_percent", json!(percent))
    }
    /// Sets the caps, for instance `json!({"vouchers": 10, "exposure": money(5_000)})`.
    pub fn caps(self, caps: Value) -> Self {
        self.with("/caps", caps)
    }
    pub fn minimum_basket(self, amount: Option<i64>) -> Self {
        self.with("/offer/minimum_basket", amount.map_or(Value::Null, money))
    }
    pub fn benefit(self, benefit: Value) -> Self {
        self.with("/offer/benefit", benefit)
    }
    pub fn validity(self, validity: Value) -> Self {
        self.with("/validity", validity)
    }
    pub fn reversal(self, on_cancel: &str, on_refund: &str) -> Self {
        self.with("/reversal", json!({"on_cancel": on_cancel, "on_refund": on_refund}))
    }
    /// Sets a field by JSON pointer, creating it if it does not exist yet; `null` removes it.
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a JSON pointer");
        let parent = self
            .definition
            .pointer_mut(parent)
            .and_then(Value::as_object_mut)
            .expect("the parent is an object");
        if value.is_null() {
            parent.remove(name);
        } else {
            parent.insert(name.to_owned(), value);
        }
        self
    }
    /// Returns the definition as the API takes it.
    pub fn body(&self) -> Value {
        self.definition.clone()
    }
}
