//! What message previews and test sends take and give, as JSON.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    brand::BrandSettings,
    channel::Channel,
    customer::Locale,
    id::{CampaignId, CustomerId, SampleId},
    message::{Choice, Fallback, Rendered, push, sms},
    sample::SampleState,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Either a `draft` or a `campaign_id`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagePreviewRequest {
    /// A definition as far as it is written: only `messages` must be there. What else messages show (`name`, `offer`, `validity`,
    /// `accept_by`) is made up where it is missing; the rest of a definition is not looked at.
    #[serde(default)]
    #[schema(nullable = false, value_type = Object)]
    pub draft: Option<serde_json::Value>,
    /// A campaign as it is saved.
    #[serde(default)]
    #[schema(nullable = false)]
    pub campaign_id: Option<CampaignId>,
    /// Whose message it is; a made-up customer's if not given. Shows their name, so it takes the group marketer.
    #[serde(default)]
    #[schema(nullable = false)]
    pub customer_id: Option<CustomerId>,
    /// Readers' locales, at most 10. If not given, the customer's, or the default locale.
    #[serde(default)]
    #[schema(nullable = false)]
    pub locales: Option<Vec<Locale>>,
    /// If not given, those of the ladder, or of the messages.
    #[serde(default)]
    #[schema(nullable = false)]
    pub channels: Option<Vec<Channel>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePreview {
    /// Whether the customer is made up.
    pub sample_customer: bool,
    /// One for each locale and channel that has a message.
    pub messages: Vec<PreviewedMessage>,
    pub warnings: Vec<PreviewWarning>,
}

/// A message as its reader gets it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedMessage {
    pub channel: Channel,
    /// The reader's; `null` if they have none.
    pub asked_locale: Option<Locale>,
    /// Whose templates they get.
    pub locale: Locale,
    pub fallback: Fallback,
    /// What filled each variable; `null` for one that has no value for this reader.
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
    /// 160 to a message, 153 to each of several.
    Gsm7,
    /// 70 and 67.
    Ucs2,
}

impl From<sms::Encoding> for SmsEncoding {
    fn from(encoding: sms::Encoding) -> Self {
        match encoding {
            sms::Encoding::Gsm7 => Self::Gsm7,
            sms::Encoding::Ucs2 => Self::Ucs2,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedSms {
    pub text: String,
    pub encoding: SmsEncoding,
    pub characters: usize,
    /// Septets of GSM 7-bit, 16-bit units of UCS-2.
    pub units: u32,
    /// Each is billed.
    pub segments: u32,
    /// For the customer for whom it takes most: the longest name, with a letter that GSM 7-bit lacks.
    pub worst_case_segments: u32,
    pub worst_case_encoding: SmsEncoding,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedEmail {
    /// `null` if only the address shows.
    pub from_name: Option<String>,
    pub from_address: String,
    pub reply_to: Option<String>,
    pub subject: String,
    /// Also in the HTML, hidden.
    pub preheader: Option<String>,
    /// With the brand's frame and the way out.
    pub html: String,
    pub html_bytes: usize,
    /// The plain-text part, with the same.
    pub text: String,
    /// The link at its end: of a sample, so it leads to a page that says that it is none.
    pub way_out: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedPush {
    pub title: String,
    pub body: String,
    /// What the app is handed beside them.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
    /// Of the larger of the platforms' payloads.
    pub bytes: usize,
    pub worst_case_bytes: usize,
    pub limit: usize,
}

/// What is allowed and may not be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PreviewWarning {
    /// JSON pointer into the definition; `/brand` for the brand's settings.
    pub field: String,
    /// `locale_missing`, `message_missing`, `several_segments`, `not_gsm7`, `worst_case`, `clipped`, `no_postal_address`, `made_up`.
    pub code: &'static str,
    pub detail: String,
}

/// What a preview says beside the message itself.
pub struct Around<'a> {
    pub brand: &'a BrandSettings,
    pub sender: &'a str,
    pub way_out: &'a str,
    pub voucher: &'a str,
    pub worst_sms: Option<sms::Segments>,
    pub worst_push: Option<usize>,
}

impl PreviewedMessage {
    pub fn new(
        channel: Channel,
        asked_locale: Option<Locale>,
        choice: Choice,
        variables: BTreeMap<&'static str, Option<String>>,
        rendered: Rendered,
        around: &Around<'_>,
    ) -> Self {
        let (mut sms, mut email, mut push) = (None, None, None);
        match rendered {
            Rendered::Sms { text, segments } => {
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
            Rendered::Email { subject, preheader, html, text } => {
                email = Some(PreviewedEmail {
                    from_name: around.brand.sender_name.clone(),
                    from_address: around.sender.to_owned(),
                    reply_to: around.brand.reply_to.as_ref().map(|reply| reply.expose().to_owned()),
                    subject,
                    preheader,
                    html_bytes: html.len(),
                    html,
                    text,
                    way_out: around.way_out.to_owned(),
                });
            }
            Rendered::Push { title, body } => {
                let bytes = push::Payload::new(&title, &body, around.voucher).bytes();
                push = Some(PreviewedPush {
                    title,
                    body,
                    data: push::Payload::data(around.voucher),
                    bytes,
                    worst_case_bytes: around.worst_push.unwrap_or(bytes).max(bytes),
                    limit: push::MAX_PAYLOAD,
                });
            }
        }
        let Choice { locale, fallback } = choice;
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
    /// One of the test addresses: a phone number, an e-mail address, or the ARN of a push endpoint.
    pub address: String,
    /// The reader's; the default locale if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub locale: Option<Locale>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TestSend {
    pub id: SampleId,
    pub campaign_id: CampaignId,
    /// Number of the definition that it shows.
    pub definition: u64,
    pub requested_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// In the order of the request.
    pub messages: Vec<TestMessage>,
}

/// The address is not told again.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestMessage {
    pub channel: Channel,
    pub locale: Option<Locale>,
    pub state: SampleState,
    /// Why it was refused, or why nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "opted_out")]
    pub reason: Option<String>,
    /// Of the last change.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}
