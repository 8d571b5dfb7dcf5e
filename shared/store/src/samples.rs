//! Test sends in the Work table, apart from the dispatches of runs: PK `sample#<id>`, SK `REQUEST` (who asked for what) and
//! `MESSAGE#<number>` (one address, and what became of it). They are on no index, belong to no segment and end by TTL.
//! Written by the campaigns API and the delivery workers. Guarantees: a request is kept whole or not at all, one worker at most has a
//! message, and what became of it is written by that worker alone.

use std::fmt;

use aws_sdk_dynamodb::types::{Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use domain::{
    Timestamp,
    channel::Channel,
    customer::Locale,
    id::{CampaignId, SampleId},
    sample::{SampleAddress, SampleKey, SampleState},
};

use crate::{
    Store,
    dispatches::condition_failed,
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    transaction::Transacted,
};

/// How long a sample, and the address in it, is kept: long enough to look at a Friday's on Monday.
const KEEP_SECONDS: i64 = 3 * 24 * 3_600;
const REQUEST: &str = "REQUEST";

/// A test send as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleRequest {
    pub id: SampleId,
    pub campaign: CampaignId,
    /// Number of the definition that it shows, which is never rewritten.
    pub definition: u64,
    pub by: String,
    pub at: Timestamp,
    /// What was asked for: the same id with another is another request.
    pub fingerprint: String,
}

/// One message of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SampleMessage {
    pub key: SampleKey,
    pub campaign: CampaignId,
    pub definition: u64,
    pub address: SampleAddress,
    pub locale: Option<Locale>,
    pub state: SampleState,
    /// Why it was refused, or why nobody knows.
    pub reason: Option<String>,
    /// Of the last change.
    pub at: Timestamp,
}

impl fmt::Debug for SampleMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = self.address.channel();
        f.debug_struct("SampleMessage").field("key", &self.key).field("channel", &channel).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    First,
    /// The same request came before.
    Repeat,
    /// The id, and so the idempotency key, belongs to another request.
    Taken,
}

impl Store {
    /// Keeps a request with all its messages, each waiting.
    pub async fn plan_samples(&self, request: &SampleRequest, messages: &[SampleMessage]) -> Result<Planned> {
        let ttl = request.at.as_second() + KEEP_SECONDS;
        let mut items = vec![self.new_sample(request_item(request), ttl)?];
        for message in messages {
            items.push(self.new_sample(message_item(message), ttl)?);
        }
        let refused = match self.transact("a test send", items).await? {
            Transacted::Written => return Ok(Planned::First),
            Transacted::Refused(refused) => refused,
        };
        let old = refused.items.first().cloned().flatten();
        let same = old.is_some_and(|old| old.text_opt("fingerprint") == Some(&request.fingerprint));
        Ok(if same { Planned::Repeat } else { Planned::Taken })
    }

    fn new_sample(&self, mut item: Item, ttl: i64) -> Result<TransactWriteItem> {
        item.insert("ttl".into(), n(ttl));
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A request and its messages as they stand. Consistent.
    pub async fn samples(&self, id: &SampleId) -> Result<Option<(SampleRequest, Vec<SampleMessage>)>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(partition(id)))
            .consistent_read(true)
            .send()
            .await?;
        let (mut request, mut messages) = (None, Vec::new());
        for item in page.items.unwrap_or_default() {
            if item.text("sk")? == REQUEST {
                request = Some(read_request(&item)?);
            } else {
                messages.push(read_message(&item)?);
            }
        }
        messages.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(request.map(|request| (request, messages)))
    }

    /// A waiting message for the one worker that will send it. `None`: another has or had it, or it is gone.
    pub async fn claim_sample(&self, key: &SampleKey, now: Timestamp) -> Result<Option<SampleMessage>> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&key.id)))
            .key("sk", s(sort_key(key.number)))
            .update_expression("SET #state = :sending, #at = :now")
            .condition_expression("#state = :waiting")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":waiting", s(SampleState::Waiting.as_str()))
            .expression_attribute_values(":sending", s(SampleState::Sending.as_str()))
            .expression_attribute_values(":now", at(now))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(claimed) => Ok(Some(read_message(&claimed.attributes.unwrap_or_default())?)),
            Err(error) if condition_failed(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What became of a message that is being sent. Said once: a second word finds it settled and changes nothing.
    pub async fn record_sample(
        &self,
        key: &SampleKey,
        state: SampleState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let reasoned = if reason.is_some() { ", reason = :reason" } else { "" };
        let mut update = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&key.id)))
            .key("sk", s(sort_key(key.number)))
            .update_expression(format!("SET #state = :state, #at = :now{reasoned}"))
            .condition_expression("#state = :sending")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":sending", s(SampleState::Sending.as_str()))
            .expression_attribute_values(":state", s(state.as_str()))
            .expression_attribute_values(":now", at(now));
        if let Some(reason) = reason {
            update = update.expression_attribute_values(":reason", s(reason));
        }
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn partition(id: &SampleId) -> String {
    format!("sample#{id}")
}

fn sort_key(number: u32) -> String {
    format!("MESSAGE#{number:03}")
}

fn request_item(request: &SampleRequest) -> Item {
    Item::from([
        ("pk".into(), s(partition(&request.id))),
        ("sk".into(), s(REQUEST)),
        ("sample_id".into(), s(request.id.as_str())),
        ("campaign_id".into(), s(request.campaign.as_str())),
        ("definition".into(), n(request.definition)),
        ("by".into(), s(&request.by)),
        ("at".into(), at(request.at)),
        ("fingerprint".into(), s(&request.fingerprint)),
    ])
}

fn message_item(message: &SampleMessage) -> Item {
    let mut item = Item::from([
        ("pk".into(), s(partition(&message.key.id))),
        ("sk".into(), s(sort_key(message.key.number))),
        ("sample_id".into(), s(message.key.id.as_str())),
        ("number".into(), n(message.key.number)),
        ("campaign_id".into(), s(message.campaign.as_str())),
        ("definition".into(), n(message.definition)),
        ("channel".into(), s(message.address.channel().as_str())),
        ("address".into(), s(message.address.expose())),
        ("state".into(), s(message.state.as_str())),
        ("at".into(), at(message.at)),
    ]);
    if let Some(locale) = &message.locale {
        item.insert("locale".into(), s(locale.as_str()));
    }
    item
}

fn bad(what: &str) -> StoreError {
    StoreError::corrupt("sample", what.to_owned())
}

fn read_id(item: &Item) -> Result<SampleId> {
    SampleId::parse(item.text("sample_id")?).map_err(|_| bad("sample_id"))
}

fn read_request(item: &Item) -> Result<SampleRequest> {
    Ok(SampleRequest {
        id: read_id(item)?,
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        definition: item.number("definition")?,
        by: item.text("by")?.to_owned(),
        at: item.time("at")?,
        fingerprint: item.text("fingerprint")?.to_owned(),
    })
}

fn read_message(item: &Item) -> Result<SampleMessage> {
    let channel = Channel::parse(item.text("channel")?).ok_or_else(|| bad("channel"))?;
    Ok(SampleMessage {
        key: SampleKey { id: read_id(item)?, number: item.number("number")? },
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        definition: item.number("definition")?,
        address: SampleAddress::parse(channel, item.text("address")?).map_err(|_| bad("address"))?,
        locale: item.text_opt("locale").map(Locale::parse).transpose().map_err(|_| bad("locale"))?,
        state: SampleState::parse(item.text("state")?).ok_or_else(|| bad("state"))?,
        reason: item.text_opt("reason").map(str::to_owned),
        at: item.time("at")?,
    })
}
