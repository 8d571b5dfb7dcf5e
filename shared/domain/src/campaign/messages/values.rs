//! The facts of one message, and the values of its variables in the language of its template.
//!
//! It reads what is known of a voucher and its customer. The template's locale is chosen first
//! (`render`), because a value is written in the language of the sentence around it.
//!
//! Guarantee: a day that is named is the last one on which the thing is still possible where the
//! customer lives.

use std::fmt;

use jiff::{Timestamp, civil::Date};

use super::{
    render::MessageVariables,
    way_out::WayOut,
    wording::{Typesetting, Wording},
};
use crate::{
    campaign::offer::Offer,
    customer::profile::Zone,
    kernel::{channel::Channel, language::Language, locale::Locale},
};

/// The facts that fill a message, in no language yet.
#[derive(Clone)]
pub struct MessageFacts<'a> {
    pub offer: &'a Offer,
    pub voucher_id: String,
    pub voucher_link: String,
    /// The way out, if it is an SMS.
    pub way_out: WayOut,
    /// The last day on which the voucher can be accepted.
    pub accept_by: Date,
    /// The last day on which the voucher can be redeemed.
    pub redeem_by: Date,
    pub today: Date,
    pub campaign_name: &'a str,
    pub brand: &'a str,
    pub first_name: Option<&'a str>,
    pub last_name: Option<&'a str>,
}

impl MessageFacts<'_> {
    /// Returns the values as a message on `channel` shows them.
    pub fn variables(&self, wording: &Wording, channel: Channel) -> MessageVariables {
        let setting = match channel {
            Channel::Sms => Typesetting::Sms,
            Channel::Email | Channel::Push => Typesetting::Full,
        };
        let texts = wording.offer_texts(self.offer, setting);
        let day = |day: Date| wording.day(day, self.today, setting);
        let accept_by = day(self.accept_by);
        MessageVariables {
            offer: texts.offer.clone(),
            full_offer: texts.full_offer.clone(),
            voucher_id: self.voucher_id.clone(),
            voucher_link: self.voucher_link.clone(),
            redeem_by: if self.redeem_by == self.accept_by {
                accept_by.clone()
            } else {
                day(self.redeem_by)
            },
            accept_by,
            campaign_name: self.campaign_name.to_owned(),
            brand: self.brand.to_owned(),
            way_out: String::new(),
            first_name: self.first_name.map(str::to_owned),
            last_name: self.last_name.map(str::to_owned),
            minimum_basket: texts.minimum_basket.clone(),
        }
    }
}

impl fmt::Debug for MessageFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageFacts").field("voucher_id", &self.voucher_id).finish_non_exhaustive()
    }
}

/// Returns the last day in `zone` that has a moment before `end`, when the thing is over: an end at
/// midnight belongs to the day before.
pub fn last_day(zone: &Zone, end: Timestamp) -> Date {
    let last_moment = end.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(end);
    zone.local_day(last_moment)
}

/// Returns the locale of the values in a template of `template` for a customer of `reader`: the
/// customer's own if both share a language that the product speaks, so that a reader of `es-MX`
/// finds Mexican prices in a text of `es`; otherwise the template's.
pub(super) fn value_locale<'l>(template: &'l Locale, reader: Option<&'l Locale>) -> &'l Locale {
    let is_known = |reader: &Locale| Language::of(reader).is_some();
    reader.filter(|reader| reader.shares_language(template) && is_known(reader)).unwrap_or(template)
}
