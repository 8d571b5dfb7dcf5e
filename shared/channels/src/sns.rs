//! SNS `Publish`: an SMS to a phone number, a push to a platform endpoint. SNS takes no token of ours and gives none of ours back,
//! so the worker notes the message id for later events.

use aws_sdk_sns::types::MessageAttributeValue;
use domain::{
    customer::Address,
    delivery::{Answer, Refusal},
    message::Rendered,
};

#[cfg(feature = "push")]
use crate::Said;
use crate::{Outgoing, classify};

const REFUSALS: [(&str, Refusal); 8] = [
    ("EndpointDisabled", Refusal::EndpointDisabled),
    ("EndpointDisabledException", Refusal::EndpointDisabled),
    ("PlatformApplicationDisabled", Refusal::NotAllowed),
    ("OptedOut", Refusal::OptedOut),
    ("OptedOutException", Refusal::OptedOut),
    ("InvalidParameter", Refusal::InvalidAddress),
    ("NotFound", Refusal::EndpointDisabled),
    ("AuthorizationError", Refusal::NotAllowed),
];

#[derive(Debug, Clone)]
pub struct Sns {
    client: aws_sdk_sns::Client,
}

impl Sns {
    pub(crate) fn new(config: &aws_types::SdkConfig) -> Self {
        Self { client: aws_sdk_sns::Client::new(config) }
    }

    #[cfg(feature = "sms")]
    pub(crate) async fn send_sms(&self, outgoing: &Outgoing<'_>) -> Answer {
        let (Address::Phone(phone), Rendered::Sms { text, .. }) = (&outgoing.address, outgoing.message) else {
            return Answer::Refused { reason: Refusal::InvalidAddress };
        };
        let Ok(promotional) = MessageAttributeValue::builder().data_type("String").string_value("Promotional").build()
        else {
            return Answer::Refused { reason: Refusal::Rejected };
        };
        let answer = self
            .client
            .publish()
            .phone_number(phone.expose())
            .message(text)
            .message_attributes("AWS.SNS.SMS.SMSType", promotional)
            .send()
            .await;
        sorted(answer)
    }

    /// To every device of the customer; one that takes it is enough. An ambiguous device makes the whole ambiguous.
    #[cfg(feature = "push")]
    pub(crate) async fn send_push(&self, outgoing: &Outgoing<'_>) -> Said {
        let (Address::Endpoints(endpoints), Rendered::Push { title, body }) = (&outgoing.address, outgoing.message)
        else {
            return Answer::Refused { reason: Refusal::InvalidAddress }.into();
        };
        let payload = domain::message::push::Payload::new(title, body, outgoing.voucher.as_str()).message();
        let (mut answers, mut dead) = (Vec::new(), Vec::new());
        for endpoint in *endpoints {
            let answer = self.publish_to(endpoint, &payload).await;
            if answer == (Answer::Refused { reason: Refusal::EndpointDisabled }) {
                dead.push(endpoint.arn.clone());
            }
            answers.push(answer);
        }
        let answer =
            answers.into_iter().min_by_key(rank).unwrap_or(Answer::Refused { reason: Refusal::InvalidAddress });
        Said { answer, dead }
    }

    #[cfg(feature = "push")]
    async fn publish_to(&self, endpoint: &domain::customer::PushEndpoint, payload: &str) -> Answer {
        let publish = self.client.publish().target_arn(endpoint.arn.expose());
        sorted(publish.message_structure("json").message(payload).send().await)
    }
}

/// Which answer speaks for all devices: the smallest.
#[cfg(feature = "push")]
fn rank(answer: &Answer) -> u8 {
    match answer {
        Answer::Accepted { .. } => 0,
        Answer::Ambiguous { .. } => 1,
        Answer::Throttled { .. } => 2,
        Answer::Refused { .. } => 3,
    }
}

fn sorted(
    answer: Result<
        aws_sdk_sns::operation::publish::PublishOutput,
        aws_sdk_sns::error::SdkError<aws_sdk_sns::operation::publish::PublishError>,
    >,
) -> Answer {
    match answer {
        Ok(accepted) => Answer::Accepted { provider_id: accepted.message_id.unwrap_or_default() },
        Err(error) => classify(&error, &REFUSALS),
    }
}
