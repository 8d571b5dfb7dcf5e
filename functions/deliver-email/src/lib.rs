//! Delivers released dispatches by e-mail through SES: pointers from the channel's queue in, vouchers and attempts out.
//! The story is `delivery`'s; here are only this channel's provider, the link to leave by, and their wiring. SDK retries are off for sends.

use channels::Sender;
use delivery::Context;
use domain::channel::Channel;
use secrets::Secrets;

pub async fn run() -> Result<(), runtime::Error> {
    let config = runtime::aws::config_for_sends("sesv2", delivery::send_timeout()?);
    let sender = runtime::env::required("SENDER_EMAIL")?;
    let sender = Sender::email(&config, sender, runtime::env::optional("CONFIGURATION_SET"));
    let secrets = Secrets::new(&runtime::aws::config("secrets_manager"));
    let (secret, base) = (runtime::env::required("LINK_SECRET_ARN")?, runtime::env::required("UNSUBSCRIBE_BASE")?);
    let context = Context::from_env(Channel::Email, sender)?.with_way_out(secrets, secret, base);
    runtime::run_sqs(|event, deadline| delivery::handle(&context, event, deadline)).await
}
