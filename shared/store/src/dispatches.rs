//! Dispatches in the Work table, beside the segment they belong to: PK `run#<run>#<segment>`, SK `D#<name>`.
//! While `ready` they stand on the due index under `ready#<channel>`; once released under `released` with the time at which the
//! watchdog looks after them; done or dropped ones leave it. `takes` is the fence of whoever works on one.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::{
    Timestamp,
    channel::Channel,
    dispatch::{Dispatch, DispatchKey, DispatchState, Firing, Purpose, Tally},
    id::{CampaignId, CustomerId, Occurrence, RunId},
    money::Minor,
};

use crate::{
    Store,
    error::{Result, StoreError},
    expiries::EXPIRING,
    item::{Item, Read, at, n, s},
    transaction::Transacted,
    work::{SEGMENT, parse_partition, partition},
};

pub(crate) const RELEASED: &str = "released";
/// A finished dispatch is kept so long for diagnostics, in seconds.
pub(crate) const KEEP_SECONDS: i64 = 30 * 24 * 3_600;
/// Dispatches of one page of the due index.
const DUE_PAGE: i32 = 500;
/// Rounds of "ask for what is left" when a quota runs out under several workers.
const LEASE_ROUNDS: usize = 8;

pub(crate) fn sort_key(name: &str) -> String {
    format!("D#{name}")
}

pub(crate) fn ready_queue(channel: Channel) -> String {
    format!("ready#{channel}")
}

pub(crate) fn dispatch_item(dispatch: &Dispatch) -> Item {
    let customers = dispatch.customers.iter().map(|customer| s(customer.as_str())).collect();
    let mut item = Item::from([
        ("pk".into(), s(partition(&dispatch.key.run, dispatch.key.segment))),
        ("sk".into(), s(sort_key(&dispatch.key.name))),
        ("campaign_id".into(), s(dispatch.campaign.as_str())),
        ("channel".into(), s(dispatch.channel.as_str())),
        ("purpose".into(), s(dispatch.purpose.as_str())),
        ("attempt".into(), n(dispatch.attempt)),
        ("customers".into(), AttributeValue::L(customers)),
        ("size".into(), n(dispatch.size())),
        ("state".into(), s(dispatch.state.as_str())),
        ("takes".into(), n(dispatch.takes)),
        ("put_backs".into(), n(0)),
        ("due_queue".into(), s(ready_queue(dispatch.channel))),
        ("due_at".into(), at(dispatch.due_at)),
    ]);
    if let Some(leased) = dispatch.leased {
        item.insert("leased".into(), n(leased));
    }
    item.extend(firing_items(dispatch.firing.as_ref()));
    item
}

pub(crate) fn firing_items(firing: Option<&Firing>) -> Vec<(String, AttributeValue)> {
    let items = |firing: &Firing| {
        vec![
            ("occurrence".to_owned(), s(firing.occurrence.as_str())),
            ("match_day".to_owned(), s(firing.day.to_string())),
        ]
    };
    let moment = firing.and_then(|firing| firing.at).map(|moment| ("match_at".to_owned(), at(moment)));
    firing.map(items).unwrap_or_default().into_iter().chain(moment).collect()
}

pub(crate) fn read_firing(item: &Item) -> Result<Option<Firing>> {
    let Some(occurrence) = item.text_opt("occurrence") else { return Ok(None) };
    let bad = |what: &str| StoreError::corrupt("firing", what.to_owned());
    Ok(Some(Firing {
        occurrence: Occurrence::parse(occurrence).map_err(|_| bad("occurrence"))?,
        day: item.text("match_day")?.parse().map_err(|_| bad("match_day"))?,
        at: item.time_opt("match_at"),
    }))
}

