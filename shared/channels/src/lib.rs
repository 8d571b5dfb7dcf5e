//! The only crate that calls SNS and SES.
//!
//! A sender takes one rendered message, calls the provider once (retries are off in its client) and
//! sorts the answer into the classes of `domain::delivery::attempt_policy`. There is one feature per channel, so
//! that a worker links only its own provider. `feedback` parses the provider events that arrive
//! later.

pub mod feedback;
pub mod inbound;
mod address_finding;
pub mod mask;
#[cfg(feature = "email")]
mod email;
#[cfg(any(feature = "sms", feature = "push"))]
mod sns;

use std::time::Duration;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use domain::{
    campaign::{brand::BrandSettings, messages::RenderedMessage},
    customer::profile::{ContactAddress, EndpointArn},
    delivery::attempt_policy::ProviderAnswer,
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
    /// How long the message is worth delivering to a device that is off. Only pushes use it.
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
    Sms(sns::SnsSender),
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
    #[cfg(feature = "sms")]
    pub fn sms(config: &aws_types::SdkConfig) -> Self {
        Self::sms_from(config, None)
    }
    /// Creates a sender of SMS that come from a number of ours, whose replies arrive; without one the
    /// provider chooses what they come from.
    #[cfg(feature = "sms")]
    pub fn sms_from(config: &aws_types::SdkConfig, number: Option<String>) -> Self {
        Self::Sms(sns::SnsSender::new(config, number))
    }
    #[cfg(feature = "push")]
    pub fn push(config: &aws_types::SdkConfig) -> Self {
        Self::Push(sns::SnsSender::new(config, None))
    }

    /// Calls the provider once. The caller claims the attempt before the call and records the
    /// answer after it.
    pub async fn send(&self, outgoing: &OutgoingMessage<'_>) -> SendResult {
        match self {
            #[cfg(feature = "email")]
            Self::Email(email) => email.send(outgoing).await.into(),
            #[cfg(feature = "sms")]
            Self::Sms(sns) => sns.send_sms(outgoing).await.into(),
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

/// Classifies an error of the SDK. `refusals` maps the service's definite error codes; throttles
/// are definite too, because nothing was sent. Errors that leave open if the provider has the
/// message (timeout, reset, 5xx, unreadable answer) are ambiguous.
#[cfg_attr(
    not(any(feature = "email", feature = "sms", feature = "push")),
    expect(dead_code, reason = "no sender is built")
)]
fn classify_error<E>(
    error: &SdkError<E, HttpResponse>,
    refusals: &[(&str, ProviderRefusal)],
) -> ProviderAnswer
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    const THROTTLES: [&str; 7] = [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "LimitExceededException",
        "RequestThrottled",
        "KMSThrottling",
    ];
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
            let code = service.err().code().unwrap_or_default();
            let status = service.raw().status().as_u16();
            if THROTTLES.contains(&code) || status == 429 {
                return ProviderAnswer::Throttled { reason: "throttled" };
            }
            // A fault on our side (permission, account, signature) is no fault of the address. The
            // message waits until an operator has fixed it.
            if status == 401
                || status == 403
                || refusals.contains(&(code, ProviderRefusal::NotAllowed))
            {
                return ProviderAnswer::Throttled { reason: ProviderRefusal::NotAllowed.code() };
            }
            if let Some((_, reason)) = refusals.iter().find(|(known, _)| *known == code) {
                return ProviderAnswer::Refused { reason: *reason };
            }
            if (400..500).contains(&status) {
                return ProviderAnswer::Refused { reason: ProviderRefusal::Rejected };
            }
            ProviderAnswer::Ambiguous { reason: "server_error" }
        }
        _ => ProviderAnswer::Ambiguous { reason: "unknown_error" },
    }
}
