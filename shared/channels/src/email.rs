//! SES v2 `SendEmail`: one message per call, so that each has its own answer. Tags carry the voucher, so that the provider's events
//! find it again; the customer id is base32, as tag values take fewer characters than ids do. Headers carry the way out.

use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use domain::{
    customer::Address,
    delivery::{Answer, Refusal},
    message::Rendered,
};

use crate::{Outgoing, classify, feedback::encode_customer};

const REFUSALS: [(&str, Refusal); 6] = [
    ("MessageRejected", Refusal::Rejected),
    ("BadRequestException", Refusal::InvalidAddress),
    ("MailFromDomainNotVerifiedException", Refusal::NotAllowed),
    ("AccountSuspendedException", Refusal::NotAllowed),
    ("SendingPausedException", Refusal::NotAllowed),
    ("AccessDeniedException", Refusal::NotAllowed),
];

#[derive(Debug, Clone)]
pub struct Email {
    client: aws_sdk_sesv2::Client,
    sender: String,
    configuration_set: Option<String>,
}

impl Email {
    pub(crate) fn new(config: &aws_types::SdkConfig, sender: String, configuration_set: Option<String>) -> Self {
        Self { client: aws_sdk_sesv2::Client::new(config), sender, configuration_set }
    }

    pub(crate) async fn send(&self, outgoing: &Outgoing<'_>) -> Answer {
        let (Address::Email(to), Rendered::Email { subject, html, text, .. }) = (&outgoing.address, outgoing.message)
        else {
            return Answer::Refused { reason: Refusal::InvalidAddress };
        };
        let Ok(content) = message(subject, html, text, outgoing.unsubscribe) else {
            return Answer::Refused { reason: Refusal::Rejected };
        };
        let tags = [
            ("campaign", outgoing.campaign.to_string()),
            ("voucher", outgoing.voucher.to_string()),
            ("customer", encode_customer(outgoing.customer)),
        ];
        let tags =
            tags.into_iter().filter_map(|(name, value)| MessageTag::builder().name(name).value(value).build().ok());
        let answer = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .destination(Destination::builder().to_addresses(to.expose()).build())
            .content(EmailContent::builder().simple(content).build())
            .set_configuration_set_name(self.configuration_set.clone())
            .set_email_tags(Some(tags.collect()))
            .send()
            .await;
        match answer {
            Ok(accepted) => Answer::Accepted { provider_id: accepted.message_id.unwrap_or_default() },
            Err(error) => classify(&error, &REFUSALS),
        }
    }
}

fn message(
    subject: &str,
    html: &str,
    text: &str,
    unsubscribe: Option<&str>,
) -> Result<Message, aws_sdk_sesv2::error::BuildError> {
    let content = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let body = Body::builder().html(content(html)?).text(content(text)?).build();
    let message = Message::builder().subject(content(subject)?).body(body);
    let Some(link) = unsubscribe else { return Ok(message.build()) };
    // RFC 8058: mail programs show a button that posts to the link
    let header = |name: &str, value: String| MessageHeader::builder().name(name).value(value).build();
    let list = header("List-Unsubscribe", format!("<{link}>"))?;
    let one_click = header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned())?;
    Ok(message.headers(list).headers(one_click).build())
}
