//! Lists the campaigns that a step of a round is about, and goes through them and other items so
//! that one that fails does not block the rest.
//!
//! Reads Control and writes nothing. The steps of a round use it.

use domain::campaign::{kind::CampaignKind, lifecycle::CampaignState};
use futures::{StreamExt, stream};
use store::{StoreError, campaign::campaigns::CampaignSummary};

use crate::WatchdogContext;

/// Campaigns on one page of the list.
const PAGE_SIZE: usize = 100;
/// Campaigns that are checked concurrently.
const CONCURRENCY: usize = 8;

/// Counts one item of a step. An error is logged and does not block the other items.
pub(crate) fn count_item(outcome: Result<bool, StoreError>, what: &dyn std::fmt::Display) -> u64 {
    match outcome {
        Ok(done) => u64::from(done),
        Err(error) => {
            tracing::error!(%error, item = %what, "item failed, left for the next round");
            0
        }
    }
}

/// Runs `look` for each campaign, several at once, and returns how many of them answered true.
pub(crate) async fn for_each_campaign<'a, F>(
    summaries: &'a [CampaignSummary],
    look: impl Fn(&'a CampaignSummary) -> F,
) -> u64
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let looks = summaries.iter().map(|summary| (&summary.id, look(summary)));
    let looks = stream::iter(looks).map(|(id, look)| async move { count_item(look.await, id) });
    looks.buffer_unordered(CONCURRENCY).fold(0, |sum, one| async move { sum + one }).await
}

/// Lists the campaigns in the given state, of one kind or of both.
pub(crate) async fn list_campaigns(
    context: &WatchdogContext,
    kind: Option<CampaignKind>,
    state: CampaignState,
) -> Result<Vec<CampaignSummary>, StoreError> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page =
            context.store.list_campaigns(kind, Some(state), after.as_deref(), PAGE_SIZE).await?;
        found.extend(page.campaigns);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}
