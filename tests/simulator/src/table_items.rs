//! Reads the raw tables: the run's work as its counters say and as it can be recounted, and a
//! change in the form the stream delivers it. Also describes both in words for the story.

use std::collections::BTreeSet;

use domain::{
    delivery::dispatch::{OutcomeTally, RunProgress},
    kernel::{
        channel::Channel,
        id::{CustomerId, Occurrence, RunId, VoucherId},
    },
    voucher::{attempt::Attempt, record::Voucher, short_link::LinkCode},
};
use fake_aws::{FakeAws, FakeItem, ProviderMessage};
use serde_json::{Value, json};

use crate::contexts::link_signer;

// Logical table names from template.yaml.
pub const VOUCHERS: &str = "VouchersTable";
pub const CUSTOMERS: &str = "CustomersTable";
pub const WORK: &str = "WorkTable";
pub const CONTROL: &str = "ControlTable";
pub const ADDRESSES: &str = "AddressesTable";
pub const REPORTS: &str = "ReportsTable";

/// The run's work as the Work table holds it.
pub struct RunWork {
    /// The progress according to the segments' counters; the other fields are counted from the
    /// items.
    pub progress: RunProgress,
    pub open: u64,
    pub selected: u64,
    /// The customers of ended dispatches whom another dispatch has as well.
    pub planned_twice: u64,
    pub records: BTreeSet<RecordKey>,
}

/// The key of a ledger record: the customer and the occurrence. There is one voucher for each.
pub type RecordKey = (CustomerId, Occurrence);

impl RunWork {
    pub fn read_from(memory: &FakeAws) -> Self {
        let mut work = RunWork {
            progress: RunProgress::default(),
            open: 0,
            selected: 0,
            planned_twice: 0,
            records: BTreeSet::new(),
        };
        memory.for_each_item(WORK, |item| work.add_item(item));
        work
    }
}

impl RunWork {
    fn add_item(&mut self, item: &FakeItem) {
        if text_attribute(item, "sk") == "SEGMENT" {
            self.add_segment(item);
        }
        // an attempt of unknown fate may still be sent again, or be followed by the next channel
        let unknown = text_attribute(item, "pk").starts_with("unknown#");
        self.open += u64::from(unknown && !item.contains_key("outside_run"));
        if !text_attribute(item, "sk").starts_with("D#") {
            return;
        }
        // a run waits neither for reminders nor for fallbacks after a late bounce
        if matches!(text_attribute(item, "state"), "ready" | "released") && !is_outside_run(item) {
            self.open += 1;
        }
        // another dispatch has them, and counts them
        self.planned_twice += number(item, "planned_twice");
        if selects_customers(item) {
            let customers =
                item.get("customers").and_then(|it| it.get("L")).and_then(Value::as_array);
            for customer in customers.into_iter().flatten() {
                self.selected += 1;
                let dropped = text_attribute(item, "state") == "dropped";
                let id = customer
                    .get("S")
                    .and_then(Value::as_str)
                    .and_then(|id| CustomerId::parse(id).ok());
                self.records.extend(id.filter(|_| !dropped).zip(dispatch_occurrence(item)));
            }
        }
    }

    fn add_segment(&mut self, item: &FakeItem) {
        let number = |name: &str| number(item, name);
        let progress = &mut self.progress;
        progress.segments += 1;
        progress.segments_scanned += number("scanned_all");
        progress.scanned += number("scanned");
        progress.unreadable += number("unreadable");
        progress.selected += number("selected");
        progress.open += number("open");
        let tally = OutcomeTally {
            issued: number("issued"),
            ghost: number("ghost"),
            skipped: number("skipped"),
            failed: number("failed"),
        };
        progress.tally = progress.tally.plus(&tally);
    }
}

fn number(item: &FakeItem, name: &str) -> u64 {
    item.get(name).and_then(|value| value.get("N")?.as_str()?.parse::<u64>().ok()).unwrap_or(0)
}

/// Returns true for a change of an order of the ledger, which the mapping of Work's stream lets
/// through.
pub fn is_order(change: &fake_aws::ItemChange) -> bool {
    let item = change.new.as_ref().or(change.old.as_ref());
    item.is_some_and(|item| text_attribute(item, "pk").starts_with("order#"))
}

