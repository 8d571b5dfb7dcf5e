//! Parses bounces of SES: what each type and sub-type means, and for whom.
//!
//! A sub-type that is known under another type is a contradiction. One that is not known at all
//! leaves what its type says for certain, and an operator sees the event.

use domain::delivery::feedback::FeedbackType;
use jiff::Timestamp;
use serde_json::Value;

use super::{ParsedEvent, SesMail, Unreadable, list_of, require_people, text_at, time_of, unknown};

/// The fields that only a delivery status notification fills.
const DSN_FIELDS: [&str; 3] = ["action", "status", "diagnosticCode"];

/// The meaning of a bounce for each of its recipients.
#[derive(Clone, Copy)]
enum BounceMeaning {
    Feedback(FeedbackType),
    /// The message was refused for what it is; an operator has to know.
    Content,
    /// A bounce for the time being, unless it is an automatic answer.
    General,
}

/// The known pairs of type and sub-type.
const MEANINGS: [(&str, &str, BounceMeaning); 14] = {
    use BounceMeaning::{Content, Feedback, General};
    use FeedbackType::{HardBounce, HeldBack, LeftTopic, SoftBounce, Undetermined};
    [
        ("Permanent", "General", Feedback(HardBounce)),
        ("Permanent", "NoEmail", Feedback(HardBounce)),
        ("Permanent", "Suppressed", Feedback(HardBounce)),
        ("Permanent", "OnAccountSuppressionList", Feedback(HeldBack)),
        ("Permanent", "OnTenantSuppressionList", Feedback(HeldBack)),
        ("Permanent", "EmailValidationSuppressed", Feedback(HeldBack)),
        ("Permanent", "UnsubscribedRecipient", Feedback(LeftTopic)),
        ("Transient", "General", General),
        ("Transient", "MailboxFull", Feedback(SoftBounce)),
        ("Transient", "CustomTimeoutExceeded", Feedback(SoftBounce)),
        ("Transient", "MessageTooLarge", Content),
        ("Transient", "ContentRejected", Content),
        ("Transient", "AttachmentRejected", Content),
        ("Undetermined", "Undetermined", Feedback(Undetermined)),
    ]
};

pub(super) fn parse_bounce(
    mail: &SesMail,
    details: &Value,
    now: Timestamp,
) -> Result<ParsedEvent, Unreadable> {
    let (meaning, note) = bounce_meaning(details)?;
    let mut parsed = ParsedEvent { unknown: note, ..ParsedEvent::nothing() };
    let at = time_of(text_at(details, "/timestamp"), now);
    let recipients = details.get("bouncedRecipients").map(list_of).unwrap_or_default();
    let mut pending = 0;
    for recipient in recipients {
        let Some(what) = recipient_feedback(meaning, details, recipient)? else {
            pending += 1;
            continue;
        };
        if matches!(meaning, BounceMeaning::Content) {
            parsed.alert = Some("mail servers refuse the content of our e-mails");
        }
        mail.add_person(&mut parsed, text_at(recipient, "/emailAddress"), what, at);
    }
    // everybody in the list is only delayed, or answers automatically
    if pending > 0 && pending == recipients.len() {
        return Ok(parsed);
    }
    require_people(parsed)
}

fn bounce_meaning(details: &Value) -> Result<(BounceMeaning, Option<Unreadable>), Unreadable> {
    let kind = text_at(details, "/bounceType").ok_or("a bounce without a type")?;
    let subtype = text_at(details, "/bounceSubType");
    // a type alone says what its general sub-type says
    let named = subtype.unwrap_or(if kind == "Undetermined" { kind } else { "General" });
    let known = MEANINGS.into_iter().find(|(of, name, _)| (*of, *name) == (kind, named));
    if let Some((_, _, meaning)) = known {
        return Ok((meaning, None));
    }
    let of_another_type = MEANINGS.iter().any(|(_, name, _)| *name == named);
    let by_type = match kind {
        "Permanent" => FeedbackType::HardBounce,
        "Transient" | "Undetermined" => FeedbackType::Undetermined,
        other => return Err(unknown("type of bounce", other)),
    };
    if of_another_type {
        return Err("contradictory: a bounce whose sub-type belongs to another type".into());
    }
    Ok((BounceMeaning::Feedback(by_type), Some(unknown("sub-type of bounce", named))))
}

/// Returns what the bounce says of one recipient, or `None` if nothing is final: the server still
/// tries, or an automatic answer such as an out-of-office note came back.
fn recipient_feedback(
    meaning: BounceMeaning,
    details: &Value,
    recipient: &Value,
) -> Result<Option<FeedbackType>, Unreadable> {
    match text_at(recipient, "/action").map(str::to_ascii_lowercase).as_deref() {
        None | Some("failed") => {}
        Some("delayed") => return Ok(None),
        Some("delivered" | "relayed" | "expanded") => {
            return Err("contradictory: a bounce of a message that arrived".into());
        }
        Some(action) => return Err(unknown("action of a bounce", action)),
    }
    Ok(match meaning {
        BounceMeaning::Feedback(what) => Some(what),
        BounceMeaning::Content => Some(FeedbackType::Rejected),
        BounceMeaning::General => {
            let is_dsn = details.get("reportingMTA").is_some()
                || DSN_FIELDS.iter().any(|field| recipient.get(field).is_some());
            is_dsn.then_some(FeedbackType::SoftBounce)
        }
    })
}
