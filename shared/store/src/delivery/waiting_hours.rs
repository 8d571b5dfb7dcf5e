//! Plans again what waits for the hours of its customers, when the contact policy has changed. The
//! checkpoint of it is in Control, beside the policy: partition `settings#contact-policy`, `HOURS`.
//!
//! Before it: the selection and the workers, which keep with a dispatch what it waits for. After it:
//! the release, which finds the dispatch at its new time.
//!
//! Guarantees: only a dispatch that is still `ready` at the time that was read is moved, so work
//! that was released, put back or retried meanwhile stays as it is.

use domain::{
    Timestamp,
    delivery::dispatch::{Dispatch, DispatchState},
    kernel::channel::Channel,
};

use crate::{
    Store,
    batch::ReadConsistency,
    conditional::{Applied, parse_applied},
    due_index::{DuePosition, DueQueue, DueTime},
    error::{Result, StoreError},
    item::{AttributeReader, at, n, s},
    keys::{dispatch_key, hours_checkpoint_key, read_work_key},
    work_items::read_dispatch,
};

/// Dispatches that are read at once: the most that one batch takes.
const PAGE: usize = 100;

/// How far what waits has been planned again for a version of the contact policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursCheckpoint {
    /// The version of the contact policy.
    pub version: u64,
    /// The time at which this pass began.
    pub began_at: Timestamp,
    /// The place that this pass has come to, or `None` after its end.
    pub position: Option<HoursPosition>,
}

/// The place at which a pass goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursPosition {
    pub channel: Channel,
    /// The time that was asked for: the dispatches due later are read.
    pub after: Timestamp,
    /// The entries that were read last, or `None` if nothing has been read yet. A time alone would not do:
    /// more can be due at one time than a round reads.
    pub start: Option<DuePosition>,
}

impl HoursPosition {
    /// Returns the beginning of a channel, whose later dispatches nobody has read.
    pub fn beginning(channel: Channel, after: Timestamp) -> Self {
        Self { channel, after, start: None }
    }
}

impl Store {
    /// Returns the checkpoint, or `None` if the contact policy never changed what waits.
    pub async fn hours_checkpoint(&self) -> Result<Option<HoursCheckpoint>> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(hours_checkpoint_key()))
            .consistent_read(true)
            .send()
            .await?;
        let Some(item) = found.item else {
            return Ok(None);
        };
        let position = match item.text_opt("channel") {
            None => None,
            Some(name) => {
                let bad = || StoreError::corrupt("hours", "channel");
                let channel = Channel::parse(name).ok_or_else(bad)?;
                let start = item.text_opt("start").map(serde_json::from_str).transpose();
                let start = start.map_err(|_| StoreError::corrupt("hours", "start"))?;
                Some(HoursPosition { channel, after: item.time("position")?, start })
            }
        };
        let (version, began_at) = (item.number("version")?, item.time("began_at")?);
        Ok(Some(HoursCheckpoint { version, began_at, position }))
    }

    /// Keeps the checkpoint. Of two workers that write it the later one wins: the pass can be
    /// repeated.
    pub async fn save_hours_checkpoint(&self, checkpoint: &HoursCheckpoint) -> Result<()> {
        let mut item = hours_checkpoint_key();
        item.insert("version".into(), n(checkpoint.version));
        item.insert("began_at".into(), at(checkpoint.began_at));
        if let Some(position) = &checkpoint.position {
            item.insert("channel".into(), s(position.channel.as_str()));
            item.insert("position".into(), at(position.after));
            if let Some(start) = &position.start {
                let text = serde_json::to_string(start)
                    .map_err(|_| StoreError::corrupt("hours", "start"))?;
                item.insert("start".into(), s(text));
            }
        }
        let put = self.client.put_item().table_name(&self.tables.control);
        put.set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Returns a page of the dispatches that are ready on a channel and due after `after`, soonest
    /// first, and the key of the next page. An unreadable one is logged and left where it is.
    pub async fn later_dispatches(
        &self,
        channel: Channel,
        after: Timestamp,
        start: Option<&DuePosition>,
    ) -> Result<(Vec<Dispatch>, Option<DuePosition>)> {
        let queue = DueQueue::Ready(channel);
        let page = self.due_page(queue, DueTime::After(after), PAGE, start).await?;
        let (found, next) = page.into_items();
        let keys = found.iter().map(read_work_key).collect::<Result<Vec<_>>>()?;
        let items = self.batch_get(&self.tables.work, keys, ReadConsistency::Strong).await?;
        let mut dispatches = Vec::new();
        for item in &items {
            match read_dispatch(item) {
                Ok(dispatch) => dispatches.push(dispatch),
                Err(error) => tracing::error!(%error, "unreadable dispatch left at its time"),
            }
        }
        dispatches.sort_by_key(|dispatch| dispatch.due_at);
        Ok((dispatches, next))
    }

    /// Moves a dispatch that waits to another time.
    pub async fn move_waiting_dispatch(
        &self,
        dispatch: &Dispatch,
        due_at: Timestamp,
    ) -> Result<Applied> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(dispatch_key(&dispatch.key)))
            .update_expression("SET due_at = :new")
            .condition_expression("#state = :ready AND due_at = :old")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":ready", s(DispatchState::Ready.as_str()))
            .expression_attribute_values(":old", at(dispatch.due_at))
            .expression_attribute_values(":new", at(due_at))
            .send()
            .await;
        parse_applied(answer)
    }
}
