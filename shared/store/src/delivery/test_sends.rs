//! Test sends in the Work table, apart from the dispatches of runs: PK `sample#<id>`, SK `REQUEST`
//! (the request and its operator) and `MESSAGE#<number>` (one address, and the result of its
//! message). They are on no index, belong to no segment and end by TTL.
//!
//! Written by the campaigns API and the delivery workers. Guarantees: a request is kept whole or
//! not at all, at most one worker claims a message, and only that worker records its result.

use std::fmt;

use aws_sdk_dynamodb::types::{
    Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use domain::{
    Timestamp,
    customer::address::Address,
    delivery::test_send::{TestSendKey, TestSendState},
    kernel::{
        channel::Channel,
        id::{CampaignId, TestSendId},
        locale::Locale,
    },
};

use crate::{
    Store,
    conditional::{parse_answer, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{TEST_REQUEST, test_message_key, test_request_key, test_send_partition},
    transaction::TransactionResult,
};

/// The time for which a test send, and the address in it, is kept: long enough to check a Friday's
/// on Monday. Seconds.
const KEEP_SECONDS: i64 = 3 * 24 * 3_600;

/// The request for a test send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSendRecord {
    pub id: TestSendId,
    pub campaign: CampaignId,
    /// The number of the definition that it shows, which is never rewritten.
    pub definition: u64,
    pub by: String,
    pub at: Timestamp,
    /// The fingerprint of the request: the same id with another fingerprint is another request.
    pub fingerprint: String,
}

/// One message of a test send.
#[derive(Clone, PartialEq, Eq)]
pub struct TestSendMessage {
    pub key: TestSendKey,
    pub campaign: CampaignId,
    pub definition: u64,
    pub address: Address,
    pub locale: Option<Locale>,
    pub state: TestSendState,
    /// The reason of a refusal, or of an unknown result.
    pub reason: Option<String>,
    /// The time of the last change.
    pub at: Timestamp,
}

impl fmt::Debug for TestSendMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = self.address.channel();
        f.debug_struct("SampleMessage")
            .field("key", &self.key)
            .field("channel", &channel)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanTestSendResult {
    First,
    /// The same request came before.
    Repeat,
    /// The id, and therefore the idempotency key, belongs to another request.
    IdConflict,
}

impl Store {
    /// Keeps a request with all its messages, each of them waiting.
    pub async fn plan_test_send(
        &self,
        request: &TestSendRecord,
        messages: &[TestSendMessage],
    ) -> Result<PlanTestSendResult> {
        let ttl = request.at.as_second() + KEEP_SECONDS;
        let mut items = vec![self.test_send_put(request_item(request), ttl)?];
        for message in messages {
            items.push(self.test_send_put(message_item(message), ttl)?);
        }
        let refused = match self.transact("a test send", items).await? {
            TransactionResult::Written => return Ok(PlanTestSendResult::First),
            TransactionResult::Refused(refused) => refused,
        };
        let old = refused.old_item_at(0);
        let same = old.is_some_and(|old| old.text_opt("fingerprint") == Some(&request.fingerprint));
        Ok(if same { PlanTestSendResult::Repeat } else { PlanTestSendResult::IdConflict })
    }

    fn test_send_put(&self, mut item: ItemMap, ttl: i64) -> Result<TransactWriteItem> {
        item.insert("ttl".into(), n(ttl));
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Returns a request and its messages. Reads consistently.
    pub async fn test_send(
        &self,
        id: &TestSendId,
    ) -> Result<Option<(TestSendRecord, Vec<TestSendMessage>)>> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(test_send_partition(id)))
            .consistent_read(true)
            .send()
            .await?;
        let (mut request, mut messages) = (None, Vec::new());
        for item in page.items.unwrap_or_default() {
            if item.text("sk")? == TEST_REQUEST {
                request = Some(read_request(&item)?);
            } else {
                messages.push(read_message(&item)?);
            }
        }
        messages.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(request.map(|request| (request, messages)))
    }

    /// Claims a waiting message for the one worker that sends it. Returns `None` if another worker
    /// has claimed it, or if it is gone.
    pub async fn claim_test_message(
        &self,
        key: &TestSendKey,
        now: Timestamp,
    ) -> Result<Option<TestSendMessage>> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(test_message_key(key)))
            .update_expression("SET #state = :sending, #at = :now")
            .condition_expression("#state = :waiting")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":waiting", s(TestSendState::Waiting.as_str()))
            .expression_attribute_values(":sending", s(TestSendState::Sending.as_str()))
            .expression_attribute_values(":now", at(now))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let claimed = parse_answer(answer)?;
        claimed.map(|claimed| read_message(&claimed.attributes.unwrap_or_default())).transpose()
    }

    /// Records the result of a message that is being sent. The first result stays: a second call
    /// changes nothing.
    pub async fn record_test_message(
        &self,
        key: &TestSendKey,
        state: TestSendState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let reasoned = if reason.is_some() { ", reason = :reason" } else { "" };
        let mut update = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(test_message_key(key)))
            .update_expression(format!("SET #state = :state, #at = :now{reasoned}"))
            .condition_expression("#state = :sending")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":sending", s(TestSendState::Sending.as_str()))
            .expression_attribute_values(":state", s(state.as_str()))
            .expression_attribute_values(":now", at(now));
        if let Some(reason) = reason {
            update = update.expression_attribute_values(":reason", s(reason));
        }
        parse_applied(update.send().await).map(|_| ())
    }
}

fn request_item(request: &TestSendRecord) -> ItemMap {
    let mut item = test_request_key(&request.id);
    item.extend([
        ("sample_id".into(), s(request.id.as_str())),
        ("campaign_id".into(), s(request.campaign.as_str())),
        ("definition".into(), n(request.definition)),
        ("by".into(), s(&request.by)),
        ("at".into(), at(request.at)),
        ("fingerprint".into(), s(&request.fingerprint)),
    ]);
    item
}

fn message_item(message: &TestSendMessage) -> ItemMap {
    let mut item = test_message_key(&message.key);
    item.extend([
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

fn read_id(item: &ItemMap) -> Result<TestSendId> {
    TestSendId::parse(item.text("sample_id")?).map_err(|_| bad("sample_id"))
}

fn read_request(item: &ItemMap) -> Result<TestSendRecord> {
    Ok(TestSendRecord {
        id: read_id(item)?,
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        definition: item.number("definition")?,
        by: item.text("by")?.to_owned(),
        at: item.time("at")?,
        fingerprint: item.text("fingerprint")?.to_owned(),
    })
}

fn read_message(item: &ItemMap) -> Result<TestSendMessage> {
    let channel = Channel::parse(item.text("channel")?).ok_or_else(|| bad("channel"))?;
    Ok(TestSendMessage {
        key: TestSendKey { id: read_id(item)?, number: item.number("number")? },
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        definition: item.number("definition")?,
        address: Address::parse(channel, item.text("address")?).map_err(|_| bad("address"))?,
        locale: item
            .text_opt("locale")
            .map(Locale::parse)
            .transpose()
            .map_err(|_| bad("locale"))?,
        state: TestSendState::parse(item.text("state")?).ok_or_else(|| bad("state"))?,
        reason: item.text_opt("reason").map(str::to_owned),
        at: item.time("at")?,
    })
}
