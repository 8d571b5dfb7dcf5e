//! Vouchers that end unused. A dispatch that issues leaves a block of its customers in Work, PK and SK beside it (`X#<name>`), on the due
//! index under `expiring` at the time when their vouchers end. The sweep stamps whoever has not used theirs by then, which the stream
//! tells on; a block whose vouchers have more time is moved to the next end. Nothing here is fenced: a stamp has its own condition, and
//! two who work on one block write the same.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::{
    Timestamp,
    dispatch::DispatchKey,
    id::{CampaignId, CustomerId, Occurrence},
    voucher::Status,
};

use crate::{
    Store,
    dispatches::condition_failed,
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    vouchers::{Step, VoucherKey},
    work::{parse_partition, partition},
};

const EXPIRING: &str = "expiring";
/// A block that nobody could work on ends this long after its time, in seconds.
const KEEP_SECONDS: i64 = 30 * 24 * 3_600;

/// Customers whose vouchers of one occurrence end at about the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Of the dispatch that issued them.
    pub key: DispatchKey,
    pub campaign: CampaignId,
    pub occurrence: Occurrence,
    pub customers: Vec<CustomerId>,
    pub at: Timestamp,
}

fn sort_key(key: &DispatchKey) -> String {
    format!("X#{}", key.name)
}

fn block_item(block: &Expiry) -> Item {
    let customers = block.customers.iter().map(|customer| s(customer.as_str())).collect();
    Item::from([
        ("pk".into(), s(partition(&block.key.run, block.key.segment))),
        ("sk".into(), s(sort_key(&block.key))),
        ("campaign_id".into(), s(block.campaign.as_str())),
        ("occurrence".into(), s(block.occurrence.as_str())),
        ("customers".into(), AttributeValue::L(customers)),
        ("due_queue".into(), s(EXPIRING)),
        ("due_at".into(), at(block.at)),
        ("ttl".into(), n(block.at.as_second() + KEEP_SECONDS)),
    ])
}

fn read_key(item: &Item) -> Result<DispatchKey> {
    let (run, segment) = parse_partition(item.text("pk")?).ok_or_else(|| StoreError::corrupt("expiry", "pk"))?;
    let name = item.text("sk")?.strip_prefix("X#").ok_or_else(|| StoreError::corrupt("expiry", "sk"))?;
    Ok(DispatchKey { run, segment, name: name.to_owned() })
}

fn read_block(item: &Item) -> Result<Expiry> {
    let bad = |what: &str| StoreError::corrupt("expiry", what.to_owned());
    let customers = item.get("customers").and_then(|list| list.as_l().ok()).ok_or_else(|| bad("customers"))?;
    let customer = |value: &AttributeValue| value.as_s().ok().and_then(|id| CustomerId::parse(id).ok());
    Ok(Expiry {
        key: read_key(item)?,
        campaign: CampaignId::parse(item.text("campaign_id")?).map_err(|_| bad("campaign_id"))?,
        occurrence: Occurrence::parse(item.text("occurrence")?).map_err(|_| bad("occurrence"))?,
        customers: customers.iter().map(customer).collect::<Option<_>>().ok_or_else(|| bad("customers"))?,
        at: item.time_opt("due_at").ok_or_else(|| bad("due_at"))?,
    })
}

impl Store {
    pub(crate) fn plan_expiry(&self, block: &Expiry) -> Result<TransactWriteItem> {
        let put = Put::builder().table_name(&self.tables.work).set_item(Some(block_item(block))).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The first `limit` blocks whose time has come, oldest first.
    pub async fn due_expiries(&self, now: Timestamp, limit: u16) -> Result<Vec<DispatchKey>> {
        let (found, _) = self.due(EXPIRING, now, i32::from(limit), None).await?;
        found.iter().map(read_key).collect()
    }

    /// `None`: done meanwhile.
    pub async fn expiry(&self, key: &DispatchKey) -> Result<Option<Expiry>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&key.run, key.segment)))
            .key("sk", s(sort_key(key)))
            .send()
            .await?;
        found.item.as_ref().map(read_block).transpose()
    }

    /// Looked at again at its new time, with those who are left.
    pub async fn move_expiry(&self, block: &Expiry) -> Result<()> {
        self.client.put_item().table_name(&self.tables.work).set_item(Some(block_item(block))).send().await?;
        Ok(())
    }

    pub async fn end_expiry(&self, key: &DispatchKey) -> Result<()> {
        self.client
            .delete_item()
            .table_name(&self.tables.work)
            .key("pk", s(partition(&key.run, key.segment)))
            .key("sk", s(sort_key(key)))
            .send()
            .await?;
        Ok(())
    }

    /// The voucher ended before it was used: once, and only if it is so.
    pub async fn mark_expired(&self, key: &VoucherKey, now: Timestamp) -> Result<Step> {
        let answer = self
            .update(key)
            .update_expression("SET expired_at = :now")
            .condition_expression(
                "attribute_not_exists(expired_at) AND ((#status = :issued AND accept_by <= :now) \
                 OR (#status = :accepted AND redeem_by <= :now))",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", at(now))
            .expression_attribute_values(":issued", s(Status::Issued.as_str()))
            .expression_attribute_values(":accepted", s(Status::Accepted.as_str()))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Step::Taken),
            Err(error) if condition_failed(&error) => Ok(Step::Overtaken),
            Err(error) => Err(error.into()),
        }
    }
}
