//! The counts of a rehearsal: numbers only, no customer. They are added up per customer, per page
//! and per segment, in any order, to the same sums.
//!
//! Guarantees: `selected` is the sum of `treated`, `held_out`, `known` and all of `skipped`; names
//! that customers bring along (verticals, cities) are limited, and the rest is counted under the
//! empty name, so that counts have a largest size.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CustomerRecords, RehearsalFacts, RehearsedOutcome};
use crate::{
    campaign::definition::Definition,
    customer::{phone_country::CountryCode, profile::Customer},
    kernel::{
        channel::{Channel, by_channel},
        id::CampaignId,
        locale::Locale,
    },
    reporting::costs::CostRates,
};

/// Verticals or cities that are counted by name.
const MAX_NAMES: usize = 200;
/// The name under which all others are counted.
pub const OTHER: &str = "";
/// The number from which offers and campaigns of one customer are counted as one class.
pub const MANY: u32 = 10;
/// The last hour after the launch that is counted by itself: two weeks.
const LAST_HOUR: u32 = 24 * 14;
const SECONDS_PER_HOUR: u64 = 3_600;

/// Messages, and the units that providers bill: the segments of an SMS, else one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageCount {
    pub messages: u64,
    pub units: u64,
}

/// The sums over the customers of a rehearsal, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RehearsalCounts {
    pub scanned: u64,
    /// Customers whose profile or records could not be read.
    pub unreadable: u64,
    /// Marks of erased customers that were read; they are no customers and not in `scanned`.
    pub erased: u64,
    /// Customers whom the audience rule selects; of all live campaigns, those whom one wants.
    pub selected: u64,
    /// Selected customers who have had this campaign before.
    pub known: u64,
    /// Selected customers who get a voucher, before the campaign's own caps.
    pub treated: u64,
    pub held_out: u64,
    /// Selected customers who get nothing, by the code of the reason.
    pub skipped: BTreeMap<String, u64>,
    /// Treated customers by the channel of the first message.
    #[serde(deserialize_with = "by_channel")]
    pub channels: BTreeMap<Channel, u64>,
    /// Messages by channel and, for SMS, by the country of the number.
    #[serde(deserialize_with = "by_channel")]
    pub messages: BTreeMap<Channel, BTreeMap<String, MessageCount>>,
    /// Messages by channel and by the hour after the launch in which they are due.
    #[serde(deserialize_with = "by_channel")]
    pub due_hours: BTreeMap<Channel, BTreeMap<u32, u64>>,
    /// Treated customers by the vertical in which they order most.
    pub verticals: BTreeMap<String, u64>,
    pub cities: BTreeMap<String, u64>,
    /// Treated customers whom another live campaign wants too, by campaign; of all live campaigns,
    /// the customers that each wants.
    pub collisions: BTreeMap<CampaignId, u64>,
    /// Treated customers by the offers that are open to them with this one, the last class being
    /// ten or more.
    pub open_offers: BTreeMap<u32, u64>,
    /// Treated customers by the number of live campaigns that want them, this one included.
    pub wanted_by: BTreeMap<u32, u64>,
}

/// Another campaign that is live or about to be.
#[derive(Debug, Clone, Copy)]
pub struct OtherCampaign<'a> {
    pub id: &'a CampaignId,
    pub definition: &'a Definition,
    pub topic: Option<&'a crate::customer::topics::TopicQuestion>,
}

impl OtherCampaign<'_> {
    fn wants(&self, customer: &Customer, now: Timestamp) -> bool {
        crate::reporting::overlap::can_reach(self.definition, self.topic, customer, now)
    }
}

