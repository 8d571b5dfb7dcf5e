//! Builds SES events as the developer guide documents them for an SNS destination ("Contents of
//! event data that Amazon SES publishes to Amazon SNS"). Called by events.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{EventKind, SendOrigin, bare_address};
use crate::messages::RecordedSend;

/// The time for which SES keeps trying to deliver.
const TRIES_FOR: SignedDuration = SignedDuration::from_hours(14);

pub(super) fn email_event(
    kind: EventKind,
    sent: &RecordedSend,
    recipient: Option<&str>,
    place: &SendOrigin,
    now: Timestamp,
) -> Value {
    // A fault concerns one of several recipients; a delivery concerns all of them.
    let recipients: Vec<&str> = match recipient.filter(|_| kind != EventKind::Delivery) {
        Some(one) => vec![bare_address(one)],
        None => sent.draft.to.iter().map(|to| bare_address(to)).collect(),
    };
    let (field, body) = match kind {
        // The last two belong to the other channels and are never planned for an e-mail.
        EventKind::Send | EventKind::Success | EventKind::Failure(_) => ("send", json!({})),
        EventKind::Delivery => ("delivery", delivery_details(sent, &recipients, now)),
        EventKind::HardBounce => (
            "bounce",
            bounce_details(
                sent,
                &recipients,
                now,
                ("Permanent", "General"),
                ("5.1.1", "smtp; 550 5.1.1 user unknown"),
            ),
        ),
        EventKind::SoftBounce => (
            "bounce",
            bounce_details(
                sent,
                &recipients,
                now,
                ("Transient", "MailboxFull"),
                ("5.2.2", "smtp; 552 5.2.2 mailbox full"),
            ),
        ),
        EventKind::SuppressedBounce => {
            let why = "Amazon SES did not send the message to this address because it is on the suppression list for your account.";
            (
                "bounce",
                bounce_details(
                    sent,
                    &recipients,
                    now,
                    ("Permanent", "OnAccountSuppressionList"),
                    ("5.1.1", why),
                ),
            )
        }
        EventKind::Complaint => ("complaint", complaint_details(sent, &recipients, now)),
        EventKind::Reject => ("reject", json!({"reason": "Bad content"})),
        EventKind::RenderingFailure => (
            "failure",
            json!({
                "templateName": "inline",
                "errorMessage": "Attribute 'name' is not present in the rendering data.",
            }),
        ),
        EventKind::DeliveryDelay => ("deliveryDelay", delay_details(sent, &recipients, now)),
    };
    let mut event = json!({"eventType": kind.name(), "mail": mail_object(sent, place)});
    if let Some(object) = event.as_object_mut() {
        object.insert(field.to_owned(), body);
    }
    event
}

fn delivery_details(sent: &RecordedSend, recipients: &[&str], now: Timestamp) -> Value {
    json!({
        "timestamp": format_timestamp(now),
        "processingTimeMillis": now.duration_since(sent.at).as_millis().max(0),
        "recipients": recipients,
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.emulator.local",
    })
}

fn complaint_details(sent: &RecordedSend, recipients: &[&str], now: Timestamp) -> Value {
    json!({
        "complainedRecipients": recipients.iter().map(|one| json!({"emailAddress": one})).collect::<Vec<_>>(),
        "timestamp": format_timestamp(now),
        "feedbackId": feedback_id(sent),
        "complaintSubType": null,
        "userAgent": "emulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": format_timestamp(now),
    })
}

fn delay_details(sent: &RecordedSend, recipients: &[&str], now: Timestamp) -> Value {
    json!({
        "timestamp": format_timestamp(now),
        "delayType": "MailboxFull",
        "expirationTime": format_timestamp(sent.at + TRIES_FOR),
        "delayedRecipients": recipients.iter().map(|one| json!({
            "emailAddress": one, "status": "4.2.2", "diagnosticCode": "smtp; 452 4.2.2 mailbox full",
        })).collect::<Vec<_>>(),
    })
}

fn bounce_details(
    sent: &RecordedSend,
    recipients: &[&str],
    now: Timestamp,
    (kind, subtype): (&str, &str),
    (status, diagnostic): (&str, &str),
) -> Value {
    json!({
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": recipients.iter().map(|one| json!({
            "emailAddress": one, "action": "failed", "status": status, "diagnosticCode": diagnostic,
        })).collect::<Vec<_>>(),
        "timestamp": format_timestamp(now),
        "feedbackId": feedback_id(sent),
        "reportingMTA": "dns; emulator.local",
    })
}

fn mail_object(sent: &RecordedSend, place: &SendOrigin) -> Value {
    let draft = &sent.draft;
    let source = draft.from.as_deref().unwrap_or_default();
    let address = bare_address(source);
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let mut headers: Vec<Value> =
        draft.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut common =
        json!({"from": [source], "to": draft.to, "messageId": sent.provider_message_id});
    let subject = draft.subject.as_deref().unwrap_or_default();
    if !draft.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("from")) {
        let content = if draft.html.is_some() { "multipart/alternative" } else { "text/plain" };
        let own = [
            ("From", source),
            ("To", &draft.to.join(", ")),
            ("Subject", subject),
            ("MIME-Version", "1.0"),
            ("Content-Type", content),
        ];
        headers.splice(0..0, own.map(|(name, value)| json!({"name": name, "value": value})));
    }
    if let Some(object) = common.as_object_mut() {
        object.insert("subject".into(), json!(subject));
        if !draft.reply_to.is_empty() {
            object.insert("replyTo".into(), json!(draft.reply_to));
        }
    }
    let mut tags = serde_json::Map::new();
    tags.insert("ses:operation".into(), json!(["SendEmail"]));
    tags.insert("ses:configuration-set".into(), json!([draft.configuration_set]));
    tags.insert("ses:source-ip".into(), json!(["127.0.0.1"]));
    tags.insert("ses:from-domain".into(), json!([domain]));
    tags.insert("ses:caller-identity".into(), json!(["emulator"]));
    for (name, value) in &draft.tags {
        tags.insert(name.clone(), json!([value]));
    }
    json!({
        "timestamp": format_timestamp(sent.at),
        "source": source,
        "sourceArn": format!("arn:aws:ses:{}:{}:identity/{address}", place.region, place.account),
        "sendingAccountId": place.account,
        "messageId": sent.provider_message_id,
        "destination": draft.to.iter().map(|to| bare_address(to)).collect::<Vec<_>>(),
        "headersTruncated": false,
        "headers": headers,
        "commonHeaders": common,
        "tags": tags,
    })
}

fn feedback_id(sent: &RecordedSend) -> String {
    format!("{}-feedback", sent.provider_message_id)
}

/// Formats a time like 2016-10-14T05:02:16.645Z.
fn format_timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
