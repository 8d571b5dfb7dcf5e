//! Notices: what people who are not in the console are told in a chat and by e-mail, and the
//! tenant's choice of it.
//!
//! A notice follows from a record of the log over everything, or from a closed lane, so that
//! nothing has to announce it. Reads and writes nothing.

use serde::{Deserialize, Serialize};

use crate::{
    customer::contact::Email,
    kernel::{audit_kind::AuditKind, validation::FieldError, web_link::is_https_url},
};

/// The longest address of a chat, in bytes.
const MAX_URL_BYTES: usize = 500;
/// The most e-mail addresses that are told.
pub const MAX_EMAILS: usize = 10;
/// The actor of what no person did.
const SYSTEM: &str = "system";

/// The occurrences that a notice can tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NoticeKind {
    /// A launch was refused because a second person has to agree first.
    ApprovalWanted,
    CampaignCompleted,
    /// The system itself paused a campaign: its messages bounced or drew complaints.
    CampaignPaused,
    /// A campaign missed its start.
    CampaignFailed,
    /// A channel's lane is closed and a person has to look after it.
    LaneClosed,
    /// The AWS account was checked and something is red.
    ReadinessRed,
}

impl NoticeKind {
    /// Returns what an act tells outside the console, if it tells anything. What the check of the
    /// account found has to be read.
    pub fn of_act(kind: AuditKind, subject: &str, action: &str, actor: &str) -> Option<Self> {
        match (kind, action) {
            (AuditKind::Campaign, ASK_APPROVAL) => Some(Self::ApprovalWanted),
            (AuditKind::Campaign, "complete") => Some(Self::CampaignCompleted),
            (AuditKind::Campaign, "pause") if actor == SYSTEM => Some(Self::CampaignPaused),
            (AuditKind::Campaign, "fail") => Some(Self::CampaignFailed),
            (AuditKind::Setting, "set") if subject == "readiness" => Some(Self::ReadinessRed),
            _ => None,
        }
    }

    /// Writes the notice. `subject` is a campaign's name, a channel, or an account, and `note` what
    /// is known besides.
    pub fn text(self, subject: &str, note: &str) -> String {
        let says = match self {
            Self::ApprovalWanted => format!("\u{201c}{subject}\u{201d} waits for an approver"),
            Self::CampaignCompleted => format!("\u{201c}{subject}\u{201d} is completed"),
            Self::CampaignPaused => format!("\u{201c}{subject}\u{201d} was paused by the system"),
            Self::CampaignFailed => format!("\u{201c}{subject}\u{201d} has failed"),
            Self::LaneClosed => format!("Sending by {subject} has stopped"),
            Self::ReadinessRed => format!("The AWS account {subject} is not ready"),
        };
        if note.is_empty() { format!("{says}.") } else { format!("{says}: {note}.") }
    }
}

/// The action of the record that a refused launch leaves when it lacks an approval.
pub const ASK_APPROVAL: &str = "ask_approval";
/// The action of the record that asks for a test notice; its subject is the setting.
pub const TEST_NOTICE: &str = "test";
/// The text of a test notice.
pub const TEST_TEXT: &str = "This is a test: notices arrive here.";

/// The recipients of notices, a chat and people by e-mail, and the kinds that they are told of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticeSettings {
    /// The incoming webhook of a chat that takes `{"text": ...}`, as Slack and Teams do. At most
    /// 500 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_url: Option<String>,
    /// E-mail addresses of people who are told, at most 10.
    pub emails: Vec<String>,
    /// The kinds that are told; none if empty.
    pub kinds: Vec<NoticeKind>,
}

