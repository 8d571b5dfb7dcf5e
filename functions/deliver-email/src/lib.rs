//! Delivers released dispatches by e-mail through SES: pointers from the channel's queue in, vouchers and attempts out.
//! The story is `delivery`'s; here are only this channel's provider and its wiring. SDK retries are off for sends.

use channels::Sender;
use delivery::Context;
use domain::channel::Channel;

pub async fn run() -> Result<(), runtime::Error> {
    let config = runtime::aws::config_for_sends("sesv2", delivery::send_timeout()?);
    let sender = runtime::env::required("SENDER_EMAIL")?;
    let sender = Sender::email(&config, sender, runtime::env::optional("CONFIGURATION_SET"));
    let context = Context::from_env(Channel::Email, sender)?;
    runtime::run_sqs(|event, deadline| delivery::handle(&context, event, deadline)).await
}
