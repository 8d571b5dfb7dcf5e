//! Decides what follows from a provider event about one message to one person: the state of the
//! attempt, the mark on the address, and whether the next channel may be tried.
//!
//! The rule is pure. `channels` finds the type in the provider's words, `record-feedback` applies
//! it, and `store` makes each write conditional on [`FeedbackType::strength`], so that events in any
//! order and any number end in the same state.

use crate::{
    customer::profile::SuppressionReason,
    voucher::attempt::{AttemptState, ProviderRefusal},
};

/// The type of a provider event about a message, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedbackType {
    /// The message failed and nobody knows why. It may even have arrived.
    Undetermined,
    /// The service or the device was not there at that time. It says nothing about the address.
    Unavailable,
    /// The fault is ours: account, limits, settings, credentials, template. It says nothing about
    /// the customer.
    SenderFault,
    /// The message itself was refused, for its content or its form. It says nothing about the
    /// address.
    Rejected,
    /// The provider did not send, because the customer has left a topic of its contact list.
    LeftTopic,
    /// The provider did not try, because the address stands on one of the account's own lists.
    HeldBack,
    /// The provider did not try, because the address stands on such a list after a complaint.
    HeldBackAfterComplaint,
    /// The carrier reports that this number has opted out.
    OptedOut,
    /// The device takes no more pushes.
    EndpointDisabled,
    /// The mailbox is full, the phone is off or the like; the next message may pass.
    SoftBounce,
    /// The customer's mail server, phone or push service has taken the message.
    Delivered,
    /// The address does not exist or refuses for good. It also follows a delivery, when the server
    /// that took the message gives it back.
    HardBounce,
    /// The customer has reported the message as unwanted.
    Complained,
}

/// The effect of an event on the address, number or device that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressEffect {
    Nothing,
    /// Nothing is sent to it any more.
    Suppress(SuppressionReason),
    /// Nothing is sent to it any more; a suppression that is in force already keeps its reason and
    /// time.
    AdoptSuppression(SuppressionReason),
    /// It counts towards the soft bounces in a row that end an address.
    CountSoftBounce,
}

/// The figure to which an event adds, of those by which a campaign's sending is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderHarm {
    None,
    Bounce,
    Complaint,
}

impl FeedbackType {
    /// All types, from the weakest to the strongest.
    pub const ALL: [FeedbackType; 13] = [
        FeedbackType::Undetermined,
        FeedbackType::Unavailable,
        FeedbackType::SenderFault,
        FeedbackType::Rejected,
        FeedbackType::LeftTopic,
        FeedbackType::HeldBack,
        FeedbackType::HeldBackAfterComplaint,
        FeedbackType::OptedOut,
        FeedbackType::EndpointDisabled,
        FeedbackType::SoftBounce,
        FeedbackType::Delivered,
        FeedbackType::HardBounce,
        FeedbackType::Complained,
    ];

    /// Returns the rank of the event, from 1. An event changes an attempt only if it is stronger
    /// than the one before it.
    pub fn strength(self) -> u8 {
        self as u8 + 1
    }

    /// Returns the state that the event gives to the attempt.
    pub fn state(self) -> AttemptState {
        match self {
            Self::Undetermined
            | Self::Unavailable
            | Self::SenderFault
            | Self::Rejected
            | Self::LeftTopic
            | Self::HeldBack
            | Self::HeldBackAfterComplaint
            | Self::OptedOut
            | Self::EndpointDisabled => AttemptState::Failed,
            Self::SoftBounce | Self::HardBounce => AttemptState::Bounced,
            Self::Delivered => AttemptState::Delivered,
            Self::Complained => AttemptState::Complained,
        }
    }

