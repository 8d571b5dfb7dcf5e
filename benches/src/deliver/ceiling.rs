//! The SDK alone, making the calls that the worker made: each request is the worker's own, captured
//! once or read from what came over the wire, and sent again as it is.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::{
    get_item::{GetItemInput, builders::GetItemInputBuilder},
    put_item::{PutItemInput, builders::PutItemInputBuilder},
    transact_write_items::{TransactWriteItemsInput, builders::TransactWriteItemsInputBuilder},
    update_item::{UpdateItemInput, builders::UpdateItemInputBuilder},
};
use aws_sdk_pinpointsmsvoicev2::{
    operation::send_text_message::{SendTextMessageInput, builders::SendTextMessageInputBuilder},
    types::MessageType,
};
use aws_sdk_sesv2::{
    operation::send_email::builders::SendEmailInputBuilder,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag},
};
use aws_sdk_sns::{
    operation::publish::builders::PublishInputBuilder, types::MessageAttributeValue,
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::interceptors::{
        Intercept, SharedInterceptor, context::BeforeSerializationInterceptorContextRef,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use domain::kernel::channel::Channel;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{IN_FLIGHT, PreparedDispatch};
use crate::null::lock;

/// The last request of each kind that went to each table.
#[derive(Debug, Clone, Default)]
pub(super) struct CapturedRequests(Arc<Mutex<StoreRequests>>);

#[derive(Debug, Default)]
struct StoreRequests {
    gets: BTreeMap<String, GetItemInput>,
    puts: BTreeMap<String, PutItemInput>,
    updates: BTreeMap<String, UpdateItemInput>,
    transaction: Option<TransactWriteItemsInput>,
}

impl CapturedRequests {
    pub(super) fn into_shared(self) -> SharedInterceptor {
        SharedInterceptor::new(self)
    }
}

impl Intercept for CapturedRequests {
    fn name(&self) -> &'static str {
        "captured"
    }
    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut captured = lock(&self.0);
        let input = context.input();
        let table = |name: &Option<String>| name.clone().unwrap_or_default();
        if let Some(get) = input.downcast_ref::<GetItemInput>() {
            captured.gets.insert(table(&get.table_name), get.clone());
        }
        if let Some(put) = input.downcast_ref::<PutItemInput>() {
            captured.puts.insert(table(&put.table_name), put.clone());
        }
        if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
            captured.updates.insert(table(&update.table_name), update.clone());
        }
        if let Some(transaction) = input.downcast_ref::<TransactWriteItemsInput>() {
            captured.transaction = Some(transaction.clone());
        }
        Ok(())
    }
}

/// The same calls by the SDK alone.
pub(super) struct SdkCeiling {
    dynamodb: aws_sdk_dynamodb::Client,
    sns: aws_sdk_sns::Client,
    text: aws_sdk_pinpointsmsvoicev2::Client,
    ses: aws_sdk_sesv2::Client,
    get: GetItemInputBuilder,
    /// The puts that a voucher makes, one a table, in turn.
    puts: Vec<PutItemInputBuilder>,
    update: UpdateItemInputBuilder,
    transaction: TransactWriteItemsInputBuilder,
    message: PreparedMessage,
}

#[expect(clippy::large_enum_variant, reason = "there is one")]
enum PreparedMessage {
    Published(PublishInputBuilder),
    Texted(SendTextMessageInputBuilder),
    Mailed(SendEmailInputBuilder),
}

impl SdkCeiling {
    /// Delivers one dispatch to see its requests to the store. `message` is the body of a request
    /// to the provider, as it came over the wire.
    pub(super) async fn capture(
        prepared: &PreparedDispatch,
        message: &str,
    ) -> anyhow::Result<Self> {
        let captured = CapturedRequests::default();
        prepared.worker(Some(&captured)).run(1).await?;
        let StoreRequests { mut gets, puts, mut updates, transaction } =
            std::mem::take(&mut *lock(&captured.0));
        let get = gets.remove("customers_table").context("no read of a customer was captured")?;
        let update = updates.remove("vouchers_table").context("no update was captured")?;
        let transaction = transaction.context("no transaction was captured")?;
        let sends = runtime::aws::config_without_retries("sns");
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&runtime::aws::config("dynamodb")),
            sns: aws_sdk_sns::Client::new(&sends),
            text: aws_sdk_pinpointsmsvoicev2::Client::new(&sends),
            ses: aws_sdk_sesv2::Client::new(&sends),
            get: GetItemInput::builder()
                .set_table_name(get.table_name)
                .set_key(get.key)
                .set_consistent_read(get.consistent_read),
            puts: puts.into_values().map(put_builder).collect(),
            update: UpdateItemInput::builder()
                .set_table_name(update.table_name)
                .set_key(update.key)
                .set_update_expression(update.update_expression)
                .set_condition_expression(update.condition_expression)
                .set_expression_attribute_names(update.expression_attribute_names)
                .set_expression_attribute_values(update.expression_attribute_values),
            transaction: TransactWriteItemsInput::builder()
                .set_transact_items(transaction.transact_items),
            message: match prepared.channel {
                Channel::Email => PreparedMessage::Mailed(read_email(message)?),
                Channel::Sms => PreparedMessage::Texted(read_text(message)?),
                Channel::Push => PreparedMessage::Published(read_publish(message)?),
            },
        })
    }

    /// Makes the calls of one voucher after another, many vouchers at once, as the worker does: calls
    /// of one kind in a row would find the processor's caches warm, which no worker does.
    pub(super) async fn run(
        &self,
        calls: &BTreeMap<String, f64>,
        vouchers: usize,
    ) -> anyhow::Result<()> {
        let made = stream::iter(0..vouchers).map(async |voucher| {
            for (name, each) in calls {
                // the calls of the first `vouchers` vouchers together, to the whole
                let until = |vouchers: usize| (each * vouchers as f64).round() as usize;
                for number in until(voucher)..until(voucher + 1) {
                    self.call(name, number).await?;
                }
            }
            anyhow::Ok(())
        });
        made.buffer_unordered(IN_FLIGHT).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    async fn call(&self, name: &str, number: usize) -> anyhow::Result<()> {
        match name {
            "GetItem" => {
                self.get.clone().send_with(&self.dynamodb).await?;
            }
            "PutItem" => {
                let put = self.puts.get(number % self.puts.len()).context("a put")?;
                put.clone().send_with(&self.dynamodb).await?;
            }
            "UpdateItem" => {
                self.update.clone().send_with(&self.dynamodb).await?;
            }
            "TransactWriteItems" => {
                self.transaction.clone().send_with(&self.dynamodb).await?;
            }
            "Publish" | "SendTextMessage" | "SendEmail" => match &self.message {
                PreparedMessage::Published(publish) => {
                    publish.clone().send_with(&self.sns).await?;
                }
                PreparedMessage::Texted(text) => {
                    text.clone().send_with(&self.text).await?;
                }
                PreparedMessage::Mailed(email) => {
                    email.clone().send_with(&self.ses).await?;
                }
            },
            // not a voucher's call: an occasional nudge
            _ => {}
        }
        Ok(())
    }
}

