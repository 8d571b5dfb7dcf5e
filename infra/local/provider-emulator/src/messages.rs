//! Keeps the sent messages in memory: the newest 200,000 messages or 512 MiB, whichever comes
//! first.
//!
//! Written by handover (sends and events); read by control and inbox. Counters outlive the messages
//! they counted.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::lock;

/// The most messages kept: ten demos of 20,000 customers.
const MAX_MESSAGES: usize = 200_000;
/// The most bytes kept, so that the HTML e-mails of a large run do not fill the machine's memory.
const MAX_BYTES: usize = 512 * 1024 * 1024;
/// The most duplicates listed by name; the count goes on.
const MAX_DOUBLES_NAMED: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderChannel {
    Sms,
    Email,
    Push,
}

/// The state of a message, in the order in which states may follow each other: an event only ever
/// moves a message down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageOutcome {
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
    // From here on nothing was accepted.
    Refused,
    EndpointDisabled,
    Throttled,
    ServerError,
    Dropped,
}

/// The service that was asked to send an SMS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmsService {
    #[default]
    Sns,
    EndUserMessaging,
}

/// The parts of a client's request that matter here.
#[derive(Clone, Debug, Default)]
pub struct MessageDraft {
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
    /// Push: the endpoint's platform; `payload` has what it was sent. SMS: the type (Promotional,
    /// Transactional).
    pub kind: Option<String>,
    pub payload: Option<String>,
    pub sms_service: SmsService,
}

/// A draft that was accepted or refused. It never changes afterwards.
#[derive(Debug)]
pub struct RecordedSend {
    pub id: u64,
    pub channel: ProviderChannel,
    pub provider_message_id: String,
    pub at: Timestamp,
    pub fault: Option<String>,
    pub draft: MessageDraft,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventNote {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub at: Timestamp,
    pub detail: String,
    /// True if the event goes to the feedback topic.
    pub published: bool,
}

#[derive(Clone, Debug)]
pub struct MessageRecord {
    pub sent: Arc<RecordedSend>,
    pub outcome: MessageOutcome,
    pub events: Vec<EventNote>,
}

#[derive(Clone, Debug, Default)]
pub struct MessageFilter {
    pub channel: Option<ProviderChannel>,
    pub to: Option<String>,
    pub since: Option<Timestamp>,
    pub outcome: Option<MessageOutcome>,
    /// The name and value of a tag.
    pub tag: Option<(String, String)>,
    /// True for accepted messages only, false for refused ones only, `None` for both.
    pub accepted: Option<bool>,
    /// Lower-case text that a person searches for: address, subject, text, tags, ids.
    pub words: Option<String>,
}

pub struct MessagePage {
    pub count: usize,
    pub items: Vec<MessageRecord>,
}

#[derive(Default)]
pub struct MessageLog {
    state: Mutex<MessageLogState>,
}

#[derive(Default)]
struct MessageLogState {
    items: VecDeque<MessageRecord>,
    next_id: u64,
    bytes: usize,
    counts: BTreeMap<(ProviderChannel, MessageOutcome), u64>,
    /// Accepted sends by channel, address and voucher (or text).
    sends: HashMap<(ProviderChannel, String, String), u32>,
}

impl MessageLog {
    pub fn record(
        &self,
        channel: ProviderChannel,
        draft: MessageDraft,
        provider_message_id: String,
        outcome: MessageOutcome,
        fault: Option<String>,
    ) -> Arc<RecordedSend> {
        let mut kept = lock(&self.state);
        kept.next_id += 1;
        let sent = Arc::new(RecordedSend {
            id: kept.next_id,
            channel,
            provider_message_id,
            at: Timestamp::now(),
            fault,
            draft,
        });
        *kept.counts.entry((channel, outcome)).or_default() += 1;
        if outcome.is_accepted() {
            *kept
                .sends
                .entry((channel, sent.draft.to.join(", "), sent.draft.duplicate_key()))
                .or_default() += 1;
        }
        kept.bytes += sent.draft.bytes();
        kept.items.push_back(MessageRecord {
            sent: Arc::clone(&sent),
            outcome,
            events: Vec::new(),
        });
        while kept.items.len() > MAX_MESSAGES || kept.bytes > MAX_BYTES {
            let Some(oldest) = kept.items.pop_front() else {
                break;
            };
            kept.bytes = kept.bytes.saturating_sub(oldest.sent.draft.bytes());
        }
        sent
    }

