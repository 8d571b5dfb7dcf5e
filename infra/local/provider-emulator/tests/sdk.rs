//! Tests the emulator as our own functions see it: through the Rust SDK, with retries off.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests, which clippy takes for shipped code"
)]

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_pinpointsmsvoicev2::operation::send_text_message::SendTextMessageError;
use aws_sdk_sesv2::error::ProvideErrorMetadata;
use aws_sdk_sesv2::operation::send_email::{SendEmailError, SendEmailOutput};
use aws_sdk_sesv2::types::{
    Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag,
};
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use provider_emulator::settings::EmulatorSettings;
use provider_emulator::{ProviderEmulator, server};
use tokio::net::TcpListener;

struct SdkClients {
    ses: aws_sdk_sesv2::Client,
    sns: aws_sdk_sns::Client,
    text: aws_sdk_pinpointsmsvoicev2::Client,
}

async fn start_clients() -> SdkClients {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(server::serve(listener, ProviderEmulator::start(EmulatorSettings::default())));
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(2)).build();
    let ses = aws_sdk_sesv2::Config::builder()
        .behavior_version(aws_sdk_sesv2::config::BehaviorVersion::latest())
        .endpoint_url(&address)
        .region(aws_sdk_sesv2::config::Region::new("us-east-1"))
        .credentials_provider(credentials.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.clone())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let text = aws_sdk_pinpointsmsvoicev2::Config::builder()
        .behavior_version(aws_sdk_pinpointsmsvoicev2::config::BehaviorVersion::latest())
        .endpoint_url(&address)
        .region(aws_sdk_pinpointsmsvoicev2::config::Region::new("us-east-1"))
        .credentials_provider(credentials.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.clone())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let sns = aws_sdk_sns::Config::builder()
        .behavior_version(aws_sdk_sns::config::BehaviorVersion::latest())
        .endpoint_url(&address)
        .region(aws_sdk_sns::config::Region::new("us-east-1"))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    SdkClients {
        ses: aws_sdk_sesv2::Client::from_conf(ses),
        sns: aws_sdk_sns::Client::from_conf(sns),
        text: aws_sdk_pinpointsmsvoicev2::Client::from_conf(text),
    }
}

impl SdkClients {
    async fn email(
        &self,
        to: &str,
    ) -> Result<SendEmailOutput, aws_sdk_sesv2::error::SdkError<SendEmailError>> {
        let content = |text: &str| Content::builder().data(text).build().unwrap();
        let message = Message::builder()
            .subject(content("5 € off"))
            .body(Body::builder().text(content("t")).html(content("<p>h")).build())
            .headers(
                MessageHeader::builder()
                    .name("List-Unsubscribe-Post")
                    .value("List-Unsubscribe=One-Click")
                    .build()
                    .unwrap(),
            )
            .build();
        self.ses
            .send_email()
            .from_email_address("Offers <offers@shop.example>")
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build())
            .email_tags(MessageTag::builder().name("voucher").value("vch_1").build().unwrap())
            .configuration_set_name("feedback")
            .send()
            .await
    }

    async fn sms(&self, number: &str) -> Result<String, Option<String>> {
        let voucher = MessageAttributeValue::builder()
            .data_type("String")
            .string_value("vch_1")
            .build()
            .unwrap();
        let answer = self
            .sns
            .publish()
            .phone_number(number)
            .message("5 € off")
            .message_attributes("voucher", voucher)
            .send()
            .await;
        answer
            .map(|answer| answer.message_id.expect("an id"))
            .map_err(|error| error.code().map(str::to_owned))
    }

    /// Returns the id of a text message, or the code and the reason or field of its refusal.
    async fn text(&self, number: &str, most: &str) -> Result<String, (String, String)> {
        let message = self.text.send_text_message().destination_phone_number(number);
        let message = message.message_body("5 € off").max_price(most).context("voucher", "vch_1");
        let error = match message.configuration_set_name("feedback").send().await {
            Ok(answer) => return Ok(answer.message_id.expect("an id")),
            Err(error) => error.into_service_error(),
        };
        let detail = match &error {
            SendTextMessageError::ConflictException(it) => it.reason().map(|it| it.as_str()),
            SendTextMessageError::ValidationException(it) => match it.fields() {
                [field] => Some(field.name()),
                _ => it.reason().map(|it| it.as_str()),
            },
            SendTextMessageError::ServiceQuotaExceededException(it) => {
                it.reason().map(|it| it.as_str())
            }
            _ => None,
        };
        Err((error.code().unwrap_or_default().to_owned(), detail.unwrap_or_default().to_owned()))
    }

    async fn push(&self, endpoint: &str) -> Result<String, Option<String>> {
        let arn = format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/{endpoint}");
        let answer = self
            .sns
            .publish()
            .target_arn(arn)
            .message_structure("json")
            .message(r#"{"default":"d"}"#)
            .send()
            .await;
        answer
            .map(|answer| answer.message_id.expect("an id"))
            .map_err(|error| error.code().map(str::to_owned))
    }
}

