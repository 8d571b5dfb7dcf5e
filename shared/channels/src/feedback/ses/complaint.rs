//! Parses complaints of SES: not every event of this name is one.
//!
//! `not-spam` says the opposite, a failed authentication is a matter of the sender's set-up, and an
//! address on the account's suppression list was not written to at all. A type that is not known
//! counts as a complaint, since a no must not be lost. A sub-type that is not known, without a type,
//! is taken for a suppression list: it silences the address and counts as nothing. An operator sees
//! both.

use domain::delivery::feedback::FeedbackType;
use jiff::Timestamp;
use serde_json::Value;

use super::{ParsedEvent, SesMail, Unreadable, list_of, require_people, text_at, time_of, unknown};

/// The sub-types of an e-mail that SES accepted and did not send.
const SUPPRESSION_LISTS: [&str; 2] = ["OnAccountSuppressionList", "OnTenantSuppressionList"];

pub(super) fn parse_complaint(
    mail: &SesMail,
    details: &Value,
    now: Timestamp,
) -> Result<ParsedEvent, Unreadable> {
    let ComplaintMeaning { what, alert, unknown } = complaint_meaning(details);
    let mut parsed = ParsedEvent { alert, unknown, ..ParsedEvent::nothing() };
    let Some(what) = what else {
        return Ok(parsed);
    };
    let at = time_of(text_at(details, "/timestamp"), now);
    // the list names those who may have complained, which is enough to leave them alone
    for recipient in details.get("complainedRecipients").map(list_of).unwrap_or_default() {
        mail.add_person(&mut parsed, text_at(recipient, "/emailAddress"), what, at);
    }
    require_people(parsed)
}

struct ComplaintMeaning {
    /// `None` if nobody has complained.
    what: Option<FeedbackType>,
    alert: Option<&'static str>,
    unknown: Option<Unreadable>,
}

impl ComplaintMeaning {
    fn of(what: FeedbackType) -> Self {
        Self { what: Some(what), alert: None, unknown: None }
    }
}

fn complaint_meaning(details: &Value) -> ComplaintMeaning {
    let subtype = text_at(details, "/complaintSubType");
    // the types are those of RFC 5965, which are written in any case
    let kind = text_at(details, "/complaintFeedbackType");
    let kind = kind.map(|kind| kind.trim().to_ascii_lowercase()).filter(|kind| !kind.is_empty());
    match (subtype, kind.as_deref()) {
        (Some(list), _) if SUPPRESSION_LISTS.contains(&list) => {
            ComplaintMeaning::of(FeedbackType::HeldBackAfterComplaint)
        }
        (_, Some("not-spam")) => ComplaintMeaning { what: None, alert: None, unknown: None },
        (_, Some("auth-failure")) => ComplaintMeaning {
            what: None,
            alert: Some("the authentication of our e-mails fails (SPF, DKIM, DMARC)"),
            unknown: None,
        },
        (Some(other), None) => ComplaintMeaning {
            unknown: Some(unknown("sub-type of complaint", other)),
            ..ComplaintMeaning::of(FeedbackType::HeldBackAfterComplaint)
        },
        (subtype, kind) => {
            let meaning = complaint_of_kind(kind);
            let unknown = subtype.map(|other| unknown("sub-type of complaint", other));
            ComplaintMeaning { unknown: unknown.or(meaning.unknown), ..meaning }
        }
    }
}

fn complaint_of_kind(kind: Option<&str>) -> ComplaintMeaning {
    let complained = ComplaintMeaning::of(FeedbackType::Complained);
    match kind {
        None | Some("abuse" | "other") => complained,
        Some("fraud") => {
            ComplaintMeaning { alert: Some("an e-mail was reported as fraud"), ..complained }
        }
        Some("virus") => {
            ComplaintMeaning { alert: Some("an e-mail was reported as a virus"), ..complained }
        }
        Some(other) => {
            ComplaintMeaning { unknown: Some(unknown("type of complaint", other)), ..complained }
        }
    }
}
