//! The reason why a selected customer gets nothing, as the ledger and the reports keep it.
//!
//! `delivery::eligibility` decides it, and operators read its code.

use crate::customer::profile::UnreachableReason;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    NoConsent,
    OptedOut,
    Suppressed,
    NoAddress,
    /// The customer has said no to the campaign's topic, or has not said the yes that it needs.
    TopicDenied,
    /// The customer wants no messages for some time. It is no opt-out.
    Paused,
    /// The customer pays in another currency than the offer's, so a voucher would never apply.
    OtherCurrency,
    /// The customer is in a segment that the tenant keeps out of every campaign.
    Excluded,
    CustomerGone,
    CampaignEnded,
    ValidityOver,
    /// The trigger no longer matches: the customer has ordered, or the date was changed.
    NoLongerMatches,
    /// The deadline of the firing has passed.
    TooLate,
    CoolDown,
    /// The customer has received as many messages in the window as the tenant allows.
    FrequencyCap,
    /// The customer has as many open vouchers as the tenant allows.
    OpenOffersCap,
    VoucherCap,
    Cancelled,
    /// An operator dropped this match.
    Dropped,
    /// Another record of the same customer, merged with this one, has the campaign's offer.
    Merged,
}

impl SkipReason {
    pub const ALL: [SkipReason; 20] = [
        SkipReason::NoConsent,
        SkipReason::OptedOut,
        SkipReason::Suppressed,
        SkipReason::NoAddress,
        SkipReason::TopicDenied,
        SkipReason::Paused,
        SkipReason::OtherCurrency,
        SkipReason::Excluded,
        SkipReason::CustomerGone,
        SkipReason::CampaignEnded,
        SkipReason::ValidityOver,
        SkipReason::NoLongerMatches,
        SkipReason::TooLate,
        SkipReason::CoolDown,
        SkipReason::FrequencyCap,
        SkipReason::OpenOffersCap,
        SkipReason::VoucherCap,
        SkipReason::Cancelled,
        SkipReason::Dropped,
        SkipReason::Merged,
    ];
    pub fn code(self) -> &'static str {
        match self {
            SkipReason::NoConsent => "no_consent",
            SkipReason::OptedOut => "opted_out",
            SkipReason::Suppressed => "suppressed",
            SkipReason::NoAddress => "no_address",
            SkipReason::TopicDenied => "topic_denied",
            SkipReason::Paused => "paused",
            SkipReason::OtherCurrency => "other_currency",
            SkipReason::Excluded => "excluded",
            SkipReason::CustomerGone => "customer_gone",
            SkipReason::CampaignEnded => "campaign_ended",
            SkipReason::ValidityOver => "validity_over",
            SkipReason::NoLongerMatches => "no_longer_matches",
            SkipReason::TooLate => "too_late",
            SkipReason::CoolDown => "cool_down",
            SkipReason::FrequencyCap => "frequency_cap",
            SkipReason::OpenOffersCap => "open_offers_cap",
            SkipReason::VoucherCap => "cap_reached",
            SkipReason::Cancelled => "cancelled",
            SkipReason::Dropped => "dropped",
            SkipReason::Merged => "merged",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl From<UnreachableReason> for SkipReason {
    fn from(unreachable: UnreachableReason) -> Self {
        match unreachable {
            UnreachableReason::NoConsent => SkipReason::NoConsent,
            UnreachableReason::Denied => SkipReason::OptedOut,
            UnreachableReason::Suppressed => SkipReason::Suppressed,
            UnreachableReason::NoAddress => SkipReason::NoAddress,
            UnreachableReason::TopicDenied => SkipReason::TopicDenied,
            UnreachableReason::Paused => SkipReason::Paused,
        }
    }
}
