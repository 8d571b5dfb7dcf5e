//! E-mails to people of the tenant, who are no customers: plain text, without tags, so that no
//! provider event is taken for a voucher's.

use aws_sdk_sesv2::{
    error::ProvideErrorMetadata,
    types::{Body, Content, Destination, EmailContent, Message},
};

#[derive(Debug, Clone)]
pub struct OfficeMailer {
    client: aws_sdk_sesv2::Client,
    sender: String,
}

impl OfficeMailer {
    /// Creates a mailer. `sender` is the verified From address.
    pub fn new(config: &aws_types::SdkConfig, sender: String) -> Self {
        Self { client: aws_sdk_sesv2::Client::new(config), sender }
    }

    /// Sends a text to one address, once. The error is the provider's code.
    pub async fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), String> {
        let content = |data: &str| Content::builder().data(data).charset("UTF-8").build();
        let (Ok(subject), Ok(text)) = (content(subject), content(text)) else {
            return Err("not_sent".to_owned());
        };
        let body = Body::builder().text(text).build();
        let message = Message::builder().subject(subject).body(body).build();
        let call = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build());
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.code().unwrap_or("no_answer").to_owned()),
        }
    }
}
