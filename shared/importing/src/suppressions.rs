//! Records what addresses have said, with the same operation as a reply or a provider's feedback.

use domain::customer::{
    address::Address, address_state::NewSuppression, profile::SuppressionReason,
};
use import_files::{
    customer::{CustomerRecord, ImportTerms},
    reason::Reason,
};
use store::{Result, Store};

use crate::{
    batch::RecordOutcome,
    customers::outcome,
    identities::{mailbox, number},
};

/// Suppresses addresses. Returns true if one of them was not suppressed for its reason before.
pub(crate) async fn suppress_addresses(
    store: &Store,
    said: &[(Address, NewSuppression)],
) -> Result<bool> {
    let mut is_change = false;
    for (address, no) in said {
        let key = store.address_key(address).await?;
        let known = store.address_state(&key).await?;
        let was_said = known.as_ref().is_some_and(|state| {
            state.in_force().any(|(reason, known)| reason == no.reason && known.last >= no.at)
        });
        if was_said {
            continue;
        }
        let was_in_force =
            known.is_some_and(|state| state.in_force().any(|(reason, _)| reason == no.reason));
        let change = store.suppress_address(&key, address.channel(), no).await?;
        let is_in_force = change.state.in_force().any(|(reason, _)| reason == no.reason);
        is_change |= is_in_force && !was_in_force;
    }
    Ok(is_change)
}

/// Refuses a record of a suppression list that names nobody.
pub(crate) fn require_address(record: &CustomerRecord) -> std::result::Result<(), Reason> {
    if record.email.is_none() && record.phone.is_none() {
        return Err(Reason::new("no_address", "no mailbox and no phone that can be read"));
    }
    Ok(())
}

/// Takes a record of a suppression list: each of its addresses, blocked unless it names a reason.
/// No customer is made of it.
pub(crate) async fn take_suppression(
    store: &Store,
    record: &CustomerRecord,
    terms: &ImportTerms,
    source: &str,
) -> Result<RecordOutcome> {
    let addresses = record.email.as_ref().map(mailbox).into_iter();
    let addresses = addresses.chain(record.phone.as_ref().map(number));
    let (reason, at) = record
        .suppression
        .as_ref()
        .map_or((SuppressionReason::Blocked, None), |found| (found.reason, found.at));
    let no = NewSuppression::received(reason, at.unwrap_or(terms.as_of), source);
    let said: Vec<_> = addresses.map(|address| (address, no.clone())).collect();
    let is_change = suppress_addresses(store, &said).await?;
    Ok(outcome(is_change, record.notes.left_out.clone()))
}
