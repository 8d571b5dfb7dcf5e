//! Reading campaigns: whole, where they stand, in lists, and their history.

use std::collections::HashMap;

use domain::{
    campaign::{Approval, Campaign, Kind, Revoke, State},
    definition::{DEFAULT_PRIORITY, Definition},
    dormancy::Counted,
    id::{CampaignId, RunId},
    money::Currency,
    sender_health::PauseCause,
};

use super::{AuditPage, AuditRecord, CampaignPage, META, QUOTA, Quota, Replayed, Standing, version_key};
use crate::{
    Store,
    batch::Consistency,
    error::{Result, StoreError},
    item::{Item, Read, s},
};

/// Rounds of the index that one page may read to find campaigns in a rare state; then the page is short, with a way on.
const LIST_ROUNDS: usize = 8;
/// Index entries of one round where a state is looked for: what one BatchGetItem takes.
const LIST_CHUNK: usize = 100;

impl Store {
    /// Consistent: definitions are never rewritten, so the one that META names belongs to it.
    pub async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>> {
        let Some(meta) = self.control_item(id, META).await? else { return Ok(None) };
        let standing = read_standing(&meta)?;
        let definition = self.definition(id, standing.definition).await?;
        Ok(definition.map(|definition| campaign_of(standing, read_editors(&meta), read_approval(&meta), definition)))
    }

    /// Consistent, and one small item: the workers ask for each dispatch.
    pub async fn campaign_state(&self, id: &CampaignId) -> Result<Option<Standing>> {
        self.control_item(id, META).await?.as_ref().map(read_standing).transpose()
    }

    /// The definition that [`Standing::definition`] names: never rewritten, so callers keep it.
    pub async fn definition(&self, id: &CampaignId, number: u64) -> Result<Option<Definition>> {
        self.control_item(id, &version_key(number)).await?.as_ref().map(read_definition).transpose()
    }

    /// What is left of the caps; `None` before the launch.
    pub async fn quota(&self, id: &CampaignId) -> Result<Option<Quota>> {
        let read = |item: &Item| {
            Ok(Quota {
                vouchers: item.number("vouchers_remaining")?,
                exposure: item.number("exposure_remaining")?,
                redeemed: item.number("redeemed_remaining")?,
            })
        };
        self.control_item(id, QUOTA).await?.as_ref().map(read).transpose()
    }

    /// Newest first, of one kind or of both. The index is eventually consistent, the campaigns themselves are read consistently.
    pub async fn list_campaigns(
        &self,
        kind: Option<Kind>,
        state: Option<State>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<CampaignPage> {
        let kinds = kind.map_or_else(|| vec![Kind::Promotion, Kind::Autopilot], |kind| vec![kind]);
        let mut campaigns: Vec<Standing> = Vec::new();
        let mut position = after.map(str::to_owned);
        // one more than asked for says whether there is a next page
        let chunk = if state.is_none() { limit + 1 } else { LIST_CHUNK };
        for _ in 0..LIST_ROUNDS {
            let mut listed: Vec<(String, CampaignId)> = Vec::new();
            for kind in &kinds {
                listed.extend(self.listed(*kind, position.as_deref(), chunk).await?);
            }
            listed.sort_by(|a, b| b.0.cmp(&a.0));
            let more = listed.len() >= chunk;
            listed.truncate(chunk);
            let mut found = self.standings(listed.iter().map(|(_, id)| id)).await?;
            for (key, id) in listed {
                position = Some(key);
                let Some(standing) = found.remove(&id) else { continue };
                if state.is_none_or(|state| state == standing.state) {
                    if campaigns.len() == limit {
                        // there is a next page, and it starts after the last one shown
                        let next = campaigns.last().map(|last| super::listed_at(last.created_at, &last.id));
                        return Ok(CampaignPage { campaigns, next });
                    }
                    campaigns.push(standing);
                }
            }
            if !more {
                return Ok(CampaignPage { campaigns, next: None });
            }
        }
        Ok(CampaignPage { campaigns, next: position })
    }

    /// A campaign's history, newest first.
    pub async fn audit(&self, id: &CampaignId, after: Option<&str>, limit: i32) -> Result<AuditPage> {
        // `AUDIT$` is the first key behind all of `AUDIT#...`
        let page = self
            .client
            .query()
            .table_name(&self.tables.control)
            .key_condition_expression("campaign_id = :id AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":id", s(id.as_str()))
            .expression_attribute_values(":first", s("AUDIT#"))
            .expression_attribute_values(":last", s("AUDIT$"))
            .set_exclusive_start_key(after.map(|sk| control_key(id, sk)))
            .scan_index_forward(false)
            .limit(limit)
            .consistent_read(true)
            .send()
            .await?;
        let next = page.last_evaluated_key.as_ref().and_then(|key| key.text_opt("sk")).map(str::to_owned);
        let records = page.items.unwrap_or_default().iter().map(read_audit).collect::<Result<_>>()?;
        Ok(AuditPage { records, next })
    }

    async fn control_item(&self, id: &CampaignId, sk: &str) -> Result<Option<Item>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(control_key(id, sk)))
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item)
    }

    /// One chunk of the listing behind `after`.
    async fn listed(&self, kind: Kind, after: Option<&str>, chunk: usize) -> Result<Vec<(String, CampaignId)>> {
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
            .map(|item| Ok((item.text("listed_at")?.to_owned(), read_id(item)?)))
            .collect()
    }

    /// One that was deleted since is not among them.
    async fn standings<'a>(&self, ids: impl Iterator<Item = &'a CampaignId>) -> Result<HashMap<CampaignId, Standing>> {
        let keys = ids.map(|id| control_key(id, META)).collect();
        let items = self.batch_get(&self.tables.control, keys, Consistency::Strong).await?;
        items.iter().map(|item| read_standing(item).map(|standing| (standing.id.clone(), standing))).collect()
    }
}

