//! Request and response bodies of message previews and test sends.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    Timestamp,
    campaign::{
        brand::BrandSettings,
        messages::{LocaleChoice, LocaleFallback, RenderedMessage, push, sms},
    },
    delivery::test_send::TestSendState,
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId, TestSendId},
        locale::Locale,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Takes either a `draft` or a `campaign_id`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagePreviewRequest {
    /// A definition as far as it is written; only `messages` is required. Other parts that messages
    /// show (`name`, `offer`, `validity`, `accept_by`) are filled with example values if they are
    /// missing; the rest of the definition is ignored.
    #[serde(default)]
    #[schema(nullable = false, value_type = Object)]
    pub draft: Option<serde_json::Value>,
    /// The id of a saved campaign.
    #[serde(default)]
    #[schema(nullable = false)]
    pub campaign_id: Option<CampaignId>,
    /// The customer to compose for; an example customer if not given. It shows their name, so it
    /// requires the group marketer.
    #[serde(default)]
    #[schema(nullable = false)]
    pub customer_id: Option<CustomerId>,
    /// The recipients' locales, at most 10. If not given, the customer's locale, or the default
    /// locale.
    #[serde(default)]
    #[schema(nullable = false)]
    pub locales: Option<Vec<Locale>>,
    /// The channels to preview. If not given, the channels of the ladder, or those that have
    /// messages.
    #[serde(default)]
    #[schema(nullable = false)]
    pub channels: Option<Vec<Channel>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePreview {
    /// True if the customer is an example.
    pub sample_customer: bool,
    /// One message for each locale and channel that has one.
    pub messages: Vec<PreviewedMessage>,
    pub warnings: Vec<PreviewWarning>,
}

/// A message as the recipient gets it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedMessage {
    pub channel: Channel,
    /// The recipient's locale; `null` if they have none.
    pub asked_locale: Option<Locale>,
    /// The locale of the templates that are used.
    pub locale: Locale,
    pub fallback: LocaleFallback,
    /// The value of each variable; `null` for one that has no value for this recipient.
    pub variables: BTreeMap<&'static str, Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sms: Option<PreviewedSms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub email: Option<PreviewedEmail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub push: Option<PreviewedPush>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmsEncoding {
    /// 160 characters in one SMS, 153 in each part of several.
    Gsm7,
    /// 70 characters in one SMS, 67 in each part of several.
    Ucs2,
}

