//! Parses events of SES, in both of its formats (`eventType` of a configuration set,
//! `notificationType` of an identity).
//!
//! An event speaks only of the people in its own list, never of all to whom the message was sent,
//! and of nobody to whom it was not.

mod bounce;
mod complaint;
mod subscription;

use domain::{delivery::feedback::FeedbackType, kernel::channel::Channel};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    EventAddress, EventPerson, MessageEvent, MessageReference, ParsedEvent, ProviderEvent,
    REMINDER_TAG, Unreadable, parse_mailbox, tag_value, tagged_message, text_at, time_of, unknown,
};
use crate::mask::REDACTED;

/// The kinds of event, each with the name of its own object.
const KINDS: [(&str, &str); 10] = [
    ("Send", "send"),
    ("Delivery", "delivery"),
    ("Bounce", "bounce"),
    ("Complaint", "complaint"),
    ("Reject", "reject"),
    ("Open", "open"),
    ("Click", "click"),
    ("Rendering Failure", "failure"),
    ("DeliveryDelay", "deliveryDelay"),
    ("Subscription", "subscription"),
];

/// Reasons of a delay that are a matter of the recipient's server, of the network or of SES.
const DELAYS: [&str; 7] = [
    "InternalFailure",
    "General",
    "MailboxFull",
    "RecipientServerError",
    "TransientCommunicationFailure",
    "Undetermined",
    "SendingDeferral",
];
/// Reasons of a delay that are a matter of the sender's reputation or set-up.
const SENDER_DELAYS: [&str; 3] = ["SpamDetected", "IPFailure", "BYOIPHostNameLookupUnavailable"];

pub(super) fn parse_ses_event(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    let kind = event_kind(value)?;
    if kind == "AmazonSnsSubscriptionSucceeded" {
        return Ok(ParsedEvent::nothing());
    }
    let Some((_, name)) = KINDS.into_iter().find(|(known, _)| *known == kind) else {
        return Err(unknown("SES event type", kind));
    };
    let details = value.get(name).filter(|it| it.is_object());
    let details = details.ok_or("an SES event without its own object")?;
    if KINDS.iter().any(|(_, other)| *other != name && value.get(other).is_some()) {
        return Err("contradictory: an SES event with the object of another kind".into());
    }
    let mail = SesMail::parse(value, now)?;
    match kind {
        "Delivery" => delivery(&mail, details, now),
        "Bounce" => bounce::parse_bounce(&mail, details, now),
        "Complaint" => complaint::parse_complaint(&mail, details, now),
        "Reject" => Ok(reject(&mail, details)),
        "Rendering Failure" => Ok(rendering_failure(&mail)),
        "DeliveryDelay" => delay(details),
        "Subscription" => subscription::parse_subscription(&mail, details, now),
        // sent, opened, clicked: known, and nothing that is kept. A click on an unsubscribe link is
        // no choice of the customer's, since scanners click too.
        _ => Ok(ParsedEvent::nothing()),
    }
}

fn event_kind(value: &Value) -> Result<&str, Unreadable> {
    match (text_at(value, "/eventType"), text_at(value, "/notificationType")) {
        (Some(event), Some(notification)) if event != notification => {
            Err("contradictory: two types of one SES event".into())
        }
        (Some(kind), _) | (None, Some(kind)) => Ok(kind),
        (None, None) => Err("an SES event without a type".into()),
    }
}

fn delivery(mail: &SesMail, details: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    let at = time_of(text_at(details, "/timestamp"), now);
    let Some(recipients) = details.get("recipients") else {
        return Ok(ParsedEvent::one(mail.whole(FeedbackType::Delivered, at)));
    };
    let mut parsed = ParsedEvent::nothing();
    for recipient in list_of(recipients) {
        mail.add_person(&mut parsed, recipient.as_str(), FeedbackType::Delivered, at);
    }
    require_people(parsed)
}

fn reject(mail: &SesMail, details: &Value) -> ParsedEvent {
    let mut parsed = ParsedEvent::one(mail.whole(FeedbackType::Rejected, mail.at));
    parsed.alert = Some("SES found a virus in a message and did not send it");
    match text_at(details, "/reason") {
        Some("Bad content") | None => {}
        Some(reason) => parsed.unknown = Some(unknown("reason of a rejected e-mail", reason)),
    }
    parsed
}

