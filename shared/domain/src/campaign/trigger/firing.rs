//! The firing of an autopilot: what tells it apart from the campaign's other firings for the same
//! customer, when it may be sent, and the occasion that it belongs to.
//!
//! Each firing has an occurrence, and so a record of its own. Several firings can belong to one
//! occasion: a birthday that was corrected, and corrected back, a lapse whose next order was
//! cancelled, a third order that was cancelled and made up for, a cart that was emptied and filled
//! again. An occasion is used up by a voucher or a held-out record, and by nothing else: a firing
//! that was undone, skipped or given up leaves it to the next one.

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

/// Stands between the occasion and what tells its firings apart.
const SEPARATOR: char = ':';

/// The kinds of occurrence that have several firings for one occasion, by the beginning of their
/// text.
const REPEATABLE: [&str; 7] =
    ["order.", "first_order:", "spend:", CART, "birthday.", "date.", "after."];
const CART: &str = "cart.";

/// Returns the occurrence of one firing of an occasion. `None` means that it is longer than an id.
pub(super) fn firing_of(occasion: &str, firing: impl std::fmt::Display) -> Option<Occurrence> {
    Occurrence::parse(&format!("{occasion}{SEPARATOR}{firing}")).ok()
}

impl Occurrence {
    /// Returns the occasion, for which a customer gets at most one voucher of a campaign: the whole
    /// text, unless one occasion can fire several times.
    pub fn occasion(&self) -> &str {
        let text = self.as_str();
        if !REPEATABLE.iter().any(|kind| text.starts_with(kind)) {
            return text;
        }
        // The ids of carts are the app's and may contain the separator, so the last one counts.
        let is_cart = text.starts_with(CART);
        let cut = if is_cart { text.rsplit_once(SEPARATOR) } else { text.split_once(SEPARATOR) };
        cut.map_or(text, |(occasion, _)| occasion)
    }

    /// Returns what a match of this occurrence waits as. Two touches of a cart are one match, at the
    /// time of the later one; of everything else each firing is a match.
    pub fn waits_as(&self) -> &str {
        if self.as_str().starts_with(CART) { self.occasion() } else { self.as_str() }
    }
}