pub(crate) fn read_key(item: &Item) -> Result<DispatchKey> {
    let (run, segment) = parse_partition(item.text("pk")?).ok_or_else(|| StoreError::corrupt("dispatch", "pk"))?;
    let name = item.text("sk")?.strip_prefix("D#").ok_or_else(|| StoreError::corrupt("dispatch", "sk"))?;
    Ok(DispatchKey { run, segment, name: name.to_owned() })
}

pub(crate) fn read_dispatch(item: &Item) -> Result<Dispatch> {
    let bad = |what: &str| StoreError::corrupt("dispatch", what.to_owned());
    let customers = item.get("customers").and_then(|list| list.as_l().ok()).ok_or_else(|| bad("customers"))?;
    let customer = |value: &AttributeValue| value.as_s().ok().and_then(|id| CustomerId::parse(id).ok());
    Ok(Dispatch {
        key: read_key(item)?,
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        channel: Channel::parse(item.text("channel")?).ok_or_else(|| bad("channel"))?,
        purpose: Purpose::parse(item.text("purpose")?).ok_or_else(|| bad("purpose"))?,
        attempt: item.number_opt("attempt").unwrap_or(1),
        customers: customers.iter().map(customer).collect::<Option<_>>().ok_or_else(|| bad("customers"))?,
        due_at: item.time_opt("due_at").unwrap_or(Timestamp::UNIX_EPOCH),
        was_due: item.time_opt("was_due"),
        state: DispatchState::parse(item.text("state")?).ok_or_else(|| bad("state"))?,
        takes: item.number("takes")?,
        leased: item.number_opt("leased"),
        firing: read_firing(item)?,
    })
}

/// A due dispatch as the index shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub key: DispatchKey,
    pub campaign: CampaignId,
    pub channel: Channel,
    pub size: u64,
}

fn read_due(item: &Item) -> Option<Due> {
    Some(Due {
        key: read_key(item).ok()?,
        campaign: CampaignId::parse(item.text_opt("campaign_id")?).ok()?,
        channel: Channel::parse(item.text_opt("channel")?)?,
        size: item.number_opt("size")?,
    })
}

/// Where the next page of due dispatches starts.
#[derive(Debug, Clone, PartialEq)]
pub struct DuePage(Item);

/// The answer to "may I work on this?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Take {
    /// `crashes`: earlier takes that neither ended it nor put it back.
    Mine { dispatch: Box<Dispatch>, crashes: u32 },
    /// Another worker's lease still runs.
    Busy,
    /// Done, dropped, put back or unknown: the message is old.
    Settled,
}

/// Whether a fenced write found the dispatch still in the writer's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fenced {
    Written,
    Lost,
}

/// What a worker has made of a dispatch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Customers who got an outcome; all zero for dispatches that do not count.
    pub tally: Tally,
    /// Dispatches that follow for groups of its customers.
    pub follow_ups: Vec<Dispatch>,
    /// Vouchers leased and not used.
    pub unused: u32,
    /// When the vouchers that it has issued end.
    pub expires_at: Option<Timestamp>,
}

impl Store {
    /// A page of what is due on a channel, oldest first, and where the next page starts.
    pub async fn due_dispatches(
        &self,
        channel: Channel,
        now: Timestamp,
        after: Option<DuePage>,
    ) -> Result<(Vec<Due>, Option<DuePage>)> {
        let (found, next) = self.due(&ready_queue(channel), now, DUE_PAGE, after.map(|page| page.0)).await?;
        Ok((found.iter().filter_map(read_due).collect(), next.map(DuePage)))
    }

    /// Released, and neither done nor looked after since: their message may be lost.
    pub async fn overdue_dispatches(&self, now: Timestamp) -> Result<Vec<Due>> {
        let (found, _) = self.due(RELEASED, now, DUE_PAGE, None).await?;
        Ok(found.iter().filter_map(read_due).collect())
    }

