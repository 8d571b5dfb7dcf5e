//! What was sent, kept in memory: the newest 200,000 messages or 512 MiB, whichever comes first.
//! Written by handover (a send) and feedback (an event); read by control and inbox. Counters outlive the messages they counted.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::locked;

/// Ten demos of 20,000 customers.
const MAX_MESSAGES: usize = 200_000;
/// HTML mails of a large run must not take the machine's memory.
const MAX_BYTES: usize = 512 * 1024 * 1024;
/// Doubles are shown by name up to here; the count goes on.
const MAX_DOUBLES_NAMED: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Sms,
    Email,
    Push,
}

/// In the order in which one may follow another: an event only ever moves a message down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Accepted,
    Delayed,
    Delivered,
    SoftBounced,
    Bounced,
    Complained,
    Rejected,
    RenderingFailed,
    OptedOut,
    Failed,
    // from here on nothing was accepted
    Refused,
    EndpointDisabled,
    Throttled,
    ServerError,
    Dropped,
}

/// What a client asked a carrier to send, as far as it matters here.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub to: Vec<String>,
    pub from: Option<String>,
    pub reply_to: Vec<String>,
    pub subject: Option<String>,
    pub text: Option<String>,
    pub html: Option<String>,
    pub title: Option<String>,
    pub body: Option<String>,
    pub headers: Vec<(String, String)>,
    pub tags: BTreeMap<String, String>,
    pub configuration_set: Option<String>,
    /// Push: the platform of the endpoint and the payload it was sent. SMS: the type (Promotional, Transactional).
    pub kind: Option<String>,
    pub payload: Option<String>,
}

/// A draft that was taken: never changes afterwards.
#[derive(Debug)]
pub struct Sent {
    pub id: u64,
    pub channel: Channel,
    pub provider_message_id: String,
    pub at: Timestamp,
    pub fault: Option<String>,
    pub draft: Draft,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventNote {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub at: Timestamp,
    pub detail: String,
    /// Whether it goes to the feedback topic.
    pub published: bool,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub sent: Arc<Sent>,
    pub outcome: Outcome,
    pub events: Vec<EventNote>,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub channel: Option<Channel>,
    pub to: Option<String>,
    pub since: Option<Timestamp>,
    pub outcome: Option<Outcome>,
    /// `name=value` of a tag.
    pub tag: Option<(String, String)>,
    /// Only what was accepted, or only what was not; `None`: both.
    pub accepted: Option<bool>,
    /// Anything a person might search for: address, subject, text, tags, ids.
    pub words: Option<String>,
}

pub struct Page {
    pub count: usize,
    pub items: Vec<Message>,
}

#[derive(Default)]
pub struct Messages {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    items: VecDeque<Message>,
    next_id: u64,
    bytes: usize,
    counts: BTreeMap<(Channel, Outcome), u64>,
    /// Accepted sends per channel, address and voucher (or text).
    sends: HashMap<(Channel, String, String), u32>,
}

impl Messages {
    pub fn record(
        &self,
        channel: Channel,
        draft: Draft,
        provider_message_id: String,
        outcome: Outcome,
        fault: Option<String>,
    ) -> Arc<Sent> {
        let mut kept = locked(&self.kept);
        kept.next_id += 1;
        let sent =
            Arc::new(Sent { id: kept.next_id, channel, provider_message_id, at: Timestamp::now(), fault, draft });
        *kept.counts.entry((channel, outcome)).or_default() += 1;
        if outcome.is_accepted() {
            *kept.sends.entry((channel, sent.draft.to.join(", "), sent.draft.sameness())).or_default() += 1;
        }
        kept.bytes += sent.draft.bytes();
        kept.items.push_back(Message { sent: Arc::clone(&sent), outcome, events: Vec::new() });
        while kept.items.len() > MAX_MESSAGES || kept.bytes > MAX_BYTES {
            let Some(oldest) = kept.items.pop_front() else { break };
            kept.bytes = kept.bytes.saturating_sub(oldest.sent.draft.bytes());
        }
        sent
    }

    /// Adds an event, and moves the outcome unless it is already a later one (a repeated or late event changes nothing).
    pub fn note(&self, id: u64, event: EventNote, outcome: Option<Outcome>) {
        let mut kept = locked(&self.kept);
        let Some(message) = kept.at(id) else { return };
        message.events.push(event);
        let (channel, before) = (message.sent.channel, message.outcome);
        if let Some(after) = outcome.filter(|after| *after > before) {
            message.outcome = after;
            if let Some(count) = kept.counts.get_mut(&(channel, before)) {
                *count = count.saturating_sub(1);
            }
            *kept.counts.entry((channel, after)).or_default() += 1;
        }
    }

    pub fn get(&self, id: u64) -> Option<Message> {
        locked(&self.kept).at(id).map(|message| message.clone())
    }

    /// Newest first.
    pub fn page(&self, filter: &Filter, offset: usize, limit: usize) -> Page {
        let kept = locked(&self.kept);
        let mut page = Page { count: 0, items: Vec::new() };
        for message in kept.items.iter().rev().filter(|message| filter.fits(message)) {
            if page.count >= offset && page.items.len() < limit {
                page.items.push(message.clone());
            }
            page.count += 1;
        }
        page
    }

    pub fn clear(&self) -> usize {
        let mut kept = locked(&self.kept);
        let count = kept.items.len();
        // ids go on, so that a late event of a removed message cannot land on a new one
        *kept = Kept { next_id: kept.next_id, ..Kept::default() };
        count
    }

