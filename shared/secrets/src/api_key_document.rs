//! The secret with the app backend's API keys.
//!
//! `{"first": "...", "keys": [{"key_id", "scopes", "secrets", "created_at", "rotated_at",
//! "revoked_at"}]}`. The deployment generates `first`: the secret of the key `first`, which has
//! every scope. `infra/api_keys.py` turns it into an entry of `keys` with its first change. An
//! entry has one secret, or two while it is being rotated, the newest first.

use std::{collections::BTreeSet, sync::Arc};

use domain::kernel::{
    api_key::{ApiKey, KeyScope},
    id::ApiKeyId,
};
use serde::Deserialize;

use crate::{SecretError, decode_key};

/// The id of the key that the deployment makes.
const FIRST_KEY: &str = "first";
/// The most keys, so that the document stays far below the 64 KB of a secret.
const MAX_KEYS: usize = 50;
/// The most secrets of a key: the one in use and the one it replaces.
const MAX_SECRETS: usize = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiKeyDocument {
    #[serde(default)]
    first: String,
    #[serde(default)]
    keys: Vec<ApiKeyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiKeyEntry {
    key_id: ApiKeyId,
    scopes: Vec<KeyScope>,
    secrets: Vec<String>,
    created_at: Option<String>,
    rotated_at: Option<String>,
    revoked_at: Option<String>,
}

/// Parses the secret. A document that is wrong in one place is refused as a whole, because an entry
/// that was left out could be the one that revokes a key.
pub(crate) fn parse_api_keys(json: &str) -> Result<Arc<[ApiKey]>, SecretError> {
    let document: ApiKeyDocument = serde_json::from_str(json)
        .map_err(|_| SecretError::Unusable("it is not {\"first\", \"keys\"}"))?;
    let mut keys = document.keys.into_iter().map(read_entry).collect::<Result<Vec<_>, _>>()?;
    if !document.first.is_empty() {
        let id = ApiKeyId::parse(FIRST_KEY);
        let id = id.map_err(|_| SecretError::Unusable("the first key has no id"))?;
        keys.push(ApiKey::with_all_scopes(id, vec![decode_key(&document.first)?]));
    }
    if keys.len() > MAX_KEYS {
        return Err(SecretError::Unusable("it has more than 50 keys"));
    }
    let ids: BTreeSet<_> = keys.iter().map(|key| &key.id).collect();
    if ids.len() < keys.len() {
        return Err(SecretError::Unusable("two keys have the same id"));
    }
    Ok(keys.into())
}

fn read_entry(entry: ApiKeyEntry) -> Result<ApiKey, SecretError> {
    let time = |text: Option<String>| match text {
        None => Ok(None),
        Some(text) => {
            text.parse().map(Some).map_err(|_| SecretError::Unusable("a time is not RFC 3339"))
        }
    };
    let secrets = entry.secrets.iter().map(|secret| decode_key(secret));
    let key = ApiKey {
        id: entry.key_id,
        scopes: entry.scopes,
        secrets: secrets.collect::<Result<_, _>>()?,
        created_at: time(entry.created_at)?,
        rotated_at: time(entry.rotated_at)?,
        revoked_at: time(entry.revoked_at)?,
    };
    match key.secrets.len() {
        0 if key.revoked_at.is_none() => Err(SecretError::Unusable("a key has no secret")),
        0..=MAX_SECRETS => Ok(key),
        _ => Err(SecretError::Unusable("a key has more than two secrets")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn entry(id: &str, more: &str) -> String {
        format!(r#"{{"key_id":"{id}","scopes":["orders"],"secrets":["whsec_{SECRET}"]{more}}}"#)
    }
    fn document(entries: &[String]) -> String {
        format!(r#"{{"keys":[{}]}}"#, entries.join(","))
    }

    #[test]
    fn the_generated_secret_is_a_key_with_every_scope() {
        let keys = parse_api_keys(&format!(r#"{{"keys":[],"first":"{SECRET}"}}"#)).unwrap();
        let [first] = &*keys else { unreachable!("{keys:?}") };
        assert_eq!((first.id.as_str(), first.secrets.len()), ("first", 1));
        assert!(KeyScope::ALL.iter().all(|scope| first.allows(*scope)));
    }

    #[test]
    fn an_entry_has_its_scopes_secrets_and_times() {
        let times = r#","created_at":"2026-11-01T00:00:00Z","rotated_at":"2026-11-02T00:00:00Z""#;
        let revoked = r#","revoked_at":"2026-11-03T00:00:00Z""#;
        let keys = document(&[entry("a", times), entry("b", revoked)]);
        let keys = parse_api_keys(&keys).unwrap();
        let [first, second] = &*keys else { unreachable!("{keys:?}") };
        assert!(first.allows(KeyScope::Orders) && !first.allows(KeyScope::Vouchers));
        assert_eq!(first.created_at, "2026-11-01T00:00:00Z".parse().ok());
        assert_eq!((first.valid_secrets().len(), second.valid_secrets().len()), (1, 0));
    }

    #[test]
    fn a_document_that_is_wrong_in_one_place_is_refused_without_showing_it() {
        let two = format!(r#"{{"first":"{SECRET}","keys":[{}]}}"#, entry("first", ""));
        for bad in [
            String::new(),
            format!(r#"{{"current":"{SECRET}","previous":""}}"#),
            document(&[entry("a", ""), entry("a", "")]),
            document(&[entry("a b", "")]),
            document(&[entry("a", r#","revoked":true"#)]),
            document(&[entry("a", r#","revoked_at":"yesterday""#)]),
            document(&[entry("a", "").replace("orders", "everything")]),
            document(&[entry("a", "").replace(SECRET, "c2hvcnQ=")]),
            document(&[entry("a", "").replace(&format!("\"whsec_{SECRET}\""), "")]),
            two,
        ] {
            let shown = parse_api_keys(&bad).unwrap_err().to_string();
            assert!(!shown.contains("MfKQ") && !shown.contains("c2hv"), "{bad}: {shown}");
        }
    }
}
