//! Loads and judges the health of a campaign: gathers its segments, quota and counters from the
//! store and lets `domain::reporting::run_health` (promotions) and
//! `domain::reporting::autopilot_health` (autopilots) judge them.
//!
//! Never reads a voucher. The health page and the watchdog both use it, so that they always agree.

mod promotion;
mod autopilot;

use domain::{
    Date,
    reporting::counters::{Counter, CounterValues},
};
use store::{Store, StoreError, campaign::campaigns::CampaignSummary};

pub use autopilot::{
    AutopilotHealth, ExpectedFrom, ExpectedMatches, FiredMatches, OVERDUE_MINUTES,
    load_autopilot_health,
};
pub use promotion::{PromotionHealth, load_promotion_health};

/// Returns true if no further voucher fits under the campaign's caps. Quota that workers have
/// reserved counts as used; what they do not use comes back within moments.
async fn caps_used_up(store: &Store, campaign: &CampaignSummary) -> Result<bool, StoreError> {
    let Some(quota) = store.quota(&campaign.id).await? else {
        return Ok(false);
    };
    let definition = store.definition(&campaign.id, campaign.definition).await?;
    let each = definition.map_or(0, |definition| definition.exposure_each().units());
    Ok(quota.vouchers <= 0 || quota.exposure < each)
}

/// Returns the last day with a counter other than the exposure that ends on it.
fn last_active_day(rows: &[(String, CounterValues)], today: Date) -> Option<Date> {
    let happened = |counts: &CounterValues| {
        counts.iter().any(|(counter, by)| by > 0 && !matches!(counter, Counter::Open(_)))
    };
    let days = rows
        .iter()
        .rev()
        .filter(|(_, counts)| happened(counts))
        .filter_map(|(day, _)| day.parse().ok());
    days.filter(|day| *day <= today).max()
}
