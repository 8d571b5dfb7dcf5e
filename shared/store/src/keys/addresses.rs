//! Keys of the Addresses table, PK `address` (the keyed hash) and SK `item`, and of its index
//! `listing`: PK `listing`, SK `listed_at`.

use domain::{
    Timestamp,
    customer::address::AddressKey,
    kernel::{channel::Channel, id::CustomerId},
};
use sha2::{Digest, Sha256};

use super::pair;
use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, s},
};

/// The partition key of Addresses.
pub(crate) const ADDRESS: &str = "address";
/// The sort key of the state of an address.
pub(crate) const STATE: &str = "STATE";
/// The first and the last sort key of the records that have an address.
pub(crate) const HOLDERS_RANGE: [&str; 2] = ["HOLDER", "HOLDER~"];
/// The sort key of the one record that has a token.
const DEVICE_HOLDER: &str = "HOLDER";
/// The partition of all replies that wait for a person in the index `listing`.
pub(crate) const REPLIES_LISTING: &str = "replies";
/// The prefix of a reply's sort key.
const REPLY_PREFIX: &str = "REPLY#";

/// Returns the key of what an address has said: `<hash>`, `STATE`.
pub(crate) fn address_state_key(address: &AddressKey) -> ItemMap {
    address_item_key(address, STATE)
}

/// Returns the key of the note that a record has a mailbox or a number: `<hash>`,
/// `HOLDER#<customer>`.
pub(crate) fn holder_key(address: &AddressKey, customer: &CustomerId) -> ItemMap {
    address_item_key(address, &format!("HOLDER#{customer}"))
}

/// Returns the key of the note that a record has a token: `<hash>`, `HOLDER`. There is one, so that
/// a token belongs to one record.
pub(crate) fn device_holder_key(address: &AddressKey) -> ItemMap {
    address_item_key(address, DEVICE_HOLDER)
}

/// Returns the key of a reply that waits for a person: `<hash>`, `REPLY#<time>#<message>`.
pub(crate) fn reply_key(address: &AddressKey, sort_key: &str) -> ItemMap {
    address_item_key(address, sort_key)
}

/// Returns the sort key of a reply. A repeat of the same message has the same one.
pub(crate) fn reply_sort_key(at: Timestamp, message: &str) -> String {
    let digest = Sha256::digest(message.as_bytes());
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{REPLY_PREFIX}{:013}#{digest}", at.as_millisecond())
}

/// Returns the id by which the API names a reply: `<hash>.<time>.<message>`.
pub(crate) fn reply_id(item: &ItemMap) -> Result<String> {
    let sort_key = item.text("item")?.strip_prefix(REPLY_PREFIX);
    let rest = sort_key.ok_or_else(|| StoreError::corrupt("reply", "item"))?;
    Ok(format!("{}.{}", item.text(ADDRESS)?, rest.replace('#', ".")))
}

/// Parses the id of a reply into its address and its sort key.
pub(crate) fn parse_reply_id(id: &str) -> Option<(AddressKey, String)> {
    let (address, rest) = id.split_once('.')?;
    let (at, message) = rest.split_once('.')?;
    let plain = |text: &str| text.len() < 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let key = AddressKey::parse(address).ok()?;
    (plain(at) && plain(message)).then(|| (key, format!("{REPLY_PREFIX}{at}#{message}")))
}

/// Reads the address of an item of Addresses.
pub(crate) fn read_address_key(item: &ItemMap) -> Result<AddressKey> {
    AddressKey::parse(item.text(ADDRESS)?).map_err(|error| StoreError::corrupt("address", error))
}

/// Returns the partition of a channel's suppressed addresses in the index `listing`:
/// `suppressed#<channel>`.
pub(crate) fn suppressed_listing(channel: Channel) -> String {
    format!("suppressed#{channel}")
}

/// Returns the place of a suppressed address in that list: by the time of its suppression. Times
/// have thirteen digits until the year 2286.
pub(crate) fn listed_suppression_at(address: &AddressKey, since: Timestamp) -> String {
    format!("{:013}#{address}", since.as_millisecond())
}

/// Returns the key at which a query of the index `listing` goes on after an item.
pub(crate) fn listing_key(mut key: ItemMap, listing: &str, listed_at: &str) -> ItemMap {
    key.extend([("listing".into(), s(listing)), ("listed_at".into(), s(listed_at))]);
    key
}

fn address_item_key(address: &AddressKey, item: &str) -> ItemMap {
    pair((ADDRESS, address.as_str()), ("item", item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::key_texts;

    #[test]
    fn a_reply_is_found_by_its_id() {
        let address = AddressKey::parse("0123456789abcdef0123456789abcdef").unwrap();
        let at = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        let sort_key = reply_sort_key(at, "inbound-1");
        let id = reply_id(&reply_key(&address, &sort_key)).unwrap();
        assert_eq!(parse_reply_id(&id), Some((address, sort_key)));
        for bad in [
            "",
            "x",
            "0123456789abcdef0123456789abcdef.1",
            "0123456789abcdef0123456789abcdef.STATE.1",
        ] {
            assert_eq!(parse_reply_id(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_token_has_one_holder_and_a_mailbox_many_all_in_one_range() {
        let address = AddressKey::parse("0123456789abcdef0123456789abcdef").unwrap();
        let customer = CustomerId::parse("zz:~9".replace('~', "-").as_str()).unwrap();
        for key in [device_holder_key(&address), holder_key(&address, &customer)] {
            let [_, item] = key_texts(&key, [ADDRESS, "item"]);
            assert!(
                HOLDERS_RANGE[0] <= item.as_str() && item.as_str() <= HOLDERS_RANGE[1],
                "{item}"
            );
        }
        let [_, state] = key_texts(&address_state_key(&address), [ADDRESS, "item"]);
        assert!(state.as_str() > HOLDERS_RANGE[1]);
    }
}
