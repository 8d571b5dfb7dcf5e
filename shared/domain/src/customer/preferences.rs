//! The preferences of a customer as the page behind a message's link shows and changes them:
//! channels, topics, a pause, or no more messages at all.
//!
//! The link proves who reads one mailbox (or one phone), so a yes to a channel counts for the address
//! to which the message went, and for no other.
//!
//! Guarantees: a form changes only what differs from what it showed. A no counts however old the form
//! is; a yes counts only if nobody has said anything else since the form was shown. Saving a form
//! again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    customer::{
        address::Address,
        changes::{merge_consent, merge_topic_consent},
        pause::{PAUSE_WEEKS, Pause, merge_pause},
        profile::{
            Consent, ConsentState, ConsentSubject, Customer, ReachQuery, SuppressionReason,
            UnreachableReason,
        },
        topics::{Topic, TopicQuestion, TopicScope, TopicSettings},
    },
    kernel::channel::Channel,
};

/// The source of every choice that is made on the page.
pub const PREFERENCE_PAGE: &str = "preference_page";

/// The address for which a link speaks.
#[derive(Debug, Clone, Copy)]
pub struct LinkedAddress<'a> {
    pub channel: Channel,
    /// The address, if the customer was found to have it.
    pub address: Option<&'a Address>,
    /// An operator has blocked the address. A record mirrors the strongest suppression only, behind
    /// which this one may be.
    pub is_blocked: bool,
}

impl LinkedAddress<'_> {
    /// Returns true if the customer has the address, on this channel.
    fn speaks_for(&self, customer: &Customer, channel: Channel) -> bool {
        let held = |address: &Address| {
            customer.addresses().iter().any(|other| other.is_same_address(address))
        };
        channel == self.channel && self.address.is_some_and(held)
    }
}

/// One thing that the customer can say yes or no to, as the page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub is_on: bool,
    /// The page may turn it on. It may turn anything off.
    pub can_turn_on: bool,
}

/// A topic with its state on all channels, and on those where it differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicChoice<'a> {
    pub topic: &'a Topic,
    pub on_all: Choice,
    pub exceptions: BTreeMap<Channel, Choice>,
}

/// The state that the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences<'a> {
    /// The channels on which the customer has an address.
    pub channels: BTreeMap<Channel, Choice>,
    pub topics: Vec<TopicChoice<'a>>,
    /// The end of the pause in force.
    pub paused_until: Option<Timestamp>,
}

impl<'a> Preferences<'a> {
    pub fn of(
        customer: &Customer,
        topics: &'a TopicSettings,
        link: LinkedAddress<'_>,
        now: Timestamp,
    ) -> Self {
        let channels = Channel::ALL.into_iter();
        let pause = customer.pause.as_ref().filter(|pause| pause.is_in_force(now));
        Self {
            channels: channels
                .filter_map(|channel| {
                    Some((channel, channel_choice(customer, link, channel, now)?))
                })
                .collect(),
            topics: topics.topics.iter().map(|topic| topic_choice(customer, topic)).collect(),
            paused_until: pause.map(|pause| pause.until),
        }
    }

    fn is_on(&self, subject: &ConsentSubject) -> bool {
        let choice = match subject {
            ConsentSubject::Channel(channel) => self.channels.get(channel).copied(),
            ConsentSubject::Topic(scope) => self.topic(scope),
        };
        choice.is_some_and(|choice| choice.is_on)
    }

    fn topic(&self, scope: &TopicScope) -> Option<Choice> {
        let shown = self.topics.iter().find(|it| it.topic.id == scope.topic)?;
        let exception = scope.channel.and_then(|channel| shown.exceptions.get(&channel));
        Some(exception.copied().unwrap_or(shown.on_all))
    }
}

