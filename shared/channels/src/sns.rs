//! SNS `Publish`: an SMS to a phone number, or a push to a platform endpoint.
//!
//! SNS takes no token of ours and returns none, so the worker stores the message id to match later
//! events.

#[cfg(feature = "push")]
use std::collections::HashMap;

use aws_sdk_sns::types::MessageAttributeValue;
use domain::{
    campaign::messages::RenderedMessage,
    customer::profile::ContactAddress,
    delivery::{attempt_policy::ProviderAnswer, provider_errors::ProviderCall},
    voucher::attempt::ProviderRefusal,
};

#[cfg(feature = "push")]
use crate::SendResult;
use crate::{OutgoingMessage, classify_error};
#[cfg(feature = "push")]
use domain::{campaign::messages::push::PushPayload, customer::devices::EndpointHome};

#[derive(Debug, Clone)]
pub struct SnsSender {
    client: aws_sdk_sns::Client,
    /// The number that SMS come from.
    #[cfg_attr(not(feature = "sms"), expect(dead_code, reason = "only SMS have one"))]
    number: Option<String>,
    /// The endpoints that pushes may go to.
    #[cfg(feature = "push")]
    home: EndpointHome,
}

impl SnsSender {
    pub(crate) fn new(config: &aws_types::SdkConfig, number: Option<String>) -> Self {
        Self {
            client: aws_sdk_sns::Client::new(config),
            number,
            #[cfg(feature = "push")]
            home: EndpointHome::default(),
        }
    }

    /// Limits pushes to the endpoints of one account and region.
    #[cfg(feature = "push")]
    pub(crate) fn within(mut self, home: EndpointHome) -> Self {
        self.home = home;
        self
    }

    #[cfg(feature = "sms")]
    pub(crate) async fn send_sms(&self, outgoing: &OutgoingMessage<'_>) -> ProviderAnswer {
        let (ContactAddress::Phone(phone), RenderedMessage::Sms { text, .. }) =
            (&outgoing.address, outgoing.message)
        else {
            return ProviderAnswer::Refused { reason: ProviderRefusal::InvalidAddress };
        };
        let kind = Some(("AWS.SNS.SMS.SMSType", "Promotional"));
        let number = self.number.as_deref().map(|it| ("AWS.MM.SMS.OriginationNumber", it));
        let mut publish = self.client.publish().phone_number(phone.expose()).message(text);
        for (name, value) in kind.into_iter().chain(number) {
            let attribute =
                MessageAttributeValue::builder().data_type("String").string_value(value).build();
            let Ok(attribute) = attribute else {
                return ProviderAnswer::Refused { reason: ProviderRefusal::Rejected };
            };
            publish = publish.message_attributes(name, attribute);
        }
        let answer = publish.send().await;
        classify_answer(ProviderCall::PublishSms, answer)
    }

    /// Sends to every device of the customer. One accepted push is enough; otherwise an ambiguous
    /// device makes the whole answer ambiguous. A device of another account or region is as good as
    /// gone: SNS would refuse our permission for it, which says nothing about any other device.
    #[cfg(feature = "push")]
    pub(crate) async fn send_push(&self, outgoing: &OutgoingMessage<'_>) -> SendResult {
        let (ContactAddress::Endpoints(endpoints), RenderedMessage::Push { title, body, extras }) =
            (&outgoing.address, outgoing.message)
        else {
            return ProviderAnswer::Refused { reason: ProviderRefusal::InvalidAddress }.into();
        };
        let payload = PushPayload::new(
            (title, body),
            extras,
            outgoing.voucher.as_str(),
            outgoing.time_to_live,
        );
        let message = PushMessage {
            body: payload.sns_message(),
            attributes: payload.sns_attributes().into_iter().filter_map(string_attribute).collect(),
        };
        let (mut answers, mut dead) = (Vec::new(), Vec::new());
        for endpoint in *endpoints {
            let answer = if self.home.has(&endpoint.arn) {
                self.publish_to(endpoint, &message).await
            } else {
                ProviderAnswer::Refused { reason: ProviderRefusal::EndpointDisabled }
            };
            if answer == (ProviderAnswer::Refused { reason: ProviderRefusal::EndpointDisabled }) {
                dead.push(endpoint.arn.clone());
            }
            answers.push(answer);
        }
        let answer = answers
            .into_iter()
            .min_by_key(answer_rank)
            .unwrap_or(ProviderAnswer::Refused { reason: ProviderRefusal::InvalidAddress });
        SendResult { answer, dead_endpoints: dead }
    }

    #[cfg(feature = "push")]
    async fn publish_to(
        &self,
        endpoint: &domain::customer::profile::PushEndpoint,
        message: &PushMessage,
    ) -> ProviderAnswer {
        let publish = self.client.publish().target_arn(endpoint.arn.expose());
        let publish = publish.message_structure("json").message(&message.body);
        let attributes = Some(message.attributes.clone());
        let answer = publish.set_message_attributes(attributes).send().await;
        classify_answer(ProviderCall::PublishPush, answer)
    }
}

/// One push as SNS takes it for every device.
#[cfg(feature = "push")]
struct PushMessage {
    body: String,
    attributes: HashMap<String, MessageAttributeValue>,
}

#[cfg(feature = "push")]
fn string_attribute((name, value): (&str, String)) -> Option<(String, MessageAttributeValue)> {
    let value =
        MessageAttributeValue::builder().data_type("String").string_value(value).build().ok()?;
    Some((name.to_owned(), value))
}

/// Ranks an answer. The smallest rank is the answer for all devices.
#[cfg(feature = "push")]
fn answer_rank(answer: &ProviderAnswer) -> u8 {
    match answer {
        ProviderAnswer::Accepted { .. } => 0,
        ProviderAnswer::Ambiguous { .. } => 1,
        ProviderAnswer::Ours(_) => 2,
        ProviderAnswer::Refused { .. } => 3,
    }
}

fn classify_answer(
    call: ProviderCall,
    answer: Result<
        aws_sdk_sns::operation::publish::PublishOutput,
        aws_sdk_sns::error::SdkError<aws_sdk_sns::operation::publish::PublishError>,
    >,
) -> ProviderAnswer {
    match answer {
        Ok(accepted) => {
            ProviderAnswer::Accepted { provider_id: accepted.message_id.unwrap_or_default() }
        }
        Err(error) => classify_error(call, &error),
    }
}
