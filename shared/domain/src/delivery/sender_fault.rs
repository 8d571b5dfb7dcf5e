//! The faults of ours for which a provider refuses to send: the sender, the account, its settings or
//! its limits. None of them says anything about the customer.
//!
//! `provider_errors` finds the fault of an answer, `lane` closes the channel's lane for it.

use jiff::SignedDuration;

/// A fault of the sending side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SenderFault {
    /// The sender's address or domain is not verified, or its DKIM or MAIL FROM records are gone. SES
    /// answers the same to every recipient of an account in the sandbox.
    IdentityNotVerified,
    /// The account may send to verified addresses and numbers only.
    Sandbox,
    /// The provider has paused sending by the account.
    SendingPaused,
    /// The provider has suspended the account, or refused it the service.
    AccountSuspended,
    /// A policy denies the call.
    AccessDenied,
    /// The credentials, their signature or the clock are wrong.
    CredentialsRefused,
    /// A configuration set, topic, template or list of ours does not exist or is not ready.
    ConfigurationMissing,
    /// The push platform's application is gone or off, mostly because its credentials ran out.
    PlatformDisabled,
    /// No number, pool or sender id of ours can send this kind of message.
    NoOrigination,
    /// The key by which the provider reads our topic cannot be used.
    KeyUnusable,
    /// The account's spend limit for the month is used up.
    SpendLimit,
    /// The account's quota for the day is used up.
    DailyQuota,
    /// The account sends faster than it may.
    Throttled,
}

/// The pauses before a closed lane is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbePauses {
    /// The pause before the first probe.
    pub first: SignedDuration,
    /// The longest pause; each probe that fails doubles the pause up to it.
    pub longest: SignedDuration,
}

impl SenderFault {
    pub const ALL: [SenderFault; 13] = [
        SenderFault::IdentityNotVerified,
        SenderFault::Sandbox,
        SenderFault::SendingPaused,
        SenderFault::AccountSuspended,
        SenderFault::AccessDenied,
        SenderFault::CredentialsRefused,
        SenderFault::ConfigurationMissing,
        SenderFault::PlatformDisabled,
        SenderFault::NoOrigination,
        SenderFault::KeyUnusable,
        SenderFault::SpendLimit,
        SenderFault::DailyQuota,
        SenderFault::Throttled,
    ];

    pub fn code(self) -> &'static str {
        match self {
            SenderFault::IdentityNotVerified => "identity_not_verified",
            SenderFault::Sandbox => "sandbox",
            SenderFault::SendingPaused => "sending_paused",
            SenderFault::AccountSuspended => "account_suspended",
            SenderFault::AccessDenied => "access_denied",
            SenderFault::CredentialsRefused => "credentials_refused",
            SenderFault::ConfigurationMissing => "configuration_missing",
            SenderFault::PlatformDisabled => "platform_disabled",
            SenderFault::NoOrigination => "no_origination",
            SenderFault::KeyUnusable => "key_unusable",
            SenderFault::SpendLimit => "spend_limit",
            SenderFault::DailyQuota => "daily_quota",
            SenderFault::Throttled => "throttled",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.code() == code)
    }

    /// Returns the pauses before the lane is probed. What an operator mends is asked soon, because the
    /// mend may be minutes away; a quota is asked when some of it can be back. SES counts a day's
    /// quota over the last 24 hours, so it comes back bit by bit, hour after hour; a spend limit comes
    /// back with the month, or when somebody raises it.
    pub fn probe_pauses(self) -> ProbePauses {
        let pauses = |first, longest| ProbePauses { first, longest };
        let (seconds, minutes) = (SignedDuration::from_secs, SignedDuration::from_mins);
        match self {
            SenderFault::Throttled => pauses(seconds(5), minutes(1)),
            SenderFault::DailyQuota => pauses(minutes(60), minutes(60)),
            SenderFault::SpendLimit => pauses(minutes(60), minutes(6 * 60)),
            SenderFault::AccountSuspended => pauses(minutes(15), minutes(60)),
            SenderFault::IdentityNotVerified
            | SenderFault::Sandbox
            | SenderFault::SendingPaused
            | SenderFault::AccessDenied
            | SenderFault::CredentialsRefused
            | SenderFault::ConfigurationMissing
            | SenderFault::PlatformDisabled
            | SenderFault::NoOrigination
            | SenderFault::KeyUnusable => pauses(minutes(1), minutes(15)),
        }
    }

    /// Returns true if the fault passes without anybody's help.
    pub fn passes_by_itself(self) -> bool {
        match self {
            SenderFault::Throttled | SenderFault::DailyQuota => true,
            SenderFault::IdentityNotVerified
            | SenderFault::Sandbox
            | SenderFault::SendingPaused
            | SenderFault::AccountSuspended
            | SenderFault::AccessDenied
            | SenderFault::CredentialsRefused
            | SenderFault::ConfigurationMissing
            | SenderFault::PlatformDisabled
            | SenderFault::NoOrigination
            | SenderFault::KeyUnusable
            | SenderFault::SpendLimit => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_found_again_by_its_code_and_is_probed_sooner_or_later() {
        for fault in SenderFault::ALL {
            assert_eq!(SenderFault::parse(fault.code()), Some(fault));
            let ProbePauses { first, longest } = fault.probe_pauses();
            assert!(first > SignedDuration::ZERO && first <= longest, "{fault:?}");
        }
        assert_eq!(SenderFault::parse("invalid_address"), None);
    }

    #[test]
    fn no_fault_of_ours_shares_its_code_with_a_refusal_of_an_address() {
        use crate::voucher::attempt::ProviderRefusal;
        for refusal in ProviderRefusal::ALL {
            assert_eq!(SenderFault::parse(refusal.code()), None, "{refusal:?}");
        }
    }
}
