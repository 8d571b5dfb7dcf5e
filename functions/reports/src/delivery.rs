//! Reports how channels and their providers perform: attempts and their results, failures by
//! reason, and durations.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    delivery::sms_origination::SmsProvider,
    kernel::channel::Channel,
    reporting::counters::{CounterValues, TimedStage},
};
use http_edge::{ApiResult, Problem};
use reporting::daily_counters::read_rows;

use crate::{
    ReportsContext,
    columns::table_response,
    delivery_views::{AttemptCounts, ChannelDelivery, DeliveryDay, DeliveryPerformance},
    duration::duration_percentiles,
    params::{ReportParams, ReportRequest},
};

/// Reports attempts, failures and durations of each channel.
#[utoipa::path(
    get, path = "/v1/reports/voucher-campaigns/api-perf", tag = "reports", operation_id = "read_delivery_performance",
    security(("jwt" = [])),
    params(ReportParams),
    responses(
        (status = 200, content((DeliveryPerformance = "application/json"), (String = "text/csv"))),
        Problem,
    )
)]
pub async fn read(State(context): State<Arc<ReportsContext>>, request: ReportRequest) -> ApiResult {
    let ReportRequest { period, mut filter, wants_csv, .. } = request;
    // In this report a channel selects what is shown, and not the campaigns.
    let shown: Vec<Channel> =
        filter.channel.take().map_or(Channel::ALL.to_vec(), |channel| vec![channel]);
    let mut days: BTreeMap<_, CounterValues> = BTreeMap::new();
    for row in read_rows(context.report_source(), period, &filter).await? {
        days.entry(row.day).or_default().add_all(&row.counts);
    }
    let mut total = CounterValues::new();
    days.values().for_each(|counts| total.add_all(counts));
    let channels = shown
        .iter()
        .filter_map(|channel| channel_delivery(&total, *channel, context.sms_provider))
        .collect();
    let days = days.iter().flat_map(|(day, counts)| {
        let of = |channel: &Channel| {
            let found = DeliveryDay::compute(*day, *channel, counts);
            (found.attempts != AttemptCounts::default()).then_some(found)
        };
        shown.iter().filter_map(of).collect::<Vec<_>>()
    });
    let days: Vec<DeliveryDay> = days.collect();
    Ok(match wants_csv {
        true => table_response("api-perf", &days, None),
        false => {
            let zone = context.zone_name.clone();
            Json(DeliveryPerformance { from: period.from, to: period.to, zone, channels, days })
                .into_response()
        }
    })
}

fn channel_delivery(
    counts: &CounterValues,
    channel: Channel,
    sms: SmsProvider,
) -> Option<ChannelDelivery> {
    let found = ChannelDelivery {
        channel,
        provider: match channel {
            Channel::Email => "ses",
            Channel::Sms => sms.code(),
            Channel::Push => "sns",
        },
        attempts: AttemptCounts::compute(counts, channel),
        due_to_sent: duration_percentiles(counts, TimedStage::Due(channel)),
        issued_to_sent: duration_percentiles(counts, TimedStage::Sent(channel)),
        sent_to_delivered: duration_percentiles(counts, TimedStage::Delivered(channel)),
    };
    let silent = found.attempts == AttemptCounts::default() && found.sent_to_delivered.is_none();
    (!silent).then_some(found)
}

#[cfg(test)]
mod tests {
    use domain::reporting::counters::Counter;

    use super::*;

    #[test]
    fn what_the_provider_took_is_a_success_whatever_came_of_it() {
        let pairs = [
            ("attempts.sms", 12),
            ("attempt.sms.delivered", 5),
            ("attempt.sms.bounced", 1),
            ("attempt.sms.sent", 2),
            ("attempt.sms.failed", 2),
            ("attempt.sms.unknown", 1),
            ("fault.sms.invalid_address", 2),
            ("fault.sms.timeout", 1),
            ("fault.email.timeout", 9),
        ];
        let counts = pairs.into_iter().map(|(name, by)| (Counter::parse(name), by)).collect();
        let sms = channel_delivery(&counts, Channel::Sms, SmsProvider::default()).unwrap();
        assert_eq!((sms.attempts.attempts, sms.attempts.accepted, sms.attempts.failed), (12, 8, 2));
        assert_eq!(sms.attempts.success_percent.as_deref(), Some("80.00"));
        assert_eq!(sms.attempts.reasons.len(), 2);
        assert_eq!(channel_delivery(&counts, Channel::Push, SmsProvider::default()), None);
    }
}
