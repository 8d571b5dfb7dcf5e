//! Parses events about devices, as SNS publishes them for a platform application: an endpoint was
//! made, changed or deleted, or a push to it failed for good.
//!
//! They name the device by its ARN. Only a failed push also names its message, by which the customer
//! is found. A device that was deleted is forgotten, whoever has it.

use domain::{
    customer::address::Address, delivery::feedback::FeedbackType, kernel::channel::Channel,
};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    AddressFinding, EventAddress, EventPerson, MessageEvent, ParsedEvent, ProviderEvent,
    Unreadable, endpoint_of, tagged_message, text_at, time_of, unknown,
};

pub(super) fn is_device_event(value: &Value) -> bool {
    value.get("EventType").is_some() && value.get("EndpointArn").is_some()
}

pub(super) fn parse_device_event(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    match text_at(value, "/EventType") {
        // What changed is not in the event. A device that is off refuses the next push, and the worker
        // that gets the refusal reports it.
        Some("EndpointCreated" | "EndpointUpdated") => Ok(ParsedEvent::nothing()),
        Some("EndpointDeleted") => deleted(value, now),
        Some("DeliveryFailure") => delivery_failure(value, now),
        Some(kind) => Err(unknown("type of device event", kind)),
        None => Err("a device event without a type".into()),
    }
}

fn deleted(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    match endpoint_of(text_at(value, "/EndpointArn")) {
        EventAddress::Endpoint(arn) => {
            let (address, at) = (Address::Push(arn), time_of(text_at(value, "/Time"), now));
            Ok(ParsedEvent::one(ProviderEvent::Finding(AddressFinding::Dead { address, at })))
        }
        EventAddress::Unnamed
        | EventAddress::Masked
        | EventAddress::Email(_)
        | EventAddress::Phone(_) => Err("a deleted device without its ARN".into()),
    }
}

fn delivery_failure(value: &Value, now: Timestamp) -> Result<ParsedEvent, Unreadable> {
    let (what, note) = match text_at(value, "/FailureType") {
        Some("InvalidPlatformToken" | "EndpointDisabled") => (FeedbackType::EndpointDisabled, None),
        // the device was off for as long as the offer was worth telling
        Some("NotificationTTLExpired") => (FeedbackType::SoftBounce, None),
        // for good, and no word on why
        Some("DeliveryFailedPerm") => (FeedbackType::Rejected, None),
        Some(other) => (FeedbackType::Undetermined, Some(unknown("type of failed push", other))),
        None => (FeedbackType::Undetermined, None),
    };
    let event = MessageEvent {
        channel: Channel::Push,
        person: EventPerson {
            about: tagged_message(None, text_at(value, "/MessageId"))?,
            address: endpoint_of(text_at(value, "/EndpointArn")),
            sole: true,
        },
        reminder: false,
        what,
        at: time_of(text_at(value, "/Time"), now),
    };
    Ok(ParsedEvent { unknown: note, ..ParsedEvent::one(ProviderEvent::Event(event)) })
}
