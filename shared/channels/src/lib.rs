//! The only crate that speaks SNS and SES. A sender takes one rendered message, calls the provider once (the client it is given has
//! retries off) and sorts the answer into the three classes of `domain::delivery`. A feature per channel, so that a worker links
//! only its own provider. `feedback` reads what providers say later.

pub mod feedback;
pub mod mask;
#[cfg(feature = "email")]
mod email;
#[cfg(any(feature = "sms", feature = "push"))]
mod sns;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use domain::{
    brand::BrandSettings,
    customer::{Address, EndpointArn},
    delivery::{Answer, Refusal},
    id::{CampaignId, CustomerId, SampleId, VoucherId},
    message::Rendered,
};

/// One message to one customer.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    pub address: Address<'a>,
    pub message: &'a Rendered,
    pub campaign: &'a CampaignId,
    pub reader: Reader<'a>,
    pub voucher: &'a VoucherId,
    /// In whose name it is sent; of e-mails only.
    pub brand: &'a BrandSettings,
    /// Where one request ends these messages; of e-mails only.
    pub unsubscribe: Option<&'a str>,
    /// The message before the voucher's end, and not its offer: provider events tell them apart.
    pub reminder: bool,
}

/// Who a message is for: what the provider's events are found again by.
#[derive(Debug, Clone, Copy)]
pub enum Reader<'a> {
    Customer(&'a CustomerId),
    /// Somebody whom the tenant has listed for samples: nobody's record follows from it.
    Sample(&'a SampleId),
}

/// What the provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub answer: Answer,
    /// Devices that take no more, whatever became of the others.
    pub dead: Vec<EndpointArn>,
}

impl From<Answer> for Said {
    fn from(answer: Answer) -> Self {
        Self { answer, dead: Vec::new() }
    }
}

/// A channel's provider.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Sender {
    #[cfg(feature = "email")]
    Email(email::Email),
    #[cfg(feature = "sms")]
    Sms(sns::Sns),
    #[cfg(feature = "push")]
    Push(sns::Sns),
}

impl Sender {
    /// `sender` is the verified From address; events come back through `configuration_set` if there is one.
    #[cfg(feature = "email")]
    pub fn email(config: &aws_types::SdkConfig, sender: String, configuration_set: Option<String>) -> Self {
        Self::Email(email::Email::new(config, sender, configuration_set))
    }
    #[cfg(feature = "sms")]
    pub fn sms(config: &aws_types::SdkConfig) -> Self {
        Self::Sms(sns::Sns::new(config))
    }
    #[cfg(feature = "push")]
    pub fn push(config: &aws_types::SdkConfig) -> Self {
        Self::Push(sns::Sns::new(config))
    }

    /// Calls the provider once. The caller has claimed the attempt before, and records the answer after.
    pub async fn send(&self, outgoing: &Outgoing<'_>) -> Said {
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
                Answer::Refused { reason: Refusal::NotAllowed }.into()
            }
        }
    }
}

/// Sorts an error of the SDK. `refusals` maps the service's definite codes; throttles are definite too, since nothing was sent.
/// Everything that leaves open whether the provider has the message (timeout, reset, 5xx, unreadable answer) is ambiguous.
#[cfg_attr(
    not(any(feature = "email", feature = "sms", feature = "push")),
    expect(dead_code, reason = "no sender is built")
)]
fn classify<E>(error: &SdkError<E, HttpResponse>, refusals: &[(&str, Refusal)]) -> Answer
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
        SdkError::ConstructionFailure(_) => Answer::Refused { reason: Refusal::Rejected },
        SdkError::TimeoutError(_) => Answer::Ambiguous { reason: "timeout" },
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Answer::Ambiguous { reason: "timeout" },
        SdkError::DispatchFailure(_) => Answer::Ambiguous { reason: "connection_lost" },
        SdkError::ResponseError(_) => Answer::Ambiguous { reason: "unreadable_answer" },
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            let status = service.raw().status().as_u16();
            if THROTTLES.contains(&code) || status == 429 {
                return Answer::Throttled { reason: "throttled" };
            }
            // our own side (permission, account, signature) is no fault of the address: it waits until someone has mended it
            if status == 401 || status == 403 || refusals.contains(&(code, Refusal::NotAllowed)) {
                return Answer::Throttled { reason: Refusal::NotAllowed.code() };
            }
            if let Some((_, reason)) = refusals.iter().find(|(known, _)| *known == code) {
                return Answer::Refused { reason: *reason };
            }
            if (400..500).contains(&status) {
                return Answer::Refused { reason: Refusal::Rejected };
            }
            Answer::Ambiguous { reason: "server_error" }
        }
        _ => Answer::Ambiguous { reason: "unknown_error" },
    }
}
