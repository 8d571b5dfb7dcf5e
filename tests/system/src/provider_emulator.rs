//! Client of the emulator of SES and SNS: lists what it accepted and tells it how to misbehave.
//!
//! A fault rule selects its customers by a part of the address, so that it affects only one
//! scenario.

use domain::kernel::channel::Channel;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{customer::ScenarioIdentity, http_client::HttpClient, stack::LocalStack};

/// The most messages fetched at once: more than any scenario sends.
const MAX_MESSAGES: usize = 10_000;

#[derive(Clone)]
pub struct EmulatorClient {
    wire: HttpClient,
    base: String,
}

/// A message that the provider accepted or, from [`EmulatorClient::all_calls`], any call.
#[derive(Debug, Clone)]
pub struct EmulatedMessage {
    pub channel: Channel,
    /// The recipient's address.
    pub to: String,
    pub at: Timestamp,
    pub accepted: bool,
    pub outcome: String,
    pub provider_id: String,
    /// Everything that the emulator knows about the message.
    pub json: Value,
}

/// A fault rule: how calls for matching addresses end.
#[derive(Debug, Clone)]
pub struct FaultSpec {
    json: Value,
}

impl FaultSpec {
    /// Applies `fault` (see docs/emulator.md) to all addresses of a scenario on `channel`.
    pub fn for_scenario(channel: Channel, who: &ScenarioIdentity, fault: &str) -> Self {
        Self::for_addresses(channel, &address_part(channel, who), fault)
    }
    /// Applies `fault` to the addresses that contain `address_part`.
    pub fn for_addresses(channel: Channel, part: &str, fault: &str) -> Self {
        Self { json: json!({"channel": channel.as_str(), "match": part, "fault": fault}) }
    }
    /// Limits the rule to the first `times` calls.
    pub fn times(mut self, times: u32) -> Self {
        self.json["times"] = json!(times);
        self
    }
    pub fn delay_ms(mut self, delay: u32) -> Self {
        self.json["delay_ms"] = json!(delay);
        self
    }
}

/// Returns what all addresses of a scenario have in common on a channel.
fn address_part(channel: Channel, who: &ScenarioIdentity) -> String {
    match channel {
        Channel::Sms => format!("+34{}", who.digits),
        Channel::Email => format!("@{}.", who.tag),
        Channel::Push => format!("/{}/", who.tag),
    }
}

impl EmulatorClient {
    pub(crate) fn new(stack: &LocalStack) -> Self {
        let base = stack.facts.text("/inbox_url").trim_end_matches('/').to_owned();
        Self { wire: stack.wire.clone(), base }
    }
    /// Returns what was accepted for a scenario's customers on `channel`, newest first.
    pub async fn messages(&self, channel: Channel, who: &ScenarioIdentity) -> Vec<EmulatedMessage> {
        self.search_messages(channel, &address_part(channel, who), "true").await
    }
    /// Returns what was accepted for addresses that contain `to`.
    pub async fn messages_to(&self, channel: Channel, to: &str) -> Vec<EmulatedMessage> {
        self.search_messages(channel, to, "true").await
    }
    /// Returns every call for a scenario's customers, including those that the provider refused or
    /// cut.
    pub async fn all_calls(
        &self,
        channel: Channel,
        who: &ScenarioIdentity,
    ) -> Vec<EmulatedMessage> {
        self.search_messages(channel, &address_part(channel, who), "all").await
    }
    async fn search_messages(
        &self,
        channel: Channel,
        to: &str,
        accepted: &str,
    ) -> Vec<EmulatedMessage> {
        let to = to.replace('+', "%2B").replace('@', "%40").replace('/', "%2F");
        let path = format!(
            "/_emulator/messages?channel={channel}&to={to}&accepted={accepted}&limit={MAX_MESSAGES}"
        );
        let found = self
            .wire
            .request("GET", &format!("{}{path}", self.base))
            .send()
            .await
            .expect_status(200);
        let items = found.json["items"].as_array().expect("messages have items");
        items.iter().map(|item| message(channel, item)).collect()
    }
    /// Adds a rule and returns its id.
    pub async fn add_fault(&self, fault: FaultSpec) -> String {
        let url = format!("{}/_emulator/faults", self.base);
        let added =
            self.wire.request("POST", &url).json(&fault.json).send().await.expect_status(201);
        match &added.json["id"] {
            Value::String(id) => id.clone(),
            id => id.to_string(),
        }
    }
    pub async fn remove_fault(&self, id: &str) {
        let answer = self
            .wire
            .request("DELETE", &format!("{}/_emulator/faults/{id}", self.base))
            .send()
            .await;
        assert!(answer.status < 300, "deleting rule {id}: {}", answer.text);
    }
    /// Sends a customer's reply to an SMS.
    pub async fn send_sms_reply(&self, from: &str, text: &str) {
        let url = format!("{}/_emulator/replies", self.base);
        self.wire
            .request("POST", &url)
            .json(&json!({"from": from, "body": text}))
            .send()
            .await
            .expect_status(202);
    }
    pub async fn stats(&self) -> Value {
        self.wire
            .request("GET", &format!("{}/_emulator/stats", self.base))
            .send()
            .await
            .expect_status(200)
            .json
    }
}

fn message(channel: Channel, item: &Value) -> EmulatedMessage {
    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let to = match &item["to"] {
        Value::Array(several) => {
            several.first().and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        _ => text("to"),
    };
    EmulatedMessage {
        channel,
        to,
        at: text("at").parse().unwrap_or_else(|error| panic!("time of {item}: {error}")),
        accepted: item["accepted"] == true,
        outcome: text("outcome"),
        provider_id: text("provider_message_id"),
        json: item.clone(),
    }
}
