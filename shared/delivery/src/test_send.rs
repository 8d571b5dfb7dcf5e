//! Delivers one message of a test send: claims it, composes it like a customer's message, marks it
//! as a test, calls the provider once, and records the answer.
//!
//! Reads the test send from Work, the definition and the brand from Control. Writes only the test
//! send. Before it: the campaigns API.
//!
//! Guarantees: no run, voucher, quota, customer or report is touched. A repeated pointer finds the
//! claim. A worker that crashes in between leaves a test send that is never sent again.

use channels::{OutgoingMessage, Recipient};
use domain::{
    Timestamp,
    campaign::messages::{RenderedMessage, way_out::WayOut},
    customer::{
        address::Address,
        profile::{ContactAddress, PushEndpoint},
    },
    delivery::{
        attempt_policy::ProviderAnswer,
        test_send::{self, TestSendKey, TestSendState},
    },
    kernel::id::PushEndpointId,
};
use runtime::{HandlerOutcome, clock::Deadline};
use store::{StoreError, delivery::test_sends::TestSendMessage};

use crate::context::DeliveryContext;

/// The final state of a test send, with the reason if it was not sent.
type TestSendOutcome = (TestSendState, Option<String>);

pub(crate) async fn process_test_send(
    context: &DeliveryContext,
    key: &TestSendKey,
    deadline: Deadline,
) -> HandlerOutcome {
    if deadline.remaining() < context.settings.time_margin {
        return HandlerOutcome::retry("no time left to begin it");
    }
    let message = match context.store.claim_test_message(key, runtime::clock::now()).await {
        Ok(Some(message)) => message,
        Ok(None) => return HandlerOutcome::Done,
        Err(error) => return HandlerOutcome::retry(error.to_string()),
    };
    let (state, reason) = match send_test_message(context, &message).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::error!(%error, sample = %key, "test send failed");
            (TestSendState::Refused, Some("not_made".to_owned()))
        }
    };
    tracing::info!(sample = %key, channel = %message.address.channel(), state = state.as_str(), "test send ended");
    // If this write is lost, the test send stays `sending`. It is shown as unknown once no worker
    // can still hold it.
    if let Err(error) = context
        .store
        .record_test_message(key, state, reason.as_deref(), runtime::clock::now())
        .await
    {
        tracing::warn!(%error, sample = %key, "could not record test send outcome");
    }
    HandlerOutcome::Done
}

#[derive(Debug, thiserror::Error)]
enum TestSendFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    TestSend(#[from] test_send::PreviewError),
    #[error(transparent)]
    Id(#[from] domain::kernel::id::BadId),
    #[error(transparent)]
    Render(#[from] domain::campaign::messages::RenderError),
}

async fn send_test_message(
    context: &DeliveryContext,
    message: &TestSendMessage,
) -> Result<TestSendOutcome, TestSendFailure> {
    let channel = context.settings.channel;
    let refused = |reason: &str| Ok((TestSendState::Refused, Some(reason.to_owned())));
    if message.address.channel() != channel {
        return refused("other_channel");
    }
    let loaded =
        context.load_campaign(&message.campaign, message.definition, runtime::clock::now());
    let Some(campaign) = loaded.await? else {
        return refused("campaign_gone");
    };
    let (brand, unsubscribe_link) =
        (context.load_brand().await?, context.test_send_unsubscribe_link());
    let way_out = match &message.address {
        Address::Sms(phone) => {
            let rule = context.load_way_out().await?;
            context.way_out(&rule, phone, || context.test_send_leaving_link())
        }
        Address::Email(_) | Address::Push(_) => WayOut::Nothing,
    };
    let now = runtime::clock::now();
    let rendered = compose_test_message(
        context,
        message,
        &campaign,
        &brand,
        (unsubscribe_link.as_deref(), way_out),
        now,
    )?;
    let time_to_live = test_send::example_time_to_live(
        &campaign.definition,
        &message.campaign,
        &test_send::example_customer(message.locale.clone(), context.store.tenant().zone())?,
        now,
    )?;
    let voucher = test_send::example_voucher_id()?;
    let device;
    let address = match &message.address {
        Address::Sms(phone) => ContactAddress::Phone(phone),
        Address::Email(email) => ContactAddress::Email(email),
        Address::Push(arn) => {
            device = [PushEndpoint {
                endpoint_id: PushEndpointId::parse(test_send::EXAMPLE_ID)?,
                arn: arn.clone(),
            }];
            ContactAddress::Endpoints(&device)
        }
    };
    let outgoing = OutgoingMessage {
        address,
        message: &rendered,
        campaign: &message.campaign,
        recipient: Recipient::TestSend(&message.key.id),
        voucher: &voucher,
        brand: &brand,
        unsubscribe: unsubscribe_link.as_deref(),
        time_to_live,
        reminder: false,
    };
    // Findings about the address are dropped, because it belongs to no customer.
    Ok(match context.sender.send(&outgoing).await.answer {
        ProviderAnswer::Accepted { .. } => (TestSendState::Sent, None),
        ProviderAnswer::Refused { reason } => {
            (TestSendState::Refused, Some(reason.code().to_owned()))
        }
        // A test send is no probe: the operator reads the fault, and the lane stays as it is.
        ProviderAnswer::Ours(fault) => (TestSendState::Refused, Some(fault.code().to_owned())),
        ProviderAnswer::Ambiguous { reason } => (TestSendState::Unknown, Some(reason.to_owned())),
    })
}

fn compose_test_message(
    context: &DeliveryContext,
    message: &TestSendMessage,
    campaign: &crate::context::CompiledCampaign,
    brand: &domain::campaign::brand::BrandSettings,
    (unsubscribe_link, way_out): (Option<&str>, WayOut),
    now: Timestamp,
) -> Result<RenderedMessage, TestSendFailure> {
    let channel = context.settings.channel;
    let customer =
        test_send::example_customer(message.locale.clone(), context.store.tenant().zone())?;
    let settings = &context.settings.brand;
    let facts = test_send::example_facts(
        &campaign.definition,
        &message.campaign,
        &customer,
        settings,
        way_out,
        now,
    )?;
    let composed = campaign.messages.compose(
        channel,
        message.locale.as_ref(),
        &facts,
        brand,
        unsubscribe_link,
    )?;
    Ok(composed.rendered.marked_as_sample())
}
