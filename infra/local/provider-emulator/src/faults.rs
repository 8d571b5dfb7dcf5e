//! Chooses the fault of a send: by rule first (`POST /_emulator/faults`), then by address, else
//! none.
//!
//! Read by handover for each send; written by control. The address tables here are the documented
//! ones (docs/emulator.md).

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::lock;
use crate::messages::ProviderChannel;

/// The most rules, more than a test ever sets. Each send checks all of them.
const MAX_RULES: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InjectedFault {
    /// Accepted. Then e-mail Bounce/Permanent; SMS and push a permanent FAILURE, and for push the
    /// endpoint is disabled as well.
    HardBounce,
    /// Accepted. Then e-mail Bounce/Transient; SMS and push a temporary FAILURE.
    SoftBounce,
    /// E-mail: accepted, delivered, then Complaint.
    Complaint,
    /// E-mail: accepted, then Bounce/Permanent/OnAccountSuppressionList.
    Suppressed,
    /// Accepted. Then e-mail Reject (virus found); SMS FAILURE "Blocked as spam by phone carrier";
    /// push FAILURE because of the payload.
    Reject,
    /// E-mail: accepted, then Rendering Failure and nothing else.
    RenderingFailure,
    /// E-mail: accepted, then DeliveryDelay, then Delivery.
    DeliveryDelay,
    /// SMS: refused by End User Messaging; accepted by SNS, then FAILURE "Phone number is opted out".
    OptedOut,
    /// SMS: the country is blocked by a protect configuration. SNS calls the number not valid.
    CountryBlocked,
    /// Push: refused with EndpointDisabled.
    EndpointDisabled,
    /// Refused for good at once: SES MessageRejected, SNS InvalidParameter.
    Refuse,
    /// E-mail: refused with LimitExceededException (daily quota). SMS: refused by End User Messaging
    /// (monthly spend limit); accepted by SNS, then FAILURE "No quota left for account".
    Quota,
    /// E-mail: refused with AccountSuspendedException; SMS by End User Messaging with
    /// AccessDeniedException.
    AccountSuspended,
    /// E-mail: refused with SendingPausedException.
    SendingPaused,
    /// Refused because our own identity or permission is missing: SES MessageRejected "Email address is
    /// not verified", SNS AuthorizationError, End User Messaging RESOURCE_NOT_ACTIVE.
    NotVerified,
    /// E-mail, and SMS by End User Messaging: refused because the configuration set does not exist.
    ConfigurationMissing,
    /// Push: refused with PlatformApplicationDisabled.
    PlatformDisabled,
    /// Refused for now: SES TooManyRequestsException (429), SNS Throttling (400).
    Throttle,
    /// HTTP 500: SES InternalFailure, SNS InternalError. Nothing is accepted.
    ServerError,
    /// Accepted, and its events are published, but the connection is cut instead of an answer.
    AcceptThenDrop,
    /// Refused without an answer: nothing is accepted and the connection is cut.
    DropBeforeAccept,
    /// Accepted at once, answered late.
    Slow,
    /// Accepted, but no event follows.
    NoEvent,
    /// Accepted, and each event is published twice.
    DuplicateEvent,
}

