//! Tests of `SendTextMessage` below the SDK: the request as it goes over the wire, and each answer as
//! the service writes it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion,
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig};
use aws_types::{SdkConfig, region::Region};
use domain::{
    campaign::{brand::BrandSettings, messages::sms::count_segments},
    delivery::sender_fault::SenderFault,
    kernel::id::{CampaignId, CustomerId, TestSendId, VoucherId},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    ChannelSender, Recipient,
    feedback::{EventPerson, MessageReference, ProviderEvent, parse_feedback},
};

/// A service that keeps the request and gives one answer.
#[derive(Debug, Clone)]
struct OneAnswer {
    status: u16,
    body: String,
    asked: Arc<Mutex<Option<(String, Value)>>>,
}

impl OneAnswer {
    fn new(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string(), asked: Arc::default() }
    }

    fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "test", "test", None, None, "test",
            )))
            .http_client(self.clone())
            .retry_config(RetryConfig::disabled())
            .build()
    }

    async fn send(&self, settings: TextMessageSettings, to: &str) -> ProviderAnswer {
        let id = CustomerId::parse("Ann:shop.7").unwrap();
        self.send_to(settings, to, Recipient::Customer(&id), true).await
    }

    async fn send_to(
        &self,
        settings: TextMessageSettings,
        to: &str,
        recipient: Recipient<'_>,
        reminder: bool,
    ) -> ProviderAnswer {
        let phone = Phone::parse(to).unwrap();
        let message =
            RenderedMessage::Sms { text: TEXT.to_owned(), segments: count_segments(TEXT) };
        let outgoing = OutgoingMessage {
            address: ContactAddress::Phone(&phone),
            message: &message,
            campaign: &CampaignId::parse("spring").unwrap(),
            recipient,
            voucher: &VoucherId::parse(VOUCHER).unwrap(),
            brand: &BrandSettings::default(),
            unsubscribe: None,
            time_to_live: Duration::from_secs(3_600),
            reminder,
        };
        ChannelSender::sms(&self.config(), settings).send(&outgoing).await.answer
    }

    fn request(&self) -> (String, Value) {
        self.asked.lock().unwrap().take().unwrap()
    }
}

const TEXT: &str = "10 % off: https://example.com/l/x";
const VOUCHER: &str = "v-0123456789abcdef";

impl HttpClient for OneAnswer {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for OneAnswer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap();
        *self.asked.lock().unwrap() = Some((format!("{} {target}", request.uri()), body));
        let status = self.status.try_into();
        let answer = status
            .map(|status| HttpResponse::new(status, SdkBody::from(self.body.clone())))
            .map_err(|_| ConnectorError::user("no status".into()));
        HttpConnectorFuture::ready(answer)
    }
}

fn accepted() -> OneAnswer {
    OneAnswer::new(200, &json!({"MessageId": "eum-1"}))
}

fn settings(pairs: &[(&str, &str)]) -> TextMessageSettings {
    let find = |name: &str| {
        pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    };
    let line = find("SMS_ORIGINATIONS").unwrap_or_default();
    let originations = SmsOriginations::parse(&line, None).unwrap();
    TextMessageSettings::from_lookup(originations, find).unwrap()
}

#[tokio::test]
async fn a_message_comes_from_the_identity_of_its_country_with_all_that_its_settings_say() {
    let all = settings(&[
        ("SMS_ORIGINATIONS", "pool-1f0e,IN=SHOPIN"),
        ("SMS_CONFIGURATION_SET", "shop-sms"),
        ("SMS_MAX_PRICE", "0.12"),
        ("SMS_PROTECT_CONFIGURATION", "protect-7"),
        ("SMS_INDIA_ENTITY_ID", "1101"),
        ("SMS_INDIA_TEMPLATE_ID", "1107"),
    ]);
    let service = accepted();
    let answer = service.send(all.clone(), "+919876543210").await;
    assert_eq!(answer, ProviderAnswer::Accepted { provider_id: "eum-1".to_owned() });
    let (target, body) = service.request();
    assert_eq!(
        target,
        "https://sms-voice.eu-west-1.amazonaws.com/ PinpointSMSVoiceV2.SendTextMessage"
    );
    let expected = json!({
        "DestinationPhoneNumber": "+919876543210",
        "OriginationIdentity": "SHOPIN",
        "MessageBody": TEXT,
        "MessageType": "PROMOTIONAL",
        "ConfigurationSetName": "shop-sms",
        "MaxPrice": "0.12",
        "TimeToLive": 3600,
        "Context": {
            "campaign": "spring", "voucher": VOUCHER, "customer": "IFXG4OTTNBXXALRX", "reminder": "1",
        },
        "DestinationCountryParameters": {"IN_ENTITY_ID": "1101", "IN_TEMPLATE_ID": "1107"},
        "ProtectConfigurationId": "protect-7",
    });
    assert_eq!(body, expected);
    service.send(all, "+34600000001").await;
    let (_, body) = service.request();
    assert_eq!(body["OriginationIdentity"], "pool-1f0e");
    assert_eq!(body.get("DestinationCountryParameters"), None);
}

#[tokio::test]
async fn an_event_finds_its_voucher_by_the_context_that_it_brings_back() {
    let service = accepted();
    service.send(TextMessageSettings::default(), "+34600000001").await;
    let (_, body) = service.request();
    let event = json!({"eventType": "TEXT_DELIVERED", "isFinal": true, "messageId": "eum-1",
        "destinationPhoneNumber": "+34600000001", "context": body["Context"]});
    let event = event.to_string();
    let mut found = parse_feedback(&event, "2026-12-01T12:00:00Z".parse().unwrap());
    let parsed = found.remove(0).parsed.unwrap();
    let [ProviderEvent::Event(event)] = parsed.events.as_slice() else { panic!("{parsed:?}") };
    let EventPerson { about, .. } = &event.person;
    let expected = MessageReference::Voucher {
        customer: CustomerId::parse("Ann:shop.7").unwrap(),
        voucher: VoucherId::parse(VOUCHER).unwrap(),
    };
    assert_eq!((about, event.reminder), (&expected, true));
}

