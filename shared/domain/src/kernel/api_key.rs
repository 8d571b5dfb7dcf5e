//! API keys of the app backend: each of its programs signs with a key of its own, which reaches only
//! the routes of its scopes and can be rotated and revoked by itself.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::ApiKeyId;

/// A group of routes that a key may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum KeyScope {
    /// Orders, carts and events: what customers do.
    Orders,
    /// The wallet and every action on a voucher.
    Vouchers,
    /// Customers with their consents and push endpoints.
    Customers,
    /// Merchants, and the names of verticals and categories.
    Catalogue,
}

impl KeyScope {
    pub const ALL: [KeyScope; 4] =
        [KeyScope::Orders, KeyScope::Vouchers, KeyScope::Customers, KeyScope::Catalogue];

    pub fn as_str(self) -> &'static str {
        match self {
            KeyScope::Orders => "orders",
            KeyScope::Vouchers => "vouchers",
            KeyScope::Customers => "customers",
            KeyScope::Catalogue => "catalogue",
        }
    }
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One key with its secrets. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub scopes: Vec<KeyScope>,
    /// The decoded secrets, the newest first. There are two while the key is being rotated.
    pub secrets: Vec<Vec<u8>>,
    /// `None` for the key that the deployment made, until an operator first changes the keys.
    pub created_at: Option<Timestamp>,
    /// The time of the last rotation.
    pub rotated_at: Option<Timestamp>,
    /// The time of the revocation; a revoked key signs nothing.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Returns a key that may call every route.
    pub fn with_all_scopes(id: ApiKeyId, secrets: Vec<Vec<u8>>) -> Self {
        let scopes = KeyScope::ALL.to_vec();
        Self { id, scopes, secrets, created_at: None, rotated_at: None, revoked_at: None }
    }

    /// Returns the secrets that may sign a request now: none if the key is revoked.
    pub fn valid_secrets(&self) -> &[Vec<u8>] {
        if self.revoked_at.is_some() { &[] } else { &self.secrets }
    }

    pub fn allows(&self, scope: KeyScope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Returns true while both the old and the new secret are accepted.
    pub fn is_rotating(&self) -> bool {
        self.valid_secrets().len() > 1
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ApiKey");
        shown.field("id", &self.id).field("scopes", &self.scopes);
        shown.field("revoked_at", &self.revoked_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey::with_all_scopes(ApiKeyId::parse("checkout").unwrap(), vec![b"secret".to_vec(); 2])
    }

    #[test]
    fn a_revoked_key_has_no_secret_that_signs() {
        assert!(key().is_rotating() && key().valid_secrets().len() == 2);
        let revoked = ApiKey { revoked_at: Some(Timestamp::UNIX_EPOCH), ..key() };
        assert!(!revoked.is_rotating() && revoked.valid_secrets().is_empty());
    }

    #[test]
    fn a_secret_does_not_show_in_a_log() {
        let shown = format!("{:?}", key());
        assert!(shown.contains("checkout") && !shown.contains("secret"), "{shown}");
    }
}
