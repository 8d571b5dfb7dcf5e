//! The lanes of the channels in the Work table: PK `lane#<channel>`, SK `LANE` for the lane and SK
//! `ANSWERS` for the provider's answers since the breaker last judged them.
//!
//! Written by the delivery workers, which close, probe and open lanes, and by operators, who open
//! them; read by release-dispatches, the watchdog and the health page. Each write of a lane is
//! conditional on the version that was read, so of two workers one decides.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::{
    Timestamp,
    delivery::lane::{AnswerCounts, Lane, LaneCause, LaneClosure, LaneOpener},
    kernel::channel::Channel,
};

use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{lane_answers_key, lane_key},
};

fn lane_item(lane: &Lane) -> ItemMap {
    let mut item = lane_key(lane.channel);
    item.insert("version".to_owned(), n(lane.version));
    if let Some(closure) = &lane.last_closure {
        item.insert("cause".to_owned(), s(closure.cause.code()));
        item.insert("since".to_owned(), at(closure.since));
        item.insert("probe_at".to_owned(), at(closure.probe_at));
        item.insert("failed_probes".to_owned(), n(closure.failed_probes));
        if let LaneCause::Breaker(counts) = closure.cause {
            item.insert("answered".to_owned(), n(counts.answered));
            item.insert("failed".to_owned(), n(counts.failed));
        }
    }
    if let Some((opened_at, opener)) = lane.opened {
        item.insert("opened_at".to_owned(), at(opened_at));
        item.insert("opened_by".to_owned(), s(opener.as_str()));
    }
    item
}

fn read_lane(channel: Channel, item: &ItemMap) -> Result<Lane> {
    let bad = |what: &str| StoreError::corrupt("lane", what.to_owned());
    let cause = LaneCause::from_code(item.text("cause")?, read_counts(item));
    let opened: Option<(Timestamp, LaneOpener)> = match item.time_opt("opened_at") {
        None => None,
        Some(opened_at) => {
            let opener = LaneOpener::parse(item.text("opened_by")?);
            Some((opened_at, opener.ok_or_else(|| bad("opened_by"))?))
        }
    };
    Ok(Lane {
        channel,
        version: item.number("version")?,
        last_closure: Some(LaneClosure {
            cause: cause.ok_or_else(|| bad("cause"))?,
            since: item.time("since")?,
            probe_at: item.time("probe_at")?,
            failed_probes: item.number("failed_probes")?,
        }),
        opened,
    })
}

fn read_counts(item: &ItemMap) -> AnswerCounts {
    let count = |name: &str| item.number_opt(name).unwrap_or(0);
    AnswerCounts { answered: count("answered"), failed: count("failed") }
}

impl Store {
    /// Returns a channel's lane. Reads consistently.
    pub async fn lane(&self, channel: Channel) -> Result<Lane> {
        let get = self
            .client
            .get_item()
            .table_name(&self.tables.work)
            .set_key(Some(lane_key(channel)))
            .consistent_read(true);
        let found = get.send().await?.item;
        found.map_or_else(|| Ok(Lane::new(channel)), |item| read_lane(channel, &item))
    }

    /// Saves a lane that was decided from the one that was read, and returns it under its next version,
    /// or `None` if the lane has changed since.
    pub async fn save_lane(&self, lane: &Lane) -> Result<Option<Lane>> {
        let saved = Lane { version: lane.version + 1, ..lane.clone() };
        let put =
            self.client.put_item().table_name(&self.tables.work).set_item(Some(lane_item(&saved)));
        let put = match lane.version {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            version => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", n(version)),
        };
        Ok((parse_applied(put.send().await)? == Applied::Yes).then_some(saved))
    }

    /// Adds answers of a channel's provider, and returns all since the last judgement.
    pub async fn count_answers(
        &self,
        channel: Channel,
        answers: AnswerCounts,
    ) -> Result<AnswerCounts> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(lane_answers_key(channel)))
            .update_expression("ADD answered :answered, failed :failed")
            .expression_attribute_values(":answered", n(answers.answered))
            .expression_attribute_values(":failed", n(answers.failed))
            .return_values(ReturnValue::AllNew);
        Ok(read_counts(&update.send().await?.attributes.unwrap_or_default()))
    }

    /// Takes judged answers out of the count. Of several workers that have judged the same window, one
    /// takes it out.
    pub async fn take_judged_answers(&self, channel: Channel, judged: AnswerCounts) -> Result<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.work)
            .set_key(Some(lane_answers_key(channel)))
            .update_expression("ADD answered :answered, failed :failed")
            .condition_expression("answered >= :judged AND failed >= :judged_failed")
            .expression_attribute_values(":answered", n(-i64::from(judged.answered)))
            .expression_attribute_values(":failed", n(-i64::from(judged.failed)))
            .expression_attribute_values(":judged", n(judged.answered))
            .expression_attribute_values(":judged_failed", n(judged.failed));
        parse_applied(update.send().await)?;
        Ok(())
    }
}