#[tokio::test]
async fn a_test_send_is_known_by_its_own_id_and_by_no_voucher() {
    let service = accepted();
    let id = TestSendId::parse("sample-1").unwrap();
    service
        .send_to(TextMessageSettings::default(), "+34600000001", Recipient::TestSend(&id), false)
        .await;
    assert_eq!(service.request().1["Context"], json!({"campaign": "spring", "sample": "sample-1"}));
}

#[tokio::test]
async fn each_answer_of_the_service_is_sorted_by_its_code_its_reason_and_its_fields() {
    let ours = ProviderAnswer::Ours;
    let theirs = |reason| ProviderAnswer::Refused { reason };
    let not_allowed = || theirs(ProviderRefusal::NotAllowed);
    let unclear = ProviderAnswer::Ambiguous { reason: "server_error" };
    let field = |name: &str| json!({"Reason": "FIELD_VALIDATION_FAILED", "Fields": [{"Name": name, "Message": "no"}]});
    let reason = |reason: &str| json!({"Reason": reason, "Message": "no"});
    for (status, code, detail, expected) in [
        (
            400,
            "ConflictException",
            reason("DESTINATION_PHONE_NUMBER_OPTED_OUT"),
            theirs(ProviderRefusal::OptedOut),
        ),
        (
            400,
            "ConflictException",
            reason("DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"),
            not_allowed(),
        ),
        (
            400,
            "ConflictException",
            reason("DESTINATION_PHONE_NUMBER_NOT_VERIFIED"),
            ours(SenderFault::Sandbox),
        ),
        (400, "ConflictException", reason("RESOURCE_NOT_ACTIVE"), ours(SenderFault::NoOrigination)),
        (400, "ConflictException", reason("NO_ORIGINATION_IDENTITIES_FOUND"), not_allowed()),
        (400, "ValidationException", reason("SENDER_ID_NOT_SUPPORTED"), not_allowed()),
        (400, "ConflictException", reason("A_NEW_ONE"), theirs(ProviderRefusal::Rejected)),
        (
            400,
            "ServiceQuotaExceededException",
            reason("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
            ours(SenderFault::SpendLimit),
        ),
        (
            400,
            "ValidationException",
            field("DestinationPhoneNumber"),
            theirs(ProviderRefusal::InvalidAddress),
        ),
        (
            400,
            "ValidationException",
            field("OriginationIdentity"),
            ours(SenderFault::NoOrigination),
        ),
        (
            400,
            "ValidationException",
            field("ConfigurationSetName"),
            ours(SenderFault::ConfigurationMissing),
        ),
        (400, "ValidationException", field("MessageBody"), theirs(ProviderRefusal::Rejected)),
        (400, "ValidationException", reason("PRICE_OVER_THRESHOLD"), not_allowed()),
        (400, "ValidationException", json!({}), theirs(ProviderRefusal::Rejected)),
        (
            400,
            "AccessDeniedException",
            reason("INSUFFICIENT_ACCOUNT_REPUTATION"),
            ours(SenderFault::AccountSuspended),
        ),
        (400, "AccessDeniedException", json!({}), ours(SenderFault::AccessDenied)),
        (
            400,
            "ResourceNotFoundException",
            json!({"ResourceType": "pool", "ResourceId": "pool-1f0e"}),
            ours(SenderFault::ConfigurationMissing),
        ),
        (400, "ThrottlingException", json!({"Message": "slow"}), ours(SenderFault::Throttled)),
        (500, "InternalServerException", json!({"RequestId": "1"}), unclear.clone()),
        (503, "", json!({}), unclear),
    ] {
        let mut body = detail;
        let name = format!("com.amazonaws.pinpointsmsvoicev2#{code}");
        body.as_object_mut().unwrap().insert("__type".to_owned(), json!(name));
        let service = OneAnswer::new(status, &body);
        let found = service.send(TextMessageSettings::default(), "+34600000001").await;
        assert_eq!(found, expected, "{body}");
    }
}

#[test]
fn a_setting_that_the_provider_would_refuse_is_named_when_the_function_starts() {
    let refused = |name: &'static str, value: &'static str| {
        let find = |asked: &str| (asked == name).then(|| value.to_owned());
        let found = TextMessageSettings::from_lookup(SmsOriginations::default(), find);
        found.map(|_| ()).map_err(|error| error.to_string())
    };
    for price in ["0.12", ".05", "12.5", "99.99999"] {
        assert_eq!(refused("SMS_MAX_PRICE", price), Ok(()), "{price}");
    }
    for price in ["1", "0,12", "123.5", "0.", "0.123456", "-1.0", "1.2.3"] {
        assert!(refused("SMS_MAX_PRICE", price).unwrap_err().contains(price), "{price}");
    }
    assert!(refused("SMS_MESSAGE_TYPE", "Promotional").is_err());
    assert!(refused("SMS_INDIA_ENTITY_ID", "1101").is_err());
    assert!(refused("SMS_INDIA_TEMPLATE_ID", "1107").is_err());
    assert_eq!(refused("SMS_MESSAGE_TYPE", "TRANSACTIONAL"), Ok(()));
}

#[test]
fn a_time_to_live_is_one_that_the_provider_takes() {
    assert_eq!([0, 5, 60, 10_000_000].map(time_to_live), [5, 5, 60, 259_200]);
}
