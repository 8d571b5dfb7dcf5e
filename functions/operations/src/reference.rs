//! The id of a pending trigger: it names a piece of open work and one customer of it.
//!
//! The id is opaque to callers. Guessing one gains nothing, because the work it names is looked up
//! and has to be pending.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    delivery::dispatch::DispatchKey,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, Occurrence, RunId, VoucherId},
    },
};
use http::request::Parts;
use http_edge::Problem;
use store::voucher::records::VoucherKey;

use crate::unknown_trigger;

/// The longest id that is read, longer than any that we make: a dispatch's name is two ids of 64
/// characters and some words.
const MAX_LENGTH: usize = 640;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingReference {
    /// A match that is not planned yet.
    Match {
        campaign: CampaignId,
        customer: CustomerId,
        occurrence: Occurrence,
    },
    Dispatch {
        key: DispatchKey,
        customer: CustomerId,
    },
    Unknown {
        key: VoucherKey,
        channel: Channel,
        number: u32,
    },
}

impl PendingReference {
    pub fn encode(&self) -> String {
        // no id and no name of a dispatch contains `#`
        let parts = match self {
            Self::Match { campaign, customer, occurrence } => {
                format!("m#{campaign}#{customer}#{occurrence}")
            }
            Self::Dispatch { key, customer } => {
                format!("d#{}#{}#{}#{customer}", key.run, key.segment, key.name)
            }
            Self::Unknown { key, channel, number } => {
                format!("u#{}#{}#{channel}#{number}", key.customer, key.voucher)
            }
        };
        URL_SAFE_NO_PAD.encode(parts)
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let parts: Vec<&str> = std::str::from_utf8(&bytes).ok()?.split('#').collect();
        match parts.as_slice() {
            ["m", campaign, customer, occurrence] => Some(Self::Match {
                campaign: CampaignId::parse(campaign).ok()?,
                customer: CustomerId::parse(customer).ok()?,
                occurrence: Occurrence::parse(occurrence).ok()?,
            }),
            ["d", run, segment, name, customer] => {
                let run = RunId::parse(run).ok()?;
                let key = DispatchKey {
                    run,
                    segment: parse_number(segment)?,
                    name: parse_dispatch_name(name)?.to_owned(),
                };
                Some(Self::Dispatch { key, customer: CustomerId::parse(customer).ok()? })
            }
            ["u", customer, voucher, channel, attempt] => {
                let voucher = VoucherId::parse(voucher).ok()?;
                let key = VoucherKey { customer: CustomerId::parse(customer).ok()?, voucher };
                Some(Self::Unknown {
                    key,
                    channel: Channel::parse(channel)?,
                    number: parse_number(attempt)?,
                })
            }
            _ => None,
        }
    }
}

/// Parses a number in the form in which we write it, so that each piece of work has exactly one id.
fn parse_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

fn parse_dispatch_name(name: &str) -> Option<&str> {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-+@".contains(&byte);
    (!name.is_empty() && name.bytes().all(fine)).then_some(name)
}

/// An id as it is in the path. It is parsed only once the caller's role is checked, so that an
/// unauthorised caller learns nothing from it.
#[derive(Debug)]
pub struct ReferenceParam(String);

impl ReferenceParam {
    pub fn parse_reference(&self) -> Result<PendingReference, Problem> {
        PendingReference::parse(&self.0).ok_or_else(unknown_trigger)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ReferenceParam {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(path.map_or_else(|_| String::new(), |path| path.0)))
    }
}

#[cfg(test)]
mod tests {
    use testkit::builders::{campaign_id, customer_id};

    use super::*;

    #[test]
    fn an_id_is_read_back_as_what_it_was_made_of() {
        let customer = customer_id(&"c".repeat(64));
        let run = RunId::of_promotion(&campaign_id("cmp_1"));
        let name = format!("one.{customer}.email.2@after.2026-10-03");
        let dispatch = PendingReference::Dispatch {
            key: DispatchKey { run, segment: 7, name },
            customer: customer.clone(),
        };
        let voucher = VoucherId::parse("vch_00000000000000000000").unwrap();
        let key = VoucherKey { customer, voucher };
        let unknown = PendingReference::Unknown { key, channel: Channel::Sms, number: 1 };
        let occurrence = Occurrence::parse("event.e:1").unwrap();
        let campaign = campaign_id("cmp_1");
        let matched =
            PendingReference::Match { campaign, customer: customer_id("c-1"), occurrence };
        for reference in [matched, dispatch, unknown] {
            assert_eq!(PendingReference::parse(&reference.encode()), Some(reference));
        }
    }

    #[test]
    fn what_is_not_an_id_is_none() {
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let bad = [
            String::new(),
            "nonsense".into(),
            "ü".into(),
            "A".repeat(MAX_LENGTH + 1),
            encoded("d#run#0#p"),
            encoded("d#run#00#p#c-1"),
            encoded("d#run#-1#p#c-1"),
            encoded("d#run#0##c-1"),
            encoded("d#run#0#a b#c-1"),
            encoded("d#run#0#p#c-1#more"),
            encoded("m#cmp_1#c-1"),
            encoded("m#cmp_1#c-1#event e"),
            encoded("u#c-1#vch_1#fax#1"),
            encoded("u#c-1#vch_1#sms#x"),
            encoded("x#c-1#vch_1#sms#1"),
        ];
        for text in bad {
            assert_eq!(PendingReference::parse(&text), None, "{text}");
        }
    }
}
