//! Reads campaigns: whole, as summaries, in lists, and their history.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    campaign::{
        definition::{DEFAULT_PRIORITY, Definition},
        kind::CampaignKind,
        lifecycle::{Approval, Campaign, CampaignState},
        pause_cause::PauseCause,
        redeeming::{RedeemingSuspension, Revocation},
        variants::VariantShare,
    },
    kernel::{
        id::{CampaignId, RunId},
        money::Currency,
    },
    reporting::autopilot_health::MatchCount,
};

use super::{CampaignPage, CampaignSummary, Quota, ReplaySummary, meta::VARIANTS};
use crate::{
    Store,
    batch::ReadConsistency,
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, s},
    keys::{definition_key, listed_at, quota_key, read_campaign_id, summary_key},
};

/// The most rounds of the index that one page may read to find campaigns in a rare state. After
/// that the page is short, with a key to go on from.
const LIST_ROUNDS: usize = 8;
/// Index entries of one round when the list is filtered by state: as many as one BatchGetItem
/// takes.
const LIST_CHUNK: usize = 100;

impl Store {
    /// Returns a campaign with its definition. Reads consistently: definitions are never rewritten,
    /// so the one that META names belongs to it.
    pub async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>> {
        let Some(meta) = self.control_item(summary_key(id)).await? else {
            return Ok(None);
        };
        let summary = read_summary(&meta)?;
        let definition = self.definition(id, summary.definition).await?;
        Ok(definition.map(|definition| {
            build_campaign(summary, read_editors(&meta), read_approval(&meta), definition)
        }))
    }

    /// Returns the summary of a campaign. Reads consistently, and only one small item, because
    /// workers ask for each dispatch.
    pub async fn campaign_summary(&self, id: &CampaignId) -> Result<Option<CampaignSummary>> {
        self.control_item(summary_key(id)).await?.as_ref().map(read_summary).transpose()
    }

    /// Returns the definitions that these summaries name, by campaign, in one request.
    pub async fn definitions(
        &self,
        summaries: &[CampaignSummary],
    ) -> Result<HashMap<CampaignId, Definition>> {
        let key = |summary: &CampaignSummary| definition_key(&summary.id, summary.definition);
        let keys = summaries.iter().map(key).collect();
        let found = self.batch_get(&self.tables.control, keys, ReadConsistency::Strong).await?;
        found.iter().map(|item| Ok((read_campaign_id(item)?, read_definition(item)?))).collect()
    }

    /// Returns the definition that [`CampaignSummary::definition`] names. It is never rewritten, so
    /// callers may cache it.
    pub async fn definition(&self, id: &CampaignId, number: u64) -> Result<Option<Definition>> {
        self.control_item(definition_key(id, number))
            .await?
            .as_ref()
            .map(read_definition)
            .transpose()
    }

    /// Returns what is left of the caps, or `None` before the launch.
    pub async fn quota(&self, id: &CampaignId) -> Result<Option<Quota>> {
        let read = |item: &ItemMap| {
            Ok(Quota {
                vouchers: item.number("vouchers_remaining")?,
                exposure: item.number("exposure_remaining")?,
                redeemed: item.number("redeemed_remaining")?,
            })
        };
        self.control_item(quota_key(id)).await?.as_ref().map(read).transpose()
    }

    /// Returns what is left of the campaigns' caps on redeemed amounts, in minor units, as of a
    /// moment ago. A campaign that was never launched is missing from the result.
    pub async fn redeemed_left(&self, ids: &[CampaignId]) -> Result<HashMap<CampaignId, i64>> {
        let keys = ids.iter().map(quota_key).collect();
        let items = self.batch_get(&self.tables.control, keys, ReadConsistency::Eventual).await?;
        let read =
            |item: &ItemMap| Ok((read_campaign_id(item)?, item.number("redeemed_remaining")?));
        items.iter().map(read).collect()
    }

