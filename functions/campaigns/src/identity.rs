//! The id of a new campaign. With an `Idempotency-Key` it follows from the caller and the key, so that a repeat finds what the first
//! one made; without, it is new.

use domain::id::{CampaignId, SampleId, crockford};
use http_api::{Operator, Problem};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// 100 bits, as of a voucher.
const SYMBOLS: usize = 20;

pub fn campaign_id(operator: &Operator, key: Option<&str>) -> Result<CampaignId, Problem> {
    id(key.map(|key| vec![operator.subject.as_bytes(), key.as_bytes()]))
}

/// Of one of the campaigns that a request makes together.
pub fn portfolio_id(operator: &Operator, key: Option<&str>, playbook: &str) -> Result<CampaignId, Problem> {
    id(key.map(|key| vec![operator.subject.as_bytes(), key.as_bytes(), playbook.as_bytes()]))
}

/// Of a test send of that campaign.
pub fn sample_id(operator: &Operator, campaign: &CampaignId, key: Option<&str>) -> Result<SampleId, Problem> {
    let parts = key.map(|key| vec![operator.subject.as_bytes(), key.as_bytes(), campaign.as_str().as_bytes()]);
    SampleId::parse(&format!("smp_{}", symbols(parts))).map_err(|error| Problem::from_failure(&error, false))
}

fn id(derived_from: Option<Vec<&[u8]>>) -> Result<CampaignId, Problem> {
    let id = format!("cmp_{}", symbols(derived_from));
    CampaignId::parse(&id).map_err(|error| Problem::from_failure(&error, false))
}

fn symbols(derived_from: Option<Vec<&[u8]>>) -> String {
    match derived_from {
        Some(parts) => crockford(&hash(&parts), SYMBOLS),
        None => crockford(Uuid::now_v7().as_bytes(), SYMBOLS),
    }
}

/// What makes two requests the same: what is asked for, and the body's meaning (not its white space or order of keys).
pub fn fingerprint(what: &str, body: &serde_json::Value) -> String {
    crockford(&hash(&[what.as_bytes(), body.to_string().as_bytes()]), 32)
}

/// For the audit: a name to read, and the subject that stays the same.
pub fn actor(operator: &Operator) -> String {
    match &operator.name {
        Some(name) if *name != operator.subject => format!("{name} ({})", operator.subject),
        Some(_) | None => operator.subject.clone(),
    }
}

/// Whether that is this operator, under whatever name they had then.
pub fn is(operator: &Operator, actor: &str) -> bool {
    actor == operator.subject || actor.ends_with(&format!(" ({})", operator.subject))
}

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        // the length first: no two lists of parts give the same bytes
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
        let part = |subject, key, playbook| portfolio_id(&operator(subject), key, playbook).unwrap();
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
            fingerprint("create", &value(r#"{"a":1,"b":2}"#)),
            fingerprint("create", &value(r#"{ "b": 2, "a": 1 }"#))
        );
        assert_ne!(fingerprint("create", &value("{}")), fingerprint("clone", &value("{}")));
    }

    #[test]
    fn an_actor_can_be_read_and_stays_the_same() {
        assert_eq!(actor(&operator("s-1")), "ada (s-1)");
        assert_eq!(actor(&operator("ada")), "ada");
        for one in ["s-1", "ada"] {
            assert!(is(&operator(one), &actor(&operator(one))));
        }
        assert!(is(&operator("s-1"), "ada lovelace (s-1)"), "whatever they are called");
        assert!(!is(&operator("s-1"), "s-1 (s-2)") && !is(&operator("ada"), "ada (s-1)"));
    }
}
