//! Reports the lanes of the channels each minute, so that an alarm tells of one that stays closed.
//!
//! Reads the lanes in Work and writes metrics. The delivery workers close and open lanes, and
//! operators open them. A lane that opens by itself soon, because the provider throttles or the day's
//! quota is used up, is no reason to wake anybody; one that stays closed for longer than that is.

use domain::{Timestamp, delivery::lane::Lane, kernel::channel::Channel};
use jiff::SignedDuration;
use runtime::metrics::Metrics;
use store::StoreError;

use crate::WatchdogContext;

/// The time after which a lane that opens by itself is reported all the same. A day's quota is back
/// within a day.
const MAX_USUAL_CLOSING: SignedDuration = SignedDuration::from_hours(25);

/// Emits, for each channel, 1 while its lane is closed and a person has to look after it, else 0.
/// Returns the number of lanes that are closed for any reason.
pub(crate) async fn report_lanes(
    context: &WatchdogContext,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut closed = 0;
    for channel in Channel::ALL {
        let lane = context.store.lane(channel).await?;
        closed += u64::from(lane.closure().is_some());
        let count = u64::from(needs_person(&lane, now));
        Metrics::new().channel(channel.as_str()).count("LaneClosed", count).emit();
    }
    Ok(closed)
}

fn needs_person(lane: &Lane, now: Timestamp) -> bool {
    lane.closure().is_some_and(|closure| {
        !closure.cause.passes_by_itself() || now.duration_since(closure.since) > MAX_USUAL_CLOSING
    })
}

#[cfg(test)]
mod tests {
    use domain::delivery::{lane::LaneCause, sender_fault::SenderFault};

    use super::*;

    #[test]
    fn a_lane_that_opens_by_itself_wakes_nobody_for_a_day() {
        let noon: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        let closed =
            |fault| Lane::new(Channel::Email).close(LaneCause::Fault(fault), noon).unwrap();
        for (fault, hours, expected) in [
            (SenderFault::DailyQuota, 24, false),
            (SenderFault::DailyQuota, 26, true),
            (SenderFault::Throttled, 1, false),
            (SenderFault::IdentityNotVerified, 0, true),
            (SenderFault::SpendLimit, 0, true),
        ] {
            let now = noon + SignedDuration::from_hours(hours);
            assert_eq!(needs_person(&closed(fault), now), expected, "{fault:?} after {hours} h");
        }
        assert!(!needs_person(&Lane::new(Channel::Email), noon));
    }
}