/// Wraps a table change as a DynamoDB stream record.
pub fn stream_record(change: &fake_aws::ItemChange, sequence: usize) -> Value {
    let name = match (&change.old, &change.new) {
        (None, _) => "INSERT",
        (Some(_), Some(_)) => "MODIFY",
        (Some(_), None) => "REMOVE",
    };
    let mut stream = json!({
        "ApproximateCreationDateTime": 1.0, "Keys": {}, "SequenceNumber": format!("{:021}", sequence + 1),
        "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    if let Some(old) = &change.old {
        stream["OldImage"] = json!(old);
    }
    if let Some(new) = &change.new {
        stream["NewImage"] = json!(new);
    }
    json!({
        "eventID": sequence.to_string(), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1", "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/VouchersTable/stream/1",
        "dynamodb": stream,
    })
}

pub fn text_attribute<'a>(item: &'a FakeItem, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.get("S")).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the occurrence that a dispatch belongs to.
fn dispatch_occurrence(dispatch: &FakeItem) -> Option<Occurrence> {
    match text_attribute(dispatch, "occurrence") {
        // a promotion's occurrence is its run
        "" => {
            let (run, _) = text_attribute(dispatch, "pk").strip_prefix("run#")?.rsplit_once('#')?;
            Some(Occurrence::of_run(&RunId::parse(run).ok()?))
        }
        occurrence => Occurrence::parse(occurrence).ok(),
    }
}

/// Returns true if the dispatch that makes this attempt is still leased under the fence with which
/// the attempt was claimed.
pub fn is_leased(memory: &FakeAws, record: &RecordKey, attempt: &Attempt, reminder: bool) -> bool {
    let mut in_hand = false;
    memory.for_each_item(WORK, |item| {
        let number = |name: &str| {
            item.get(name).and_then(|value| value.get("N")?.as_str()?.parse::<u32>().ok())
        };
        let same = text_attribute(item, "sk").starts_with("D#")
            && text_attribute(item, "state") == "released"
            && text_attribute(item, "channel") == attempt.channel.as_str()
            && number("takes") == Some(attempt.fence)
            && number("attempt").unwrap_or(1) == attempt.number
            && (text_attribute(item, "purpose") == "reminder") == reminder;
        if same && dispatch_occurrence(item).as_ref() == Some(&record.1) {
            let customers =
                item.get("customers").and_then(|it| it.get("L")).and_then(Value::as_array);
            let id = |it: &Value| it.get("S").and_then(Value::as_str).map(str::to_owned);
            in_hand |= customers
                .into_iter()
                .flatten()
                .any(|it| id(it).as_deref() == Some(record.0.as_str()));
        }
    });
    in_hand
}

/// Returns true if the dispatch is the first one of its customers: the selection planned it, or
/// support issued its voucher.
fn selects_customers(dispatch: &FakeItem) -> bool {
    match text_attribute(dispatch, "purpose") {
        "planned" => true,
        // one that is deferred has the name of the first and more
        "goodwill" => !text_attribute(dispatch, "sk").contains('+'),
        _ => false,
    }
}

fn is_outside_run(dispatch: &FakeItem) -> bool {
    matches!(text_attribute(dispatch, "purpose"), "reminder" | "bounced" | "goodwill")
}

/// Returns true if a dispatch that no run waits for (a reminder, a fallback after a bounce) is due
/// or released.
pub fn is_reminder_due(memory: &FakeAws, now: i64) -> bool {
    let mut due = false;
    memory.for_each_item(WORK, |item| {
        let at = item.get("due_at").and_then(|value| value.get("N")?.as_str()?.parse::<i64>().ok());
        let open = text_attribute(item, "state") == "released"
            || (text_attribute(item, "state") == "ready" && at.is_some_and(|at| at <= now));
        due |= is_outside_run(item) && open;
    });
    due
}

/// Returns the record, the channel and the attempt number of a planned retry, or `None` for any
/// other item.
pub fn planned_retry(item: &FakeItem) -> Option<(RecordKey, Channel, u32)> {
    if text_attribute(item, "purpose") != "retry" {
        return None;
    }
    let customer = item.get("customers")?.get("L")?.get(0)?.get("S")?.as_str()?;
    let number = item.get("attempt")?.get("N")?.as_str()?.parse().ok()?;
    let record = (CustomerId::parse(customer).ok()?, dispatch_occurrence(item)?);
    Some((record, Channel::parse(text_attribute(item, "channel"))?, number))
}

