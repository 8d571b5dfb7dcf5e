//! Merges two records of one person, and separates them again: which data the surviving record has
//! from both, and what each has after an undo.
//!
//! Pure rules; `store::customer::merges` writes them. Guarantees: a no of either record holds for
//! the merged one, a yes counts only for the address that it was given with, the totals of orders
//! add up, and an undo gives each record back what nobody has changed since.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    customer::{
        attributes::MAX_ATTRIBUTES,
        carts::{MAX_CARTS, ShoppingCart},
        order_windows::OrderWindows,
        pause::{MAX_PAST_PAUSES, Pause},
        profile::{
            Consent, ConsentState, ConsentSubject, Contacts, Customer, MAX_ENDPOINTS,
            MAX_PAST_CONSENTS, MAX_PERSONAL_DATES, MAX_TAGS, MAX_VERTICALS, MergedRecord,
            OrderTotals, PastConsent, Profile, PushEndpoint, Suppression, SuppressionReason,
        },
    },
    kernel::{channel::Channel, id::CustomerId, money::Currency},
};

/// The days for which a merge can be undone.
pub const UNDO_DAYS: i64 = 7;
/// The most records that one customer may have absorbed: their wallets are read together.
pub const MAX_MERGED: usize = 8;
/// The source of a denial that a merge makes of the no of an address which the merged record lacks.
const MERGE_SOURCE: &str = "merge";

/// The reason why two records cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeRefusal {
    /// Both ids are the same customer.
    SameCustomer,
    /// Both have orders, in different currencies: their totals cannot be added.
    OtherCurrency,
    /// Together they have absorbed more than [`MAX_MERGED`] records.
    TooManyRecords,
    /// Together they have live orders in more verticals than a customer may have.
    TooManyVerticals,
}

impl Customer {
    /// Returns the ids of all records of the customer: the own one and those it has absorbed.
    pub fn record_ids(&self) -> Vec<CustomerId> {
        let absorbed = self.merged.iter().map(|record| record.id.clone());
        std::iter::once(self.id.clone()).chain(absorbed).collect()
    }

    /// Returns true if the id is the customer's own or that of a record they have absorbed.
    pub fn is_known_as(&self, id: &CustomerId) -> bool {
        self.id == *id || self.merged.iter().any(|record| record.id == *id)
    }

    /// Returns the time of the latest merge.
    pub fn last_merge(&self) -> Option<Timestamp> {
        self.merged.iter().map(|record| record.at).max()
    }
}

/// Returns the surviving record with everything of both. What its addresses have said is mirrored
/// by whoever writes it.
pub fn merge_customers(
    into: &Customer,
    from: &Customer,
    tenant: Currency,
    at: Timestamp,
) -> Result<Customer, MergeRefusal> {
    if into.id == from.id || into.is_known_as(&from.id) {
        return Err(MergeRefusal::SameCustomer);
    }
    let both_ordered = into.activity.orders > 0 && from.activity.orders > 0;
    if both_ordered && into.currency(tenant) != from.currency(tenant) {
        return Err(MergeRefusal::OtherCurrency);
    }
    let mut merged = into.clone();
    merged.merged.push(MergedRecord { id: from.id.clone(), at });
    merged.merged.extend(from.merged.iter().cloned());
    if merged.merged.len() > MAX_MERGED {
        return Err(MergeRefusal::TooManyRecords);
    }
    merged.profile = merge_profiles(&into.profile, &from.profile);
    if from.activity.orders > 0 && into.activity.orders == 0 {
        merged.profile.currency = Some(from.currency(tenant));
    }
    merged.contacts = Contacts {
        phone: into.contacts.phone.clone().or_else(|| from.contacts.phone.clone()),
        email: into.contacts.email.clone().or_else(|| from.contacts.email.clone()),
    };
    merged.push_endpoints = merge_endpoints(&into.push_endpoints, &from.push_endpoints);
    for channel in Channel::ALL {
        let consent = stricter_consent(into, from, channel, at);
        replace(&mut merged.consents, channel, consent);
        let suppression = kept_suppression(into, from, channel);
        replace(&mut merged.suppressions, channel, suppression);
    }
    for (scope, said) in &from.topics {
        let stricter = stricter(merged.topics.get(scope), Some(said));
        replace(&mut merged.topics, scope.clone(), stricter);
    }
    for (subject, received) in &from.ahead {
        merged.ahead.entry(subject.clone()).or_insert(*received);
    }
    merged.past_consents = merge_past_consents(into, from, &merged);
    merge_pauses(&mut merged, from);
    merge_carts(&mut merged.carts, &from.carts);
    merged.activity = add_totals(into.activity, from.activity);
    for (vertical, totals) in &from.verticals {
        let sum = merged.verticals.entry(vertical.clone()).or_default();
        *sum = add_totals(*sum, *totals);
    }
    if merged.verticals.len() > MAX_VERTICALS {
        return Err(MergeRefusal::TooManyVerticals);
    }
    merged.windows = merge_windows(into, from, &merged);
    // What was computed from either record before is older than what is computed from this one.
    merged.version = into.version.max(from.version);
    Ok(merged)
}

