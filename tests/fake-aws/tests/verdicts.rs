//! Tests the verdicts of a gate as the SDK's clients see them, and the messages that the other
//! services accept.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    types::{AttributeValue, Put, TransactWriteItem},
};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use fake_aws::{
    AwsCall, CallVerdict, EmailDetails, FakeAws, ProviderMessage, QueuedMessage, TableSchema,
};
use futures::FutureExt;

/// Returns a fake AWS whose gate gives these verdicts, one for each call, and then lets every call
/// proceed; and the log of its calls.
fn gated_aws(verdicts: &[CallVerdict]) -> (FakeAws, Arc<Mutex<Vec<AwsCall>>>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let (seen, verdicts) = (calls.clone(), Mutex::new(VecDeque::from(verdicts.to_vec())));
    let gate = move |call: AwsCall| {
        seen.lock().unwrap().push(call);
        let verdict = verdicts.lock().unwrap().pop_front().unwrap_or(CallVerdict::Proceed);
        async move { verdict }.boxed()
    };
    let schema =
        TableSchema { name: "t".into(), hash: "id".into(), range: None, indexes: Vec::new() };
    (FakeAws::with_gate([schema], Arc::new(gate)), calls)
}

fn put(
    client: &aws_sdk_dynamodb::Client,
) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
    client.put_item().table_name("t").item("id", AttributeValue::S("1".into()))
}

fn transaction(
    memory: &FakeAws,
) -> aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder {
    let put =
        Put::builder().table_name("t").item("id", AttributeValue::S("1".into())).build().unwrap();
    let client = aws_sdk_dynamodb::Client::new(&memory.config());
    client.transact_write_items().transact_items(TransactWriteItem::builder().put(put).build())
}

