//! Delivers released dispatches by push through SNS platform endpoints. Reads pointers from the
//! channel's queue; writes vouchers and attempts.
//!
//! The crate `delivery` does the work. This crate adds the channel's provider and its wiring. SDK
//! retries are off for sends.

use channels::ChannelSender;
use delivery::DeliveryContext;
use domain::{customer::devices::EndpointHome, kernel::channel::Channel};
use runtime::env;

pub async fn run() -> Result<(), runtime::Error> {
    let config = runtime::aws::config_for_sends("sns", delivery::send_timeout()?);
    let home = EndpointHome::new(env::optional("PUSH_ENDPOINT_PREFIX"));
    let sender = ChannelSender::push_within(&config, home);
    let context = DeliveryContext::from_env(Channel::Push, sender)?;
    runtime::run_sqs(|event, deadline| delivery::handle_batch(&context, event, deadline)).await
}
