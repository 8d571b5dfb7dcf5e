//! Delivers released dispatches by SMS, through AWS End User Messaging or SNS, as the deployment says.
//! Reads pointers from the channel's queue; writes vouchers and attempts.
//!
//! The crate `delivery` does the work. This crate adds the channel's provider and its wiring. SDK
//! retries are off for sends.

use channels::{ChannelSender, TextMessageSettings};
use delivery::DeliveryContext;
use domain::{
    delivery::sms_origination::{SmsOriginations, SmsProvider},
    kernel::channel::Channel,
};
use runtime::env;

pub async fn run() -> Result<(), runtime::Error> {
    let provider = SmsProvider::default();
    let expected = "eum or sns";
    let provider = env::parsed("SMS_PROVIDER", provider, expected, SmsProvider::parse)?;
    let originations = SmsOriginations::from_lookup(provider, env::optional)?;
    let timeout = delivery::send_timeout()?;
    let sender = match provider {
        SmsProvider::EndUserMessaging => ChannelSender::sms(
            &runtime::aws::config_for_sends("pinpoint_sms_voice_v2", timeout),
            TextMessageSettings::from_lookup(originations.clone(), env::optional)?,
        ),
        SmsProvider::Sns => ChannelSender::sms_by_sns(
            &runtime::aws::config_for_sends("sns", timeout),
            originations.reply_number().map(str::to_owned),
        ),
    };
    let context = DeliveryContext::from_env(Channel::Sms, sender)?.with_originations(originations);
    runtime::run_sqs(|event, deadline| delivery::handle_batch(&context, event, deadline)).await
}
