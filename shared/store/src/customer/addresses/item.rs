//! The shape of an address's items: its state, and the notes of the records that have it. No item
//! holds an address in clear text.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Timestamp,
    customer::{
        address::AddressKey,
        address_state::{AddressState, AddressSuppression, Lift, LiftCause},
        profile::SuppressionReason,
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, VoucherId},
    },
};

use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        ADDRESS, CUSTOMER_ID, address_state_key, device_holder_key, holder_key,
        listed_suppression_at, suppressed_listing,
    },
};

/// The version of a state.
pub(crate) const VERSION: &str = "version";
/// The time since which a record has an address.
pub(crate) const HELD_SINCE: &str = "since";

/// Returns the item of a state. It is on the index only while something is in force.
pub(crate) fn state_item(address: &AddressKey, state: &AddressState) -> ItemMap {
    let mut item = address_state_key(address);
    let mut put = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
    put(VERSION, n(state.version));
    put("channel", s(state.channel.as_str()));
    let suppressions = state.suppressions.iter();
    put("said", map(suppressions.map(|(reason, no)| (reason.as_str().to_owned(), said_value(no)))));
    let lifts = state.lifts.iter();
    put("lifts", map(lifts.map(|(cause, lift)| (cause.as_str().to_owned(), lift_value(lift)))));
    let failures = state.failures.iter();
    put("failures", map(failures.map(|(voucher, failed)| (voucher.to_string(), at(*failed)))));
    let since = state.in_force().map(|(_, no)| no.since).min();
    if let Some(since) = since {
        put("listing", s(suppressed_listing(state.channel)));
        put("listed_at", s(listed_suppression_at(address, since)));
    }
    item
}

/// Returns the note that a record has an address.
pub(crate) fn holder_item(
    address: &AddressKey,
    channel: Channel,
    customer: &CustomerId,
    since: Timestamp,
) -> ItemMap {
    let mut item = match channel {
        Channel::Sms | Channel::Email => holder_key(address, customer),
        Channel::Push => device_holder_key(address),
    };
    item.insert(CUSTOMER_ID.to_owned(), s(customer.as_str()));
    item.insert(HELD_SINCE.to_owned(), at(since));
    item
}

pub(super) fn read_state(item: &ItemMap) -> Result<AddressState> {
    let key = item.text_opt(ADDRESS).unwrap_or_default();
    parse_state(item).ok_or_else(|| StoreError::corrupt(key, "the state of an address"))
}

fn parse_state(item: &ItemMap) -> Option<AddressState> {
    let suppressions = item.map_opt("said")?.iter().map(|(reason, value)| {
        Some((SuppressionReason::parse(reason)?, parse_said(value.as_m().ok()?)?))
    });
    let lifts = item.map_opt("lifts")?.iter().map(|(cause, value)| {
        let cause = LiftCause::parse(cause)?;
        Some((cause, parse_lift(cause, value.as_m().ok()?)?))
    });
    let failures = item.map_opt("failures")?;
    let failed = failures
        .keys()
        .map(|voucher| Some((VoucherId::parse(voucher).ok()?, failures.time_opt(voucher)?)));
    Some(AddressState {
        channel: Channel::parse(item.text_opt("channel")?)?,
        suppressions: suppressions.collect::<Option<_>>()?,
        lifts: lifts.collect::<Option<_>>()?,
        failures: failed.collect::<Option<_>>()?,
        version: item.number_opt(VERSION)?,
    })
}

fn said_value(no: &AddressSuppression) -> AttributeValue {
    let mut entries = ItemMap::from([
        ("since".to_owned(), at(no.since)),
        ("last".to_owned(), at(no.last)),
        ("source".to_owned(), s(&no.source)),
    ]);
    put_texts(&mut entries, no.by.as_deref(), no.note.as_deref());
    AttributeValue::M(entries)
}

fn parse_said(item: &ItemMap) -> Option<AddressSuppression> {
    Some(AddressSuppression {
        since: item.time_opt("since")?,
        last: item.time_opt("last")?,
        source: item.text_opt("source")?.to_owned(),
        by: item.text_opt("by").map(str::to_owned),
        note: item.text_opt("note").map(str::to_owned),
    })
}

fn lift_value(lift: &Lift) -> AttributeValue {
    let mut entries = ItemMap::from([("at".to_owned(), at(lift.at))]);
    put_texts(&mut entries, lift.by.as_deref(), lift.note.as_deref());
    AttributeValue::M(entries)
}

fn parse_lift(cause: LiftCause, item: &ItemMap) -> Option<Lift> {
    let text = |name: &str| item.text_opt(name).map(str::to_owned);
    Some(Lift { at: item.time_opt("at")?, cause, by: text("by"), note: text("note") })
}

fn put_texts(entries: &mut ItemMap, by: Option<&str>, note: Option<&str>) {
    for (name, text) in [("by", by), ("note", note)] {
        entries.extend(text.map(|text| (name.to_owned(), s(text))));
    }
}

fn map(entries: impl Iterator<Item = (String, AttributeValue)>) -> AttributeValue {
    AttributeValue::M(entries.collect())
}

#[cfg(test)]
mod tests {
    use domain::customer::address_state::NewSuppression;

    use super::*;

    fn state() -> AddressState {
        let time = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
        let mut state = AddressState::new(Channel::Sms);
        state.version = 3;
        let no = |reason, second| NewSuppression {
            by: Some("ada".into()),
            note: Some("asked by phone".into()),
            ..NewSuppression::received(reason, time(second), "import")
        };
        state.suppress(&no(SuppressionReason::OptedOut, 1));
        state.suppress(&no(SuppressionReason::Bounced, 2));
        state.lift(&Lift::received(LiftCause::StartWord, time(5)));
        state.failures.insert(VoucherId::parse("vch_1").unwrap(), time(3));
        state
    }

    #[test]
    fn a_state_survives_its_item() {
        let key = AddressKey::parse("0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(read_state(&state_item(&key, &state())).unwrap(), state());
    }

    #[test]
    fn only_what_is_in_force_is_on_the_list() {
        let key = AddressKey::parse("0123456789abcdef0123456789abcdef").unwrap();
        let mut state = state();
        let item = state_item(&key, &state);
        assert_eq!(item.text("listing").unwrap(), "suppressed#sms");
        assert_eq!(item.text("listed_at").unwrap(), format!("1700000002000#{key}"));
        state.lift(&Lift::received(
            LiftCause::Operator,
            Timestamp::from_second(1_700_000_009).unwrap(),
        ));
        assert!(!state_item(&key, &state).contains_key("listing"));
    }
}