fn merge_profiles(into: &Profile, from: &Profile) -> Profile {
    let mut profile = into.clone();
    profile.first_name = profile.first_name.or_else(|| from.first_name.clone());
    profile.last_name = profile.last_name.or_else(|| from.last_name.clone());
    profile.locale = profile.locale.or_else(|| from.locale.clone());
    profile.zone = profile.zone.or_else(|| from.zone.clone());
    profile.currency = profile.currency.or(from.currency);
    profile.location = profile.location.or(from.location);
    profile.city = profile.city.or_else(|| from.city.clone());
    profile.signed_up = match (into.signed_up, from.signed_up) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    for tag in &from.tags {
        if profile.tags.len() < MAX_TAGS && !profile.tags.contains(tag) {
            profile.tags.push(tag.clone());
        }
    }
    for (name, date) in &from.personal_dates {
        if profile.personal_dates.len() < MAX_PERSONAL_DATES {
            profile.personal_dates.entry(name.clone()).or_insert(*date);
        }
    }
    for (name, value) in &from.attributes {
        if profile.attributes.len() < MAX_ATTRIBUTES {
            profile.attributes.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    profile
}

/// Keeps all devices of the surviving record, and the newest of the other as far as there is room.
fn merge_endpoints(into: &[PushEndpoint], from: &[PushEndpoint]) -> Vec<PushEndpoint> {
    let is_new = |it: &&PushEndpoint| {
        !into.iter().any(|known| known.arn == it.arn || known.endpoint_id == it.endpoint_id)
    };
    let room = MAX_ENDPOINTS.saturating_sub(into.len());
    let mut taken: Vec<&PushEndpoint> = from.iter().rev().filter(is_new).take(room).collect();
    taken.reverse();
    taken.into_iter().chain(into).cloned().collect()
}

fn has_address(customer: &Customer, channel: Channel) -> bool {
    match channel {
        Channel::Sms => customer.contacts.phone.is_some(),
        Channel::Email => customer.contacts.email.is_some(),
        Channel::Push => !customer.push_endpoints.is_empty(),
    }
}

/// Returns the consent in force on a channel. A no of either counts. A yes counts with the record
/// whose address the merged one uses, so it never speaks for an address that it was not given with.
fn stricter_consent(
    into: &Customer,
    from: &Customer,
    channel: Channel,
    at: Timestamp,
) -> Option<Consent> {
    let (own, other) = (into.consents.get(&channel), from.consents.get(&channel));
    let denial = latest_denial(own, other);
    if denial.is_some() {
        return denial.cloned();
    }
    let other_address_said_no = has_address(into, channel)
        && from.suppressions.get(&channel).is_some_and(|it| is_no_of_a_person(it.reason));
    if other_address_said_no {
        let source = MERGE_SOURCE.to_owned();
        return Some(Consent { state: ConsentState::Denied, source, at });
    }
    match (has_address(into, channel), has_address(from, channel)) {
        (true, true) if channel == Channel::Push => own.and(other).cloned(),
        (true, _) => own.cloned(),
        (false, true) => other.cloned(),
        (false, false) => own.or(other).cloned(),
    }
}

fn is_no_of_a_person(reason: SuppressionReason) -> bool {
    match reason {
        SuppressionReason::OptedOut | SuppressionReason::Complained => true,
        SuppressionReason::Failing
        | SuppressionReason::Invalid
        | SuppressionReason::Bounced
        | SuppressionReason::Blocked
        | SuppressionReason::Erased => false,
    }
}

/// The mirror of what an address has said goes with the address that is used.
fn kept_suppression(into: &Customer, from: &Customer, channel: Channel) -> Option<Suppression> {
    let holder = if has_address(into, channel) { into } else { from };
    holder.suppressions.get(&channel).copied()
}

fn latest_denial<'a>(one: Option<&'a Consent>, other: Option<&'a Consent>) -> Option<&'a Consent> {
    let denials = one.into_iter().chain(other).filter(|it| it.state == ConsentState::Denied);
    denials.max_by_key(|it| it.at)
}

fn stricter(own: Option<&Consent>, other: Option<&Consent>) -> Option<Consent> {
    latest_denial(own, other).or(own).or(other).cloned()
}

/// Keeps the history of both, and the choices that gave way to the other record's.
fn merge_past_consents(into: &Customer, from: &Customer, merged: &Customer) -> Vec<PastConsent> {
    let mut past: Vec<PastConsent> = into.past_consents.clone();
    past.extend(from.past_consents.iter().filter(|it| !into.past_consents.contains(it)).cloned());
    let in_force = current_choices(merged);
    for (subject, consent) in current_choices(into).into_iter().chain(current_choices(from)) {
        if in_force.get(&subject) != Some(&consent) {
            past.push(PastConsent { subject, consent });
        }
    }
    past.sort_by_key(|it| it.consent.at);
    let too_many = past.len().saturating_sub(MAX_PAST_CONSENTS);
    past.drain(..too_many);
    past
}

fn current_choices(customer: &Customer) -> BTreeMap<ConsentSubject, Consent> {
    let channels = customer.consents.iter();
    let channels = channels.map(|(channel, it)| (ConsentSubject::Channel(*channel), it.clone()));
    let topics = customer.topics.iter();
    let topics = topics.map(|(scope, it)| (ConsentSubject::Topic(scope.clone()), it.clone()));
    channels.chain(topics).collect()
}

/// The pause that ends later counts.
fn merge_pauses(merged: &mut Customer, from: &Customer) {
    let until = |pause: &Option<Pause>| pause.as_ref().map(|it| it.until);
    let mut past = from.past_pauses.clone();
    if until(&from.pause) > until(&merged.pause) {
        past.extend(std::mem::replace(&mut merged.pause, from.pause.clone()));
    } else {
        past.extend(from.pause.clone());
    }
    merged.past_pauses.extend(past);
    merged.past_pauses.sort_by_key(|pause| pause.at);
    let too_many = merged.past_pauses.len().saturating_sub(MAX_PAST_PAUSES);
    merged.past_pauses.drain(..too_many);
}

fn merge_carts(carts: &mut Vec<ShoppingCart>, from: &[ShoppingCart]) {
    for cart in from {
        if !carts.iter().any(|known| known.id == cart.id) {
            carts.push(cart.clone());
        }
    }
    carts.sort_by_key(|cart| cart.at);
    let too_many = carts.len().saturating_sub(MAX_CARTS);
    carts.drain(..too_many);
}

fn add_totals(one: OrderTotals, other: OrderTotals) -> OrderTotals {
    OrderTotals {
        orders: one.orders.saturating_add(other.orders),
        spend: one.spend.plus(other.spend),
        last_order_day: one.last_order_day.max(other.last_order_day),
    }
}

/// Unites the windows of both records. A record without orders has none to add; windows that are
/// not known are computed anew with the next order.
fn merge_windows(into: &Customer, from: &Customer, merged: &Customer) -> Option<OrderWindows> {
    let known = |customer: &Customer| match customer.activity.orders {
        0 => Some(OrderWindows::default()),
        _ => customer.windows.clone(),
    };
    let (one, other) = (known(into)?, known(from)?);
    let names = merged.verticals.keys();
    OrderWindows::united((&one, into.verticals.keys()), (&other, from.verticals.keys()), names)
}

fn replace<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => {
            map.insert(key, value);
        }
        None => {
            map.remove(&key);
        }
    }
}

