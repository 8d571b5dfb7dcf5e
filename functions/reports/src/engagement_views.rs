//! Views of the funnel from issue to redemption.

use std::collections::BTreeMap;

use domain::{
    Date,
    reporting::counters::{ChannelScope, Counter, CounterValues, TimedStage},
    voucher::record::VoucherRefusal,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    columns::{report_view, view_columns},
    cost::signed_percent,
    duration::{DurationPercentiles, duration_percentiles},
};

report_view! {
    /// The number of vouchers that reached each stage, each counted on the day it was reached.
    pub struct EngagementFunnel(counts: &CounterValues, on: ChannelScope) {
        /// Issued vouchers; `null` by channel, because a voucher is issued to a customer and not to a
        /// channel.
        issued: Option<i64> = (on == ChannelScope::All).then(|| counts.amount(&Counter::Issued));
        sent: i64 = counts.amount(&Counter::Sent(on));
        delivered: i64 = counts.amount(&Counter::Delivered(on));
        /// Vouchers whose link a person tapped. No step of the funnel: who accepts in the app need
        /// not have tapped.
        tapped: i64 = counts.amount(&Counter::Tapped(on));
        accepted: i64 = counts.amount(&Counter::Accepted(on));
        redeemed: i64 = counts.amount(&Counter::Redeemed(on));
        /// Percent of the stage before that did not reach the next one, with two digits:
        /// `issued_to_sent`, ... A step is missing if nothing reached the stage before. A value is
        /// negative if a stage was reached without the one before it, for example on a channel that
        /// does not report deliveries.
        #[schema(example = json!({"delivered_to_accepted": "62.50"}))]
        lost_percent: BTreeMap<String, String> = lost_percents(counts, on);
        /// Time from issue to acceptance.
        time_to_accept as "accept": Option<DurationPercentiles> =
            total_duration(counts, on, TimedStage::Accepted);
        /// Time from acceptance to the first redemption.
        time_to_redeem as "redeem": Option<DurationPercentiles> =
            total_duration(counts, on, TimedStage::Redeemed);
    }
}

fn lost_percents(counts: &CounterValues, on: ChannelScope) -> BTreeMap<String, String> {
    let steps = [
        ("issued_to_sent", Counter::Issued, Counter::Sent(on)),
        ("sent_to_delivered", Counter::Sent(on), Counter::Delivered(on)),
        ("delivered_to_accepted", Counter::Delivered(on), Counter::Accepted(on)),
        ("accepted_to_redeemed", Counter::Accepted(on), Counter::Redeemed(on)),
    ];
    let counted = steps
        .into_iter()
        .filter(|(_, before, _)| on == ChannelScope::All || *before != Counter::Issued);
    let lost = counted.filter_map(|(step, before, after)| {
        let (of, reached) = (counts.amount(&before), counts.amount(&after));
        Some((step.to_owned(), signed_percent(of - reached, of)?))
    });
    lost.collect()
}

/// Computes the durations of a stage, unless the funnel is that of a channel: the time that customers
/// take is not counted by channel.
fn total_duration(
    counts: &CounterValues,
    on: ChannelScope,
    stage: TimedStage,
) -> Option<DurationPercentiles> {
    duration_percentiles(counts, stage).filter(|_| on == ChannelScope::All)
}

/// The stage at which a campaign loses most customers compared with the others of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeakView {
    /// The stable code of the stage: `not_issued`, `not_sent`, `not_delivered`, `not_accepted`,
    /// `accepted_and_not_redeemed`.
    pub leak: &'static str,
    /// Percent of this campaign's customers that reach the stage; `others_percent` is that of the
    /// other campaigns together.
    pub percent: String,
    pub others_percent: String,
    /// An explanation for people; its wording may change.
    pub says: &'static str,
    pub next_step: &'static str,
}

/// A remark on the campaign's own definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemarkView {
    /// The stable code of the remark: `same_for_everyone`.
    pub remark: &'static str,
    /// An explanation for people; its wording may change.
    pub says: &'static str,
    pub next_step: &'static str,
}

view_columns! { LeakView, it:
    "leak" = it.leak.to_owned();
}

view_columns! { RemarkView, it:
    "remark" = it.remark.to_owned();
}

report_view! {
    pub struct EngagementRow(key: String, counts: &CounterValues, on: ChannelScope) {
        /// The day, the channel, the campaign's id or the vertical, depending on the parameter `by`. A
        /// campaign whose offer is valid in several verticals is in the row of each; one that is valid
        /// everywhere is in `any`.
        key: String = key;
        /// The campaign's name, in reports by campaign.
        name: Option<String> = None;
        #[serde(flatten)]
        funnel: EngagementFunnel = EngagementFunnel::compute(counts, on);
        /// The stage that loses most customers, in reports by campaign; `null` if no stage stands out,
        /// or if there is too little data.
        leak: Option<LeakView> = None;
        /// A remark, in reports by campaign, on a campaign that has issued vouchers.
        remark: Option<RemarkView> = None;
    }
}

/// The refusals of one reason: attempts to use a voucher that were turned down. All refusals of a
/// voucher for one reason count on the day of the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusalRow {
    #[schema(example = "basket_below_minimum")]
    pub reason: &'static str,
    pub refusals: i64,
    /// Vouchers that were refused for this reason at least once.
    pub vouchers: i64,
}

/// Returns the refusals by reason, the most frequent first.
pub fn refusal_rows(counts: &CounterValues) -> Vec<RefusalRow> {
    let row = |reason: VoucherRefusal| RefusalRow {
        reason: reason.code(),
        refusals: counts.amount(&Counter::Refusals(reason)),
        vouchers: counts.amount(&Counter::RefusedVouchers(reason)),
    };
    let mut rows: Vec<RefusalRow> =
        VoucherRefusal::all().map(row).filter(|row| row.refusals > 0).collect();
    rows.sort_by(|one, other| {
        other.refusals.cmp(&one.refusals).then_with(|| one.reason.cmp(other.reason))
    });
    rows
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EngagementReport {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    pub zone: String,
    /// The sum of the days.
    pub total: EngagementFunnel,
    /// The refusals of the period by reason, the most frequent first. They are not counted by
    /// channel, and not in the CSV.
    pub refusals: Vec<RefusalRow>,
    pub rows: Vec<EngagementRow>,
}
