//! The only crate that calls SNS, SES and AWS End User Messaging.
//!
//! A sender takes one rendered message, calls the provider once (retries are off in its client) and
//! sorts the answer into the classes of `domain::delivery::attempt_policy`, whose fault an error is
//! by
//! `domain::delivery::provider_errors`. There is one feature per channel, so
//! that a worker links only its own provider. `feedback` parses the provider events that arrive
//! later; `devices` makes the endpoints that pushes go to; `office_mail` writes to people of the
//! tenant.

pub mod feedback;
pub mod inbound;
mod address_finding;
pub mod mask;
#[cfg(feature = "email")]
mod email;
#[cfg(feature = "email")]
pub mod office_mail;
#[cfg(feature = "push")]
pub mod devices;
#[cfg(any(feature = "sms", feature = "push"))]
mod sns;
#[cfg(feature = "sms")]
mod text_message;

use std::time::Duration;

#[cfg(feature = "sms")]
pub use text_message::{BadSetting, TextMessageSettings};

#[cfg(feature = "push")]
use domain::customer::devices::EndpointHome;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use domain::{
    campaign::{brand::BrandSettings, messages::RenderedMessage},
    customer::profile::{ContactAddress, EndpointArn},
    delivery::{
        attempt_policy::ProviderAnswer,
        provider_errors::{ErrorFault, ProviderCall, ProviderError, sort_error},
    },
    kernel::id::{CampaignId, CustomerId, TestSendId, VoucherId},
    voucher::attempt::ProviderRefusal,
};

/// One message to one customer.
#[derive(Debug, Clone)]
pub struct OutgoingMessage<'a> {
    pub address: ContactAddress<'a>,
    pub message: &'a RenderedMessage,
    pub campaign: &'a CampaignId,
    pub recipient: Recipient<'a>,
    pub voucher: &'a VoucherId,
    /// The brand in whose name it is sent. Only e-mails use it.
    pub brand: &'a BrandSettings,
    /// The one-click unsubscribe link. Only e-mails use it.
    pub unsubscribe: Option<&'a str>,
    /// How long the message is worth delivering to a device that is off. Pushes use it, and SMS by
    /// End User Messaging.
    pub time_to_live: Duration,
    /// True for a reminder, false for the offer itself. It is tagged, so that provider events tell
    /// the two apart.
    pub reminder: bool,
}

/// The recipient of a message, by which provider events are matched to it.
#[derive(Debug, Clone, Copy)]
pub enum Recipient<'a> {
    Customer(&'a CustomerId),
    /// A colleague on the tenant's list for test sends. No customer's record depends on it.
    TestSend(&'a TestSendId),
}

/// The result of one call of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendResult {
    pub answer: ProviderAnswer,
    /// Devices that accept no more pushes, regardless of the answer for the others.
    pub dead_endpoints: Vec<EndpointArn>,
}

impl From<ProviderAnswer> for SendResult {
    fn from(answer: ProviderAnswer) -> Self {
        Self { answer, dead_endpoints: Vec::new() }
    }
}

/// A channel's provider.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ChannelSender {
    #[cfg(feature = "email")]
    Email(email::SesSender),
    #[cfg(feature = "sms")]
    Sms(Box<text_message::TextSender>),
    #[cfg(feature = "sms")]
    SmsBySns(sns::SnsSender),
    #[cfg(feature = "push")]
    Push(sns::SnsSender),
}

impl ChannelSender {
    /// Creates an e-mail sender. `sender` is the verified From address; provider events are
    /// published through `configuration_set`, if there is one.
    #[cfg(feature = "email")]
    pub fn email(
        config: &aws_types::SdkConfig,
        sender: String,
        configuration_set: Option<String>,
    ) -> Self {
        Self::Email(email::SesSender::new(config, sender, configuration_set))
    }
    /// Creates a sender of SMS by AWS End User Messaging.
    #[cfg(feature = "sms")]
    pub fn sms(config: &aws_types::SdkConfig, settings: TextMessageSettings) -> Self {
        Self::Sms(Box::new(text_message::TextSender::new(config, settings)))
    }
    /// Creates a sender of SMS by SNS. They come from `number`, whose replies arrive; without one
    /// SNS chooses what they come from.
    #[cfg(feature = "sms")]
    pub fn sms_by_sns(config: &aws_types::SdkConfig, number: Option<String>) -> Self {
        Self::SmsBySns(sns::SnsSender::new(config, number))
    }
    #[cfg(feature = "push")]
    pub fn push(config: &aws_types::SdkConfig) -> Self {
        Self::push_within(config, EndpointHome::default())
    }
    /// Creates a sender of pushes to the endpoints of one account and region; all others are dead.
    #[cfg(feature = "push")]
    pub fn push_within(config: &aws_types::SdkConfig, home: EndpointHome) -> Self {
        Self::Push(sns::SnsSender::new(config, None).within(home))
    }