    /// Lists campaigns of one kind or of both, newest first. The index is eventually consistent;
    /// the campaigns themselves are read consistently.
    pub async fn list_campaigns(
        &self,
        kind: Option<CampaignKind>,
        state: Option<CampaignState>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<CampaignPage> {
        let kinds = kind.map_or_else(
            || vec![CampaignKind::Promotion, CampaignKind::Autopilot],
            |kind| vec![kind],
        );
        let mut campaigns: Vec<CampaignSummary> = Vec::new();
        let mut last_key = after.map(str::to_owned);
        // One entry more than asked for tells if there is a next page.
        let chunk = if state.is_none() { limit + 1 } else { LIST_CHUNK };
        for _ in 0..LIST_ROUNDS {
            let mut listed: Vec<(String, CampaignId)> = Vec::new();
            for kind in &kinds {
                listed.extend(self.query_listing(*kind, last_key.as_deref(), chunk).await?);
            }
            listed.sort_by(|a, b| b.0.cmp(&a.0));
            let more = listed.len() >= chunk;
            listed.truncate(chunk);
            let mut found = self.campaign_summaries(listed.iter().map(|(_, id)| id)).await?;
            for (key, id) in listed {
                last_key = Some(key);
                let Some(summary) = found.remove(&id) else {
                    continue;
                };
                if state.is_none_or(|state| state == summary.state) {
                    if campaigns.len() == limit {
                        // There is a next page, and it starts after the last campaign of this one.
                        let next =
                            campaigns.last().map(|last| listed_at(last.created_at, &last.id));
                        return Ok(CampaignPage { campaigns, next });
                    }
                    campaigns.push(summary);
                }
            }
            if !more {
                return Ok(CampaignPage { campaigns, next: None });
            }
        }
        Ok(CampaignPage { campaigns, next: last_key })
    }

    async fn control_item(&self, key: ItemMap) -> Result<Option<ItemMap>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item)
    }

    /// Returns one chunk of the listing after the key `after`.
    async fn query_listing(
        &self,
        kind: CampaignKind,
        after: Option<&str>,
        chunk: usize,
    ) -> Result<Vec<(String, CampaignId)>> {
        let mut query = self
            .client
            .query()
            .table_name(&self.tables.control)
            .index_name("listing")
            .expression_attribute_values(":kind", s(kind.as_str()))
            .scan_index_forward(false)
            .limit(i32::try_from(chunk).unwrap_or(i32::MAX));
        query = match after {
            Some(after) => query
                .key_condition_expression("listing = :kind AND listed_at < :after")
                .expression_attribute_values(":after", s(after)),
            None => query.key_condition_expression("listing = :kind"),
        };
        let page = query.send().await?;
        page.items
            .unwrap_or_default()
            .iter()
            .map(|item| Ok((item.text("listed_at")?.to_owned(), read_campaign_id(item)?)))
            .collect()
    }

    /// Returns the summaries of `ids` by id. A campaign that was deleted since is missing from the
    /// result.
    pub async fn campaign_summaries<'a>(
        &self,
        ids: impl Iterator<Item = &'a CampaignId>,
    ) -> Result<HashMap<CampaignId, CampaignSummary>> {
        self.summaries(ids, ReadConsistency::Strong).await
    }

    /// Returns the summaries of `ids` like [`campaign_summaries`](Self::campaign_summaries).
    pub(super) async fn summaries<'a>(
        &self,
        ids: impl Iterator<Item = &'a CampaignId>,
        consistency: ReadConsistency,
    ) -> Result<HashMap<CampaignId, CampaignSummary>> {
        let keys = ids.map(summary_key).collect();
        let items = self.batch_get(&self.tables.control, keys, consistency).await?;
        items
            .iter()
            .map(|item| read_summary(item).map(|summary| (summary.id.clone(), summary)))
            .collect()
    }
}

fn build_campaign(
    summary: CampaignSummary,
    editors: Vec<String>,
    approval: Option<Approval>,
    definition: Definition,
) -> Campaign {
    Campaign {
        id: summary.id,
        state: summary.state,
        version: summary.version,
        created_at: summary.created_at,
        created_by: summary.created_by,
        updated_at: summary.updated_at,
        launched_at: summary.launched_at,
        undo_until: summary.undo_until,
        ended_at: summary.ended_at,
        run: summary.run,
        segments: summary.segments,
        revoke: summary.revoke,
        suspension: summary.suspension,
        paused_because: summary.paused_because,
        editors,
        approval,
        definition,
    }
}