/// Returns the record and the channel of a planned fallback, or `None` for any other item.
pub fn planned_fallback(item: &FakeItem) -> Option<(RecordKey, Channel)> {
    if text_attribute(item, "purpose") != "fallback" {
        return None;
    }
    let customer = item.get("customers")?.get("L")?.get(0)?.get("S")?.as_str()?;
    let record = (CustomerId::parse(customer).ok()?, dispatch_occurrence(item)?);
    Some((record, Channel::parse(text_attribute(item, "channel"))?))
}

/// Returns true for a reminder, the message shortly before a voucher expires.
pub fn is_reminder(message: &ProviderMessage) -> bool {
    match message {
        ProviderMessage::Sms { text, .. } => text.contains("Soon over"),
        ProviderMessage::Push { message, .. } => message.contains("Soon over"),
        ProviderMessage::Email { tags, .. } => tags.contains_key("reminder"),
    }
}

/// The voucher that a message names, as far as its text tells.
pub enum MessageTarget {
    /// The code of its link, with the beginning of the id that the code names.
    Link { code: LinkCode, id_begins: String },
    /// The id in the tag of an e-mail.
    Tagged(VoucherId),
}

impl MessageTarget {
    fn of_link(text: &str) -> Option<Self> {
        let link = text.split("/l/").nth(1)?;
        let end = link.find(|byte: char| !byte.is_ascii_alphanumeric()).unwrap_or(link.len());
        let code = LinkCode::parse(link.get(..end)?)?;
        let id_begins = code.voucher_prefix();
        Some(Self::Link { code, id_begins })
    }

    /// Returns true if a message on `channel` is about this voucher.
    pub fn is_of(&self, voucher: &Voucher, channel: Channel) -> bool {
        match self {
            Self::Link { code, id_begins } => {
                voucher.id.as_str().starts_with(id_begins.as_str())
                    && link_signer().channel_of(code, voucher) == Some(channel)
            }
            Self::Tagged(id) => voucher.id == *id,
        }
    }
}

/// Returns what a message says of its voucher, and the message's channel.
pub fn message_target(message: &ProviderMessage) -> (Option<MessageTarget>, Channel) {
    match message {
        ProviderMessage::Sms { text, .. } => (MessageTarget::of_link(text), Channel::Sms),
        ProviderMessage::Push { message, .. } => (MessageTarget::of_link(message), Channel::Push),
        ProviderMessage::Email { tags, .. } => {
            let tagged = tags.get("voucher").and_then(|id| VoucherId::parse(id).ok());
            (tagged.map(MessageTarget::Tagged), Channel::Email)
        }
    }
}

/// Returns the customer of a record and, for an autopilot, its occurrence.
pub fn record_name(record: &Voucher) -> String {
    let (customer, occurrence) = (&record.customer, &record.occurrence);
    if *occurrence == Occurrence::of_run(&record.run) {
        customer.to_string()
    } else {
        format!("{customer} {occurrence}")
    }
}

pub fn describe_change(old: Option<&Voucher>, new: &Voucher) -> String {
    let mut parts = Vec::new();
    if old.is_none_or(|old| old.status != new.status) {
        let reason = new.skip.map(|reason| format!(" ({})", reason.code())).unwrap_or_default();
        parts.push(format!("{}{reason}", new.status.as_str()));
    }
    for (channel, attempt) in &new.attempts {
        let before = old.and_then(|old| old.attempts.get(channel));
        if before != Some(attempt) {
            parts.push(format!(
                "attempt {} by {channel} {}",
                attempt.number,
                attempt.state.as_str()
            ));
        }
    }
    if let Some(reminder) =
        new.reminder.as_ref().filter(|it| old.and_then(|old| old.reminder.as_ref()) != Some(*it))
    {
        parts.push(format!(
            "reminder {} by {} {}",
            reminder.number,
            reminder.channel,
            reminder.state.as_str()
        ));
    }
    if parts.is_empty() {
        format!("{}'s voucher changed", record_name(new))
    } else {
        format!("{}: {}", record_name(new), parts.join(", "))
    }
}
