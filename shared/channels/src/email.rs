//! SES v2 `SendEmail`: one message per call, so that each has its own answer.
//!
//! Tags carry the voucher, so that provider events can be matched to it. The customer id is encoded
//! in base32, because tag values allow fewer characters than ids do. Headers carry the unsubscribe
//! link.

use aws_sdk_sesv2::types::{
    Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag,
};
use domain::{
    campaign::messages::RenderedMessage,
    customer::profile::ContactAddress,
    delivery::{attempt_policy::ProviderAnswer, provider_errors::ProviderCall},
    voucher::attempt::ProviderRefusal,
};

use data_encoding::BASE64;

use crate::{OutgoingMessage, classify_error, feedback::message_tags};

#[derive(Debug, Clone)]
pub struct SesSender {
    client: aws_sdk_sesv2::Client,
    sender: String,
    configuration_set: Option<String>,
}

impl SesSender {
    pub(crate) fn new(
        config: &aws_types::SdkConfig,
        sender: String,
        configuration_set: Option<String>,
    ) -> Self {
        Self { client: aws_sdk_sesv2::Client::new(config), sender, configuration_set }
    }

    pub(crate) async fn send(&self, outgoing: &OutgoingMessage<'_>) -> ProviderAnswer {
        let (ContactAddress::Email(to), RenderedMessage::Email { subject, html, text, .. }) =
            (&outgoing.address, outgoing.message)
        else {
            return ProviderAnswer::Refused { reason: ProviderRefusal::InvalidAddress };
        };
        let Ok(content) = build_message(subject, html, text, outgoing.unsubscribe) else {
            return ProviderAnswer::Refused { reason: ProviderRefusal::Rejected };
        };
        let tags = message_tags(outgoing)
            .into_iter()
            .filter_map(|(name, value)| MessageTag::builder().name(name).value(value).build().ok());
        let answer = self
            .client
            .send_email()
            .from_email_address(format_sender(&self.sender, outgoing.brand.sender_name.as_deref()))
            .set_reply_to_addresses(
                outgoing.brand.reply_to.as_ref().map(|reply| vec![reply.expose().to_owned()]),
            )
            .destination(Destination::builder().to_addresses(to.expose()).build())
            .content(EmailContent::builder().simple(content).build())
            .set_configuration_set_name(self.configuration_set.clone())
            .set_email_tags(Some(tags.collect()))
            .send()
            .await;
        match answer {
            Ok(accepted) => {
                ProviderAnswer::Accepted { provider_id: accepted.message_id.unwrap_or_default() }
            }
            Err(error) => classify_error(ProviderCall::SendEmail, &error),
        }
    }
}

/// Maximum number of bytes in one encoded word. In base64 and with its frame the word stays under
/// the 75 characters of RFC 2047.
const WORD_BYTES: usize = 42;

/// Formats the From address with its display name, which is quoted, or encoded (RFC 2047) if it is
/// not ASCII.
fn format_sender(address: &str, name: Option<&str>) -> String {
    let Some(name) = name else {
        return address.to_owned();
    };
    if name.is_ascii() {
        return format!("\"{name}\" <{address}>");
    }
    let mut words: Vec<String> = vec![String::new()];
    for letter in name.chars() {
        if words.last().is_some_and(|word| word.len() + letter.len_utf8() > WORD_BYTES) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    let encoded: Vec<String> = words
        .iter()
        .map(|word| format!("=?UTF-8?B?{}?=", BASE64.encode(word.as_bytes())))
        .collect();
    format!("{} <{address}>", encoded.join(" "))
}

fn build_message(
    subject: &str,
    html: &str,
    text: &str,
    unsubscribe: Option<&str>,
) -> Result<Message, aws_sdk_sesv2::error::BuildError> {
    let content = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let body = Body::builder().html(content(html)?).text(content(text)?).build();
    let message = Message::builder().subject(content(subject)?).body(body);
    let Some(link) = unsubscribe else {
        return Ok(message.build());
    };
    // RFC 8058: mail programs show a button that posts to the link.
    let header =
        |name: &str, value: String| MessageHeader::builder().name(name).value(value).build();
    let list = header("List-Unsubscribe", format!("<{link}>"))?;
    let one_click = header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned())?;
    Ok(message.headers(list).headers(one_click).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senders_name_is_quoted_or_encoded_and_never_a_header_of_its_own() {
        assert_eq!(format_sender("a@b.c", None), "a@b.c");
        assert_eq!(format_sender("a@b.c", Some("Shop, Ltd.")), "\"Shop, Ltd.\" <a@b.c>");
        let name = "Mercado Ñandú 🎁 ".repeat(3);
        let header = format_sender("a@b.c", Some(&name));
        let (words, address) = header.rsplit_once(" <").unwrap();
        assert_eq!(address, "a@b.c>");
        let decoded: String = words
            .split(' ')
            .map(|word| {
                assert!(word.len() <= 75, "{word}");
                let word = word
                    .strip_prefix("=?UTF-8?B?")
                    .and_then(|word| word.strip_suffix("?="))
                    .unwrap();
                String::from_utf8(BASE64.decode(word.as_bytes()).unwrap()).unwrap()
            })
            .collect();
        assert_eq!(decoded, name, "no letter is cut in two");
    }
}