#[tokio::test]
async fn a_lost_answer_was_done_and_a_lost_request_was_not() {
    for (verdict, items) in
        [(CallVerdict::LoseAnswer, 1), (CallVerdict::LoseRequest, 0), (CallVerdict::ServerError, 0)]
    {
        let (memory, calls) = gated_aws(&[verdict]);
        let client = aws_sdk_dynamodb::Client::new(&memory.config_without_retries());
        let error = put(&client).send().await.unwrap_err();
        assert_eq!(
            error.as_service_error().is_some(),
            verdict == CallVerdict::ServerError,
            "{error:?}"
        );
        assert_eq!(memory.items("t").len(), items, "{verdict:?}");
        let call = AwsCall {
            service: "dynamodb",
            operation: "PutItem".into(),
            target: "t".into(),
            writes: true,
        };
        assert_eq!(*calls.lock().unwrap(), [call]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_tries_again_without_a_pause_and_every_try_is_a_call() {
    let begun = tokio::time::Instant::now();
    for verdict in [
        CallVerdict::LoseAnswer,
        CallVerdict::LoseRequest,
        CallVerdict::ServerError,
        CallVerdict::Throttle,
        CallVerdict::Reject,
    ] {
        let (memory, calls) = gated_aws(&[verdict, verdict]);
        put(&aws_sdk_dynamodb::Client::new(&memory.config())).send().await.unwrap();
        assert_eq!(calls.lock().unwrap().len(), 3, "{verdict:?}");
        let (memory, calls) = gated_aws(&[verdict; 3]);
        put(&aws_sdk_dynamodb::Client::new(&memory.config())).send().await.unwrap_err();
        assert_eq!(calls.lock().unwrap().len(), 3, "{verdict:?}");
    }
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_transaction_whose_answer_was_lost_is_not_done_again() {
    let (memory, calls) = gated_aws(&[CallVerdict::LoseAnswer]);
    transaction(&memory).send().await.unwrap();
    assert_eq!((calls.lock().unwrap().len(), memory.changes("t", 0).len()), (2, 1));
}

#[tokio::test]
async fn a_hanging_call_is_done_and_never_returns() {
    let (memory, _) = gated_aws(&[CallVerdict::Hang]);
    let client = aws_sdk_dynamodb::Client::new(&memory.config());
    let waited = tokio::time::timeout(Duration::from_millis(50), put(&client).send()).await;
    assert!(waited.is_err());
    assert_eq!(memory.items("t").len(), 1);
}

#[tokio::test]
async fn a_conflict_cancels_a_transaction_and_throttles_anything_else() {
    let (memory, _) = gated_aws(&[CallVerdict::Conflict]);
    let error = transaction(&memory).send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        unreachable!("it met another one")
    };
    let codes: Vec<&str> =
        cancelled.cancellation_reasons().iter().filter_map(|it| it.code()).collect();
    assert_eq!((codes, memory.items("t").len()), (vec!["TransactionConflict"], 0));
    let (memory, _) = gated_aws(&[CallVerdict::Conflict]);
    let error = put(&aws_sdk_dynamodb::Client::new(&memory.config_without_retries()))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("ProvisionedThroughputExceededException"));
}

#[tokio::test]
async fn queues_take_messages_in_order() {
    let (memory, calls) = gated_aws(&[]);
    let client = aws_sdk_sqs::Client::new(&memory.config());
    let entry = |id: &str, delay: i32| {
        let entry =
            SendMessageBatchRequestEntry::builder().id(id).message_body(format!("body {id}"));
        entry.delay_seconds(delay).build().unwrap()
    };
    let batch = client
        .send_message_batch()
        .queue_url("http://memory/q")
        .entries(entry("0", 0))
        .entries(entry("1", 30));
    let answer = batch.send().await.unwrap();
    let ids: Vec<&str> = answer.successful().iter().map(|it| it.id()).collect();
    assert_eq!((ids, answer.failed().len()), (vec!["0", "1"], 0));
    client.send_message().queue_url("http://memory/q").message_body("single").send().await.unwrap();
    let sent = |body: &str, delay_seconds| QueuedMessage {
        queue: "http://memory/q".into(),
        body: body.into(),
        delay_seconds,
    };
    assert_eq!(
        memory.take_queued_messages(),
        [sent("body 0", 0), sent("body 1", 30), sent("single", 0)]
    );
    assert_eq!(memory.take_queued_messages(), []);
    let call = calls.lock().unwrap().first().cloned().unwrap();
    assert_eq!((call.service, call.target.as_str(), call.writes), ("sqs", "http://memory/q", true));
    let late =
        client.send_message().queue_url("http://memory/q").message_body("late").delay_seconds(901);
    assert!(late.send().await.is_err());
}

fn sms(
    client: &aws_sdk_sns::Client,
) -> aws_sdk_sns::operation::publish::builders::PublishFluentBuilder {
    client.publish().phone_number("+34600000001").message("5 € off & more")
}

fn push(
    client: &aws_sdk_sns::Client,
) -> aws_sdk_sns::operation::publish::builders::PublishFluentBuilder {
    client.publish().target_arn("arn:aws:sns:us-east-1:0:endpoint/APNS/app/1").message("{}")
}

fn mail(
    client: &aws_sdk_sesv2::Client,
) -> aws_sdk_sesv2::operation::send_email::builders::SendEmailFluentBuilder {
    use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
    let content = |text: &str| Content::builder().data(text).build().unwrap();
    let message = Message::builder()
        .subject(content("Hello"))
        .body(Body::builder().text(content("there")).build());
    client
        .send_email()
        .from_email_address("us@example.com")
        .destination(Destination::builder().to_addresses("ana@example.com").build())
        .content(EmailContent::builder().simple(message.build()).build())
        .email_tags(MessageTag::builder().name("voucher").value("v-1").build().unwrap())
}

#[tokio::test]
async fn providers_take_messages_and_number_them() {
    let (memory, calls) = gated_aws(&[]);
    let sns = aws_sdk_sns::Client::new(&memory.config_without_retries());
    let ses = aws_sdk_sesv2::Client::new(&memory.config_without_retries());
    assert_eq!(sms(&sns).send().await.unwrap().message_id(), Some("sim-00000001"));
    assert_eq!(push(&sns).send().await.unwrap().message_id(), Some("sim-00000002"));
    assert_eq!(mail(&ses).send().await.unwrap().message_id(), Some("sim-00000003"));
    let expected = [
        ProviderMessage::Sms {
            id: "sim-00000001".into(),
            phone: "+34600000001".into(),
            text: "5 € off & more".into(),
            context: BTreeMap::new(),
        },
        ProviderMessage::Push {
            id: "sim-00000002".into(),
            endpoint_arn: "arn:aws:sns:us-east-1:0:endpoint/APNS/app/1".into(),
            message: "{}".into(),
            attributes: BTreeMap::new(),
        },
        ProviderMessage::Email {
            id: "sim-00000003".into(),
            to: "ana@example.com".into(),
            tags: [("voucher".to_owned(), "v-1".to_owned())].into(),
            subject: "Hello".into(),
            details: Box::new(EmailDetails {
                from: "us@example.com".into(),
                text: "there".into(),
                ..EmailDetails::default()
            }),
        },
    ];
    assert_eq!(memory.take_provider_messages(), expected);
    let seen: Vec<_> =
        calls.lock().unwrap().iter().map(|call| (call.service, call.target.clone())).collect();
    assert_eq!(seen, [("sns", "phone".into()), ("sns", "endpoint".into()), ("ses", "mail".into())]);
}

/// Checks the codes and statuses that the crate `channels` depends on.
#[tokio::test]
async fn providers_refuse_throttle_and_break() {
    for (verdict, expected) in [
        (
            CallVerdict::Reject,
            [("InvalidParameter", 400), ("EndpointDisabled", 400), ("MessageRejected", 400)],
        ),
        (
            CallVerdict::Throttle,
            [
                ("ThrottledException", 429),
                ("ThrottledException", 429),
                ("TooManyRequestsException", 429),
            ],
        ),
        (
            CallVerdict::SenderFault,
            [
                ("AuthorizationError", 403),
                ("PlatformApplicationDisabled", 400),
                ("MessageRejected", 400),
            ],
        ),
        (
            CallVerdict::QuotaUsedUp,
            [
                ("ThrottledException", 429),
                ("ThrottledException", 429),
                ("ThrottlingException", 400),
            ],
        ),
        (
            CallVerdict::ServerError,
            [
                ("InternalError", 500),
                ("InternalError", 500),
                ("InternalServiceErrorException", 500),
            ],
        ),
    ] {
        let (memory, _) = gated_aws(&[verdict; 3]);
        let sns = aws_sdk_sns::Client::new(&memory.config_without_retries());
        let ses = aws_sdk_sesv2::Client::new(&memory.config_without_retries());
        let (sms, push) =
            (sms(&sns).send().await.unwrap_err(), push(&sns).send().await.unwrap_err());
        let mail = mail(&ses).send().await.unwrap_err();
        let status = |raw: Option<&aws_smithy_runtime_api::client::orchestrator::HttpResponse>| {
            raw.unwrap().status().as_u16()
        };
        let seen = [
            (sms.code().unwrap(), status(sms.raw_response())),
            (push.code().unwrap(), status(push.raw_response())),
            (mail.code().unwrap(), status(mail.raw_response())),
        ];
        assert_eq!(seen, expected, "{verdict:?}");
        assert_eq!(memory.take_provider_messages(), []);
    }
}

#[tokio::test]
async fn end_user_messaging_takes_a_context_and_refuses_with_its_reasons() {
    use aws_sdk_pinpointsmsvoicev2::operation::send_text_message::SendTextMessageError as Error;
    let verdicts = [
        CallVerdict::Proceed,
        CallVerdict::Reject,
        CallVerdict::SenderFault,
        CallVerdict::QuotaUsedUp,
        CallVerdict::Throttle,
        CallVerdict::ServerError,
    ];
    let (memory, calls) = gated_aws(&verdicts);
    let client = aws_sdk_pinpointsmsvoicev2::Client::new(&memory.config_without_retries());
    let send = || {
        let message = client.send_text_message().destination_phone_number("+34600000001");
        message.message_body("5 € off").context("voucher", "v-1").time_to_live(60).send()
    };
    assert_eq!(send().await.unwrap().message_id(), Some("sim-00000001"));
    let context = [("voucher".to_owned(), "v-1".to_owned())].into();
    let (id, phone) = ("sim-00000001".into(), "+34600000001".into());
    let sent = ProviderMessage::Sms { id, phone, text: "5 € off".into(), context };
    assert_eq!(memory.take_provider_messages(), [sent]);
    let mut seen = Vec::new();
    for _ in 1..verdicts.len() {
        let error = send().await.unwrap_err().into_service_error();
        let reason = match &error {
            Error::ConflictException(it) => it.reason().unwrap().as_str(),
            Error::ValidationException(it) => it.fields()[0].name(),
            Error::ServiceQuotaExceededException(it) => it.reason().unwrap().as_str(),
            other => other.code().unwrap(),
        };
        seen.push(reason.to_owned());
    }
    let expected = [
        "DestinationPhoneNumber",
        "RESOURCE_NOT_ACTIVE",
        "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
        "ThrottlingException",
        "InternalServerException",
    ];
    assert_eq!(seen, expected);
    assert_eq!(memory.take_provider_messages(), []);
    assert!(
        calls.lock().unwrap().iter().all(|call| call.sends_message() && call.target == "phone")
    );
    assert!(send().await.is_ok());
    assert!(
        client.send_text_message().destination_phone_number("+34600000001").send().await.is_err()
    );
}

#[tokio::test]
async fn a_secret_is_what_it_was_set_to() {
    let (memory, _) = gated_aws(&[]);
    memory.set_secret("arn:secret", "value");
    let client = aws_sdk_secretsmanager::Client::new(&memory.config());
    let answer = client.get_secret_value().secret_id("arn:secret").send().await.unwrap();
    assert_eq!(answer.secret_string(), Some("value"));
    assert!(client.get_secret_value().secret_id("other").send().await.is_err());
}
