//! Refuses to launch a larger campaign, or to let one grow, while the AWS account is known to refuse
//! what the campaign needs. Reads what preflight stored; writes nothing.

use domain::campaign::{
    definition::Definition,
    readiness::{ReadinessFinding, ReadinessReport, TRIAL_CUSTOMERS, describe_findings},
};
use http_edge::{ApiResult, Problem};
use store::campaign::campaigns::settings::SettingName;

use crate::{CampaignsContext, store_failure};

/// Refuses with 409 if the campaign could reach more than a trial's customers and something that
/// concerns it is red.
pub async fn require_ready_account(
    context: &CampaignsContext,
    definition: &Definition,
) -> ApiResult<()> {
    refuse_if_any(&stored_report(context).await?.reasons_against(definition))
}

/// Refuses with 409 an amendment that lets a launched campaign reach more customers while something
/// that concerns it is red.
pub async fn require_ready_account_to_grow(
    context: &CampaignsContext,
    before: &Definition,
    after: &Definition,
) -> ApiResult<()> {
    if before.caps.vouchers == after.caps.vouchers {
        return Ok(());
    }
    refuse_if_any(&stored_report(context).await?.reasons_against_growth(before, after))
}

async fn stored_report(context: &CampaignsContext) -> ApiResult<ReadinessReport> {
    Ok(context.store.setting(SettingName::Readiness).await.map_err(store_failure)?.value)
}

fn refuse_if_any(reasons: &[&ReadinessFinding]) -> ApiResult<()> {
    if reasons.is_empty() {
        return Ok(());
    }
    let named = describe_findings(reasons);
    let detail = format!(
        "the AWS account is not ready: {named}. Mend it and run make preflight STORE=1 again, or \
         keep the campaign at {TRIAL_CUSTOMERS} vouchers"
    );
    Err(Problem::conflict("account_not_ready", detail))
}
