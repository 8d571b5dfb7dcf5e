//! Refuses an action on a campaign: it is at another version than the caller read, or in a state
//! that does not allow the action. Pure.

use domain::campaign::{
    lifecycle::{Campaign, CampaignAction},
    redeeming::VoucherAction,
};
use http_edge::Problem;

use crate::views::allowed_actions;

pub fn check_version(campaign: &Campaign, version: u64) -> Result<(), Problem> {
    if campaign.version == version { Ok(()) } else { Err(Problem::precondition_failed()) }
}

/// Refuses with 412 if the caller named a version and the campaign is at another one.
pub fn check_if_match(campaign: &Campaign, expected: Option<u64>) -> Result<(), Problem> {
    if expected.is_none_or(|version| version == campaign.version) {
        Ok(())
    } else {
        Err(Problem::precondition_failed())
    }
}

pub fn action_not_allowed(campaign: &Campaign, action: CampaignAction) -> Problem {
    refuse_action(campaign, action.as_str())
}

pub fn voucher_action_not_allowed(campaign: &Campaign, action: VoucherAction) -> Problem {
    refuse_action(campaign, action.as_str())
}

fn refuse_action(campaign: &Campaign, action: &str) -> Problem {
    let kind = campaign.definition.kind;
    let allowed =
        allowed_actions(campaign.state, kind, campaign.redeeming(), campaign.start_times())
            .join(", ");
    let detail =
        format!("a campaign that is {} cannot {action}; allowed are: {allowed}", campaign.state);
    Problem::conflict("not_allowed_in_state", detail)
}
