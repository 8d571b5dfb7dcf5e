//! Matches of autopilots by events: kept with what was told (an order, a new customer, a cart) in one transaction, looked at when their
//! time has come, and turned into a dispatch of one, exactly once. Keys: PK `match#<customer>`, SK `<campaign>@<occurrence>`, so that the
//! same firing told again is the same item; on the due index under `matches`.
//! Also here: who listens, and which names of events were ever told.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::{
    Timestamp,
    campaign::{Kind, State},
    dispatch::Dispatch,
    id::{CampaignId, CustomerId, Occurrence, RunId},
    trigger::{Listener, Listeners, Match},
    voucher::Voucher,
};

use crate::{
    Store,
    batch::Consistency,
    dispatches::{firing_items, read_firing},
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    pending::{Act, GivenUp},
    transaction::Transacted,
    vouchers::{read_voucher, voucher_put},
    work::{SEGMENT, partition},
};

/// Partition of the due index that holds matches, by when to look at them.
pub(crate) const MATCHES: &str = "matches";
/// Of the names of events that were told.
const NAMES: &str = "event_names";
/// Autopilots of one page of the list.
const PAGE: usize = 100;

/// What became of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    First,
    /// It was planned before, or somebody else has taken the match.
    Before,
}

fn key(campaign: &CampaignId, customer: &CustomerId, occurrence: &Occurrence) -> Item {
    HashMap::from([("pk".into(), s(format!("match#{customer}"))), ("sk".into(), s(format!("{campaign}@{occurrence}")))])
}

fn key_of(it: &Match) -> Item {
    key(&it.campaign, &it.customer, &it.firing.occurrence)
}

fn item(it: &Match) -> Item {
    let mut item = key_of(it);
    item.extend([
        ("campaign_id".into(), s(it.campaign.as_str())),
        ("run".into(), s(it.run.as_str())),
        ("customer_id".into(), s(it.customer.as_str())),
        ("due_queue".into(), s(MATCHES)),
        ("due_at".into(), at(it.look_at)),
    ]);
    item.extend(firing_items(Some(&it.firing)));
    item
}

pub(crate) fn read(item: &Item) -> Result<Match> {
    let bad = |what: &str| StoreError::corrupt("match", what.to_owned());
    Ok(Match {
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        run: RunId::parse(item.text("run")?).map_err(|_| bad("run"))?,
        customer: CustomerId::parse(item.text("customer_id")?).map_err(|_| bad("customer_id"))?,
        firing: read_firing(item)?.ok_or_else(|| bad("firing"))?,
        look_at: item.time("due_at")?,
    })
}

impl Store {
    /// Autopilots that listen for events: enabled ones, and paused ones, whose matches wait.
    pub async fn listeners(&self) -> Result<Listeners> {
        let mut listeners = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.list_campaigns(Some(Kind::Autopilot), None, after.as_deref(), PAGE).await?;
            for standing in page.campaigns {
                let listens = matches!(standing.state, State::Enabled | State::Paused);
                let Some(run) = standing.run.filter(|_| listens) else { continue };
                let definition = self.definition(&standing.id, standing.definition).await?;
                let trigger = definition.and_then(|definition| definition.trigger);
                if let Some(trigger) = trigger.filter(domain::trigger::Trigger::of_events) {
                    listeners.push(Listener { campaign: standing.id, run, trigger });
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(Listeners(listeners));
            }
        }
    }

    /// To be written together with what was told. Told again, it is the same item.
    pub(crate) fn keep_matches(&self, matches: &[Match]) -> Result<Vec<TransactWriteItem>> {
        let keep = |it: &Match| {
            let put = Put::builder().table_name(&self.tables.work).set_item(Some(item(it))).build()?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        matches.iter().map(keep).collect()
    }

    /// All or none, where nothing else is written.
    pub async fn record_matches(&self, matches: &[Match]) -> Result<()> {
        if matches.is_empty() {
            return Ok(());
        }
        let kept = self.keep_matches(matches)?;
        self.transact("matches", kept).await.map(|_| ())
    }

    /// A page of those to be looked at by now, oldest first, and the key to go on from. What cannot be read is logged and left.
    pub async fn due_matches(
        &self,
        now: Timestamp,
        limit: i32,
        after: Option<Item>,
    ) -> Result<(Vec<Match>, Option<Item>)> {
        let (items, next) = self.due(MATCHES, now, limit, after).await?;
        let name = |item: &Item, name: &str| item.text(name).map(s);
        let key = |item: &Item| Ok(HashMap::from([("pk".into(), name(item, "pk")?), ("sk".into(), name(item, "sk")?)]));
        let keys = items.iter().map(key).collect::<Result<Vec<Item>>>()?;
        let full = self.batch_get(&self.tables.work, keys, Consistency::Strong).await?;
        let mut matches = Vec::new();
        for item in &full {
            match read(item) {
                Ok(it) if it.look_at <= now => matches.push(it),
                // touched since: its time is later now
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "a match cannot be read; left where it is"),
            }
        }
        matches.sort_by(|a, b| (a.look_at, &a.customer).cmp(&(b.look_at, &b.customer)));
        Ok((matches, next))
    }

