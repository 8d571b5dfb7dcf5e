//! The firing of an autopilot: what tells it apart from the campaign's other firings for the same
//! customer, and when it may be sent.

use jiff::{Timestamp, civil::Date};

use crate::kernel::id::Occurrence;

/// The firing of an autopilot that all customers of a dispatch share. Without one, the run is the
/// occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerFiring {
    pub occurrence: Occurrence,
    /// The customers' calendar day on which the autopilot fires.
    pub day: Date,
    /// The earliest send time, if an event fired the autopilot. A calendar trigger has its own hour
    /// instead.
    pub at: Option<Timestamp>,
}
