//! The index `due` of the Work table: what a function has to process, each kind of work in a queue
//! of its own. It is eventually consistent, so whoever reads an entry writes the item under a
//! condition.

use domain::Timestamp;

use crate::{
    Store,
    error::Result,
    item::{ItemMap, at, s},
};

impl Store {
    /// Returns a page of what a queue holds for later than `after`, soonest first, and the key to
    /// go on from.
    pub(crate) async fn later_items(
        &self,
        queue: &str,
        after: Timestamp,
        limit: i32,
        start: Option<ItemMap>,
    ) -> Result<(Vec<ItemMap>, Option<ItemMap>)> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .index_name("due")
            .key_condition_expression("due_queue = :queue AND due_at > :after")
            .expression_attribute_values(":queue", s(queue))
            .expression_attribute_values(":after", at(after))
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }

    /// Returns a page of a queue, oldest first, and the key to go on from.
    pub(crate) async fn due_items(
        &self,
        queue: &str,
        now: Timestamp,
        limit: i32,
        after: Option<ItemMap>,
    ) -> Result<(Vec<ItemMap>, Option<ItemMap>)> {
        let page = self
            .client
            .query()
            .table_name(&self.tables.work)
            .index_name("due")
            .key_condition_expression("due_queue = :queue AND due_at <= :now")
            .expression_attribute_values(":queue", s(queue))
            .expression_attribute_values(":now", at(now))
            .limit(limit)
            .set_exclusive_start_key(after)
            .send()
            .await?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }
}