    /// The match becomes a dispatch of one and counts as selected, all or nothing. A dispatch of its name was planned by an earlier
    /// telling: then the match only goes.
    pub async fn plan_match(&self, it: &Match, dispatch: &Dispatch) -> Result<Planned> {
        let items = vec![self.take_match(it)?, self.select_one(dispatch)?, self.plan(dispatch)?];
        match self.transact("a match and its dispatch", items).await? {
            Transacted::Written => Ok(Planned::First),
            Transacted::Refused(_) => {
                self.drop_match(it).await?;
                Ok(Planned::Before)
            }
        }
    }

    /// Nothing comes of it. Touched since, it stays.
    pub async fn drop_match(&self, it: &Match) -> Result<()> {
        let items = vec![self.take_match(it)?];
        self.transact("a match", items).await.map(|_| ())
    }

    /// Given up before it was planned: it becomes a dispatch whose only customer has a record already, a skip, which its worker finds
    /// and counts. All or nothing, so it is counted once, and never sent.
    pub async fn give_up_match(
        &self,
        it: &Match,
        dispatch: &Dispatch,
        record: &Voucher,
        act: &Act<'_>,
    ) -> Result<GivenUp> {
        let put = voucher_put(&self.tables.vouchers, record)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let items = vec![
            TransactWriteItem::builder().put(put.build()?).build(),
            self.take_match(it)?,
            self.select_one(dispatch)?,
            self.plan(dispatch)?,
            self.audit_act(act.campaign, act.voucher, &act.change)?,
        ];
        let refused = match self.transact("a match", items).await? {
            Transacted::Written => return Ok(GivenUp::Done),
            Transacted::Refused(refused) => refused,
        };
        match refused.items.first() {
            Some(Some(old)) if refused.failed(0) => Ok(GivenUp::Recorded(Box::new(read_voucher(old)?))),
            _ if refused.failed(1) || refused.failed(3) => Ok(GivenUp::NotOpen),
            _ => Err(StoreError::Contended("a match")),
        }
    }

    /// As it waits to be looked at. Consistent.
    pub async fn open_match(
        &self,
        campaign: &CampaignId,
        customer: &CustomerId,
        occurrence: &Occurrence,
    ) -> Result<Option<Match>> {
        self.work_item(key(campaign, customer, occurrence)).await?.as_ref().map(read).transpose()
    }

    fn select_one(&self, dispatch: &Dispatch) -> Result<TransactWriteItem> {
        let selected = Update::builder()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&dispatch.key.run, dispatch.key.segment)))
            .key("sk", s(SEGMENT))
            .update_expression("ADD selected :one, #open :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":one", n(1))
            .build()?;
        Ok(TransactWriteItem::builder().update(selected).build())
    }

    fn take_match(&self, it: &Match) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(key_of(it)))
            .condition_expression("due_at = :at")
            .expression_attribute_values(":at", at(it.look_at))
            .build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Notes that events of this name are told.
    pub async fn note_event_name(&self, name: &str, now: Timestamp) -> Result<()> {
        let put = self.client.put_item().table_name(&self.tables.work);
        put.item("pk", s(NAMES)).item("sk", s(name)).item("told_at", at(now)).send().await?;
        Ok(())
    }

    pub async fn event_name_known(&self, name: &str) -> Result<bool> {
        let get = self.client.get_item().table_name(&self.tables.work).key("pk", s(NAMES)).key("sk", s(name));
        Ok(get.send().await?.item.is_some())
    }
}
