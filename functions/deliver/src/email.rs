//! Delivers released dispatches by e-mail through SES. Reads pointers from the channel's queue;
//! writes vouchers and attempts.
//!
//! The crate `delivery` does the work. This crate adds the channel's provider, the unsubscribe
//! link, and their wiring. SDK retries are off for sends.

use channels::ChannelSender;
use delivery::{DeliveryContext, UnsubscribeConfig};
use domain::kernel::channel::Channel;
use secrets::Secrets;

pub async fn run() -> Result<(), runtime::Error> {
    let config = runtime::aws::config_for_sends("sesv2", delivery::send_timeout()?);
    let sender = runtime::env::required("SENDER_EMAIL")?;
    let sender = ChannelSender::email(&config, sender, runtime::env::optional("CONFIGURATION_SET"));
    let secrets = Secrets::new(&runtime::aws::config("secrets_manager"));
    let links = UnsubscribeConfig {
        secrets,
        link_secret: runtime::env::required("LINK_SECRET_ARN")?,
        address_secret: runtime::env::required("ADDRESS_SECRET_ARN")?,
        base: runtime::env::required("UNSUBSCRIBE_BASE")?,
    };
    let context = DeliveryContext::from_env(Channel::Email, sender)?.with_unsubscribe_links(links);
    runtime::run_sqs(|event, deadline| delivery::handle_batch(&context, event, deadline)).await
}
