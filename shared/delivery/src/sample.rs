//! One message of a test send: claim it, compose it as a customer's would be, mark it, call the provider once, record what it said.
//! Reads the sample in Work, the definition and the brand in Control; writes the sample alone. Before it: the campaigns API.
//! Guarantees: nothing of a run, a voucher, a quota, a customer or a report is touched; a pointer that comes again finds the claim, and
//! a worker that dies in between leaves a sample that is never sent again.

use channels::{Outgoing, Reader};
use domain::{
    Timestamp,
    customer::{Address, PushEndpoint},
    delivery::Answer,
    id::EndpointId,
    message::Rendered,
    sample::{self, SampleAddress, SampleKey, SampleState},
};
use runtime::{Handled, clock::Deadline};
use store::{StoreError, samples::SampleMessage};

use crate::context::Context;

/// What became of it, and why if it was not sent.
type Outcome = (SampleState, Option<String>);

pub(crate) async fn work(context: &Context, key: &SampleKey, deadline: Deadline) -> Handled {
    if deadline.remaining() < context.settings.margin {
        return Handled::retry("no time left to begin it");
    }
    let message = match context.store.claim_sample(key, runtime::clock::now()).await {
        Ok(Some(message)) => message,
        Ok(None) => return Handled::Done,
        Err(error) => return Handled::retry(error.to_string()),
    };
    let (state, reason) = match send(context, &message).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::error!(%error, sample = %key, "a sample cannot be made");
            (SampleState::Refused, Some("not_made".to_owned()))
        }
    };
    tracing::info!(sample = %key, channel = %message.address.channel(), state = state.as_str(), "sample ended");
    // lost, it stays `sending`, which is shown as unknown once no worker can have it
    if let Err(error) = context.store.record_sample(key, state, reason.as_deref(), runtime::clock::now()).await {
        tracing::warn!(%error, sample = %key, "what became of a sample is not recorded");
    }
    Handled::Done
}

#[derive(Debug, thiserror::Error)]
enum NotMade {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sample(#[from] sample::BadSample),
    #[error(transparent)]
    Id(#[from] domain::id::BadId),
    #[error(transparent)]
    Render(#[from] domain::message::RenderError),
}

async fn send(context: &Context, message: &SampleMessage) -> Result<Outcome, NotMade> {
    let channel = context.settings.channel;
    let refused = |reason: &str| Ok((SampleState::Refused, Some(reason.to_owned())));
    if message.address.channel() != channel {
        return refused("other_channel");
    }
    let Some(campaign) = context.campaign(&message.campaign, message.definition).await? else {
        return refused("campaign_gone");
    };
    let (brand, way_out) = (context.brand().await?, context.sample_way_out());
    let rendered = compose(context, message, &campaign, &brand, way_out.as_deref(), runtime::clock::now())?;
    let voucher = sample::voucher_id()?;
    let device;
    let address = match &message.address {
        SampleAddress::Sms(phone) => Address::Phone(phone),
        SampleAddress::Email(email) => Address::Email(email),
        SampleAddress::Push(arn) => {
            device = [PushEndpoint { endpoint_id: EndpointId::parse(sample::WAY_OUT)?, arn: arn.clone() }];
            Address::Endpoints(&device)
        }
    };
    let outgoing = Outgoing {
        address,
        message: &rendered,
        campaign: &message.campaign,
        reader: Reader::Sample(&message.key.id),
        voucher: &voucher,
        brand: &brand,
        unsubscribe: way_out.as_deref(),
        reminder: false,
    };
    // what is learnt of the address is nobody's: it belongs to no customer
    Ok(match context.sender.send(&outgoing).await.answer {
        Answer::Accepted { .. } => (SampleState::Sent, None),
        Answer::Refused { reason } => (SampleState::Refused, Some(reason.code().to_owned())),
        Answer::Throttled { reason } => (SampleState::Refused, Some(reason.to_owned())),
        Answer::Ambiguous { reason } => (SampleState::Unknown, Some(reason.to_owned())),
    })
}

fn compose(
    context: &Context,
    message: &SampleMessage,
    campaign: &crate::context::Campaign,
    brand: &domain::brand::BrandSettings,
    way_out: Option<&str>,
    now: Timestamp,
) -> Result<Rendered, NotMade> {
    let channel = context.settings.channel;
    let customer = sample::customer(message.locale.clone())?;
    let settings = &context.settings.brand;
    let values = sample::filled(&campaign.definition, &message.campaign, &customer, settings, now)?;
    let composed = campaign.messages.compose(channel, message.locale.as_ref(), &values, brand, way_out)?;
    Ok(composed.rendered.as_sample())
}
