//! AWS End User Messaging `SendTextMessage`: an SMS from an identity of the account that fits its
//! country.
//!
//! The context of a message carries the voucher, and each of its events brings it back, so no message
//! id has to be remembered. A reason of the provider tells more than its code, and is sorted with it.

use std::collections::HashMap;

use aws_sdk_pinpointsmsvoicev2::{
    operation::send_text_message::SendTextMessageError,
    types::{DestinationCountryParameterKey, MessageType},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::{
    campaign::messages::RenderedMessage,
    customer::{contact::Phone, phone_country::CountryCode, profile::ContactAddress},
    delivery::{
        attempt_policy::ProviderAnswer,
        provider_errors::{ErrorFault, ProviderCall, ProviderError, sort_error},
        sms_origination::{BadOrigination, SmsOriginations},
    },
    voucher::attempt::ProviderRefusal,
};

use crate::{OutgoingMessage, classify_by, feedback::message_tags};

/// The shortest and the longest time, in seconds, that the provider takes for handing a message to a
/// carrier.
const TIME_TO_LIVE: std::ops::RangeInclusive<u64> = 5..=259_200;
/// The country whose carriers ask for registered ids with each message from a sender id.
const INDIA: &str = "IN";

/// The settings by which a deployment sends SMS through End User Messaging.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextMessageSettings {
    pub originations: SmsOriginations,
    /// The configuration set whose event destination is the feedback topic.
    pub configuration_set: Option<String>,
    /// The most that one message may cost, in dollars.
    pub max_price: Option<String>,
    /// The rules by country and number, against pumped traffic.
    pub protect_configuration: Option<String>,
    /// True for messages that are no advertising, by the rules of their countries.
    pub transactional: bool,
    /// The ids that carriers in India ask for.
    pub india: Option<IndiaRegistration>,
}

/// The ids that an entity has registered with the common platform of India's carriers (DLT).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndiaRegistration {
    pub entity: String,
    pub template: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    #[error("SMS_ORIGINATIONS: {0}")]
    Originations(#[from] BadOrigination),
    #[error("{0} is {1:?}, and has to be {2}")]
    Value(&'static str, String, &'static str),
}

impl TextMessageSettings {
    /// Reads the settings from a function's environment.
    pub fn from_lookup(
        originations: SmsOriginations,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadSetting> {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let max_price = set("SMS_MAX_PRICE");
        if let Some(price) = max_price.as_deref().filter(|price| !is_price(price)) {
            let expected = "dollars with a point, such as 0.12";
            return Err(BadSetting::Value("SMS_MAX_PRICE", price.to_owned(), expected));
        }
        let transactional = match set("SMS_MESSAGE_TYPE").as_deref() {
            None | Some("PROMOTIONAL") => false,
            Some("TRANSACTIONAL") => true,
            Some(other) => {
                let expected = "PROMOTIONAL or TRANSACTIONAL";
                return Err(BadSetting::Value("SMS_MESSAGE_TYPE", other.to_owned(), expected));
            }
        };
        let (entity, template) = (set("SMS_INDIA_ENTITY_ID"), set("SMS_INDIA_TEMPLATE_ID"));
        let india = match (entity, template) {
            (Some(entity), Some(template)) => Some(IndiaRegistration { entity, template }),
            (None, None) => None,
            (Some(entity), None) => {
                let expected = "together with SMS_INDIA_TEMPLATE_ID";
                return Err(BadSetting::Value("SMS_INDIA_ENTITY_ID", entity, expected));
            }
            (None, Some(template)) => {
                let expected = "together with SMS_INDIA_ENTITY_ID";
                return Err(BadSetting::Value("SMS_INDIA_TEMPLATE_ID", template, expected));
            }
        };
        Ok(Self {
            originations,
            configuration_set: set("SMS_CONFIGURATION_SET"),
            max_price,
            protect_configuration: set("SMS_PROTECT_CONFIGURATION"),
            transactional,
            india,
        })
    }
}

/// Returns true for a price as the provider takes it: at most two digits, a point, and one to five.
fn is_price(text: &str) -> bool {
    let are_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(whole, part)| {
        whole.len() <= 2 && (1..=5).contains(&part.len()) && are_digits(whole) && are_digits(part)
    })
}