/// A merge as it was made, to be undone.
#[derive(Debug, Clone, Copy)]
pub struct MadeMerge<'a> {
    /// The surviving record before the merge.
    pub before: &'a Customer,
    /// The other record before the merge.
    pub from: &'a Customer,
    pub tenant: Currency,
    pub at: Timestamp,
}

/// The two records after an undo, without the totals of their orders.
#[derive(Debug, Clone, PartialEq)]
pub struct SeparatedRecords {
    pub into: Customer,
    pub from: Customer,
}

impl MadeMerge<'_> {
    /// Separates the records. What the merge brought to the surviving record and nobody has changed
    /// since leaves it, and what it replaced comes back. The other record is what it was, but for a
    /// no that was said since: it holds for both.
    pub fn undo(&self, current: &Customer) -> Result<SeparatedRecords, MergeRefusal> {
        let Self { before, from, tenant, at } = *self;
        let merged = merge_customers(before, from, tenant, at)?;
        let mut into = current.clone();
        into.profile = separate_profiles(&before.profile, &merged.profile, &current.profile);
        into.contacts = Contacts {
            phone: unless_changed(
                &before.contacts.phone,
                &merged.contacts.phone,
                &current.contacts.phone,
            ),
            email: unless_changed(
                &before.contacts.email,
                &merged.contacts.email,
                &current.contacts.email,
            ),
        };
        into.consents = separate_entries(&before.consents, &merged.consents, &current.consents);
        into.topics = separate_entries(&before.topics, &merged.topics, &current.topics);
        into.ahead = separate_entries(&before.ahead, &merged.ahead, &current.ahead);
        into.pause = unless_changed(&before.pause, &merged.pause, &current.pause);
        let brought = |it: &PushEndpoint| {
            from.push_endpoints.iter().any(|known| known.arn == it.arn)
                && !before.push_endpoints.iter().any(|known| known.arn == it.arn)
        };
        into.push_endpoints.retain(|it| !brought(it));
        into.past_consents
            .retain(|it| before.past_consents.contains(it) || !merged.past_consents.contains(it));
        into.past_pauses
            .retain(|it| before.past_pauses.contains(it) || !merged.past_pauses.contains(it));
        into.carts.retain(|it| {
            let is_of = |carts: &[ShoppingCart]| carts.iter().any(|known| known.id == it.id);
            is_of(&before.carts) || !is_of(&from.carts)
        });
        into.merged.retain(|record| !from.is_known_as(&record.id));
        for channel in [Channel::Sms, Channel::Email] {
            if into.address_on(channel) != current.address_on(channel) {
                into.suppressions.remove(&channel);
            }
        }
        let mut separated = from.clone();
        keep_later_denials(&mut separated, &merged, current);
        separated.push_endpoints.retain(|it| {
            let has = |of: &Customer| of.push_endpoints.iter().any(|known| known.arn == it.arn);
            has(current) || !has(&merged)
        });
        for channel in [Channel::Sms, Channel::Email] {
            if from.address_on(channel) == current.address_on(channel) {
                let mirrored = current.suppressions.get(&channel).copied();
                replace(&mut separated.suppressions, channel, mirrored);
            }
        }
        into.version = current.version;
        separated.version = current.version.max(from.version);
        Ok(SeparatedRecords { into, from: separated })
    }
}

