//! The two kinds of campaign: a promotion sends once, an autopilot fires until it is stopped.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CampaignKind {
    /// One-off: the operator defines offer and audience, the campaign sends once and is done.
    Promotion,
    /// Always on: fires when a customer's behaviour matches the trigger.
    Autopilot,
}

impl CampaignKind {
    pub fn as_str(self) -> &'static str {
        match self {
            CampaignKind::Promotion => "promotion",
            CampaignKind::Autopilot => "autopilot",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [CampaignKind::Promotion, CampaignKind::Autopilot]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}
