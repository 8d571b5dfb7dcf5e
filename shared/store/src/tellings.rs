//! Events on their way to an endpoint whose first try failed, and those that were given up. In Work: a telling under PK
//! `telling#<endpoint>#<event>`, on the due index under `webhooks#<shard>` at the time of its next try; a dead letter under PK
//! `dead#<endpoint>`, SK its time and event. Each becomes the other in one transaction, so none is lost between them.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::{
    Timestamp,
    announcement::{About, Failed, Telling, What},
    id::{CustomerId, EventId, HookId, VoucherId},
};

use crate::{
    Store,
    batch::Consistency,
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    transaction::Transacted,
};

/// Partitions of the due index, so that an endpoint that is down does not fill one.
pub const SHARDS: u32 = 4;
const TELLING: &str = "TELLING";
/// A dead letter is kept so long after it was given up, in seconds.
const KEEP_DEAD_SECONDS: i64 = 30 * 24 * 3_600;
/// A telling that nobody came back to (its endpoint was deleted, say) goes so long after its next try, in seconds.
const KEEP_SECONDS: i64 = 30 * 24 * 3_600;

/// A telling that is kept, and when it is looked at next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub telling: Telling,
    pub due_at: Timestamp,
}

/// A telling that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// As it was tried last.
    pub telling: Telling,
    pub failed: Failed,
    pub given_up_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    Moved,
    /// Somebody else has moved it on.
    Overtaken,
}

fn shard(event: &EventId) -> u32 {
    let sum = event.as_str().bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    sum % SHARDS
}

fn queue(shard: u32) -> String {
    format!("webhooks#{shard}")
}

fn telling_key(hook: &HookId, event: &EventId) -> Item {
    Item::from([("pk".into(), s(format!("telling#{hook}#{event}"))), ("sk".into(), s(TELLING))])
}

fn dead_partition(hook: &HookId) -> String {
    format!("dead#{hook}")
}

/// Oldest first: times have thirteen digits until the year 2286.
fn dead_key(telling: &Telling) -> Item {
    let order = format!("{:013}#{}", telling.at.as_millisecond(), telling.event);
    Item::from([("pk".into(), s(dead_partition(&telling.hook))), ("sk".into(), s(order))])
}

fn contents(telling: &Telling) -> Item {
    let mut item = Item::from([
        ("hook".into(), s(telling.hook.as_str())),
        ("event".into(), s(telling.event.as_str())),
        ("what".into(), s(telling.what.name())),
        ("at".into(), at(telling.at)),
        ("attempt".into(), n(telling.attempt)),
    ]);
    if let Some(about) = &telling.about {
        item.insert("customer_id".into(), s(about.customer.as_str()));
        item.insert("voucher_id".into(), s(about.voucher.as_str()));
    }
    item
}

fn told_of(failed: &Failed) -> Item {
    let status = failed.status.map(|status| ("status".to_owned(), n(status)));
    std::iter::once(("reason".to_owned(), s(&failed.reason))).chain(status).collect()
}

fn telling_item(telling: &Telling, due_at: Timestamp) -> Item {
    let mut item = contents(telling);
    item.extend(telling_key(&telling.hook, &telling.event));
    item.extend([
        ("due_queue".into(), s(queue(shard(&telling.event)))),
        ("due_at".into(), at(due_at)),
        ("ttl".into(), n(due_at.as_second().saturating_add(KEEP_SECONDS))),
    ]);
    item
}

fn read(item: &Item) -> Result<Telling> {
    let bad = |what: &str| StoreError::corrupt("telling", what.to_owned());
    let about = match (item.text_opt("customer_id"), item.text_opt("voucher_id")) {
        (Some(customer), Some(voucher)) => Some(About {
            customer: CustomerId::parse(customer).map_err(|_| bad("customer_id"))?,
            voucher: VoucherId::parse(voucher).map_err(|_| bad("voucher_id"))?,
        }),
        _ => None,
    };
    Ok(Telling {
        hook: HookId::parse(item.text("hook")?).map_err(|_| bad("hook"))?,
        event: EventId::parse(item.text("event")?).map_err(|_| bad("event"))?,
        what: What::parse(item.text("what")?).ok_or_else(|| bad("what"))?,
        about,
        at: item.time("at")?,
        attempt: item.number("attempt")?,
    })
}