fn put_builder(put: PutItemInput) -> PutItemInputBuilder {
    PutItemInput::builder()
        .set_table_name(put.table_name)
        .set_item(put.item)
        .set_condition_expression(put.condition_expression)
        .set_expression_attribute_names(put.expression_attribute_names)
        .set_expression_attribute_values(put.expression_attribute_values)
        .set_return_values_on_condition_check_failure(put.return_values_on_condition_check_failure)
}

/// Reads a request to SNS, a form.
fn read_publish(form: &str) -> anyhow::Result<PublishInputBuilder> {
    let fields: BTreeMap<String, String> =
        form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.get(name).cloned();
    let mut publish = aws_sdk_sns::operation::publish::PublishInput::builder()
        .set_message(field("Message"))
        .set_message_structure(field("MessageStructure"))
        .set_phone_number(field("PhoneNumber"))
        .set_target_arn(field("TargetArn"));
    if let Some(name) = field("MessageAttributes.entry.1.Name") {
        let attribute = MessageAttributeValue::builder()
            .set_data_type(field("MessageAttributes.entry.1.Value.DataType"))
            .set_string_value(field("MessageAttributes.entry.1.Value.StringValue"));
        publish = publish.message_attributes(name, attribute.build()?);
    }
    Ok(publish)
}

/// Reads a request to End User Messaging, which is JSON.
fn read_text(body: &str) -> anyhow::Result<SendTextMessageInputBuilder> {
    let request: Value = serde_json::from_str(body)?;
    let text = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
    let seconds = request.get("TimeToLive").and_then(Value::as_i64);
    let mut message = SendTextMessageInput::builder()
        .set_destination_phone_number(text("DestinationPhoneNumber"))
        .set_message_body(text("MessageBody"))
        .set_message_type(text("MessageType").map(|kind| MessageType::from(kind.as_str())))
        .set_time_to_live(seconds.and_then(|seconds| i32::try_from(seconds).ok()));
    for (name, value) in request.get("Context").and_then(Value::as_object).into_iter().flatten() {
        message = message.context(name, value.as_str().unwrap_or_default());
    }
    Ok(message)
}

/// Reads a request to SES, which is JSON.
fn read_email(body: &str) -> anyhow::Result<SendEmailInputBuilder> {
    let request: Value = serde_json::from_str(body)?;
    let text = |pointer: &str| {
        let found = request.pointer(pointer).and_then(Value::as_str);
        found.map(str::to_owned).with_context(|| format!("the e-mail has no {pointer}"))
    };
    let content = |pointer: &str| anyhow::Ok(Content::builder().data(text(pointer)?).build()?);
    let pairs = |pointer: &str| {
        let list = request.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
        list.into_iter().filter_map(|pair| {
            let part = |name: &str| pair.get(name).and_then(Value::as_str).map(str::to_owned);
            Some((part("Name")?, part("Value")?))
        })
    };
    let body = Body::builder()
        .html(content("/Content/Simple/Body/Html/Data")?)
        .text(content("/Content/Simple/Body/Text/Data")?)
        .build();
    let mut message =
        Message::builder().subject(content("/Content/Simple/Subject/Data")?).body(body);
    for (name, value) in pairs("/Content/Simple/Headers") {
        message = message.headers(MessageHeader::builder().name(name).value(value).build()?);
    }
    let to = text("/Destination/ToAddresses/0")?;
    let mut email = aws_sdk_sesv2::operation::send_email::SendEmailInput::builder()
        .from_email_address(text("/FromEmailAddress")?)
        .destination(Destination::builder().to_addresses(to).build())
        .content(EmailContent::builder().simple(message.build()).build())
        .set_configuration_set_name(text("/ConfigurationSetName").ok());
    for (name, value) in pairs("/EmailTags") {
        email = email.email_tags(MessageTag::builder().name(name).value(value).build()?);
    }
    Ok(email)
}
