//! Recognizes addresses of erased customers by a keyed hash. If such an address is imported again,
//! its channel is suppressed until the person gives a new consent.

use std::sync::Arc;

use domain::{
    customer::{
        changes::{ContactErasures, CustomerPatch},
        profile::Contacts,
    },
    kernel::channel::Channel,
};
use http_edge::Problem;
use secrets::{ErasureMarks, Secrets};
use store::Store;

use crate::store_failure;

/// The source of the key that hashes addresses.
pub enum ErasureKeySource {
    Secret { secrets: Arc<Secrets>, arn: String },
    Given(ErasureMarks),
}

impl ErasureKeySource {
    pub(crate) async fn erasure_marks(&self) -> Result<ErasureMarks, Problem> {
        match self {
            Self::Given(marks) => Ok(marks.clone()),
            Self::Secret { secrets, arn } => secrets
                .erasure_marks(arn)
                .await
                .map_err(|error| Problem::from_failure(&error, error.retryable())),
        }
    }
}

/// Looks up the erasures of the addresses in a profile.
pub(crate) async fn erased_in_contacts(
    store: &Store,
    keys: &ErasureKeySource,
    contacts: &Contacts,
) -> Result<ContactErasures, Problem> {
    let phone = contacts.phone.as_ref().map(|phone| phone.expose());
    let email = contacts.email.as_ref().map(|email| email.expose());
    find_erased(store, keys, phone, email).await
}

/// Looks up the erasures of the addresses in a patch. Other mistakes of the patch are reported when
/// it is applied.
pub(crate) async fn erased_in_patch(
    store: &Store,
    keys: &ErasureKeySource,
    patch: &CustomerPatch,
) -> Result<ContactErasures, Problem> {
    let text = |name: &str| patch.contacts.get(name).and_then(|value| value.as_str());
    find_erased(store, keys, text("phone"), text("email")).await
}

async fn find_erased(
    store: &Store,
    keys: &ErasureKeySource,
    phone: Option<&str>,
    email: Option<&str>,
) -> Result<ContactErasures, Problem> {
    if phone.is_none() && email.is_none() {
        return Ok(ContactErasures::default());
    }
    let marks = keys.erasure_marks().await?;
    let of = async |channel: Channel, address: Option<&str>| match address {
        Some(address) => store
            .address_erased_at(&marks.all_marks(channel.as_str(), address))
            .await
            .map_err(store_failure),
        None => Ok(None),
    };
    let (sms, email) = futures::try_join!(of(Channel::Sms, phone), of(Channel::Email, email))?;
    Ok(ContactErasures { sms, email })
}