fn read_dead(item: &Item) -> Result<DeadLetter> {
    Ok(DeadLetter {
        telling: read(item)?,
        failed: Failed { status: item.number_opt("status"), reason: item.text("reason")?.to_owned() },
        given_up_at: item.time("given_up_at")?,
    })
}

impl Store {
    /// The try `tried` failed: `tried.next()` is due then. The first failure makes the item, every later one moves it on.
    pub async fn tell_later(&self, tried: &Telling, failed: &Failed, due_at: Timestamp) -> Result<Moved> {
        let mut item = telling_item(&tried.next(), due_at);
        item.extend(told_of(failed));
        let put = self.client.put_item().table_name(&self.tables.work).set_item(Some(item));
        let put = if tried.attempt <= 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("attempt = :attempt").expression_attribute_values(":attempt", n(tried.attempt))
        };
        moved(put.send().await)
    }

    /// It arrived, or nobody wants it any more. The first try has no item.
    pub async fn told(&self, telling: &Telling) -> Result<()> {
        if telling.attempt <= 1 {
            return Ok(());
        }
        let delete = self
            .client
            .delete_item()
            .table_name(&self.tables.work)
            .set_key(Some(telling_key(&telling.hook, &telling.event)))
            .condition_expression("attempt = :attempt")
            .expression_attribute_values(":attempt", n(telling.attempt));
        moved(delete.send().await).map(|_| ())
    }

    /// As it waits, or is being tried. Consistent.
    pub async fn kept_telling(&self, hook: &HookId, event: &EventId) -> Result<Option<Kept>> {
        let found = self.work_item(telling_key(hook, event)).await?;
        found.map(|item| Ok(Kept { telling: read(&item)?, due_at: item.time("due_at")? })).transpose()
    }

    /// A page of one shard's tellings to be tried by now, oldest first, and the key to go on from. What cannot be read is logged and left.
    pub async fn due_tellings(
        &self,
        shard: u32,
        now: Timestamp,
        limit: i32,
        after: Option<DuePosition>,
    ) -> Result<(Vec<Kept>, Option<DuePosition>)> {
        let (entries, next) = self.due(&queue(shard), now, limit, after.map(|position| position.0)).await?;
        let part = |item: &Item, name: &str| item.text(name).map(s);
        let key = |item: &Item| Ok(Item::from([("pk".into(), part(item, "pk")?), ("sk".into(), part(item, "sk")?)]));
        let keys = entries.iter().map(key).collect::<Result<Vec<Item>>>()?;
        let items = self.batch_get(&self.tables.work, keys, Consistency::Strong).await?;
        let mut due = Vec::new();
        for item in &items {
            match read(item).and_then(|telling| Ok(Kept { telling, due_at: item.time("due_at")? })) {
                Ok(kept) if kept.due_at <= now => due.push(kept),
                // moved on since
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "a telling cannot be read; left where it is"),
            }
        }
        due.sort_by(|a, b| (a.due_at, &a.telling.event).cmp(&(b.due_at, &b.telling.event)));
        Ok((due, next.map(DuePosition)))
    }

    /// It is looked at again at `until`, whatever becomes of whoever has it now.
    pub async fn postpone_telling(&self, kept: &Kept, until: Timestamp) -> Result<Moved> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(telling_key(&kept.telling.hook, &kept.telling.event)))
            .update_expression("SET due_at = :until")
            .condition_expression("due_at = :read AND attempt = :attempt")
            .expression_attribute_values(":until", at(until))
            .expression_attribute_values(":read", at(kept.due_at))
            .expression_attribute_values(":attempt", n(kept.telling.attempt));
        moved(update.send().await)
    }

    /// The telling becomes a dead letter of its endpoint, all or nothing.
    pub async fn give_up_telling(&self, tried: &Telling, failed: &Failed, now: Timestamp) -> Result<Moved> {
        let mut item = contents(tried);
        item.extend(dead_key(tried));
        item.extend(told_of(failed));
        item.extend([
            ("given_up_at".into(), at(now)),
            ("ttl".into(), n(now.as_second().saturating_add(KEEP_DEAD_SECONDS))),
        ]);
        let put = Put::builder().table_name(&self.tables.work).set_item(Some(item)).build()?;
        let mut items = vec![TransactWriteItem::builder().put(put).build()];
        let taken =
            Delete::builder().table_name(&self.tables.work).set_key(Some(telling_key(&tried.hook, &tried.event)));
        // the first try has no item, and none may be there
        let taken = if tried.attempt <= 1 {
            taken.condition_expression("attribute_not_exists(pk)")
        } else {
            taken.condition_expression("attempt = :attempt").expression_attribute_values(":attempt", n(tried.attempt))
        };
        items.push(TransactWriteItem::builder().delete(taken.build()?).build());
        self.moved_together("a telling and its dead letter", items).await
    }

    /// A page of an endpoint's dead letters, the oldest event first, and the sort key to go on from.
    pub async fn dead_letters(
        &self,
        hook: &HookId,
        limit: i32,
        after: Option<&str>,
    ) -> Result<(Vec<DeadLetter>, Option<String>)> {
        let start = after.map(|sk| Item::from([("pk".into(), s(dead_partition(hook))), ("sk".into(), s(sk))]));
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .key_condition_expression("pk = :dead")
            .expression_attribute_values(":dead", s(dead_partition(hook)))
            .limit(limit)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let letters = page.items().iter().map(read_dead).collect::<Result<Vec<_>>>()?;
        let next = page.last_evaluated_key.as_ref().map(|key| key.text("sk").map(str::to_owned)).transpose()?;
        Ok((letters, next))
    }

    /// The dead letter becomes a telling again, due now, as after its first try: all of the later ones are before it. `Overtaken`: it was
    /// sent again before.
    pub async fn redrive(&self, letter: &DeadLetter, now: Timestamp) -> Result<Moved> {
        let again = Telling { attempt: 2, ..letter.telling.clone() };
        let put = Put::builder()
            .table_name(&self.tables.work)
            .set_item(Some(telling_item(&again, now)))
            .condition_expression("attribute_not_exists(pk)")
            .build()?;
        let gone = Delete::builder()
            .table_name(&self.tables.work)
            .set_key(Some(dead_key(&letter.telling)))
            .condition_expression("attribute_exists(pk)")
            .build()?;
        let items =
            vec![TransactWriteItem::builder().delete(gone).build(), TransactWriteItem::builder().put(put).build()];
        self.moved_together("a dead letter", items).await
    }

    async fn moved_together(&self, what: &'static str, items: Vec<TransactWriteItem>) -> Result<Moved> {
        Ok(match self.transact(what, items).await? {
            Transacted::Written => Moved::Moved,
            Transacted::Refused(_) => Moved::Overtaken,
        })
    }
}

/// Where a page of the due index ends.
#[derive(Debug, Clone)]
pub struct DuePosition(Item);

/// Conditions of single writes that say no mean that somebody was faster.
fn moved<T, E, R>(answer: std::result::Result<T, aws_sdk_dynamodb::error::SdkError<E, R>>) -> Result<Moved>
where
    E: std::error::Error + aws_smithy_types::error::metadata::ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
    match answer {
        Ok(_) => Ok(Moved::Moved),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(Moved::Overtaken),
        Err(error) => Err(error.into()),
    }
}