/// Returns the state of a channel, or `None` if the customer has no address on it.
fn channel_choice(
    customer: &Customer,
    link: LinkedAddress<'_>,
    channel: Channel,
    now: Timestamp,
) -> Option<Choice> {
    let reached = customer.reachable_contact(channel, &ReachQuery::without_topic(now));
    let is_on = match reached {
        Ok(_) | Err(UnreachableReason::Paused) => true,
        Err(UnreachableReason::NoAddress) => return None,
        Err(
            UnreachableReason::NoConsent
            | UnreachableReason::Denied
            | UnreachableReason::Suppressed
            | UnreachableReason::TopicDenied,
        ) => false,
    };
    let has_address = customer.addresses().iter().any(|address| address.channel() == channel);
    has_address.then(|| Choice { is_on, can_turn_on: can_turn_on(customer, link, channel) })
}

/// Returns true if a yes by this link can open the channel: it speaks for the very address, and no
/// operator has blocked that.
fn can_turn_on(customer: &Customer, link: LinkedAddress<'_>, channel: Channel) -> bool {
    let mirrored = customer.suppressions.get(&channel).map(|suppression| suppression.reason);
    let is_blocked = link.is_blocked || mirrored == Some(SuppressionReason::Blocked);
    link.speaks_for(customer, channel) && !is_blocked
}

fn topic_choice<'a>(customer: &Customer, topic: &'a Topic) -> TopicChoice<'a> {
    let said = |scope: &TopicScope| customer.topics.get(scope).map(|consent| consent.state);
    let on_all = said(&TopicScope::on_all(&topic.id)).unwrap_or(topic.default);
    let choice = |state| Choice { is_on: state == ConsentState::Granted, can_turn_on: true };
    let question = TopicQuestion { id: topic.id.clone(), default: topic.default };
    let exceptions = Channel::ALL.into_iter().filter_map(|channel| {
        let state = customer.topic_consent(&question, channel);
        (state != on_all).then(|| (channel, choice(state)))
    });
    TopicChoice { topic, on_all: choice(on_all), exceptions: exceptions.collect() }
}

/// The pause that a form asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PauseChoice {
    /// It stays as it is.
    #[default]
    Keep,
    /// It ends now.
    End,
    /// It lasts so many weeks from now: one of [`PAUSE_WEEKS`].
    Weeks(u8),
}

impl PauseChoice {
    /// Parses the value of a form: a number of weeks, `0` for the end. Anything else changes nothing.
    pub fn parse(text: &str) -> Self {
        match text.parse() {
            Ok(0) => Self::End,
            Ok(weeks) if PAUSE_WEEKS.contains(&weeks) => Self::Weeks(weeks),
            Ok(_) | Err(_) => Self::Keep,
        }
    }
}

/// A form as it was sent: what the page showed, and what the customer chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreferenceForm {
    /// The time at which the page was shown. Without it, the form can only say no.
    pub shown_at: Option<Timestamp>,
    /// The choices that the page showed, each with its state.
    pub shown: BTreeMap<ConsentSubject, bool>,
    pub chosen: BTreeSet<ConsentSubject>,
    pub pause: PauseChoice,
    /// The customer wants no more messages, on any channel.
    pub all_off: bool,
}

impl PreferenceForm {
    /// Returns everything that the form says no to.
    pub fn denials(&self) -> BTreeSet<ConsentSubject> {
        if self.all_off {
            return Channel::ALL.into_iter().map(ConsentSubject::Channel).collect();
        }
        let turned_off = self
            .shown
            .iter()
            .filter(|(subject, was_on)| **was_on && !self.chosen.contains(*subject));
        turned_off.map(|(subject, _)| subject.clone()).collect()
    }

    /// Returns everything that the form says yes to: what it showed as off and what was chosen.
    fn grants(&self) -> impl Iterator<Item = &ConsentSubject> {
        let chosen = self.chosen.iter().filter(|_| !self.all_off);
        chosen.filter(|subject| self.shown.get(*subject) == Some(&false))
    }

    /// Changes the customer as the form says, now.
    pub fn apply(
        &self,
        customer: &mut Customer,
        topics: &TopicSettings,
        link: LinkedAddress<'_>,
        now: Timestamp,
    ) {
        for subject in self.denials() {
            if !is_denied(customer, &subject) {
                merge(customer, &subject, ConsentState::Denied, now);
            }
        }
        for subject in self.grants() {
            let is_on = Preferences::of(customer, topics, link, now).is_on(subject);
            if !is_on && self.may_grant(customer, topics, link, subject) {
                merge(customer, subject, ConsentState::Granted, now);
            }
        }
        if let Some(pause) = self.wanted_pause(customer, now) {
            merge_pause(&mut customer.pause, &mut customer.past_pauses, &pause, now);
        }
    }

