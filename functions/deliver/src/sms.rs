//! Delivers released dispatches by SMS through SNS. Reads pointers from the channel's queue; writes
//! vouchers and attempts.
//!
//! The crate `delivery` does the work. This crate adds the channel's provider and its wiring. SDK
//! retries are off for sends.

use channels::ChannelSender;
use delivery::DeliveryContext;
use domain::kernel::channel::Channel;

pub async fn run() -> Result<(), runtime::Error> {
    let config = runtime::aws::config_for_sends("sns", delivery::send_timeout()?);
    let sender = ChannelSender::sms_from(&config, delivery::reply_number());
    let context = DeliveryContext::from_env(Channel::Sms, sender)?;
    runtime::run_sqs(|event, deadline| delivery::handle_batch(&context, event, deadline)).await
}