impl NoticeSettings {
    /// Returns true if somebody is told.
    pub fn has_recipient(&self) -> bool {
        self.chat_url.is_some() || !self.emails.is_empty()
    }

    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.chat_url.as_ref().is_some_and(|url| !is_https_url(url, MAX_URL_BYTES)) {
            let detail = format!("an https address of at most {MAX_URL_BYTES} bytes");
            errors.push(FieldError::new("/chat_url", "invalid_url", detail));
        }
        if self.emails.len() > MAX_EMAILS {
            let detail = format!("at most {MAX_EMAILS} addresses");
            errors.push(FieldError::new("/emails", "too_many", detail));
        }
        for (index, email) in self.emails.iter().enumerate() {
            let field = format!("/emails/{index}");
            if let Err(bad) = Email::parse(email) {
                errors.push(FieldError::new(field, "invalid", bad.to_string()));
            } else if self.emails.iter().take(index).any(|other| other == email) {
                errors.push(FieldError::new(field, "duplicate", "each address once"));
            }
        }
        for (index, kind) in self.kinds.iter().enumerate() {
            if self.kinds.iter().take(index).any(|other| other == kind) {
                let field = format!("/kinds/{index}");
                errors.push(FieldError::new(field, "duplicate", "each kind once"));
            }
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_acts_are_told() {
        let of = |action, actor| NoticeKind::of_act(AuditKind::Campaign, "cmp_1", action, actor);
        assert_eq!(of("complete", "system"), Some(NoticeKind::CampaignCompleted));
        assert_eq!(of("pause", "system"), Some(NoticeKind::CampaignPaused));
        assert_eq!(of("pause", "ada (s-1)"), None, "a person knows what they did");
        assert_eq!(of("launch", "ada (s-1)"), None);
        let set = |subject| NoticeKind::of_act(AuditKind::Setting, subject, "set", "ada");
        assert_eq!((set("readiness"), set("costs")), (Some(NoticeKind::ReadinessRed), None));
    }

    #[test]
    fn a_chat_has_a_public_address_and_each_kind_is_named_once() {
        let errors = |chat_url: Option<&str>, kinds: &[NoticeKind]| {
            let chat_url = chat_url.map(str::to_owned);
            let settings = NoticeSettings { chat_url, kinds: kinds.to_vec(), emails: vec![] };
            let found = settings.check();
            found.into_iter().map(|it| format!("{} {}", it.field, it.code)).collect::<Vec<_>>()
        };
        assert_eq!(errors(None, &[]), [""; 0]);
        assert_eq!(errors(Some("https://hooks.example.com/a"), &[]), [""; 0]);
        for bad in ["http://hooks.example.com", "https://ada@hooks.example.com", "chat", ""] {
            assert_eq!(errors(Some(bad), &[]), ["/chat_url invalid_url"], "{bad}");
        }
        let twice = [NoticeKind::LaneClosed, NoticeKind::LaneClosed];
        assert_eq!(errors(None, &twice), ["/kinds/1 duplicate"]);
    }

    #[test]
    fn people_are_named_once_by_an_address_and_there_are_ten_at_most() {
        let errors = |emails: &[&str]| {
            let emails = emails.iter().map(|email| (*email).to_owned()).collect();
            let found = NoticeSettings { emails, ..NoticeSettings::default() }.check();
            found.into_iter().map(|it| format!("{} {}", it.field, it.code)).collect::<Vec<_>>()
        };
        assert_eq!(errors(&["ada@example.com", "bo@example.com"]), [""; 0]);
        assert_eq!(errors(&["ada"]), ["/emails/0 invalid"]);
        assert_eq!(errors(&["a@example.com", "a@example.com"]), ["/emails/1 duplicate"]);
        let many: Vec<String> = (0..11).map(|number| format!("n{number}@example.com")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(errors(&many), ["/emails too_many"]);
    }

    #[test]
    fn a_notice_says_what_happened_and_why() {
        assert_eq!(NoticeKind::LaneClosed.text("sms", ""), "Sending by sms has stopped.");
        assert_eq!(
            NoticeKind::CampaignPaused.text("Spring", "bounces"),
            "\u{201c}Spring\u{201d} was paused by the system: bounces."
        );
    }
}
