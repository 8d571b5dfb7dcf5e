//! One attempt on one channel, as the voucher stores it: its number, its state, the provider's id
//! or the reason of a failure.
//!
//! An attempt is claimed in the store before the provider is called. What a provider's answer means
//! for it is decided in `delivery::attempt_policy`.

use jiff::Timestamp;

use crate::kernel::channel::Channel;

/// The reason why a provider will never deliver this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderRefusal {
    InvalidAddress,
    OptedOut,
    EndpointDisabled,
    Rejected,
    /// Our settings do not allow this message: a country that we do not serve, a price above our limit,
    /// or a fault of ours that an event reports later. It says nothing about the address.
    NotAllowed,
}

impl ProviderRefusal {
    pub const ALL: [ProviderRefusal; 5] = [
        ProviderRefusal::InvalidAddress,
        ProviderRefusal::OptedOut,
        ProviderRefusal::EndpointDisabled,
        ProviderRefusal::Rejected,
        ProviderRefusal::NotAllowed,
    ];
    pub fn code(self) -> &'static str {
        match self {
            ProviderRefusal::InvalidAddress => "invalid_address",
            ProviderRefusal::OptedOut => "provider_opted_out",
            ProviderRefusal::EndpointDisabled => "endpoint_disabled",
            ProviderRefusal::Rejected => "rejected",
            ProviderRefusal::NotAllowed => "not_allowed",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttemptState {
    /// A worker has claimed the send. No other worker may send until the lease ends.
    Claimed,
    Sent,
    Delivered,
    Bounced,
    Complained,
    Failed,
    /// The provider sent nothing for a fault of ours, mostly a throttle. The same attempt is made
    /// again when its lane is open.
    Throttled,
    Unknown,
}

impl AttemptState {
    pub const ALL: [AttemptState; 8] = [
        AttemptState::Claimed,
        AttemptState::Sent,
        AttemptState::Delivered,
        AttemptState::Bounced,
        AttemptState::Complained,
        AttemptState::Failed,
        AttemptState::Throttled,
        AttemptState::Unknown,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            AttemptState::Claimed => "claimed",
            AttemptState::Sent => "sent",
            AttemptState::Delivered => "delivered",
            AttemptState::Bounced => "bounced",
            AttemptState::Complained => "complained",
            AttemptState::Failed => "failed",
            AttemptState::Throttled => "throttled",
            AttemptState::Unknown => "unknown",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The attempt as the voucher stores it, one per channel. A later number replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub channel: Channel,
    pub number: u32,
    /// The fence of the dispatch lease that claimed it. A worker that finds its own fence has found
    /// its own claim.
    pub fence: u32,
    pub state: AttemptState,
    pub at: Timestamp,
    pub provider_id: Option<String>,
    pub reason: Option<String>,
    /// The time at which the next channel of the ladder was planned because of what became of this
    /// attempt. It is set once.
    pub fallback_at: Option<Timestamp>,
    /// A provider event has spoken about it, so the provider has had the message.
    pub has_event: bool,
    /// The times of the attempts before it on this channel whose fate stayed unknown: their messages
    /// may have gone out.
    pub unknown_before: Vec<Timestamp>,
}

impl Attempt {
    /// Builds a claim, which is written before the provider is called.
    pub fn claim(channel: Channel, number: u32, fence: u32, at: Timestamp) -> Self {
        Self {
            channel,
            number,
            fence,
            state: AttemptState::Claimed,
            at,
            provider_id: None,
            reason: None,
            fallback_at: None,
            has_event: false,
            unknown_before: Vec::new(),
        }
    }

    /// Builds the claim of an attempt that follows another one on its channel. What may have gone
    /// out before is kept.
    pub fn claim_after(
        earlier: Option<&Attempt>,
        channel: Channel,
        number: u32,
        fence: u32,
        at: Timestamp,
    ) -> Self {
        let mut unknown_before = earlier.map(|it| it.unknown_before.clone()).unwrap_or_default();
        unknown_before
            .extend(earlier.filter(|it| it.state == AttemptState::Unknown).map(|it| it.at));
        Self { unknown_before, ..Self::claim(channel, number, fence, at) }
    }

    /// Returns true if the message of this attempt has gone out or may have gone out. It has not if
    /// the provider said no at the call, or was never called.
    pub fn may_have_gone_out(&self) -> bool {
        match self.state {
            AttemptState::Claimed
            | AttemptState::Sent
            | AttemptState::Delivered
            | AttemptState::Bounced
            | AttemptState::Complained
            | AttemptState::Unknown => true,
            // A provider that took the message and reports a failure later may be wrong.
            AttemptState::Failed => self.provider_id.is_some() || self.has_event,
            AttemptState::Throttled => false,
        }
    }

    /// Returns the times of all messages on this channel that have gone out or may have gone out.
    pub fn message_times(&self) -> impl Iterator<Item = Timestamp> {
        let last = self.may_have_gone_out().then_some(self.at);
        self.unknown_before.iter().copied().chain(last)
    }

    /// Returns true if this is the very same claim as `other`, still without an outcome.
    pub fn is_same_claim(&self, other: &Attempt) -> bool {
        self.state == AttemptState::Claimed
            && (self.channel, self.number, self.fence, self.at.as_millisecond())
                == (other.channel, other.number, other.fence, other.at.as_millisecond())
    }
}
