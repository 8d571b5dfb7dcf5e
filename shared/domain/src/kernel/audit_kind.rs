//! The kinds of what operators change, by which the log of all their acts is filtered. Every record
//! of an act has one of them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AuditKind {
    /// A campaign: its definition, its states, its switches.
    Campaign,
    /// One customer's match or voucher: goodwill, retries, what was given up.
    Customer,
    Setting,
    /// An address on the suppression list, or a file of them.
    Suppression,
    Import,
    /// Contacts of customers that were exported.
    Export,
    /// A merchant, or the names of a vertical or category.
    Catalogue,
    /// A webhook endpoint and its dead letters.
    Webhook,
    /// A channel's lane that was opened by hand.
    Lane,
    /// Messages of a queue that were tried again.
    DeadLetters,
    /// A recount of the vouchers, and a repair by it.
    Recount,
    /// An uploaded picture.
    Picture,
}

impl AuditKind {
    pub const ALL: [AuditKind; 12] = [
        AuditKind::Campaign,
        AuditKind::Customer,
        AuditKind::Setting,
        AuditKind::Suppression,
        AuditKind::Import,
        AuditKind::Export,
        AuditKind::Catalogue,
        AuditKind::Webhook,
        AuditKind::Lane,
        AuditKind::DeadLetters,
        AuditKind::Recount,
        AuditKind::Picture,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            AuditKind::Campaign => "campaign",
            AuditKind::Customer => "customer",
            AuditKind::Setting => "setting",
            AuditKind::Suppression => "suppression",
            AuditKind::Import => "import",
            AuditKind::Export => "export",
            AuditKind::Catalogue => "catalogue",
            AuditKind::Webhook => "webhook",
            AuditKind::Lane => "lane",
            AuditKind::DeadLetters => "dead_letters",
            AuditKind::Recount => "recount",
            AuditKind::Picture => "picture",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_the_name_that_requests_and_keys_use() {
        for kind in AuditKind::ALL {
            assert_eq!(AuditKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(AuditKind::parse("key"), None);
    }
}