    /// A released dispatch that nobody works on goes back to `ready`, to be released again. False: it is settled or in hand.
    pub async fn reopen(&self, due: &Due, now: Timestamp) -> Result<bool> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&due.key.run, due.key.segment)))
            .key("sk", s(sort_key(&due.key.name)))
            .update_expression("SET #state = :ready, due_queue = :queue, due_at = :now REMOVE lease_until")
            .condition_expression("#state = :released AND (attribute_not_exists(lease_until) OR lease_until <= :now)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":queue", s(ready_queue(due.channel)))
            .expression_attribute_values(":now", at(now))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// `ready -> released`, to be looked after at `look_again_at`; when it was due is kept. False: someone else released it.
    pub async fn release(&self, key: &DispatchKey, look_again_at: Timestamp) -> Result<bool> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&key.run, key.segment)))
            .key("sk", s(sort_key(&key.name)))
            .update_expression(
                "SET #state = :released, due_queue = :queue, was_due = if_not_exists(was_due, due_at), due_at = :at",
            )
            .condition_expression("#state = :ready")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":queue", s(RELEASED))
            .expression_attribute_values(":at", at(look_again_at))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a released dispatch for `lease_seconds`. The new `takes` is the fence of all later writes.
    pub async fn take(&self, key: &DispatchKey, now: Timestamp, lease_seconds: i64) -> Result<Take> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&key.run, key.segment)))
            .key("sk", s(sort_key(&key.name)))
            .update_expression("SET lease_until = :until ADD takes :one")
            .condition_expression("#state = :released AND (attribute_not_exists(lease_until) OR lease_until <= :now)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":until", n(now.as_millisecond() + lease_seconds * 1_000))
            .expression_attribute_values(":now", at(now))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(taken) => {
                let item = taken.attributes.unwrap_or_default();
                // a dispatch that was put back is not a dispatch that killed its worker
                let put_backs: u32 = item.number_opt("put_backs").unwrap_or(0);
                let dispatch = read_dispatch(&item)?;
                Ok(Take::Mine { crashes: dispatch.takes.saturating_sub(1 + put_backs), dispatch: Box::new(dispatch) })
            }
            Err(error) => match old_item(&error) {
                Some(old) => {
                    let released = old.text_opt("state") == Some(DispatchState::Released.as_str());
                    Ok(if released { Take::Busy } else { Take::Settled })
                }
                None if condition_failed(&error) => Ok(Take::Settled),
                None => Err(error.into()),
            },
        }
    }

    /// Sets vouchers aside for a dispatch: as many as are `wanted`, or what the campaign's caps leave. Once per dispatch: a repeat
    /// finds what was leased before. `each` is the most that one voucher can cost.
    pub async fn lease_quota(&self, dispatch: &Dispatch, wanted: u32, each: Minor) -> Result<u32> {
        if let Some(leased) = dispatch.leased {
            return Ok(leased);
        }
        let mut wanted = wanted;
        for _ in 0..LEASE_ROUNDS {
            let mut items = vec![self.note_lease(dispatch, wanted)?];
            if wanted > 0 {
                items.push(self.move_quota(&dispatch.campaign, -i64::from(wanted), each, true)?);
            }
            let cancelled = match self.transact("a campaign's quota", items).await? {
                Transacted::Written => return Ok(wanted),
                Transacted::Refused(cancelled) => cancelled,
            };
            if cancelled.failed(0) {
                return Err(StoreError::Contended("a dispatch's lease"));
            }
            let left = cancelled.items.get(1).and_then(Option::as_ref).map_or(0, |quota| quota_left(quota, each));
            wanted = wanted.saturating_sub(1).min(left);
        }
        Err(StoreError::Contended("a campaign's quota"))
    }

    fn note_lease(&self, dispatch: &Dispatch, leased: u32) -> Result<TransactWriteItem> {
        let update = self
            .fenced(dispatch)
            .update_expression("SET leased = :leased")
            .condition_expression("#state = :released AND takes = :takes AND attribute_not_exists(leased)")
            .expression_attribute_values(":leased", n(leased));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn fenced(&self, dispatch: &Dispatch) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&dispatch.key.run, dispatch.key.segment)))
            .key("sk", s(sort_key(&dispatch.key.name)))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":takes", n(dispatch.takes))
    }

    /// Fails unless this take is still the last one.
    pub(crate) fn still_taken(&self, dispatch: &Dispatch) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&dispatch.key.run, dispatch.key.segment)))
            .key("sk", s(sort_key(&dispatch.key.name)))
            .condition_expression("#state = :released AND takes = :takes")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":released", s(DispatchState::Released.as_str()))
            .expression_attribute_values(":takes", n(dispatch.takes))
            .build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// `vouchers` below zero takes from the quota, above zero gives back.
    fn move_quota(
        &self,
        campaign: &CampaignId,
        vouchers: i64,
        each: Minor,
        guarded: bool,
    ) -> Result<TransactWriteItem> {
        let mut update = Update::builder()
            .table_name(&self.tables.control)
            .key("campaign_id", s(campaign.as_str()))
            .key("sk", s("QUOTA"))
            .update_expression("ADD vouchers_remaining :vouchers, exposure_remaining :exposure")
            .expression_attribute_values(":vouchers", n(vouchers))
            .expression_attribute_values(":exposure", n(vouchers * each.units()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if guarded {
            update = update
                .condition_expression("vouchers_remaining >= :v AND exposure_remaining >= :e")
                .expression_attribute_values(":v", n(-vouchers))
                .expression_attribute_values(":e", n(-vouchers * each.units()));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Ends a dispatch: its state, the counters of its segment, what follows from it, and unused quota, all or nothing.
    pub async fn finish(&self, dispatch: &Dispatch, outcome: &Outcome, each: Minor, now: Timestamp) -> Result<Fenced> {
        let mut items =
            vec![self.settle(dispatch, DispatchState::Done, outcome.expires_at, now)?, self.tally(dispatch, outcome)?];
        if outcome.unused > 0 {
            items.push(self.move_quota(&dispatch.campaign, i64::from(outcome.unused), each, false)?);
        }
        for follow_up in &outcome.follow_ups {
            items.push(self.plan(follow_up)?);
        }
        self.fenced_transaction(items).await
    }

    /// Ends a dispatch of a cancelled campaign that nobody has worked on: all its customers are skipped in one step.
    pub async fn drop_untouched(&self, dispatch: &Dispatch, now: Timestamp) -> Result<Fenced> {
        let skipped = if dispatch.purpose.counts() { dispatch.size() } else { 0 };
        let outcome = Outcome { tally: Tally { skipped, ..Tally::default() }, ..Outcome::default() };
        let items = vec![self.settle(dispatch, DispatchState::Dropped, None, now)?, self.tally(dispatch, &outcome)?];
        self.fenced_transaction(items).await
    }

    async fn fenced_transaction(&self, items: Vec<TransactWriteItem>) -> Result<Fenced> {
        match self.transact("a dispatch and its segment", items).await? {
            Transacted::Written => Ok(Fenced::Written),
            Transacted::Refused(cancelled) if cancelled.failed(0) => Ok(Fenced::Lost),
            // a follow-up of that name is there already, though this dispatch is not ended: not a state that we make
            Transacted::Refused(cancelled) => Err(StoreError::Refused(format!("what follows: {:?}", cancelled.codes))),
        }
    }

    fn settle(
        &self,
        dispatch: &Dispatch,
        state: DispatchState,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<TransactWriteItem> {
        let until = expires_at.map_or(now, |end| end.max(now));
        let update = self
            .fenced(dispatch)
            .condition_expression("#state = :released AND takes = :takes")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":state", s(state.as_str()))
            .expression_attribute_values(":ttl", n(until.as_second() + KEEP_SECONDS));
        let update = match expires_at {
            Some(end) => update
                .update_expression(
                    "SET #state = :state, #ttl = :ttl, due_queue = :queue, due_at = :at REMOVE lease_until",
                )
                .expression_attribute_values(":queue", s(EXPIRING))
                .expression_attribute_values(":at", at(end)),
            None => update.update_expression("SET #state = :state, #ttl = :ttl REMOVE due_queue, due_at, lease_until"),
        };
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn tally(&self, dispatch: &Dispatch, outcome: &Outcome) -> Result<TransactWriteItem> {
        let holding = outcome.follow_ups.iter().filter(|next| next.purpose.holds_run()).count();
        let open = i64::try_from(holding).unwrap_or(i64::MAX) - i64::from(dispatch.purpose.holds_run());
        let update = Update::builder()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&dispatch.key.run, dispatch.key.segment)))
            .key("sk", s(SEGMENT))
            .update_expression("ADD #open :open, issued :issued, ghost :ghost, skipped :skipped, failed :failed")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":open", n(open))
            .expression_attribute_values(":issued", n(outcome.tally.issued))
            .expression_attribute_values(":ghost", n(outcome.tally.ghost))
            .expression_attribute_values(":skipped", n(outcome.tally.skipped))
            .expression_attribute_values(":failed", n(outcome.tally.failed));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    pub(crate) fn plan(&self, dispatch: &Dispatch) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(dispatch_item(dispatch)))
            .condition_expression("attribute_not_exists(pk)")
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A dispatch of one that follows from an attempt, with its segment's count of open work if the run waits for it: the items that make
    /// planning whole.
    pub(crate) fn plan_one(&self, dispatch: &Dispatch) -> Result<Vec<TransactWriteItem>> {
        let mut items = vec![self.plan(dispatch)?];
        if dispatch.purpose.holds_run() {
            items.push(self.count_open(&dispatch.key.run, dispatch.key.segment, 1)?);
        }
        Ok(items)
    }

    /// Open work of a segment, more or less: what `completed` waits for.
    pub(crate) fn count_open(&self, run: &RunId, segment: u32, by: i64) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.tables.work)
            .key("pk", s(partition(run, segment)))
            .key("sk", s(SEGMENT))
            .update_expression("ADD #open :by")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":by", n(by))
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Back to `ready` for later, and due then: the campaign is paused, or the work could not go on.
    pub async fn put_back(&self, dispatch: &Dispatch, due_at: Timestamp) -> Result<Fenced> {
        let update = self
            .fenced(dispatch)
            .update_expression(
                "SET #state = :ready, due_queue = :queue, due_at = :at REMOVE lease_until, was_due ADD put_backs :one",
            )
            .condition_expression("#state = :released AND takes = :takes")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":queue", s(ready_queue(dispatch.channel)))
            .expression_attribute_values(":at", at(due_at))
            .expression_attribute_values(":one", n(1));
        self.fenced_transaction(vec![TransactWriteItem::builder().update(update.build()?).build()]).await
    }
}

/// How many vouchers the caps still allow.
fn quota_left(quota: &Item, each: Minor) -> u32 {
    let vouchers: i64 = quota.number_opt("vouchers_remaining").unwrap_or(0);
    let exposure: i64 = quota.number_opt("exposure_remaining").unwrap_or(0);
    let by_exposure = if each == Minor::ZERO { vouchers } else { exposure / each.units() };
    u32::try_from(vouchers.min(by_exposure).max(0)).unwrap_or(u32::MAX)
}

type UpdateError = aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError>;

pub(crate) fn condition_failed(error: &UpdateError) -> bool {
    error.as_service_error().is_some_and(|service| service.is_conditional_check_failed_exception())
}

/// The item as it stood when a condition on it failed, if it was asked for and exists.
pub(crate) fn old_item(error: &UpdateError) -> Option<&Item> {
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
    if let UpdateItemError::ConditionalCheckFailedException(exception) = error.as_service_error()? {
        exception.item()
    } else {
        None
    }
}