    /// Returns the reason that is kept with an attempt that did not succeed.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Undetermined => Some("undetermined"),
            Self::Unavailable => Some("unavailable"),
            Self::SenderFault => Some(ProviderRefusal::NotAllowed.code()),
            Self::Rejected => Some(ProviderRefusal::Rejected.code()),
            Self::HeldBack | Self::HeldBackAfterComplaint => Some(PROVIDER_SUPPRESSED),
            Self::LeftTopic | Self::OptedOut => Some(ProviderRefusal::OptedOut.code()),
            Self::EndpointDisabled => Some(ProviderRefusal::EndpointDisabled.code()),
            Self::SoftBounce => Some(SOFT_BOUNCE),
            Self::HardBounce => Some("hard_bounce"),
            Self::Delivered | Self::Complained => None,
        }
    }

    /// Returns true if the message has reached the customer: one who complains has received it.
    pub fn proves_delivery(self) -> bool {
        match self.state() {
            AttemptState::Delivered | AttemptState::Complained => true,
            AttemptState::Claimed
            | AttemptState::Sent
            | AttemptState::Bounced
            | AttemptState::Failed
            | AttemptState::Throttled
            | AttemptState::Unknown => false,
        }
    }

    /// Returns what the event means for the address that it names.
    pub fn address_effect(self) -> AddressEffect {
        match self {
            Self::HardBounce => AddressEffect::Suppress(SuppressionReason::Bounced),
            Self::Complained => AddressEffect::Suppress(SuppressionReason::Complained),
            Self::OptedOut => AddressEffect::Suppress(SuppressionReason::OptedOut),
            Self::HeldBack => AddressEffect::AdoptSuppression(SuppressionReason::Bounced),
            Self::HeldBackAfterComplaint => {
                AddressEffect::AdoptSuppression(SuppressionReason::Complained)
            }
            Self::SoftBounce => AddressEffect::CountSoftBounce,
            // a device that is suppressed as invalid leaves its customer's record
            Self::EndpointDisabled => AddressEffect::Suppress(SuppressionReason::Invalid),
            Self::Undetermined
            | Self::Unavailable
            | Self::SenderFault
            | Self::Rejected
            | Self::LeftTopic
            | Self::Delivered => AddressEffect::Nothing,
        }
    }

    /// Returns true if the message will not arrive on this channel and the next one may be tried. A
    /// fault of ours moves nobody to another channel, and neither does a no of the customer's that
    /// is meant for the message.
    pub fn ends_channel(self) -> bool {
        match self {
            Self::Rejected
            | Self::HeldBack
            | Self::OptedOut
            | Self::EndpointDisabled
            | Self::HardBounce => true,
            Self::Undetermined
            | Self::Unavailable
            | Self::SenderFault
            | Self::LeftTopic
            | Self::HeldBackAfterComplaint
            | Self::SoftBounce
            | Self::Delivered
            | Self::Complained => false,
        }
    }

    /// Returns what the event adds to the bounces and complaints of its campaign. What the provider
    /// held back was not sent, and a soft bounce says nothing about how addresses were collected.
    pub fn sender_harm(self) -> SenderHarm {
        match self {
            Self::HardBounce => SenderHarm::Bounce,
            Self::Complained => SenderHarm::Complaint,
            Self::Undetermined
            | Self::Unavailable
            | Self::SenderFault
            | Self::Rejected
            | Self::LeftTopic
            | Self::HeldBack
            | Self::HeldBackAfterComplaint
            | Self::OptedOut
            | Self::EndpointDisabled
            | Self::SoftBounce
            | Self::Delivered => SenderHarm::None,
        }
    }
}

/// The reason of an attempt whose address the provider's own list held back.
pub const PROVIDER_SUPPRESSED: &str = "provider_suppressed";
/// The reason of an attempt that bounced for now.
pub const SOFT_BOUNCE: &str = "soft_bounce";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_goes_from_the_weakest_to_the_strongest_and_is_complete() {
        let strengths: Vec<u8> = FeedbackType::ALL.iter().map(|it| it.strength()).collect();
        assert_eq!(strengths, (1..=13).collect::<Vec<u8>>());
        assert_eq!(FeedbackType::Complained.strength(), 13, "nothing is stronger than a complaint");
    }

    #[test]
    fn an_attempt_without_success_has_a_reason_and_one_with_success_has_none() {
        for event in FeedbackType::ALL {
            let succeeded = event.proves_delivery();
            assert_eq!(event.reason().is_none(), succeeded, "{event:?}");
            let expected = matches!(event, FeedbackType::Delivered | FeedbackType::Complained);
            assert_eq!(expected, succeeded, "{event:?}");
        }
    }

    #[test]
    fn only_what_speaks_of_the_address_marks_it() {
        for fault in [
            FeedbackType::SenderFault,
            FeedbackType::Rejected,
            FeedbackType::Unavailable,
            FeedbackType::Undetermined,
            FeedbackType::LeftTopic,
            FeedbackType::Delivered,
        ] {
            assert_eq!(fault.address_effect(), AddressEffect::Nothing, "{fault:?}");
            assert_eq!(fault.sender_harm(), SenderHarm::None, "{fault:?}");
        }
    }

    #[test]
    fn a_list_of_the_providers_is_neither_a_complaint_nor_a_bounce() {
        for held in [FeedbackType::HeldBack, FeedbackType::HeldBackAfterComplaint] {
            assert_eq!(held.sender_harm(), SenderHarm::None);
            assert_eq!(held.state(), AttemptState::Failed);
            assert!(matches!(held.address_effect(), AddressEffect::AdoptSuppression(_)));
        }
    }

    #[test]
    fn a_delivery_gives_way_to_a_late_bounce_and_not_to_an_earlier_fault() {
        let delivered = FeedbackType::Delivered.strength();
        for stronger in [FeedbackType::HardBounce, FeedbackType::Complained] {
            assert!(stronger.strength() > delivered, "{stronger:?}");
        }
        for weaker in [FeedbackType::SoftBounce, FeedbackType::Undetermined, FeedbackType::OptedOut]
        {
            assert!(weaker.strength() < delivered, "{weaker:?}");
        }
    }
}
