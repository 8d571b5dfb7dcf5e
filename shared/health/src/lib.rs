//! What is to be known of a campaign to say whether it does as it should: its segments, quota and counters, gathered from the store and
//! judged by `domain::run_health` (promotions) and `domain::dormancy` (autopilots). Never reads a voucher. The health page shows it, and the
//! watchdog looks at it by itself, so that both always say the same.

mod promotion;
mod autopilot;

use domain::{Date, report::Counts};
use store::{Store, StoreError, control::Standing};

pub use autopilot::{Autopilot, ExpectedFrom, ExpectedMatches, Fired, OVERDUE_MINUTES, autopilot};
pub use promotion::{Promotion, promotion};

/// What workers hold on lease counts as used: what is left of it comes back within moments.
async fn caps_used_up(store: &Store, standing: &Standing) -> Result<bool, StoreError> {
    let Some(quota) = store.quota(&standing.id).await? else { return Ok(false) };
    let definition = store.definition(&standing.id, standing.definition).await?;
    let each = definition.map_or(0, |definition| definition.offer.exposure().units());
    Ok(quota.vouchers <= 0 || quota.exposure < each)
}

/// The last day that counts anything but the exposure that ends on it.
fn last_active(rows: &[(String, Counts)], today: Date) -> Option<Date> {
    let happened = |counts: &Counts| counts.iter().any(|(name, by)| *by > 0 && !name.starts_with("open."));
    let days = rows.iter().rev().filter(|(_, counts)| happened(counts)).filter_map(|(day, _)| day.parse().ok());
    days.filter(|day| *day <= today).max()
}