    /// Returns true if the provider's events name the voucher, by the tags that the message was
    /// sent with. Those of SNS name the provider's message id only, which has to be remembered.
    pub fn events_name_voucher(&self) -> bool {
        match self {
            #[cfg(feature = "email")]
            Self::Email(_) => true,
            #[cfg(feature = "sms")]
            Self::Sms(_) => true,
            #[cfg(feature = "sms")]
            Self::SmsBySns(_) => false,
            #[cfg(feature = "push")]
            Self::Push(_) => false,
            #[cfg(not(any(feature = "email", feature = "sms", feature = "push")))]
            _ => false,
        }
    }

    /// Calls the provider once. The caller claims the attempt before the call and records the
    /// answer after it.
    pub async fn send(&self, outgoing: &OutgoingMessage<'_>) -> SendResult {
        match self {
            #[cfg(feature = "email")]
            Self::Email(email) => email.send(outgoing).await.into(),
            #[cfg(feature = "sms")]
            Self::Sms(text) => text.send(outgoing).await.into(),
            #[cfg(feature = "sms")]
            Self::SmsBySns(sns) => sns.send_sms(outgoing).await.into(),
            #[cfg(feature = "push")]
            Self::Push(sns) => sns.send_push(outgoing).await,
            #[cfg(not(any(feature = "email", feature = "sms", feature = "push")))]
            _ => {
                let _ = outgoing;
                ProviderAnswer::Refused { reason: ProviderRefusal::NotAllowed }.into()
            }
        }
    }
}

/// Classifies an error of the SDK of a service that tells a code and a text.
#[cfg_attr(
    not(any(feature = "email", feature = "sms", feature = "push")),
    expect(dead_code, reason = "no sender is built")
)]
fn classify_error<E>(call: ProviderCall, error: &SdkError<E, HttpResponse>) -> ProviderAnswer
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    classify_by(error, |refused, status| {
        let (code, text) = (refused.code().unwrap_or_default(), refused.message());
        sort_error(&ProviderError { call, status, code, reason: None, text })
    })
}

/// Classifies an error of the SDK. Whose fault the service's own errors are is sorted by `sort`,
/// from the error and its HTTP status; errors that leave open if the provider has the message
/// (timeout, reset, unreadable answer) are ambiguous.
#[cfg_attr(
    not(any(feature = "email", feature = "sms", feature = "push")),
    expect(dead_code, reason = "no sender is built")
)]
fn classify_by<E>(
    error: &SdkError<E, HttpResponse>,
    sort: impl FnOnce(&E, u16) -> ErrorFault,
) -> ProviderAnswer {
    match error {
        SdkError::ConstructionFailure(_) => {
            ProviderAnswer::Refused { reason: ProviderRefusal::Rejected }
        }
        SdkError::TimeoutError(_) => ProviderAnswer::Ambiguous { reason: "timeout" },
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            ProviderAnswer::Ambiguous { reason: "timeout" }
        }
        SdkError::DispatchFailure(_) => ProviderAnswer::Ambiguous { reason: "connection_lost" },
        SdkError::ResponseError(_) => ProviderAnswer::Ambiguous { reason: "unreadable_answer" },
        SdkError::ServiceError(service) => {
            match sort(service.err(), service.raw().status().as_u16()) {
                ErrorFault::Ours(fault) => ProviderAnswer::Ours(fault),
                ErrorFault::Theirs(reason) => ProviderAnswer::Refused { reason },
                ErrorFault::Unclear => ProviderAnswer::Ambiguous { reason: "server_error" },
            }
        }
        _ => ProviderAnswer::Ambiguous { reason: "unknown_error" },
    }
}