    /// How many were accepted and how many were not, by channel: what the inbox shows on its tabs.
    pub fn totals(&self) -> BTreeMap<(Channel, bool), u64> {
        let mut totals = BTreeMap::new();
        for ((channel, outcome), count) in &locked(&self.kept).counts {
            *totals.entry((*channel, outcome.is_accepted())).or_default() += count;
        }
        totals
    }

    pub fn stats(&self) -> Value {
        let kept = locked(&self.kept);
        let mut by_channel: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        let (mut accepted, mut refused) = (0, 0);
        for ((channel, outcome), count) in kept.counts.iter().filter(|(_, count)| **count > 0) {
            by_channel.entry(channel.name()).or_default().insert(outcome.name(), *count);
            *(if outcome.is_accepted() { &mut accepted } else { &mut refused }) += count;
        }
        let mut doubles: Vec<_> = kept.sends.iter().filter(|(_, count)| **count > 1).collect();
        doubles.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let named: Vec<Value> = doubles.iter().take(MAX_DOUBLES_NAMED).map(|((channel, to, voucher), count)| {
            json!({"channel": channel, "to": to, "voucher": voucher, "messages": count})
        }).collect();
        json!({
            "accepted": accepted,
            "refused": refused,
            "by_channel": by_channel,
            "vouchers": kept.sends.len(),
            "max_per_voucher": kept.sends.values().max().copied().unwrap_or(0),
            "doubles": doubles.len(),
            "doubles_named": named,
            "kept": kept.items.len(),
            "kept_bytes": kept.bytes,
        })
    }
}

impl Kept {
    fn at(&mut self, id: u64) -> Option<&mut Message> {
        let first = self.items.front()?.sent.id;
        let index = usize::try_from(id.checked_sub(first)?).ok()?;
        self.items.get_mut(index)
    }
}

impl Filter {
    pub fn fits(&self, message: &Message) -> bool {
        let sent = &message.sent;
        self.channel.is_none_or(|channel| sent.channel == channel)
            && self.outcome.is_none_or(|outcome| message.outcome == outcome)
            && self.accepted.is_none_or(|accepted| message.outcome.is_accepted() == accepted)
            && self.since.is_none_or(|since| sent.at >= since)
            && self.to.as_ref().is_none_or(|part| sent.draft.to.iter().any(|to| to.contains(part)))
            && self.tag.as_ref().is_none_or(|(name, value)| sent.draft.tags.get(name) == Some(value))
            && self.words.as_ref().is_none_or(|words| sent.mentions(words))
    }
}

impl Sent {
    /// `words` are lower case already.
    fn mentions(&self, words: &str) -> bool {
        let draft = &self.draft;
        let has = |text: &str| text.to_lowercase().contains(words);
        draft.to.iter().any(|to| has(to))
            || [&draft.subject, &draft.text, &draft.title, &draft.body].into_iter().flatten().any(|text| has(text))
            || draft.tags.iter().any(|(name, value)| has(name) || has(value))
            || has(&self.provider_message_id)
    }
}

impl Message {
    pub fn json(&self) -> Value {
        let Sent { id, channel, provider_message_id, at, fault, draft } = &*self.sent;
        let headers: BTreeMap<&str, &str> =
            draft.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        json!({
            "id": id.to_string(), "channel": channel, "to": draft.to.join(", "), "from": draft.from, "at": at,
            "subject": draft.subject, "text": draft.text, "html": draft.html, "title": draft.title, "body": draft.body,
            "headers": headers, "tags": draft.tags, "configuration_set": draft.configuration_set,
            "kind": draft.kind, "payload": draft.payload, "provider_message_id": provider_message_id,
            "outcome": self.outcome, "accepted": self.outcome.is_accepted(), "fault": fault, "events": self.events,
        })
    }
}

impl Draft {
    /// The value of a tag called voucher, voucher_id, voucher-id or VoucherId.
    pub fn voucher(&self) -> Option<&str> {
        self.tags.iter().find_map(|(name, value)| {
            let name: String =
                name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
            matches!(name.as_str(), "voucher" | "voucherid").then_some(value.as_str())
        })
    }

    /// What makes two messages to one address the same one sent twice: the voucher, or where a message names none (an SMS on SNS
    /// carries no tag of ours) every word of it.
    fn sameness(&self) -> String {
        self.voucher().map(str::to_owned).unwrap_or_else(|| {
            let mut hash = DefaultHasher::new();
            (&self.subject, &self.title, &self.text, &self.html, &self.body).hash(&mut hash);
            format!("text:{:016x}", hash.finish())
        })
    }

    fn bytes(&self) -> usize {
        let texts = [&self.subject, &self.text, &self.html, &self.title, &self.body, &self.payload];
        let long: usize = texts.into_iter().flatten().map(String::len).sum();
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let tags: usize = self.tags.iter().map(|(name, value)| name.len() + value.len()).sum();
        size_of::<Sent>() + long + headers + tags
    }
}

impl Channel {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Push => "push",
        }
    }

    /// As a person writes it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sms => "SMS",
            Self::Email => "e-mail",
            Self::Push => "push",
        }
    }
}

impl Outcome {
    pub fn is_accepted(self) -> bool {
        self < Self::Refused
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Delayed => "delayed",
            Self::SoftBounced => "soft_bounced",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Rejected => "rejected",
            Self::RenderingFailed => "rendering_failed",
            Self::OptedOut => "opted_out",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::EndpointDisabled => "endpoint_disabled",
            Self::Throttled => "throttled",
            Self::ServerError => "server_error",
            Self::Dropped => "dropped",
        }
    }
}
