//! A rehearsal as operators read it: its progress, and what the sums mean in vouchers, money,
//! messages and hours. Reads prices and the contact policy in Control, and the other campaigns'
//! summaries; writes nothing.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    campaign::{definition::Definition, lifecycle::CampaignState},
    kernel::{
        channel::Channel,
        id::{CampaignId, RehearsalId},
        money::Currency,
    },
    reporting::{
        costs::{CostRates, CostSettings},
        rehearsal::{
            Rehearsal, RehearsalState, RehearsalSubject, RehearsedCampaign,
            counts::{
                MessageCount, RehearsalCounts, RehearsedVouchers, hours_until_done,
                message_cost_micros,
            },
            estimate::RehearsalEstimate,
            fold_segments,
        },
    },
    voucher::skip_reason::SkipReason,
};
use http_edge::ApiResult;
use serde::Serialize;
use store::{campaign::campaigns::settings::SettingName, reporting::rehearsals::RehearsalProgress};
use utoipa::ToSchema;

use crate::{CampaignsContext, store_failure};

/// A rehearsal: what was asked for, and what was counted so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rehearsal)]
pub struct RehearsalView {
    pub id: RehearsalId,
    pub state: RehearsalState,
    /// The rehearsed campaign; absent for a definition of the request and for all that are live.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub campaign_id: Option<CampaignId>,
    /// True if all live campaigns are rehearsed against each other.
    pub live: bool,
    /// True if the campaign has been changed since, so that this is about an older version of it.
    pub outdated: bool,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// The last time at which something was counted.
    #[schema(value_type = String, format = DateTime)]
    pub counted_at: Timestamp,
    /// The moment at which the campaign is taken to be launched.
    #[schema(value_type = String, format = DateTime)]
    pub launch_at: Timestamp,
    /// The parts that were counted to their end.
    pub parts_done: u32,
    pub parts: u32,
    /// The answer from a sample; absent if there was no time for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub estimate: Option<RehearsalEstimate>,
    /// The sums over the customers that were counted so far: everybody once it is complete.
    pub counted: RehearsedSums,
}

/// The sums of a rehearsal, with what they mean at today's prices and rates.
#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsedSums {
    pub scanned: u64,
    /// Customers whose profile or records could not be read.
    pub unreadable: u64,
    /// Marks of erased customers that were read; they are not in `scanned`.
    pub erased: u64,
    /// Customers whom the audience selects; of all live campaigns, those whom one wants.
    pub selected: u64,
    /// Selected customers who have had this campaign before.
    pub known: u64,
    /// Selected customers who get a voucher.
    pub vouchers: u64,
    pub held_out: u64,
    /// Selected customers who get nothing, by reason; `cap_reached` are those over the campaign's
    /// own caps.
    #[schema(example = json!({"no_consent": 12, "frequency_cap": 3}))]
    pub skipped: BTreeMap<String, u64>,
    /// Those who get a voucher by the channel of the first message, before the campaign's own caps.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub channels: BTreeMap<Channel, u64>,
    /// Messages by channel and, for SMS, by the country of the number; without one the name is
    /// empty.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, MessageCount>>)]
    pub messages: BTreeMap<Channel, BTreeMap<String, MessageCount>>,
    /// The price of these messages at today's prices, in millionths of the tenant's currency.
    pub message_cost_micros: u64,
    #[schema(value_type = String)]
    pub message_cost_currency: Currency,
    /// The sum of the most that each voucher can cost, in minor units of the offer's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exposure: Option<RehearsedExposure>,
    /// Hours after the launch until the last message has gone out at today's rates, with quiet
    /// hours and windows, and if nothing else is sent; absent without messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hours: Option<u64>,
    /// Those who get a voucher by the vertical in which they order most; the empty name has those
    /// without one and the rarest.
    pub verticals: BTreeMap<String, u64>,
    /// The same as `verticals`, by the city of their profile.
    pub cities: BTreeMap<String, u64>,
    /// Other live campaigns that want the same customers, most first.
    pub collisions: Vec<RehearsedCollision>,
    /// Customers by the number of offers open to them with this one; 10 is ten or more.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub open_offers: BTreeMap<u32, u64>,
    /// Customers by the number of live campaigns that want them, this one included.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub wanted_by: BTreeMap<u32, u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsedExposure {
    pub amount: i64,
    #[schema(value_type = String)]
    pub currency: Currency,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsedCollision {
    pub campaign_id: CampaignId,
    /// Absent if the campaign is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub state: Option<CampaignState>,
    pub customers: u64,
}

/// One rehearsal of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedRehearsal {
    pub id: RehearsalId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub campaign_id: Option<CampaignId>,
    pub live: bool,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsalList {
    /// The newest first.
    pub items: Vec<ListedRehearsal>,
}

pub fn listed_view(rehearsal: Rehearsal) -> ListedRehearsal {
    ListedRehearsal {
        campaign_id: rehearsed_campaign(&rehearsal).map(|named| named.campaign.clone()),
        live: rehearsal.subject == RehearsalSubject::Live,
        id: rehearsal.id,
        by: rehearsal.by,
        started_at: rehearsal.started_at,
    }
}

