//! Addresses of people who asked to be forgotten, known again by a keyed hash: whoever imports them once more finds their channel stopped,
//! until the person says yes anew.

use std::sync::Arc;

use domain::{
    channel::Channel,
    customer::Contacts,
    customer_change::{Forgotten, Patch},
};
use http_api::Problem;
use secrets::{Marks, Secrets};
use store::Store;

use crate::failed;

/// Where the key comes from.
pub enum Keys {
    Secret { secrets: Arc<Secrets>, arn: String },
    Given(Marks),
}

impl Keys {
    pub(crate) async fn marks(&self) -> Result<Marks, Problem> {
        match self {
            Self::Given(marks) => Ok(marks.clone()),
            Self::Secret { secrets, arn } => {
                secrets.marks(arn).await.map_err(|error| Problem::from_failure(&error, error.retryable()))
            }
        }
    }
}

/// What is known of the addresses that a profile brings.
pub(crate) async fn of_contacts(store: &Store, keys: &Keys, contacts: &Contacts) -> Result<Forgotten, Problem> {
    let phone = contacts.phone.as_ref().map(|phone| phone.expose());
    let email = contacts.email.as_ref().map(|email| email.expose());
    known(store, keys, phone, email).await
}

/// The same of a patch; whatever else is wrong with it is said when it is applied.
pub(crate) async fn of_patch(store: &Store, keys: &Keys, patch: &Patch) -> Result<Forgotten, Problem> {
    let text = |name: &str| patch.contacts.get(name).and_then(|value| value.as_str());
    known(store, keys, text("phone"), text("email")).await
}

async fn known(store: &Store, keys: &Keys, phone: Option<&str>, email: Option<&str>) -> Result<Forgotten, Problem> {
    if phone.is_none() && email.is_none() {
        return Ok(Forgotten::default());
    }
    let marks = keys.marks().await?;
    let of = async |channel: Channel, address: Option<&str>| match address {
        Some(address) => store.forgotten(&marks.all(channel.as_str(), address)).await.map_err(failed),
        None => Ok(None),
    };
    let (sms, email) = futures::try_join!(of(Channel::Sms, phone), of(Channel::Email, email))?;
    Ok(Forgotten { sms, email })
}
