//! Builds customers for tests. Every address contains the scenario's tag, so that a fault rule or a
//! count can select just these customers: e-mail at `@<tag>.example.com`, push endpoints
//! `.../<tag>/...`, phones with the scenario's seven digits.

use domain::kernel::channel::Channel;
use serde_json::{Value, json};

/// Identifies a scenario's addresses: its tag and seven digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioIdentity {
    pub tag: String,
    pub digits: String,
}

/// A customer before it is stored: it has an address on every channel, and no consent on any until
/// [`CustomerBuilder::consenting_to`] grants it.
#[derive(Debug, Clone)]
pub struct CustomerBuilder {
    pub id: String,
    pub phone: String,
    pub email: String,
    pub endpoint: String,
    pub body: Value,
}

impl CustomerBuilder {
    /// Builds customer `number` of `who`; the same number always gives the same customer.
    pub fn new(who: &ScenarioIdentity, number: usize) -> Self {
        let id = format!("{}-{number}", who.tag);
        let phone = format!("+34{}{number:06}", who.digits);
        let email = format!("c{number}@{}.example.com", who.tag);
        let endpoint =
            format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/{}/{number}", who.tag);
        let body = json!({
            "profile": {
                "first_name": "Ana", "locale": "en-GB", "zone": "Europe/Madrid", "currency": "EUR", "signed_up": "2024-05-01",
                "tags": [who.tag],
            },
            "contacts": {"phone": phone, "email": email},
            "consents": {},
            "push_endpoints": [{"endpoint_id": "dev1", "arn": endpoint}],
        });
        Self { id, phone, email, endpoint, body }
    }
    /// Grants consent on these channels, with a time long ago.
    pub fn consenting_to(self, channels: &[Channel]) -> Self {
        channels.iter().fold(self, |customer, channel| customer.consent(*channel, "granted"))
    }
    /// Denies consent on this channel.
    pub fn denying(self, channel: Channel) -> Self {
        self.consent(channel, "denied")
    }
    fn consent(mut self, channel: Channel, state: &str) -> Self {
        self.body["consents"][channel.as_str()] =
            json!({"state": state, "source": "signup_form", "at": "2024-05-01T10:00:00Z"});
        self
    }
    /// Ends the push endpoint with `-word`, which selects its fault in the emulator (`disabled`,
    /// `throttle`, ...).
    pub fn with_endpoint_suffix(mut self, word: &str) -> Self {
        self.endpoint = format!("{}-{word}", self.endpoint);
        self.body["push_endpoints"][0]["arn"] = json!(self.endpoint);
        self
    }
    /// Ends the e-mail's local part with `+word`, which selects its fault in the emulator
    /// (`bounce`, `refuse`, ...).
    pub fn with_email_suffix(mut self, word: &str) -> Self {
        self.email = self.email.replacen('@', &format!("+{word}@"), 1);
        self.body["contacts"]["email"] = json!(self.email);
        self
    }
    /// Ends the phone number with these six digits, which select its fault in the emulator
    /// (`999905` refuses, ...).
    pub fn with_phone_suffix(mut self, six: &str) -> Self {
        let start = self.phone.len() - 6;
        self.phone.replace_range(start.., six);
        self.body["contacts"]["phone"] = json!(self.phone);
        self
    }
    /// Sets a field by JSON pointer; `null` removes it.
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a JSON pointer");
        let parent = self
            .body
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
    /// Returns the address on a channel, as the emulator shows it.
    pub fn address(&self, channel: Channel) -> &str {
        match channel {
            Channel::Sms => &self.phone,
            Channel::Email => &self.email,
            Channel::Push => &self.endpoint,
        }
    }
}