#[derive(Debug, Clone)]
pub struct TextSender {
    client: aws_sdk_pinpointsmsvoicev2::Client,
    settings: TextMessageSettings,
}

impl TextSender {
    pub(crate) fn new(config: &aws_types::SdkConfig, settings: TextMessageSettings) -> Self {
        Self { client: aws_sdk_pinpointsmsvoicev2::Client::new(config), settings }
    }

    pub(crate) async fn send(&self, outgoing: &OutgoingMessage<'_>) -> ProviderAnswer {
        let (ContactAddress::Phone(phone), RenderedMessage::Sms { text, .. }) =
            (&outgoing.address, outgoing.message)
        else {
            return ProviderAnswer::Refused { reason: ProviderRefusal::InvalidAddress };
        };
        let settings = &self.settings;
        let kind = if settings.transactional {
            MessageType::Transactional
        } else {
            MessageType::Promotional
        };
        let context: HashMap<String, String> = message_tags(outgoing)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let identity = settings.originations.identity_for(phone).map(str::to_owned);
        let answer = self
            .client
            .send_text_message()
            .destination_phone_number(phone.expose())
            .message_body(text)
            .message_type(kind)
            .set_origination_identity(identity)
            .set_configuration_set_name(settings.configuration_set.clone())
            .set_max_price(settings.max_price.clone())
            .set_protect_configuration_id(settings.protect_configuration.clone())
            .set_destination_country_parameters(settings.country_parameters(phone))
            .time_to_live(time_to_live(outgoing.time_to_live.as_secs()))
            .set_context(Some(context))
            .send()
            .await;
        match answer {
            Ok(accepted) => {
                ProviderAnswer::Accepted { provider_id: accepted.message_id.unwrap_or_default() }
            }
            Err(error) => classify_by(&error, sort_refusal),
        }
    }
}

impl TextMessageSettings {
    fn country_parameters(
        &self,
        phone: &Phone,
    ) -> Option<HashMap<DestinationCountryParameterKey, String>> {
        let india = self.india.as_ref()?;
        let country = CountryCode::of_phone(phone)?;
        (country.as_str() == INDIA).then(|| {
            HashMap::from([
                (DestinationCountryParameterKey::InEntityId, india.entity.clone()),
                (DestinationCountryParameterKey::InTemplateId, india.template.clone()),
            ])
        })
    }
}

/// Returns the time to live as the provider takes it. An offer that ends sooner is handed over at
/// once or never.
fn time_to_live(seconds: u64) -> i32 {
    let seconds = seconds.clamp(*TIME_TO_LIVE.start(), *TIME_TO_LIVE.end());
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

fn sort_refusal(error: &SendTextMessageError, status: u16) -> ErrorFault {
    let fields = field_names(error);
    let text = if fields.is_empty() { error.message() } else { Some(fields.as_str()) };
    let (call, code) = (ProviderCall::SendTextMessage, error.code().unwrap_or_default());
    sort_error(&ProviderError { call, status, code, reason: reason_of(error), text })
}

fn reason_of(error: &SendTextMessageError) -> Option<&str> {
    use SendTextMessageError as Error;
    if let Error::ConflictException(conflict) = error {
        return conflict.reason().map(|it| it.as_str());
    }
    if let Error::ValidationException(invalid) = error {
        return invalid.reason().map(|it| it.as_str());
    }
    if let Error::ServiceQuotaExceededException(quota) = error {
        return quota.reason().map(|it| it.as_str());
    }
    if let Error::AccessDeniedException(denied) = error {
        return denied.reason().map(|it| it.as_str());
    }
    None
}

/// Returns the names of the fields that the provider complains of.
fn field_names(error: &SendTextMessageError) -> String {
    let SendTextMessageError::ValidationException(invalid) = error else {
        return String::new();
    };
    invalid.fields().iter().map(|field| field.name()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