pub fn rehearsed_campaign(rehearsal: &Rehearsal) -> Option<&RehearsedCampaign> {
    match &rehearsal.subject {
        RehearsalSubject::Campaign(named) => Some(named),
        RehearsalSubject::Inline(_) | RehearsalSubject::Live => None,
    }
}

pub async fn rehearsal_view(
    context: &CampaignsContext,
    progress: RehearsalProgress,
    now: Timestamp,
) -> ApiResult<RehearsalView> {
    let RehearsalProgress { rehearsal, estimate, segments } = progress;
    let state = rehearsal.state(&segments, now);
    let done = segments.iter().filter(|segment| segment.done && !segment.cut_short).count();
    let counted_at = segments.iter().map(|segment| segment.updated_at).max();
    let named = rehearsed_campaign(&rehearsal).cloned();
    let outdated = match &named {
        None => false,
        Some(named) => {
            let found =
                context.store.campaign_summary(&named.campaign).await.map_err(store_failure)?;
            found.is_none_or(|summary| summary.definition != named.definition)
        }
    };
    let definition = rehearsed_definition(context, &rehearsal).await?;
    let counted = rehearsed_sums(context, definition.as_ref(), fold_segments(&segments)).await?;
    Ok(RehearsalView {
        state,
        campaign_id: named.map(|named| named.campaign),
        live: rehearsal.subject == RehearsalSubject::Live,
        outdated,
        started_at: rehearsal.started_at,
        counted_at: counted_at.unwrap_or(rehearsal.started_at),
        launch_at: rehearsal.launch_at,
        parts_done: u32::try_from(done).unwrap_or(u32::MAX),
        parts: rehearsal.segments,
        estimate,
        counted,
        id: rehearsal.id,
        by: rehearsal.by,
    })
}

/// Returns the definition that was rehearsed, or `None` for all that are live and for a draft that
/// was deleted.
async fn rehearsed_definition(
    context: &CampaignsContext,
    rehearsal: &Rehearsal,
) -> ApiResult<Option<Definition>> {
    match &rehearsal.subject {
        RehearsalSubject::Live => Ok(None),
        RehearsalSubject::Inline(document) => Ok(Definition::parse_stored(document.clone()).ok()),
        RehearsalSubject::Campaign(named) => {
            context.store.definition(&named.campaign, named.definition).await.map_err(store_failure)
        }
    }
}

/// Says what the counts mean at today's prices and rates.
pub async fn rehearsed_sums(
    context: &CampaignsContext,
    definition: Option<&Definition>,
    counts: RehearsalCounts,
) -> ApiResult<RehearsedSums> {
    let store = &context.store;
    let prices = store.setting::<CostSettings>(SettingName::Costs).await.map_err(store_failure)?;
    let rates: CostRates = prices.value.with_defaults(context.rehearsals.costs);
    let policy = store.contact_policy().await.map_err(store_failure)?;
    let per_second = |channel: Channel| match policy.rates.get(&channel) {
        Some(rate) => u64::from(*rate),
        None => context.rehearsals.rates.per_second(channel),
    };
    let vouchers = definition.map(|it| RehearsedVouchers::new(it, counts.treated));
    let mut skipped = counts.skipped.clone();
    if let Some(over) = vouchers.map(|it| it.over_cap).filter(|over| *over > 0) {
        *skipped.entry(SkipReason::VoucherCap.code().to_owned()).or_default() += over;
    }
    Ok(RehearsedSums {
        message_cost_micros: message_cost_micros(&counts, &rates),
        message_cost_currency: context.currency,
        hours: hours_until_done(&counts, per_second),
        vouchers: vouchers.map_or(0, |it| it.vouchers),
        exposure: vouchers.zip(definition).map(|(it, definition)| RehearsedExposure {
            amount: it.exposure,
            currency: definition.offer.currency(),
        }),
        collisions: collisions(context, &counts).await?,
        skipped,
        scanned: counts.scanned,
        unreadable: counts.unreadable,
        erased: counts.erased,
        selected: counts.selected,
        known: counts.known,
        held_out: counts.held_out,
        channels: counts.channels,
        messages: counts.messages,
        verticals: counts.verticals,
        cities: counts.cities,
        open_offers: counts.open_offers,
        wanted_by: counts.wanted_by,
    })
}

async fn collisions(
    context: &CampaignsContext,
    counts: &RehearsalCounts,
) -> ApiResult<Vec<RehearsedCollision>> {
    let summaries =
        context.store.campaign_summaries(counts.collisions.keys()).await.map_err(store_failure)?;
    let collision = |(id, customers): (&CampaignId, &u64)| {
        let summary = summaries.get(id);
        RehearsedCollision {
            campaign_id: id.clone(),
            name: summary.map(|summary| summary.name.clone()),
            state: summary.map(|summary| summary.state),
            customers: *customers,
        }
    };
    let mut found: Vec<_> = counts.collisions.iter().map(collision).collect();
    found.sort_by_key(|collision| std::cmp::Reverse(collision.customers));
    Ok(found)
}
