//! Applies an SMS that a phone has sent. STOP suppresses the number, for whoever has it now or later,
//! and withdraws the consent of the customer whose message it answers; START takes both back. What is
//! near a stop or a start word waits for a person.
//!
//! Guarantees: it counts for the number it comes from, with or without the message that it answers,
//! whenever it comes; repeats and another order give the same result.

use channels::{
    inbound::{InboundSms, SmsSender, parked_inbound},
    mask::parked_text,
};
use domain::{
    customer::{
        address::{Address, AddressKey},
        address_state::{Lift, LiftCause, NewSuppression},
        profile::{Consent, ConsentState, SuppressionReason},
        reply_words::ReplyMeaning,
    },
    kernel::{channel::Channel, id::CustomerId},
};
use store::{Store, StoreError, customer::profiles::CustomerLookup};

use crate::{addressee::find_by_address, handler::FeedbackOutcome};

/// The source of what a phone says by a reply.
const REPLY_SOURCE: &str = "sms_reply";
/// The most customers of one number whose consents a START gives back.
const MAX_HOLDERS: i32 = 1_000;

pub(crate) async fn apply_inbound(
    store: &Store,
    sms: &InboundSms,
) -> Result<FeedbackOutcome, StoreError> {
    match sms.meaning {
        ReplyMeaning::Other => return Ok(FeedbackOutcome::Ignored),
        ReplyMeaning::Stop | ReplyMeaning::Start | ReplyMeaning::Unclear => {}
    }
    let Some(number) = sender(store, sms).await? else {
        tracing::warn!("an SMS from no number, answering no message");
        return Ok(FeedbackOutcome::Ignored);
    };
    match sms.meaning {
        ReplyMeaning::Other => {}
        ReplyMeaning::Stop => stop(store, sms, &number).await?,
        ReplyMeaning::Start => start(store, sms, &number).await?,
        ReplyMeaning::Unclear => {
            let text = sms.text.as_deref().unwrap_or_default();
            store.keep_reply(&number, &sms.id, text, sms.at).await?;
            tracing::info!("a reply near a stop or start word waits for a person");
        }
    }
    Ok(FeedbackOutcome::Recorded)
}

/// Returns the text to park for an SMS: without the number, and with its key.
pub(crate) async fn parked_sms(
    store: &Store,
    text: &str,
    sms: &InboundSms,
) -> Result<String, StoreError> {
    let key = match &sms.from {
        Some(SmsSender::Number(phone)) => store.address_key(&Address::Sms(phone.clone())).await?,
        Some(SmsSender::Parked(key)) => key.clone(),
        None => return Ok(parked_text(text)),
    };
    Ok(parked_inbound(text, sms, &key))
}

/// Returns the number that the SMS comes from, or that of the customer whose message it answers.
async fn sender(store: &Store, sms: &InboundSms) -> Result<Option<AddressKey>, StoreError> {
    match &sms.from {
        Some(SmsSender::Number(phone)) => {
            return store.address_key(&Address::Sms(phone.clone())).await.map(Some);
        }
        Some(SmsSender::Parked(key)) => return Ok(Some(key.clone())),
        None => {}
    }
    let Some(answers) = &sms.answers else {
        return Ok(None);
    };
    let Some((key, _)) = store.find_message(answers).await? else {
        return Ok(None);
    };
    match store.customer(&key.customer).await? {
        CustomerLookup::Customer(customer) => match customer.address_on(Channel::Sms) {
            Some(address) => store.address_key(&address).await.map(Some),
            None => Ok(None),
        },
        CustomerLookup::Erased | CustomerLookup::Unknown => Ok(None),
    }
}

async fn stop(store: &Store, sms: &InboundSms, number: &AddressKey) -> Result<(), StoreError> {
    let no = NewSuppression::received(SuppressionReason::OptedOut, sms.at, REPLY_SOURCE);
    store.suppress_address(number, Channel::Sms, &no).await?;
    let Some(answers) = &sms.answers else {
        return Ok(());
    };
    if let Some(customer) = addressee(store, number, answers).await? {
        let (state, source) = (ConsentState::Denied, REPLY_SOURCE.to_owned());
        let consent = Consent { state, source, at: sms.at };
        store.set_consent(&customer, Channel::Sms, &consent, sms.at).await?;
    }
    Ok(())
}

/// Returns the customer to whom the message that an SMS answers was sent. A provider whose events name
/// the voucher leaves no note of its message id, so the vouchers of those who have the number are
/// looked through.
async fn addressee(
    store: &Store,
    number: &AddressKey,
    answers: &str,
) -> Result<Option<CustomerId>, StoreError> {
    let found = match store.find_message(answers).await? {
        Some(found) => Some(found),
        None => find_by_address(store, number, Channel::Sms, answers).await?,
    };
    Ok(found.map(|(key, _)| key.customer))
}

async fn start(store: &Store, sms: &InboundSms, number: &AddressKey) -> Result<(), StoreError> {
    let lift = Lift::received(LiftCause::StartWord, sms.at);
    store.lift_address(number, Channel::Sms, &lift).await?;
    for customer in store.address_holders(number, MAX_HOLDERS).await? {
        store.restore_consent(&customer, Channel::Sms, REPLY_SOURCE, sms.at).await?;
    }
    Ok(())
}
