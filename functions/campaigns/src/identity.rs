//! Ids of new campaigns and test sends, request fingerprints, and actors for the audit. With an
//! `Idempotency-Key` an id is derived from the caller and the key, so that a repeat finds what the
//! first request created; without one, the id is new.

use domain::kernel::id::{CampaignId, RehearsalId, TestSendId, encode_crockford};
use http_edge::{Operator, Problem};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Length of an id in symbols: 100 bits, as in a voucher id.
const SYMBOLS: usize = 20;

pub fn campaign_id(operator: &Operator, key: Option<&str>) -> Result<CampaignId, Problem> {
    derive_campaign_id(key.map(|key| vec![operator.subject.as_bytes(), key.as_bytes()]))
}

/// Returns the id of one of several campaigns that a single request creates.
pub fn portfolio_id(
    operator: &Operator,
    key: Option<&str>,
    playbook: &str,
) -> Result<CampaignId, Problem> {
    derive_campaign_id(
        key.map(|key| vec![operator.subject.as_bytes(), key.as_bytes(), playbook.as_bytes()]),
    )
}

/// Returns the id of a test send of the campaign.
pub fn test_send_id(
    operator: &Operator,
    campaign: &CampaignId,
    key: Option<&str>,
) -> Result<TestSendId, Problem> {
    let parts = key
        .map(|key| vec![operator.subject.as_bytes(), key.as_bytes(), campaign.as_str().as_bytes()]);
    TestSendId::parse(&format!("smp_{}", id_symbols(parts)))
        .map_err(|error| Problem::from_failure(&error, false))
}

/// Returns the id of a rehearsal.
pub fn rehearsal_id(operator: &Operator, key: Option<&str>) -> Result<RehearsalId, Problem> {
    let parts =
        key.map(|key| vec!["rehearsal".as_bytes(), operator.subject.as_bytes(), key.as_bytes()]);
    RehearsalId::parse(&format!("reh_{}", id_symbols(parts)))
        .map_err(|error| Problem::from_failure(&error, false))
}

fn derive_campaign_id(derived_from: Option<Vec<&[u8]>>) -> Result<CampaignId, Problem> {
    let id = format!("cmp_{}", id_symbols(derived_from));
    CampaignId::parse(&id).map_err(|error| Problem::from_failure(&error, false))
}

fn id_symbols(derived_from: Option<Vec<&[u8]>>) -> String {
    match derived_from {
        Some(parts) => encode_crockford(&hash_parts(&parts), SYMBOLS),
        None => encode_crockford(Uuid::now_v7().as_bytes(), SYMBOLS),
    }
}

/// Fingerprints a request, so that two requests are the same if they ask for the same action with
/// the same JSON, regardless of white space and key order.
pub fn request_fingerprint(what: &str, body: &serde_json::Value) -> String {
    encode_crockford(&hash_parts(&[what.as_bytes(), body.to_string().as_bytes()]), 32)
}

/// Formats an operator for the audit: a readable name, and the subject, which never changes.
pub fn actor_name(operator: &Operator) -> String {
    operator.actor()
}

/// Returns true if `actor_name` is this operator, whatever their name was at that time.
pub fn is_actor(operator: &Operator, actor: &str) -> bool {
    actor == operator.subject || actor.ends_with(&format!(" ({})", operator.subject))
}

fn hash_parts(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        // the length comes first, so that no two lists of parts give the same bytes
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(subject: &str) -> Operator {
        Operator { subject: subject.into(), name: Some("ada".into()), groups: Default::default() }
    }

    #[test]
    fn the_same_caller_and_key_give_the_same_campaign() {
        let id = |subject, key| campaign_id(&operator(subject), key).unwrap();
        assert_eq!(id("s-1", Some("k")), id("s-1", Some("k")));
        assert_ne!(id("s-1", Some("k")), id("s-2", Some("k")));
        assert_ne!(id("s-1", Some("k")), id("s-1", Some("l")));
        assert_ne!(id("s-1", None), id("s-1", None));
        assert_eq!(id("s-1", None).as_str().len(), 24);
        let part =
            |subject, key, playbook| portfolio_id(&operator(subject), key, playbook).unwrap();
        assert_eq!(part("s-1", Some("k"), "win-back"), part("s-1", Some("k"), "win-back"));
        assert_ne!(part("s-1", Some("k"), "win-back"), part("s-1", Some("k"), "vip-thank-you"));
        assert_ne!(part("s-1", Some("k"), "win-back"), part("s-2", Some("k"), "win-back"));
        assert_ne!(part("s-1", Some("k"), "win-back"), part("s-1", Some("l"), "win-back"));
        assert_ne!(part("s-1", Some("k"), "win-back"), id("s-1", Some("k")));
        assert_ne!(part("s-1", None, "win-back"), part("s-1", None, "win-back"));
    }

    #[test]
    fn white_space_and_order_do_not_make_another_request() {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(
            request_fingerprint("create", &value(r#"{"a":1,"b":2}"#)),
            request_fingerprint("create", &value(r#"{ "b": 2, "a": 1 }"#))
        );
        assert_ne!(
            request_fingerprint("create", &value("{}")),
            request_fingerprint("clone", &value("{}"))
        );
    }

    #[test]
    fn an_actor_can_be_read_and_stays_the_same() {
        assert_eq!(actor_name(&operator("s-1")), "ada (s-1)");
        assert_eq!(actor_name(&operator("ada")), "ada");
        for one in ["s-1", "ada"] {
            assert!(is_actor(&operator(one), &actor_name(&operator(one))));
        }
        assert!(is_actor(&operator("s-1"), "ada lovelace (s-1)"), "whatever they are called");
        assert!(
            !is_actor(&operator("s-1"), "s-1 (s-2)") && !is_actor(&operator("ada"), "ada (s-1)")
        );
    }
}