fn rendering_failure(mail: &SesMail) -> ParsedEvent {
    let alert = Some("SES could not render a template");
    ParsedEvent { alert, ..ParsedEvent::one(mail.whole(FeedbackType::SenderFault, mail.at)) }
}

/// A delay is never final: a delivery or a bounce follows.
fn delay(details: &Value) -> Result<ParsedEvent, Unreadable> {
    match text_at(details, "/delayType") {
        Some(kind) if DELAYS.contains(&kind) => Ok(ParsedEvent::nothing()),
        Some(kind) if SENDER_DELAYS.contains(&kind) => {
            let alert = Some("mail servers hold our e-mails back");
            Ok(ParsedEvent { alert, ..ParsedEvent::nothing() })
        }
        Some(kind) => Err(unknown("type of delay", kind)),
        None => Err("a delay without a type".into()),
    }
}

/// The message of an event: what it is about and to whom it was sent.
struct SesMail {
    about: MessageReference,
    reminder: bool,
    /// The addresses to which the message was sent; `None` where the event does not say.
    destination: Option<Vec<EventAddress>>,
    at: Timestamp,
}

impl SesMail {
    fn parse(value: &Value, now: Timestamp) -> Result<Self, Unreadable> {
        let mail = value.get("mail").ok_or("an SES event without its mail")?;
        let tags = mail.get("tags");
        let destination = mail.get("destination").and_then(Value::as_array);
        let known = |it: &Value| it.as_str().and_then(address_of);
        Ok(Self {
            about: tagged_message(tags, text_at(mail, "/messageId"))?,
            reminder: tag_value(tags, REMINDER_TAG).is_some(),
            destination: destination.map(|all| all.iter().filter_map(known).collect()),
            at: time_of(text_at(mail, "/timestamp"), now),
        })
    }

    /// Returns true if the message had one recipient, as all of ours have.
    fn is_sole(&self) -> bool {
        self.destination.as_ref().is_none_or(|all| all.len() <= 1)
    }

    /// Returns true if the message was sent to this address.
    fn was_sent_to(&self, address: &EventAddress) -> bool {
        self.destination.as_ref().is_none_or(|all| all.contains(address))
    }

    /// Builds an event about everybody to whom the message was sent.
    fn whole(&self, what: FeedbackType, at: Timestamp) -> ProviderEvent {
        let person =
            EventPerson { about: self.about.clone(), address: EventAddress::Unnamed, sole: true };
        self.event(person, what, at)
    }

    fn person(&self, address: EventAddress) -> EventPerson {
        EventPerson { about: self.about.clone(), address, sole: self.is_sole() }
    }

    fn event(&self, person: EventPerson, what: FeedbackType, at: Timestamp) -> ProviderEvent {
        let reminder = self.reminder;
        ProviderEvent::Event(MessageEvent { channel: Channel::Email, person, reminder, what, at })
    }

    /// Adds the event of one listed person, in whatever form the address is written.
    fn add_person(
        &self,
        parsed: &mut ParsedEvent,
        listed: Option<&str>,
        what: FeedbackType,
        at: Timestamp,
    ) {
        match listed.and_then(address_of) {
            Some(address) if self.was_sent_to(&address) => {
                let event = self.event(self.person(address), what, at);
                if !parsed.events.contains(&event) {
                    parsed.events.push(event);
                }
            }
            Some(_) => parsed.foreign += 1,
            None => parsed.unknown = Some("a recipient that is no address".into()),
        }
    }
}

/// Returns the address of a list entry, or `None` if it names none.
fn address_of(text: &str) -> Option<EventAddress> {
    let mailbox = parse_mailbox(text).map(EventAddress::Email);
    mailbox.or_else(|| is_masked(text).then_some(EventAddress::Masked))
}

fn is_masked(text: &str) -> bool {
    let bare = text.rsplit_once('<').map_or(text, |(_, bare)| bare.trim_end_matches('>'));
    bare.trim() == REDACTED
}

fn list_of(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Refuses an event that should name people and names nobody.
fn require_people(parsed: ParsedEvent) -> Result<ParsedEvent, Unreadable> {
    match parsed {
        ParsedEvent { events, unknown: Some(reason), .. } if events.is_empty() => Err(reason),
        parsed if parsed.events.is_empty() && parsed.foreign == 0 => Err("names nobody".into()),
        parsed => Ok(parsed),
    }
}
