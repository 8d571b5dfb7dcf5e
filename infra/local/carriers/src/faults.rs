//! Which fault a send plays: by rule first (`POST /_carriers/faults`), then by address, else none.
//! Read by handover for each send; written by control. The address tables here are the documented ones (docs/carriers.md).

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::locked;
use crate::messages::Channel;

/// More rules than a test ever sets; each send looks through all of them.
const MAX_RULES: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Accepted; then e-mail Bounce/Permanent, SMS and push FAILURE for good (push: the endpoint is disabled as well).
    HardBounce,
    /// Accepted; then e-mail Bounce/Transient, SMS and push FAILURE for now.
    SoftBounce,
    /// E-mail: accepted, delivered, then Complaint.
    Complaint,
    /// E-mail: accepted; then Bounce/Permanent/OnAccountSuppressionList.
    Suppressed,
    /// Accepted; then e-mail Reject (virus found), SMS FAILURE "Blocked as spam by phone carrier", push FAILURE of the payload.
    Reject,
    /// E-mail: accepted; then Rendering Failure and nothing else.
    RenderingFailure,
    /// E-mail: accepted; DeliveryDelay, then Delivery.
    DeliveryDelay,
    /// SMS: accepted, as SNS does; then FAILURE "Phone number is opted out".
    OptedOut,
    /// Push: refused with EndpointDisabled.
    EndpointDisabled,
    /// Refused for good at once: SES MessageRejected, SNS InvalidParameter.
    Refuse,
    /// E-mail: refused with LimitExceededException (daily quota).
    Quota,
    /// E-mail: refused with AccountSuspendedException.
    AccountSuspended,
    /// E-mail: refused with SendingPausedException.
    SendingPaused,
    /// Refused for now: SES TooManyRequestsException (429), SNS Throttling (400).
    Throttle,
    /// 500: SES InternalFailure, SNS InternalError. Nothing was accepted.
    ServerError,
    /// Accepted (and its events come), but the connection is cut instead of an answer.
    AcceptThenDrop,
    /// Not accepted, and the connection is cut.
    DropBeforeAccept,
    /// Accepted at once, answered late.
    Slow,
    /// Accepted; no event ever comes.
    NoEvent,
    /// Accepted; each event comes twice.
    DuplicateEvent,
}

