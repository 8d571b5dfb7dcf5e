//! Holds what a worker learns of an address from its provider's answer while it sends. Workers may not
//! change customers or addresses themselves, so they report it through the feedback queue.

use domain::customer::address::Address;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A fact about an address. It names the address to which the message went: the customer may have
/// another one by the time at which it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "learnt", rename_all = "snake_case", deny_unknown_fields)]
pub enum AddressFinding {
    /// The provider will never send to it: a number that cannot be, a device that is gone.
    Dead { address: Address, at: Timestamp },
    /// It is on the provider's opt-out list.
    OptedOut { address: Address, at: Timestamp },
}

#[cfg(test)]
mod tests {
    use domain::kernel::channel::Channel;

    use super::*;
    use crate::feedback::{ProviderEvent, parse_feedback};

    #[test]
    fn a_finding_is_read_back() {
        let at = "2026-11-22T12:00:00Z".parse().unwrap();
        let arn = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1";
        for (channel, text) in [
            (Channel::Sms, "+34600000001"),
            (Channel::Email, "ana@example.com"),
            (Channel::Push, arn),
        ] {
            let address = Address::parse(channel, text).unwrap();
            for learnt in [
                AddressFinding::Dead { address: address.clone(), at },
                AddressFinding::OptedOut { address, at },
            ] {
                let body = serde_json::to_string(&learnt).unwrap();
                let parsed = parse_feedback(&body, at).remove(0).parsed.unwrap();
                assert_eq!(parsed.events, [ProviderEvent::Finding(learnt)]);
            }
        }
    }
}
