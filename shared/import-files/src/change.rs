//! The change that a record makes to what is known of its customer.
//!
//! Guarantees: an empty cell erases nothing; an unknown consent changes nothing; a yes without a
//! date loses against everything that is known, and a no without a date stands against every yes
//! that was said before the file was made. The same record again changes nothing.

use domain::{
    Timestamp,
    customer::{
        address::Address,
        address_state::NewSuppression,
        changes::{ChannelConsents, CustomerReplacement},
        consent::{Consent, ConsentState},
        profile::{Customer, MAX_PERSONAL_DATES, MAX_TAGS, SuppressionReason},
    },
    kernel::channel::Channel,
};

use crate::{
    customer::{CustomerRecord, Identity, ImportTerms, ImportedChoice},
    reason::{CellNote, Reason},
};

/// The name of the date under which a birthday is kept.
const BIRTHDAY: &str = "birthday";

/// The change of a record, decided on what is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordChange {
    pub replacement: CustomerReplacement,
    /// Cells that are left out because of what is stored or lacking.
    pub left_out: Vec<CellNote>,
}

impl CustomerRecord {
    /// Returns the change that this record makes to the stored customer. `source` names the file's
    /// system in each consent.
    pub fn change(
        &self,
        stored: Option<&Customer>,
        terms: &ImportTerms,
        source: &str,
    ) -> RecordChange {
        let mut replacement = CustomerReplacement::default();
        if let Some(stored) = stored {
            replacement.profile = stored.profile.clone();
            replacement.contacts = stored.contacts.clone();
            replacement.push_endpoints = stored.push_endpoints.clone();
        }
        let mut left_out = Vec::new();
        self.fill_profile(&mut replacement, &mut left_out);
        if let Some(stored) = stored.filter(|it| it.activity.orders > 0)
            && replacement.profile.currency != stored.profile.currency
        {
            replacement.profile.currency = stored.profile.currency;
            let detail = "the customer's orders are counted in another currency";
            left_out.push(CellNote::new("currency", Reason::new("currency_fixed", detail)));
        }
        if self.email.is_some() {
            replacement.contacts.email = self.email.clone();
        }
        if self.phone.is_some() {
            replacement.contacts.phone = self.phone.clone();
        }
        for choice in &self.choices {
            let has_address = match choice.channel {
                Channel::Email => replacement.contacts.email.is_some(),
                Channel::Sms => replacement.contacts.phone.is_some(),
                // A device registers itself later.
                Channel::Push => true,
            };
            if choice.state == ConsentState::Granted && !has_address {
                let detail = "a yes without the address that it is for";
                left_out.push(CellNote::new(&choice.column, Reason::new("no_address", detail)));
                continue;
            }
            let known = stored.and_then(|stored| stored.consents.get(&choice.channel));
            if let Some(consent) = consent_of(choice, known, terms, source) {
                set_consent(&mut replacement.consents, choice.channel, consent);
            }
        }
        RecordChange { replacement, left_out }
    }

    fn fill_profile(&self, replacement: &mut CustomerReplacement, left_out: &mut Vec<CellNote>) {
        let (profile, cells) = (&mut replacement.profile, &self.profile);
        fn fill<T: Clone>(place: &mut Option<T>, cell: &Option<T>) {
            if cell.is_some() {
                place.clone_from(cell);
            }
        }
        fill(&mut profile.first_name, &cells.first_name);
        fill(&mut profile.last_name, &cells.last_name);
        fill(&mut profile.locale, &cells.locale);
        fill(&mut profile.zone, &cells.zone);
        fill(&mut profile.currency, &cells.currency);
        fill(&mut profile.signed_up, &cells.signed_up);
        fill(&mut profile.location, &cells.location);
        fill(&mut profile.city, &cells.city);
        match &self.identity {
            // A later state of the same record of a system.
            Identity::Id(_) | Identity::Account { .. } if !cells.tags.is_empty() => {
                profile.tags.clone_from(&cells.tags);
            }
            Identity::Id(_) | Identity::Account { .. } => {}
            // Another record about the same person: what it says is added.
            Identity::Mailbox(_) | Identity::Number(_) => {
                add_tags(&mut profile.tags, &cells.tags, left_out);
            }
        }
        if let Some(birthday) = cells.birthday {
            let dates = &mut profile.personal_dates;
            if dates.len() < MAX_PERSONAL_DATES || dates.contains_key(BIRTHDAY) {
                dates.insert(BIRTHDAY.to_owned(), birthday);
            } else {
                let detail = "the customer has as many dates as there may be";
                left_out.push(CellNote::new(BIRTHDAY, Reason::new("too_many_dates", detail)));
            }
        }
    }

    /// Returns what the addresses of the record have said: each no, and that a mailbox is dead.
    pub fn suppressions(
        &self,
        terms: &ImportTerms,
        source: &str,
    ) -> Vec<(Address, NewSuppression)> {
        let mut said = Vec::new();
        let received = |reason, at: Option<Timestamp>| {
            NewSuppression::received(reason, at.unwrap_or(terms.as_of), source)
        };
        for choice in self.choices.iter().filter(|it| it.state == ConsentState::Denied) {
            let address = match choice.channel {
                Channel::Email => self.email.clone().map(Address::Email),
                Channel::Sms => self.phone.clone().map(Address::Sms),
                Channel::Push => None,
            };
            let no = received(SuppressionReason::OptedOut, choice.at);
            said.extend(address.map(|address| (address, no)));
        }
        if let Some(found) = &self.suppression {
            let email = self.email.clone().map(Address::Email);
            let address = email.or_else(|| self.phone.clone().map(Address::Sms));
            let no = received(found.reason, found.at);
            said.extend(address.map(|address| (address, no)));
        }
        said
    }
}

/// Adds tags that are not known in any case, as many as there may be.
fn add_tags(known: &mut Vec<String>, more: &[String], left_out: &mut Vec<CellNote>) {
    for tag in more {
        let lower = tag.to_lowercase();
        if known.iter().any(|it| it.to_lowercase() == lower) {
            continue;
        }
        if known.len() >= MAX_TAGS {
            let detail = format!("a customer has at most {MAX_TAGS} tags");
            left_out.push(CellNote::new("tags", Reason::new("too_many_tags", detail)));
            return;
        }
        known.push(tag.clone());
    }
}

/// Returns the consent to merge, or `None` if the choice changes nothing that is known.
fn consent_of(
    choice: &ImportedChoice,
    known: Option<&Consent>,
    terms: &ImportTerms,
    source: &str,
) -> Option<Consent> {
    let dated = |at, source: String| Consent { state: choice.state, source, at };
    match (choice.at, choice.state, known.map(|it| it.state)) {
        (Some(at), _, _) => Some(dated(at, source.to_owned())),
        (None, ConsentState::Granted, Some(_)) => None,
        (None, ConsentState::Denied, Some(ConsentState::Denied)) => None,
        (None, ConsentState::Granted, None) => {
            Some(dated(Timestamp::UNIX_EPOCH, format!("{source}:undated")))
        }
        (None, ConsentState::Denied, Some(ConsentState::Granted) | None) => {
            Some(dated(terms.as_of, format!("{source}:undated")))
        }
    }
}

fn set_consent(consents: &mut ChannelConsents, channel: Channel, consent: Consent) {
    let place = match channel {
        Channel::Sms => &mut consents.sms,
        Channel::Email => &mut consents.email,
        Channel::Push => &mut consents.push,
    };
    *place = Some(consent);
}