/// The fault of one send.
#[derive(Clone, Debug)]
pub struct FaultPlay {
    pub fault: InjectedFault,
    pub delay: Option<Duration>,
    /// The recipient that the fault concerns.
    pub recipient: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFaultRule {
    pub channel: ProviderChannel,
    /// A part of the address, or `*`.
    #[serde(rename = "match")]
    pub pattern: String,
    pub fault: InjectedFault,
    /// The number of sends that the rule applies to; all sends if it is `null` or missing.
    #[serde(default)]
    pub times: Option<u64>,
    /// Milliseconds before the answer (slow, refusals, cuts) or before the events (bounces and the
    /// like).
    #[serde(default)]
    pub delay_ms: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FaultRule {
    pub id: u64,
    pub channel: ProviderChannel,
    #[serde(rename = "match")]
    pub pattern: String,
    pub fault: InjectedFault,
    /// The number of sends that the rule still applies to; all if it is `null`.
    pub times: Option<u64>,
    pub delay_ms: Option<u64>,
    pub played: u64,
}

#[derive(Default)]
pub struct FaultRules {
    rules: Mutex<VecDeque<FaultRule>>,
    /// The number of rules. Zero spares every send the lock.
    rule_count: AtomicUsize,
    next_id: AtomicU64,
}

impl FaultRules {
    /// Returns the fault of a send: that of the first matching rule that is not used up, in the
    /// order in which the rules were added; else the fault that an address names.
    pub fn fault_for_send(
        &self,
        channel: ProviderChannel,
        recipients: &[String],
    ) -> Option<FaultPlay> {
        self.fault_by_rule(channel, recipients).or_else(|| {
            recipients.iter().find_map(|recipient| {
                let fault = InjectedFault::from_address(channel, recipient)?;
                Some(FaultPlay { fault, delay: None, recipient: recipient.clone() })
            })
        })
    }

    pub fn add(&self, new: NewFaultRule) -> Result<FaultRule, String> {
        if !new.fault.is_available_on(new.channel) {
            return Err(format!(
                "the fault {} does not exist on {}",
                new.fault.name(),
                new.channel.name()
            ));
        }
        if new.pattern.is_empty() {
            return Err("match must be a part of the address, or *".into());
        }
        let mut rules = lock(&self.rules);
        if rules.len() >= MAX_RULES {
            return Err(format!(
                "there are {MAX_RULES} rules already: DELETE /_emulator/faults first"
            ));
        }
        let NewFaultRule { channel, pattern, fault, times, delay_ms } = new;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        let rule = FaultRule { id, channel, pattern, fault, times, delay_ms, played: 0 };
        rules.push_back(rule.clone());
        self.rule_count.store(rules.len(), Ordering::Release);
        Ok(rule)
    }

    pub fn list(&self) -> Vec<FaultRule> {
        lock(&self.rules).iter().cloned().collect()
    }

    pub fn remove(&self, id: u64) -> bool {
        let mut rules = lock(&self.rules);
        let before = rules.len();
        rules.retain(|rule| rule.id != id);
        self.rule_count.store(rules.len(), Ordering::Release);
        rules.len() < before
    }

    pub fn clear(&self) -> usize {
        let mut rules = lock(&self.rules);
        let count = rules.len();
        rules.clear();
        self.rule_count.store(0, Ordering::Release);
        count
    }

    fn fault_by_rule(&self, channel: ProviderChannel, recipients: &[String]) -> Option<FaultPlay> {
        if self.rule_count.load(Ordering::Acquire) == 0 {
            return None;
        }
        for rule in lock(&self.rules).iter_mut() {
            if rule.channel != channel || rule.times == Some(0) {
                continue;
            }
            let fits =
                |recipient: &&String| rule.pattern == "*" || recipient.contains(&rule.pattern);
            if let Some(recipient) = recipients.iter().find(fits) {
                rule.times = rule.times.map(|times| times - 1);
                rule.played += 1;
                return Some(FaultPlay {
                    fault: rule.fault,
                    delay: rule.delay_ms.map(Duration::from_millis),
                    recipient: recipient.clone(),
                });
            }
        }
        None
    }
}

impl InjectedFault {
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    pub fn is_available_on(self, channel: ProviderChannel) -> bool {
        match self {
            Self::Complaint | Self::Suppressed | Self::RenderingFailure | Self::DeliveryDelay => {
                channel == ProviderChannel::Email
            }
            Self::SendingPaused => channel == ProviderChannel::Email,
            Self::Quota | Self::AccountSuspended | Self::ConfigurationMissing => {
                channel != ProviderChannel::Push
            }
            Self::PlatformDisabled => channel == ProviderChannel::Push,
            Self::OptedOut | Self::CountryBlocked => channel == ProviderChannel::Sms,
            Self::EndpointDisabled => channel == ProviderChannel::Push,
            Self::HardBounce
            | Self::SoftBounce
            | Self::Reject
            | Self::Refuse
            | Self::NotVerified
            | Self::Throttle
            | Self::ServerError => true,
            Self::AcceptThenDrop
            | Self::DropBeforeAccept
            | Self::Slow
            | Self::NoEvent
            | Self::DuplicateEvent => true,
        }
    }

    pub fn from_address(channel: ProviderChannel, address: &str) -> Option<Self> {
        let fault = match channel {
            ProviderChannel::Email => {
                let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
                local.split('+').find_map(Self::from_word)
            }
            ProviderChannel::Sms => address
                .len()
                .checked_sub(6)
                .and_then(|start| address.get(start..))
                .and_then(Self::from_number_suffix),
            ProviderChannel::Push => {
                let endpoint = address.rsplit('/').next().unwrap_or(address);
                endpoint
                    .match_indices('-')
                    .find_map(|(at, _)| Self::from_word(endpoint.get(at + 1..)?))
            }
        }?;
        fault.is_available_on(channel).then_some(fault)
    }

    /// Returns the fault that a word names. For e-mail the word is the local part or a +tag; for
    /// push it follows a dash at the end of the endpoint ARN.
    fn from_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "bounce" | "hardbounce" => Self::HardBounce,
            "softbounce" => Self::SoftBounce,
            "complaint" => Self::Complaint,
            "suppressed" | "suppressionlist" => Self::Suppressed,
            "reject" => Self::Reject,
            "rendering" => Self::RenderingFailure,
            "delay" => Self::DeliveryDelay,
            "disabled" => Self::EndpointDisabled,
            "refuse" => Self::Refuse,
            "quota" => Self::Quota,
            "suspended" => Self::AccountSuspended,
            "paused" => Self::SendingPaused,
            "notverified" => Self::NotVerified,
            "noconfiguration" => Self::ConfigurationMissing,
            "platformoff" => Self::PlatformDisabled,
            "throttle" => Self::Throttle,
            "http500" => Self::ServerError,
            "drop" => Self::AcceptThenDrop,
            "dropbefore" => Self::DropBeforeAccept,
            "slow" => Self::Slow,
            "noevent" => Self::NoEvent,
            "twice" => Self::DuplicateEvent,
            _ => return None,
        })
    }

    /// Returns the fault that the last six digits of a number name. An ordinary number has such
    /// digits by accident once in 66,000.
    fn from_number_suffix(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "999901" => Self::HardBounce,
            "999902" => Self::SoftBounce,
            "999903" => Self::Reject,
            "999904" => Self::OptedOut,
            "999905" => Self::Refuse,
            "999906" => Self::Throttle,
            "999907" => Self::ServerError,
            "999908" => Self::AcceptThenDrop,
            "999909" => Self::DropBeforeAccept,
            "999910" => Self::Slow,
            "999911" => Self::NoEvent,
            "999912" => Self::DuplicateEvent,
            "999913" => Self::NotVerified,
            "999914" => Self::Quota,
            "999915" => Self::CountryBlocked,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(channel: ProviderChannel, address: &str, expected: Option<InjectedFault>) {
        assert_eq!(InjectedFault::from_address(channel, address), expected, "{address}");
    }

    fn rule(json: &str) -> NewFaultRule {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_address_names_its_fault_by_local_part_tag_suffix_or_arn_end() {
        check(
            ProviderChannel::Email,
            "bounce@simulator.amazonses.com",
            Some(InjectedFault::HardBounce),
        );
        check(ProviderChannel::Email, "bounce+label1@example.com", Some(InjectedFault::HardBounce));
        check(
            ProviderChannel::Email,
            "anna.b+softbounce@example.com",
            Some(InjectedFault::SoftBounce),
        );
        check(ProviderChannel::Email, "anna+DROP@example.com", Some(InjectedFault::AcceptThenDrop));
        check(ProviderChannel::Email, "bouncer@example.com", None);
        check(ProviderChannel::Email, "anna@bounce.example", None);
        check(ProviderChannel::Email, "disabled@example.com", None);
        check(ProviderChannel::Sms, "+4915100999904", Some(InjectedFault::OptedOut));
        check(ProviderChannel::Sms, "+491510099990", None);
        check(ProviderChannel::Sms, "+1", None);
        check(
            ProviderChannel::Push,
            "arn:aws:sns:us-east-1:0:endpoint/GCM/app/1234-abcd-disabled",
            Some(InjectedFault::EndpointDisabled),
        );
        check(
            ProviderChannel::Push,
            "arn:aws:sns:us-east-1:0:endpoint/APNS/app/1234-slow-abcd",
            None,
        );
        check(
            ProviderChannel::Push,
            "arn:aws:sns:us-east-1:0:endpoint/APNS/drop/1234-complaint",
            None,
        );
    }

    #[test]
    fn a_rule_goes_before_the_address_and_is_used_up() {
        let faults = FaultRules::default();
        faults.add(rule(r#"{"channel":"email","match":"@a.test","fault":"throttle","times":2,"delay_ms":5}"#)).unwrap();
        let played = |to: &str| {
            faults.fault_for_send(ProviderChannel::Email, &[to.to_owned()]).map(|play| play.fault)
        };
        assert_eq!(played("bounce@a.test"), Some(InjectedFault::Throttle));
        assert_eq!(played("x@b.test"), None);
        assert_eq!(played("x@a.test"), Some(InjectedFault::Throttle));
        assert_eq!(played("bounce@a.test"), Some(InjectedFault::HardBounce));
        assert_eq!(faults.list().first().map(|rule| (rule.times, rule.played)), Some((Some(0), 2)));
        assert_eq!(faults.clear(), 1);
    }

    #[test]
    fn a_star_fits_every_address_of_its_channel_only() {
        let faults = FaultRules::default();
        faults
            .add(rule(r#"{"channel":"sms","match":"*","fault":"server_error","times":null}"#))
            .unwrap();
        assert!(faults.fault_for_send(ProviderChannel::Sms, &["+49151".into()]).is_some());
        assert!(faults.fault_for_send(ProviderChannel::Push, &["arn".into()]).is_none());
    }

    #[test]
    fn a_fault_that_the_channel_does_not_have_is_refused() {
        let faults = FaultRules::default();
        let error =
            faults.add(rule(r#"{"channel":"sms","match":"*","fault":"complaint"}"#)).unwrap_err();
        assert_eq!(error, "the fault complaint does not exist on sms");
        assert!(
            serde_json::from_str::<NewFaultRule>(r#"{"channel":"fax","match":"*","fault":"slow"}"#)
                .is_err()
        );
    }
}