impl From<sms::SegmentEncoding> for SmsEncoding {
    fn from(encoding: sms::SegmentEncoding) -> Self {
        match encoding {
            sms::SegmentEncoding::Gsm7 => Self::Gsm7,
            sms::SegmentEncoding::Ucs2 => Self::Ucs2,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedSms {
    pub text: String,
    pub encoding: SmsEncoding,
    pub characters: usize,
    /// Septets for GSM 7-bit, 16-bit units for UCS-2.
    pub units: u32,
    /// The number of SMS. Each is billed.
    pub segments: u32,
    /// The number of SMS in the worst case: a customer with the longest name, which contains a
    /// character that GSM 7-bit lacks, and the longest form of the offer and of the days for any
    /// reader of the template.
    pub worst_case_segments: u32,
    pub worst_case_encoding: SmsEncoding,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedEmail {
    /// The sender name; `null` if only the address is shown.
    pub from_name: Option<String>,
    pub from_address: String,
    pub reply_to: Option<String>,
    pub subject: String,
    /// The preview text. It is in the HTML too, hidden.
    pub preheader: Option<String>,
    /// The HTML part, with the brand's frame and the unsubscribe link.
    pub html: String,
    pub html_bytes: usize,
    /// The plain-text part, with the same frame and link.
    pub text: String,
    /// The unsubscribe link at the end. It is an example: its page says that the link is not
    /// complete.
    pub way_out: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedPush {
    pub title: String,
    pub body: String,
    /// The picture; `null` if there is none.
    pub image: Option<String>,
    /// Where a tap leads on Apple's devices; `null` if the app decides.
    pub ios_link: Option<String>,
    /// Where a tap leads on Android; `null` if the app decides.
    pub android_link: Option<String>,
    /// The data that the app gets with the notification on both platforms.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
    /// Size of the larger of the platforms' payloads.
    pub bytes: usize,
    pub worst_case_bytes: usize,
    pub limit: usize,
}

/// A warning about a message that is valid but may be unintended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PreviewWarning {
    /// JSON pointer into the definition; `/brand` for the brand's settings.
    pub field: String,
    /// `locale_missing`, `message_missing`, `several_segments`, `not_gsm7`, `worst_case`,
    /// `clipped`, `no_postal_address`, `made_up`, `offer_in_english`, `accept_by_missing`.
    pub code: &'static str,
    pub detail: String,
}

/// The data that a preview shows beside the rendered message.
pub struct PreviewContext<'a> {
    pub brand: &'a BrandSettings,
    pub sender: &'a str,
    pub unsubscribe_link: &'a str,
    pub voucher: &'a str,
    /// How long a push is kept for a device that is off.
    pub time_to_live: Duration,
    pub worst_sms: Option<sms::SmsSegments>,
    pub worst_push: Option<usize>,
}

impl PreviewedMessage {
    pub fn new(
        channel: Channel,
        asked_locale: Option<Locale>,
        choice: LocaleChoice,
        variables: BTreeMap<&'static str, Option<String>>,
        rendered: RenderedMessage,
        around: &PreviewContext<'_>,
    ) -> Self {
        let (mut sms, mut email, mut push) = (None, None, None);
        match rendered {
            RenderedMessage::Sms { text, segments } => {
                let worst = around.worst_sms.unwrap_or(segments);
                sms = Some(PreviewedSms {
                    characters: text.chars().count(),
                    text,
                    encoding: segments.encoding.into(),
                    units: segments.units,
                    segments: segments.count,
                    worst_case_segments: worst.count.max(segments.count),
                    worst_case_encoding: worst.encoding.into(),
                });
            }
            RenderedMessage::Email { subject, preheader, html, text } => {
                email = Some(PreviewedEmail {
                    from_name: around.brand.sender_name.clone(),
                    from_address: around.sender.to_owned(),
                    reply_to: around.brand.reply_to.as_ref().map(|reply| reply.expose().to_owned()),
                    subject,
                    preheader,
                    html_bytes: html.len(),
                    html,
                    text,
                    way_out: around.unsubscribe_link.to_owned(),
                });
            }
            RenderedMessage::Push { title, body, extras } => {
                let (words, voucher) = ((title.as_str(), body.as_str()), around.voucher);
                let payload = push::PushPayload::new(words, &extras, voucher, around.time_to_live);
                let bytes = payload.largest_bytes();
                push = Some(PreviewedPush {
                    title,
                    body,
                    image: extras.image,
                    ios_link: extras.ios_link,
                    android_link: extras.android_link,
                    data: push::PushPayload::app_data(around.voucher),
                    bytes,
                    worst_case_bytes: around.worst_push.unwrap_or(bytes).max(bytes),
                    limit: push::MAX_PAYLOAD_BYTES,
                });
            }
        }
        let LocaleChoice { locale, fallback } = choice;
        Self { channel, asked_locale, locale, fallback, variables, sms, email, push }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestSendRequest {
    /// 1 to 10 messages.
    pub to: Vec<TestRecipient>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRecipient {
    pub channel: Channel,
    /// A listed test address: a phone number, an e-mail address, or the ARN of a push endpoint.
    pub address: String,
    /// The recipient's locale; the default locale if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub locale: Option<Locale>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TestSend {
    pub id: TestSendId,
    pub campaign_id: CampaignId,
    /// The number of the definition that the messages show.
    pub definition: u64,
    pub requested_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// The messages, in the order of the request.
    pub messages: Vec<TestMessage>,
}

/// One message of a test send. Its address is not shown again.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestMessage {
    pub channel: Channel,
    pub locale: Option<Locale>,
    pub state: TestSendState,
    /// The reason of a refusal, or of an unknown outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "opted_out")]
    pub reason: Option<String>,
    /// The time of the last change.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}
