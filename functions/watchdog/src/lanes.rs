//! Reports the lanes of the channels each minute, so that an alarm tells of one that stays closed.
//!
//! Reads the lanes in Work and writes metrics. The delivery workers close and open lanes, and
//! operators open them. A lane that opens by itself soon, because the provider throttles or the day's
//! quota is used up, is no reason to wake anybody; one that stays closed for longer than that is.

use domain::{Timestamp, kernel::channel::Channel};
use runtime::metrics::Metrics;
use store::StoreError;

use crate::WatchdogContext;

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
        let count = u64::from(lane.needs_person(now));
        Metrics::new().channel(channel.as_str()).count("LaneClosed", count).emit();
    }
    Ok(closed)
}