#[tokio::test]
async fn every_channel_is_accepted_with_an_id() {
    let clients = start_clients().await;
    assert!(
        clients.email("anna@example.com").await.unwrap().message_id.unwrap().ends_with("-000000")
    );
    assert_eq!(clients.sms("+4915112345678").await.unwrap().len(), 36);
    assert_eq!(clients.push("1").await.unwrap().len(), 36);
}

#[tokio::test]
async fn a_text_message_is_taken_or_refused_with_the_reason_that_the_service_documents() {
    let clients = start_clients().await;
    let most = "0.12";
    assert_eq!(clients.text("+4915112345678", most).await.unwrap().len(), 36);
    for (number, code, detail) in [
        ("+4915100999904", "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
        ("+4915100999905", "ValidationException", "DestinationPhoneNumber"),
        ("+4915100999906", "ThrottlingException", ""),
        ("+4915100999907", "InternalServerException", ""),
        ("+4915100999913", "ConflictException", "RESOURCE_NOT_ACTIVE"),
        ("+4915100999914", "ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
        (
            "+4915100999915",
            "ConflictException",
            "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
        ),
        ("0151", "ValidationException", "DestinationPhoneNumber"),
    ] {
        let refused = clients.text(number, most).await.unwrap_err();
        assert_eq!(refused, (code.to_owned(), detail.to_owned()), "{number}");
    }
    let dear = clients.text("+4915112345678", ".001").await.unwrap_err();
    assert_eq!(dear.1, "PRICE_OVER_THRESHOLD");
    let odd = clients.text("+4915112345678", "cheap").await.unwrap_err();
    assert_eq!(odd.1, "MaxPrice");
}

#[tokio::test]
async fn refusals_come_out_as_the_sdks_own_errors() {
    let clients = start_clients().await;
    let error = |to: &'static str| {
        let clients = &clients;
        async move { clients.email(to).await.unwrap_err().into_service_error() }
    };
    assert!(matches!(
        error("a+throttle@example.com").await,
        SendEmailError::TooManyRequestsException(_)
    ));
    assert!(matches!(error("a+refuse@example.com").await, SendEmailError::MessageRejected(_)));
    assert!(matches!(
        error("a+quota@example.com").await,
        SendEmailError::LimitExceededException(_)
    ));
    assert!(matches!(
        error("a+suspended@example.com").await,
        SendEmailError::AccountSuspendedException(_)
    ));
    assert!(matches!(
        error("a+paused@example.com").await,
        SendEmailError::SendingPausedException(_)
    ));
    let sender = error("a+notverified@example.com").await;
    assert!(sender.message().unwrap().starts_with("Email address is not verified"), "{sender:?}");
    assert!(matches!(sender, SendEmailError::MessageRejected(_)));
    assert!(matches!(
        error("a+noconfiguration@example.com").await,
        SendEmailError::NotFoundException(_)
    ));
    assert!(matches!(error("nobody").await, SendEmailError::BadRequestException(_)));
    assert_eq!(error("a+http500@example.com").await.code(), Some("InternalFailure"));
    assert_eq!(clients.sms("+4915100999905").await, Err(Some("InvalidParameter".into())));
    assert_eq!(clients.sms("+4915100999906").await, Err(Some("Throttling".into())));
    assert_eq!(clients.sms("+4915100999907").await, Err(Some("InternalError".into())));
    assert_eq!(clients.sms("+4915100999913").await, Err(Some("AuthorizationError".into())));
    assert_eq!(clients.push("1-disabled").await, Err(Some("EndpointDisabled".into())));
    let platform = clients.push("1-platformoff").await;
    assert_eq!(platform, Err(Some("PlatformApplicationDisabled".into())));
}

#[tokio::test]
async fn a_cut_connection_is_a_failed_dispatch_and_a_slow_answer_a_timeout() {
    let clients = start_clients().await;
    let cut = clients.email("a+drop@example.com").await.unwrap_err();
    assert!(matches!(cut, aws_sdk_sesv2::error::SdkError::DispatchFailure(_)), "{cut:?}");
    assert_eq!(clients.sms("+4915100999908").await, Err(None));
    let slow = clients.email("a+slow@example.com").await.unwrap_err();
    assert!(matches!(slow, aws_sdk_sesv2::error::SdkError::TimeoutError(_)), "{slow:?}");
}