/// One send's fault.
#[derive(Clone, Debug)]
pub struct Play {
    pub fault: Fault,
    pub delay: Option<Duration>,
    /// Which of the recipients it is about.
    pub recipient: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRule {
    pub channel: Channel,
    /// A part of the address, or `*`.
    #[serde(rename = "match")]
    pub pattern: String,
    pub fault: Fault,
    /// How many sends it is good for; `null` or left out: all of them.
    #[serde(default)]
    pub times: Option<u64>,
    /// Before the answer (slow, refusals, cuts) or before the events (bounces and the like).
    #[serde(default)]
    pub delay_ms: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Rule {
    pub id: u64,
    pub channel: Channel,
    #[serde(rename = "match")]
    pub pattern: String,
    pub fault: Fault,
    /// What is left of it.
    pub times: Option<u64>,
    pub delay_ms: Option<u64>,
    pub played: u64,
}

#[derive(Default)]
pub struct Faults {
    rules: Mutex<VecDeque<Rule>>,
    /// Rules that can still play: zero spares every send the lock.
    armed: AtomicUsize,
    next_id: AtomicU64,
}

impl Faults {
    /// The first rule that is left and fits, in the order they were added; else what the address says.
    pub fn play(&self, channel: Channel, recipients: &[String]) -> Option<Play> {
        self.by_rule(channel, recipients).or_else(|| {
            recipients.iter().find_map(|recipient| {
                let fault = Fault::by_address(channel, recipient)?;
                Some(Play { fault, delay: None, recipient: recipient.clone() })
            })
        })
    }

    pub fn add(&self, new: NewRule) -> Result<Rule, String> {
        if !new.fault.plays_on(new.channel) {
            return Err(format!("the fault {} does not exist on {}", new.fault.name(), new.channel.name()));
        }
        if new.pattern.is_empty() {
            return Err("match must be a part of the address, or *".into());
        }
        let mut rules = locked(&self.rules);
        if rules.len() >= MAX_RULES {
            return Err(format!("there are {MAX_RULES} rules already: DELETE /_carriers/faults first"));
        }
        let NewRule { channel, pattern, fault, times, delay_ms } = new;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        let rule = Rule { id, channel, pattern, fault, times, delay_ms, played: 0 };
        rules.push_back(rule.clone());
        self.armed.store(rules.len(), Ordering::Release);
        Ok(rule)
    }

    pub fn list(&self) -> Vec<Rule> {
        locked(&self.rules).iter().cloned().collect()
    }

    pub fn remove(&self, id: u64) -> bool {
        let mut rules = locked(&self.rules);
        let before = rules.len();
        rules.retain(|rule| rule.id != id);
        self.armed.store(rules.len(), Ordering::Release);
        rules.len() < before
    }

    pub fn clear(&self) -> usize {
        let mut rules = locked(&self.rules);
        let count = rules.len();
        rules.clear();
        self.armed.store(0, Ordering::Release);
        count
    }

    fn by_rule(&self, channel: Channel, recipients: &[String]) -> Option<Play> {
        if self.armed.load(Ordering::Acquire) == 0 {
            return None;
        }
        for rule in locked(&self.rules).iter_mut() {
            if rule.channel != channel || rule.times == Some(0) {
                continue;
            }
            let fits = |recipient: &&String| rule.pattern == "*" || recipient.contains(&rule.pattern);
            if let Some(recipient) = recipients.iter().find(fits) {
                rule.times = rule.times.map(|times| times - 1);
                rule.played += 1;
                return Some(Play {
                    fault: rule.fault,
                    delay: rule.delay_ms.map(Duration::from_millis),
                    recipient: recipient.clone(),
                });
            }
        }
        None
    }
}

impl Fault {
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    pub fn plays_on(self, channel: Channel) -> bool {
        match self {
            Self::Complaint | Self::Suppressed | Self::RenderingFailure | Self::DeliveryDelay => {
                channel == Channel::Email
            }
            Self::Quota | Self::AccountSuspended | Self::SendingPaused => channel == Channel::Email,
            Self::OptedOut => channel == Channel::Sms,
            Self::EndpointDisabled => channel == Channel::Push,
            Self::HardBounce | Self::SoftBounce | Self::Reject | Self::Refuse | Self::Throttle | Self::ServerError => {
                true
            }
            Self::AcceptThenDrop | Self::DropBeforeAccept | Self::Slow | Self::NoEvent | Self::DuplicateEvent => true,
        }
    }

    pub fn by_address(channel: Channel, address: &str) -> Option<Self> {
        let fault = match channel {
            Channel::Email => {
                let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
                local.split('+').find_map(Self::by_word)
            }
            Channel::Sms => {
                address.len().checked_sub(6).and_then(|start| address.get(start..)).and_then(Self::by_number)
            }
            Channel::Push => {
                let endpoint = address.rsplit('/').next().unwrap_or(address);
                endpoint.match_indices('-').find_map(|(at, _)| Self::by_word(endpoint.get(at + 1..)?))
            }
        }?;
        fault.plays_on(channel).then_some(fault)
    }

    /// E-mail: the local part or a +tag. Push: what follows a dash at the end of the endpoint ARN.
    fn by_word(word: &str) -> Option<Self> {
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

    /// SMS: the last six digits, so that an ordinary number meets one by accident once in 80,000.
    fn by_number(suffix: &str) -> Option<Self> {
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
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(channel: Channel, address: &str, expected: Option<Fault>) {
        assert_eq!(Fault::by_address(channel, address), expected, "{address}");
    }

    fn rule(json: &str) -> NewRule {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_address_names_its_fault_by_local_part_tag_suffix_or_arn_end() {
        check(Channel::Email, "bounce@simulator.amazonses.com", Some(Fault::HardBounce));
        check(Channel::Email, "bounce+label1@example.com", Some(Fault::HardBounce));
        check(Channel::Email, "anna.b+softbounce@example.com", Some(Fault::SoftBounce));
        check(Channel::Email, "anna+DROP@example.com", Some(Fault::AcceptThenDrop));
        check(Channel::Email, "bouncer@example.com", None);
        check(Channel::Email, "anna@bounce.example", None);
        check(Channel::Email, "disabled@example.com", None);
        check(Channel::Sms, "+4915100999904", Some(Fault::OptedOut));
        check(Channel::Sms, "+491510099990", None);
        check(Channel::Sms, "+1", None);
        check(
            Channel::Push,
            "arn:aws:sns:us-east-1:0:endpoint/GCM/app/1234-abcd-disabled",
            Some(Fault::EndpointDisabled),
        );
        check(Channel::Push, "arn:aws:sns:us-east-1:0:endpoint/APNS/app/1234-slow-abcd", None);
        check(Channel::Push, "arn:aws:sns:us-east-1:0:endpoint/APNS/drop/1234-complaint", None);
    }

    #[test]
    fn a_rule_goes_before_the_address_and_is_used_up() {
        let faults = Faults::default();
        faults.add(rule(r#"{"channel":"email","match":"@a.test","fault":"throttle","times":2,"delay_ms":5}"#)).unwrap();
        let played = |to: &str| faults.play(Channel::Email, &[to.to_owned()]).map(|play| play.fault);
        assert_eq!(played("bounce@a.test"), Some(Fault::Throttle));
        assert_eq!(played("x@b.test"), None);
        assert_eq!(played("x@a.test"), Some(Fault::Throttle));
        assert_eq!(played("bounce@a.test"), Some(Fault::HardBounce));
        assert_eq!(faults.list().first().map(|rule| (rule.times, rule.played)), Some((Some(0), 2)));
        assert_eq!(faults.clear(), 1);
    }

    #[test]
    fn a_star_fits_every_address_of_its_channel_only() {
        let faults = Faults::default();
        faults.add(rule(r#"{"channel":"sms","match":"*","fault":"server_error","times":null}"#)).unwrap();
        assert!(faults.play(Channel::Sms, &["+49151".into()]).is_some());
        assert!(faults.play(Channel::Push, &["arn".into()]).is_none());
    }

    #[test]
    fn a_fault_that_the_channel_does_not_have_is_refused() {
        let faults = Faults::default();
        let error = faults.add(rule(r#"{"channel":"sms","match":"*","fault":"complaint"}"#)).unwrap_err();
        assert_eq!(error, "the fault complaint does not exist on sms");
        assert!(serde_json::from_str::<NewRule>(r#"{"channel":"fax","match":"*","fault":"slow"}"#).is_err());
    }
}