    /// Returns true if everything that the form says no to is denied.
    pub fn denials_hold(&self, customer: &Customer) -> bool {
        self.denials().iter().all(|subject| is_denied(customer, subject))
    }

    /// Returns true if the customer, after the form was applied, has all that it asked for.
    pub fn is_granted(
        &self,
        customer: &Customer,
        topics: &TopicSettings,
        link: LinkedAddress<'_>,
        now: Timestamp,
    ) -> bool {
        let after = Preferences::of(customer, topics, link, now);
        let pause_holds = match self.pause {
            PauseChoice::Keep => true,
            PauseChoice::End => after.paused_until.is_none(),
            PauseChoice::Weeks(_) => after.paused_until.is_some(),
        };
        pause_holds && self.grants().all(|subject| after.is_on(subject))
    }

    /// Returns true if a yes counts: the customer could say it here, and nothing was said about it
    /// since the page was shown.
    fn may_grant(
        &self,
        customer: &Customer,
        topics: &TopicSettings,
        link: LinkedAddress<'_>,
        subject: &ConsentSubject,
    ) -> bool {
        match subject {
            ConsentSubject::Channel(channel) => {
                let suppressed = customer.suppressions.get(channel).map(|it| it.at);
                let said = customer.consents.get(channel).map(|consent| consent.at);
                can_turn_on(customer, link, *channel)
                    && self.has_shown(said)
                    && self.has_shown(suppressed)
            }
            ConsentSubject::Topic(scope) => {
                let said = customer.topics.get(scope).map(|consent| consent.at);
                topics.find(&scope.topic).is_some() && self.has_shown(said)
            }
        }
    }

    /// Returns true if the page was shown after a time, as the store keeps times. What was said in the
    /// same millisecond may not have been on it.
    fn has_shown(&self, at: Option<Timestamp>) -> bool {
        let shown_at = self.shown_at.map(Timestamp::as_millisecond);
        shown_at.is_some_and(|shown_at| at.is_none_or(|at| at.as_millisecond() < shown_at))
    }

    /// Returns the customer's new word about a pause. A form that was saved before has none; a form
    /// that has not shown the latest word cannot end the pause.
    fn wanted_pause(&self, customer: &Customer, now: Timestamp) -> Option<Pause> {
        let latest = customer.pause.as_ref();
        let is_shown = self.has_shown(latest.map(|pause| pause.at));
        match self.pause {
            PauseChoice::Keep => None,
            PauseChoice::End => {
                (is_shown && customer.is_paused(now)).then(|| Pause::ended(PREFERENCE_PAGE, now))
            }
            PauseChoice::Weeks(weeks) => {
                let is_elsewhere = latest.is_none_or(|pause| pause.source != PREFERENCE_PAGE);
                (is_shown || is_elsewhere).then(|| Pause::weeks(weeks, PREFERENCE_PAGE, now))
            }
        }
    }
}

fn is_denied(customer: &Customer, subject: &ConsentSubject) -> bool {
    let stored = match subject {
        ConsentSubject::Channel(channel) => customer.consents.get(channel),
        ConsentSubject::Topic(scope) => customer.topics.get(scope),
    };
    stored.is_some_and(|consent| consent.state == ConsentState::Denied)
}

fn merge(customer: &mut Customer, subject: &ConsentSubject, state: ConsentState, now: Timestamp) {
    let consent = Consent { state, source: PREFERENCE_PAGE.to_owned(), at: now };
    match subject {
        ConsentSubject::Channel(channel) => merge_consent(customer, *channel, &consent, now),
        ConsentSubject::Topic(scope) => merge_topic_consent(customer, scope, &consent, now),
    }
}

#[cfg(test)]
mod tests;