    /// Adds an event. Moves the outcome unless it is already a later one, so a repeated or late
    /// event changes nothing.
    pub fn add_event(&self, id: u64, event: EventNote, outcome: Option<MessageOutcome>) {
        let mut kept = lock(&self.state);
        let Some(message) = kept.find_mut(id) else {
            return;
        };
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

    pub fn get(&self, id: u64) -> Option<MessageRecord> {
        lock(&self.state).find_mut(id).map(|message| message.clone())
    }

    /// Returns one page of the matching messages, newest first.
    pub fn page(&self, filter: &MessageFilter, offset: usize, limit: usize) -> MessagePage {
        let kept = lock(&self.state);
        let mut page = MessagePage { count: 0, items: Vec::new() };
        for message in kept.items.iter().rev().filter(|message| filter.matches(message)) {
            if page.count >= offset && page.items.len() < limit {
                page.items.push(message.clone());
            }
            page.count += 1;
        }
        page
    }

    pub fn clear(&self) -> usize {
        let mut kept = lock(&self.state);
        let count = kept.items.len();
        // Ids go on, so that a late event of a removed message cannot reach a new one.
        *kept = MessageLogState { next_id: kept.next_id, ..MessageLogState::default() };
        count
    }

    /// Returns the numbers of accepted and of refused messages by channel, for the inbox's tabs.
    pub fn totals(&self) -> BTreeMap<(ProviderChannel, bool), u64> {
        let mut totals = BTreeMap::new();
        for ((channel, outcome), count) in &lock(&self.state).counts {
            *totals.entry((*channel, outcome.is_accepted())).or_default() += count;
        }
        totals
    }

    pub fn stats(&self) -> Value {
        let kept = lock(&self.state);
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

impl MessageLogState {
    fn find_mut(&mut self, id: u64) -> Option<&mut MessageRecord> {
        let first = self.items.front()?.sent.id;
        let index = usize::try_from(id.checked_sub(first)?).ok()?;
        self.items.get_mut(index)
    }
}

impl MessageFilter {
    pub fn matches(&self, message: &MessageRecord) -> bool {
        let sent = &message.sent;
        self.channel.is_none_or(|channel| sent.channel == channel)
            && self.outcome.is_none_or(|outcome| message.outcome == outcome)
            && self.accepted.is_none_or(|accepted| message.outcome.is_accepted() == accepted)
            && self.since.is_none_or(|since| sent.at >= since)
            && self.to.as_ref().is_none_or(|part| sent.draft.to.iter().any(|to| to.contains(part)))
            && self
                .tag
                .as_ref()
                .is_none_or(|(name, value)| sent.draft.tags.get(name) == Some(value))
            && self.words.as_ref().is_none_or(|words| sent.mentions(words))
    }
}

impl RecordedSend {
    /// Returns true if the message contains `words`, which are lower case already.
    fn mentions(&self, words: &str) -> bool {
        let draft = &self.draft;
        let has = |text: &str| text.to_lowercase().contains(words);
        draft.to.iter().any(|to| has(to))
            || [&draft.subject, &draft.text, &draft.title, &draft.body]
                .into_iter()
                .flatten()
                .any(|text| has(text))
            || draft.tags.iter().any(|(name, value)| has(name) || has(value))
            || has(&self.provider_message_id)
    }
}

impl MessageRecord {
    pub fn json(&self) -> Value {
        let RecordedSend { id, channel, provider_message_id, at, fault, draft } = &*self.sent;
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

impl MessageDraft {
    /// Returns the value of a tag called voucher, voucher_id, voucher-id or VoucherId.
    pub fn voucher(&self) -> Option<&str> {
        self.tags.iter().find_map(|(name, value)| {
            let name: String = name
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect::<String>()
                .to_ascii_lowercase();
            matches!(name.as_str(), "voucher" | "voucherid").then_some(value.as_str())
        })
    }

    /// Returns the key by which two messages to one address count as duplicates: the voucher, or
    /// the whole text if the message names none (an SMS on SNS carries no tag of ours).
    fn duplicate_key(&self) -> String {
        self.voucher().map(str::to_owned).unwrap_or_else(|| {
            let mut hash = DefaultHasher::new();
            (&self.subject, &self.title, &self.text, &self.html, &self.body).hash(&mut hash);
            format!("text:{:016x}", hash.finish())
        })
    }

    fn bytes(&self) -> usize {
        let texts = [&self.subject, &self.text, &self.html, &self.title, &self.body, &self.payload];
        let long: usize = texts.into_iter().flatten().map(String::len).sum();
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let tags: usize = self.tags.iter().map(|(name, value)| name.len() + value.len()).sum();
        size_of::<RecordedSend>() + long + headers + tags
    }
}

impl ProviderChannel {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Push => "push",
        }
    }

    /// Returns the channel's name as a person writes it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sms => "SMS",
            Self::Email => "e-mail",
            Self::Push => "push",
        }
    }
}

impl MessageOutcome {
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
