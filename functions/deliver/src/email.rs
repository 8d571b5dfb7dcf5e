//! Delivers released dispatches by e-mail through SES. Reads pointers from the channel's queue;
//! writes vouchers and attempts.
//!
//! The crate `delivery` does the work. This crate adds the channel's provider and its wiring. SDK
//! retries are off for sends.

use channels::ChannelSender;
use delivery::DeliveryContext;
use domain::kernel::channel::Channel;

pub async fn run() -> Result<(), runtime::Error> {
    let config = runtime::aws::config_for_sends("sesv2", delivery::send_timeout()?);
    let sender = runtime::env::required("SENDER_EMAIL")?;
    let sender = ChannelSender::email(&config, sender, runtime::env::optional("CONFIGURATION_SET"));
    let context = DeliveryContext::from_env(Channel::Email, sender)?;
    runtime::run_sqs(|event, deadline| delivery::handle_batch(&context, event, deadline)).await
}
