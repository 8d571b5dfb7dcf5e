//! Delivers released dispatches by SMS through SNS: pointers from the channel's queue in, vouchers and attempts out.
//! The story is `delivery`'s; here are only this channel's provider and its wiring. SDK retries are off for sends.

use channels::Sender;
use delivery::Context;
use domain::channel::Channel;

pub async fn run() -> Result<(), runtime::Error> {
    let sender = Sender::sms(&runtime::aws::config_for_sends("sns", delivery::send_timeout()?));
    let context = Context::from_env(Channel::Sms, sender)?;
    runtime::run_sqs(|event, deadline| delivery::handle(&context, event, deadline)).await
}
