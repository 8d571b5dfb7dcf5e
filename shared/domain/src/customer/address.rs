//! Addresses: a mailbox, a phone number or the token of a device, in the one form by which each is
//! known however it is written, and the keyed hash of that form.
//!
//! What an address has said (`address_state`) is kept under the hash, so that nobody who reads the
//! tables learns the address, and every record that has the address finds it. A plain hash would
//! not do: there are few enough phone numbers to try them all.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{
    customer::contact::{BadContact, Email, EndpointArn, Phone},
    kernel::channel::Channel,
};

mod national_variants;

/// The bytes of a key. 128 bits make a collision of two addresses unlikely beyond any number of
/// customers.
const KEY_BYTES: usize = 16;
/// Separates these hashes from anything else that may be derived from the same secret.
const PURPOSE: &[u8] = b"address";

/// An address of one channel. Its `Debug` redacts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    Sms(Phone),
    Email(Email),
    Push(EndpointArn),
}

impl Address {
    pub fn parse(channel: Channel, text: &str) -> Result<Self, BadContact> {
        Ok(match channel {
            Channel::Sms => Self::Sms(Phone::parse(text)?),
            Channel::Email => Self::Email(Email::parse(text)?),
            Channel::Push => Self::Push(EndpointArn::parse(text)?),
        })
    }
    pub fn channel(&self) -> Channel {
        match self {
            Self::Sms(_) => Channel::Sms,
            Self::Email(_) => Channel::Email,
            Self::Push(_) => Channel::Push,
        }
    }
    /// Returns the address in clear text, for the provider and for whoever owns the data.
    pub fn expose(&self) -> &str {
        match self {
            Self::Sms(phone) => phone.expose(),
            Self::Email(email) => email.expose(),
            Self::Push(arn) => arn.expose(),
        }
    }
    /// Returns true if the channel's provider can send to it.
    pub fn is_sendable(&self) -> bool {
        match self {
            Self::Email(email) => email.is_sendable(),
            Self::Sms(_) | Self::Push(_) => true,
        }
    }
    /// Returns true if both are the same address, however each of them is written.
    pub fn is_same_address(&self, other: &Self) -> bool {
        self.channel() == other.channel() && self.normal_form() == other.normal_form()
    }

    /// Returns the form in which two spellings of one address are equal. A mailbox counts without
    /// case, since mail systems deliver both to the same person; a number counts without the digits
    /// that a country adds for mobile phones.
    fn normal_form(&self) -> String {
        match self {
            Self::Sms(phone) => national_variants::without_variant(phone.expose()),
            Self::Email(email) => email.expose().to_lowercase(),
            Self::Push(arn) => arn.expose().to_owned(),
        }
    }
}

/// The keyed hash of an address and its channel: 32 hexadecimal characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
pub struct AddressKey(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key of an address is {} hexadecimal characters", 2 * KEY_BYTES)]
pub struct BadAddressKey;

impl AddressKey {
    pub fn parse(text: &str) -> Result<Self, BadAddressKey> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 2 * KEY_BYTES && text.bytes().all(hexadecimal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadAddressKey)
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl TryFrom<String> for AddressKey {
    type Error = BadAddressKey;
    fn try_from(text: String) -> Result<Self, BadAddressKey> {
        Self::parse(&text)
    }
}
impl From<AddressKey> for String {
    fn from(key: AddressKey) -> String {
        key.0
    }
}
impl fmt::Display for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Computes the keys of addresses. Its `Debug` shows nothing of the secret.
#[derive(Clone)]
pub struct AddressHasher {
    mac: Hmac<Sha256>,
}

impl AddressHasher {
    /// Uses the oldest of the secret's values (they come newest first): a rotation then changes no
    /// key, and everything that addresses have said is still found. Returns `None` without a value.
    pub fn new(values: &[Vec<u8>]) -> Option<Self> {
        let mac = Hmac::<Sha256>::new_from_slice(values.last()?).ok()?;
        Some(Self { mac })
    }

    pub fn key_of(&self, address: &Address) -> AddressKey {
        let mut mac = self.mac.clone();
        let channel = address.channel().as_str();
        mac.update(PURPOSE);
        // The length comes first, so that no two pairs of channel and address give the same bytes.
        mac.update(&channel.len().to_be_bytes());
        mac.update(channel.as_bytes());
        mac.update(address.normal_form().as_bytes());
        let whole = mac.finalize().into_bytes();
        AddressKey(whole.iter().take(KEY_BYTES).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The reason why there is no hasher at this moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret of addresses: {reason}")]
pub struct NoAddressHasher {
    pub reason: String,
    /// True if there may be one the next time.
    pub retryable: bool,
}

impl fmt::Debug for AddressHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressHasher(redacted)")
    }
}

#[cfg(test)]
mod tests;