impl RehearsalCounts {
    /// Counts the outcome for one customer.
    pub fn count(
        &mut self,
        facts: &RehearsalFacts<'_>,
        segments: &BTreeMap<Locale, u32>,
        others: &[OtherCampaign<'_>],
        customer: &Customer,
        records: Option<&CustomerRecords<'_>>,
        outcome: &RehearsedOutcome,
    ) {
        self.scanned += 1;
        match outcome {
            RehearsedOutcome::NotSelected => return,
            RehearsedOutcome::Known => self.known += 1,
            RehearsedOutcome::HeldOut => self.held_out += 1,
            RehearsedOutcome::Skipped(reason) => {
                *self.skipped.entry(reason.code().to_owned()).or_default() += 1;
            }
            RehearsedOutcome::Treated { first, further, due_at } => {
                self.treated += 1;
                *self.channels.entry(*first).or_default() += 1;
                for channel in [*first].iter().chain(further) {
                    self.count_message(facts, segments, customer, *channel, *due_at);
                }
                self.count_customer(customer);
                let open = records.map_or(0, |records| records.open_offers(*due_at));
                *self.open_offers.entry(class_of(open + 1)).or_default() += 1;
                let wanting = self.count_wanting(others, customer, facts.launch_at);
                *self.wanted_by.entry(class_of(wanting + 1)).or_default() += 1;
            }
        }
        self.selected += 1;
    }

    /// Counts which of the live campaigns want a customer.
    pub fn count_live(&mut self, live: &[OtherCampaign<'_>], customer: &Customer, now: Timestamp) {
        self.scanned += 1;
        let wanting = self.count_wanting(live, customer, now);
        if wanting > 0 {
            self.selected += 1;
            *self.wanted_by.entry(class_of(wanting)).or_default() += 1;
            self.count_customer(customer);
        }
    }

    /// Counts a customer who could not be read.
    pub fn count_unreadable(&mut self) {
        self.scanned += 1;
        self.unreadable += 1;
    }

    /// Adds the sums of another part.
    pub fn add(&mut self, other: &Self) {
        let Self { scanned, unreadable, erased, selected, known, treated, held_out, .. } = other;
        self.scanned += scanned;
        self.unreadable += unreadable;
        self.erased += erased;
        self.selected += selected;
        self.known += known;
        self.treated += treated;
        self.held_out += held_out;
        add_all(&mut self.skipped, &other.skipped);
        add_all(&mut self.channels, &other.channels);
        add_all(&mut self.collisions, &other.collisions);
        add_all(&mut self.open_offers, &other.open_offers);
        add_all(&mut self.wanted_by, &other.wanted_by);
        for (name, count) in &other.verticals {
            add_named(&mut self.verticals, name, *count);
        }
        for (name, count) in &other.cities {
            add_named(&mut self.cities, name, *count);
        }
        for (channel, hours) in &other.due_hours {
            add_all(self.due_hours.entry(*channel).or_default(), hours);
        }
        for (channel, countries) in &other.messages {
            let own = self.messages.entry(*channel).or_default();
            for (country, count) in countries {
                let sum = own.entry(country.clone()).or_default();
                sum.messages += count.messages;
                sum.units += count.units;
            }
        }
    }

    fn count_message(
        &mut self,
        facts: &RehearsalFacts<'_>,
        segments: &BTreeMap<Locale, u32>,
        customer: &Customer,
        channel: Channel,
        due_at: Timestamp,
    ) {
        let (country, units) = match channel {
            Channel::Sms => {
                let phone = customer.contacts.phone.as_ref();
                let country = phone.and_then(CountryCode::of_phone);
                let locale = customer.profile.locale.as_ref();
                let choice = facts.definition.messages.choose_locale(channel, locale);
                let units = choice.and_then(|choice| segments.get(&choice.locale)).copied();
                let country = country.map_or(OTHER.to_owned(), |it| it.as_str().to_owned());
                (country, units.unwrap_or(1))
            }
            Channel::Email | Channel::Push => (OTHER.to_owned(), 1),
        };
        let count = self.messages.entry(channel).or_default().entry(country).or_default();
        count.messages += 1;
        count.units += u64::from(units);
        let waits = due_at.duration_since(facts.launch_at).as_hours().max(0);
        let hour = u32::try_from(waits).unwrap_or(LAST_HOUR).min(LAST_HOUR);
        *self.due_hours.entry(channel).or_default().entry(hour).or_default() += 1;
    }

    fn count_customer(&mut self, customer: &Customer) {
        let most = customer.verticals.iter().max_by_key(|(_, totals)| totals.orders);
        let vertical = most.map_or(OTHER, |(name, _)| name.as_str());
        add_named(&mut self.verticals, vertical, 1);
        let city = customer.profile.city.as_ref().map_or(OTHER, |city| city.expose());
        add_named(&mut self.cities, city, 1);
    }

    fn count_wanting(
        &mut self,
        others: &[OtherCampaign<'_>],
        customer: &Customer,
        now: Timestamp,
    ) -> usize {
        let wanting = others.iter().filter(|other| other.wants(customer, now));
        let mut number = 0;
        for other in wanting {
            number += 1;
            *self.collisions.entry(other.id.clone()).or_default() += 1;
        }
        number
    }
}

/// The vouchers that a campaign issues to the customers that were counted, and their most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RehearsedVouchers {
    pub vouchers: u64,
    /// Customers who get none because the campaign's own caps are used up.
    pub over_cap: u64,
    /// The sum of the most that each voucher can cost, in minor units of the offer's currency.
    pub exposure: i64,
}

impl RehearsedVouchers {
    /// Applies the campaign's own caps on vouchers and exposure to those who would be treated.
    pub fn new(definition: &Definition, treated: u64) -> Self {
        let each = definition.exposure_each().units();
        let by_exposure = definition.caps.exposure.and_then(|cap| {
            let fits = cap.amount.units().checked_div(each)?;
            u64::try_from(fits).ok()
        });
        let caps = [definition.caps.vouchers, by_exposure];
        let most = caps.into_iter().flatten().min().unwrap_or(u64::MAX);
        let vouchers = treated.min(most);
        let count = i64::try_from(vouchers).unwrap_or(i64::MAX);
        Self { vouchers, over_cap: treated - vouchers, exposure: each.saturating_mul(count) }
    }
}

/// Returns the price of all messages, in millionths of the tenant's currency.
pub fn message_cost_micros(counts: &RehearsalCounts, rates: &CostRates) -> u64 {
    let of_channel = |(channel, countries): (&Channel, &BTreeMap<String, MessageCount>)| {
        let units = countries.values().map(|count| count.units).sum::<u64>();
        units.saturating_mul(rates.micros_per_unit(*channel))
    };
    counts.messages.iter().map(of_channel).fold(0, u64::saturating_add)
}

/// Returns the hours after the launch in which the last message goes out, if each channel sends so
/// many messages per second and nothing else. `None` means that there are no messages, or that a
/// channel sends none.
pub fn hours_until_done(
    counts: &RehearsalCounts,
    per_second: impl Fn(Channel) -> u64,
) -> Option<u64> {
    let mut latest = None;
    for (channel, hours) in &counts.due_hours {
        latest = latest.max(Some(last_hour(hours, per_second(*channel))?));
    }
    latest
}

/// Returns the number of begun hours until the messages that are due by hour have gone out.
fn last_hour(hours: &BTreeMap<u32, u64>, per_second: u64) -> Option<u64> {
    let each_hour = per_second.checked_mul(SECONDS_PER_HOUR).filter(|room| *room > 0)?;
    // The messages that the channel could have sent by then: time runs in places for messages.
    let mut place = 0u64;
    for (hour, messages) in hours {
        place = place.max(u64::from(*hour).saturating_mul(each_hour)).saturating_add(*messages);
    }
    Some(place.div_ceil(each_hour))
}

fn class_of(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(MANY).min(MANY)
}

fn add_all<K: Ord + Clone>(sums: &mut BTreeMap<K, u64>, others: &BTreeMap<K, u64>) {
    for (key, count) in others {
        *sums.entry(key.clone()).or_default() += count;
    }
}

fn add_named(sums: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    let known = sums.len() < MAX_NAMES || sums.contains_key(name);
    *sums.entry(if known { name } else { OTHER }.to_owned()).or_default() += count;
}