/// A no, or a pause, that came after the merge is the person's word for both records.
fn keep_later_denials(separated: &mut Customer, merged: &Customer, current: &Customer) {
    let later = current_choices(current).into_iter().filter(|(subject, consent)| {
        consent.state == ConsentState::Denied
            && current_choices(merged).get(subject) != Some(consent)
    });
    for (subject, consent) in later {
        let replaced = match &subject {
            ConsentSubject::Channel(channel) => separated.consents.insert(*channel, consent),
            ConsentSubject::Topic(scope) => separated.topics.insert(scope.clone(), consent),
        };
        let replaced = replaced.map(|consent| PastConsent { subject, consent });
        separated.past_consents.extend(replaced);
    }
    let too_many = separated.past_consents.len().saturating_sub(MAX_PAST_CONSENTS);
    separated.past_consents.drain(..too_many);
    if current.pause != merged.pause {
        separated.pause = current.pause.clone();
    }
}

fn separate_profiles(before: &Profile, merged: &Profile, current: &Profile) -> Profile {
    let brought = |tag: &String| merged.tags.contains(tag) && !before.tags.contains(tag);
    Profile {
        first_name: unless_changed(&before.first_name, &merged.first_name, &current.first_name),
        last_name: unless_changed(&before.last_name, &merged.last_name, &current.last_name),
        locale: unless_changed(&before.locale, &merged.locale, &current.locale),
        zone: unless_changed(&before.zone, &merged.zone, &current.zone),
        currency: unless_changed(&before.currency, &merged.currency, &current.currency),
        signed_up: unless_changed(&before.signed_up, &merged.signed_up, &current.signed_up),
        tags: current.tags.iter().filter(|tag| !brought(tag)).cloned().collect(),
        location: unless_changed(&before.location, &merged.location, &current.location),
        city: unless_changed(&before.city, &merged.city, &current.city),
        personal_dates: separate_entries(
            &before.personal_dates,
            &merged.personal_dates,
            &current.personal_dates,
        ),
        attributes: separate_entries(&before.attributes, &merged.attributes, &current.attributes),
    }
}

fn unless_changed<T: PartialEq + Clone>(before: &T, merged: &T, current: &T) -> T {
    if current == merged { before.clone() } else { current.clone() }
}

/// Gives back each entry that nobody has changed since the merge.
fn separate_entries<K: Ord + Clone, V: PartialEq + Clone>(
    before: &BTreeMap<K, V>,
    merged: &BTreeMap<K, V>,
    current: &BTreeMap<K, V>,
) -> BTreeMap<K, V> {
    let mut separated = current.clone();
    for key in merged.keys().chain(before.keys()) {
        if current.get(key) == merged.get(key) {
            replace(&mut separated, key.clone(), before.get(key).cloned());
        }
    }
    separated
}

#[cfg(test)]
mod tests;