pub(super) fn control_key(id: &CampaignId, sk: &str) -> Item {
    Item::from([("campaign_id".into(), s(id.as_str())), ("sk".into(), s(sk))])
}

fn campaign_of(
    standing: Standing,
    editors: Vec<String>,
    approval: Option<Approval>,
    definition: Definition,
) -> Campaign {
    Campaign {
        id: standing.id,
        state: standing.state,
        version: standing.version,
        created_at: standing.created_at,
        created_by: standing.created_by,
        updated_at: standing.updated_at,
        launched_at: standing.launched_at,
        ended_at: standing.ended_at,
        run: standing.run,
        segments: standing.segments,
        revoke: standing.revoke,
        paused_because: standing.paused_because,
        editors,
        approval,
        definition,
    }
}

fn read_id(item: &Item) -> Result<CampaignId> {
    CampaignId::parse(item.text("campaign_id")?).map_err(|_| StoreError::corrupt("campaign_id", "not an id"))
}

pub(super) fn read_standing(item: &Item) -> Result<Standing> {
    let id = read_id(item)?;
    let bad = |what: &str| StoreError::corrupt(&id, format!("unknown {what}"));
    Ok(Standing {
        kind: Kind::parse(item.text("kind")?).ok_or_else(|| bad("kind"))?,
        name: item.text("name")?.to_owned(),
        currency: Currency::parse(item.text("currency")?).map_err(|_| bad("currency"))?,
        state: State::parse(item.text("state")?).ok_or_else(|| bad("state"))?,
        version: item.number("version")?,
        definition: item.number("definition")?,
        created_at: item.time("created_at")?,
        created_by: item.text("created_by")?.to_owned(),
        updated_at: item.time("updated_at")?,
        launched_at: item.time_opt("launched_at"),
        ended_at: item.time_opt("ended_at"),
        starts_at: item.time_opt("starts_at"),
        ends_at: item.time_opt("ends_at"),
        start_deadline: item.time_opt("start_deadline"),
        priority: item.number_opt("priority").unwrap_or(DEFAULT_PRIORITY),
        run: item.text_opt("run").map(RunId::parse).transpose().map_err(|_| bad("run"))?,
        segments: item.number_opt("segments").unwrap_or(0),
        revoke: Revoke::parse(item.text("revoke")?).ok_or_else(|| bad("revoke"))?,
        paused_because: read_cause(item).map_err(|_| bad("cause of its pause"))?,
        resumed_at: item.time_opt("resumed_at"),
        replayed: read_replayed(item),
        id,
    })
}

fn read_cause(item: &Item) -> std::result::Result<Option<PauseCause>, serde_json::Error> {
    item.text_opt("paused_because").map(serde_json::from_str).transpose()
}

fn read_editors(item: &Item) -> Vec<String> {
    let list = item.get("editors").and_then(|value| value.as_l().ok());
    list.into_iter().flatten().filter_map(|actor| actor.as_s().ok().cloned()).collect()
}

fn read_approval(item: &Item) -> Option<Approval> {
    Some(Approval { by: item.text_opt("approved_by")?.to_owned(), at: item.time_opt("approved_at")? })
}

fn read_replayed(item: &Item) -> Option<Replayed> {
    let counted = Counted { days: item.number_opt("replayed_days")?, matches: item.number_opt("replayed_matches")? };
    Some(Replayed { counted, at: item.time_opt("replayed_at")? })
}

fn read_definition(item: &Item) -> Result<Definition> {
    let key = || format!("{}/{}", item.text_opt("campaign_id").unwrap_or("?"), item.text_opt("sk").unwrap_or("?"));
    let document = serde_json::from_str(item.text("document")?).map_err(|error| StoreError::corrupt(key(), error))?;
    Definition::stored(document).map_err(|errors| {
        let reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
        StoreError::corrupt(key(), reasons.join("; "))
    })
}

fn read_audit(item: &Item) -> Result<AuditRecord> {
    Ok(AuditRecord {
        at: item.time("at")?,
        version: item.number("version")?,
        actor: item.text("actor")?.to_owned(),
        action: item.text("action")?.to_owned(),
        before: item.text_opt("before").and_then(State::parse),
        after: item.text_opt("after").and_then(State::parse),
        note: item.text_opt("note").unwrap_or_default().to_owned(),
        changes: item.text_opt("changes").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
    })
}
