//! Parses the choices that a customer made on the page of a contact list of SES: to leave the whole
//! list, or to come back.
//!
//! Consent is kept for a channel and not for a topic of SES, so a change of single topics is left to
//! an operator. Default states of topics are no consent.

use jiff::Timestamp;
use serde_json::Value;

use super::{EventAddress, ParsedEvent, ProviderEvent, SesMail, Unreadable, text_at, time_of};
use crate::feedback::ListChoice;

pub(super) fn parse_subscription(
    mail: &SesMail,
    details: &Value,
    now: Timestamp,
) -> Result<ParsedEvent, Unreadable> {
    let state = |of: &str| {
        details
            .pointer(&format!("/{of}/unsubscribeAll"))
            .and_then(Value::as_bool)
            .ok_or("a subscription event without its states")
    };
    let (left_before, left_now) = (state("oldTopicPreferences")?, state("newTopicPreferences")?);
    if left_before == left_now {
        return unchanged_list(details, left_now);
    }
    let choice = ListChoice {
        person: mail.person(sole_address(mail)?),
        granted: !left_now,
        at: time_of(text_at(details, "/timestamp"), now),
    };
    Ok(ParsedEvent::one(ProviderEvent::ListChoice(choice)))
}

/// Returns the address of the customer. The event names none, so the message must have had one
/// recipient.
fn sole_address(mail: &SesMail) -> Result<EventAddress, Unreadable> {
    match mail.destination.as_deref() {
        None | Some([]) => Ok(EventAddress::Unnamed),
        Some([one]) => Ok(one.clone()),
        Some(_) => Err("a choice of one of several recipients".into()),
    }
}

fn unchanged_list(details: &Value, left: bool) -> Result<ParsedEvent, Unreadable> {
    let topics = |of: &str| details.pointer(&format!("/{of}/topicSubscriptionStatus"));
    let same = topics("oldTopicPreferences") == topics("newTopicPreferences");
    // who has left the whole list has left each topic
    if same || left {
        return Ok(ParsedEvent::nothing());
    }
    Err("a choice about a topic of an SES contact list, which is not kept here".into())
}