pub(super) fn read_summary(item: &ItemMap) -> Result<CampaignSummary> {
    let id = read_campaign_id(item)?;
    let bad = |what: &str| StoreError::corrupt(&id, format!("unknown {what}"));
    Ok(CampaignSummary {
        kind: CampaignKind::parse(item.text("kind")?).ok_or_else(|| bad("kind"))?,
        name: item.text("name")?.to_owned(),
        currency: Currency::parse(item.text("currency")?).map_err(|_| bad("currency"))?,
        state: CampaignState::parse(item.text("state")?).ok_or_else(|| bad("state"))?,
        version: item.number("version")?,
        definition: item.number("definition")?,
        created_at: item.time("created_at")?,
        created_by: item.text("created_by")?.to_owned(),
        updated_at: item.time("updated_at")?,
        launched_at: item.time_opt("launched_at"),
        undo_until: item.time_opt("undo_until"),
        ended_at: item.time_opt("ended_at"),
        starts_at: item.time_opt("starts_at"),
        ends_at: item.time_opt("ends_at"),
        start_deadline: item.time_opt("start_deadline"),
        priority: item.number_opt("priority").unwrap_or(DEFAULT_PRIORITY),
        holdout_percent: item.number_opt("holdout").unwrap_or(0),
        variants: read_variants(item).ok_or_else(|| bad("variants"))?,
        run: item.text_opt("run").map(RunId::parse).transpose().map_err(|_| bad("run"))?,
        segments: item.number_opt("segments").unwrap_or(0),
        revoke: read_revocation(item),
        suspension: read_suspension(item)?,
        paused_because: read_cause(item).map_err(|_| bad("cause of its pause"))?,
        resumed_at: item.time_opt("resumed_at"),
        replayed: read_replayed(item),
        is_approved: item.text_opt("approved_by").is_some(),
        id,
    })
}

/// Reads the variants; `None` if one of them is unreadable.
fn read_variants(item: &ItemMap) -> Option<Vec<VariantShare>> {
    let Some(AttributeValue::L(stored)) = item.get(VARIANTS) else { return Some(Vec::new()) };
    stored.iter().map(|one| VariantShare::parse(one.as_s().ok()?)).collect()
}

fn read_cause(item: &ItemMap) -> std::result::Result<Option<PauseCause>, serde_json::Error> {
    item.text_opt("paused_because").map(serde_json::from_str).transpose()
}

fn read_revocation(item: &ItemMap) -> Revocation {
    Revocation {
        unaccepted_until: item.time_opt("revoked_unaccepted_until"),
        all_until: item.time_opt("revoked_all_until"),
    }
}

fn read_suspension(item: &ItemMap) -> Result<Option<RedeemingSuspension>> {
    let Some(at) = item.time_opt("suspended_at") else { return Ok(None) };
    Ok(Some(RedeemingSuspension {
        by: item.text("suspended_by")?.to_owned(),
        at,
        reason: item.text("suspended_because")?.to_owned(),
    }))
}

fn read_editors(item: &ItemMap) -> Vec<String> {
    let list = item.get("editors").and_then(|value| value.as_l().ok());
    list.into_iter().flatten().filter_map(|actor| actor.as_s().ok().cloned()).collect()
}

fn read_approval(item: &ItemMap) -> Option<Approval> {
    Some(Approval {
        by: item.text_opt("approved_by")?.to_owned(),
        at: item.time_opt("approved_at")?,
    })
}

fn read_replayed(item: &ItemMap) -> Option<ReplaySummary> {
    let counted = MatchCount {
        days: item.number_opt("replayed_days")?,
        matches: item.number_opt("replayed_matches")?,
    };
    Some(ReplaySummary { counted, at: item.time_opt("replayed_at")? })
}

fn read_definition(item: &ItemMap) -> Result<Definition> {
    let key = || {
        format!(
            "{}/{}",
            item.text_opt("campaign_id").unwrap_or("?"),
            item.text_opt("sk").unwrap_or("?")
        )
    };
    let document = serde_json::from_str(item.text("document")?)
        .map_err(|error| StoreError::corrupt(key(), error))?;
    Definition::parse_stored(document).map_err(|errors| {
        let reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
        StoreError::corrupt(key(), reasons.join("; "))
    })
}
