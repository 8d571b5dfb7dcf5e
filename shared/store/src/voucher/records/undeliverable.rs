//! Marks a voucher whose messages have failed on every channel. Written by the deliver workers and
//! record-feedback; read with the voucher.
//!
//! Guarantee: a message that arrived, or one that is still to come, on any channel keeps the voucher
//! from being marked.

use domain::{kernel::channel::Channel, voucher::attempt::AttemptState};

use super::{VoucherKey, attempt_attribute};
use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::Result,
    item::s,
};

impl Store {
    /// Marks a voucher of mode `all` as undeliverable: its messages have failed on each of `failed`,
    /// and it has no message on any other channel. If that is no longer so, nothing is written.
    pub async fn mark_undeliverable(
        &self,
        key: &VoucherKey,
        failed: &[Channel],
        reason: &str,
    ) -> Result<Applied> {
        let mut update = self
            .update_voucher(key)
            .update_expression("SET undeliverable = if_not_exists(undeliverable, :reason)")
            .expression_attribute_names("#s", "s")
            .expression_attribute_values(":reason", s(reason))
            .expression_attribute_values(":failed", s(AttemptState::Failed.as_str()))
            .expression_attribute_values(":bounced", s(AttemptState::Bounced.as_str()));
        let mut conditions = vec!["attribute_exists(voucher_id)".to_owned()];
        for channel in Channel::ALL {
            let name = format!("#{channel}");
            conditions.push(if failed.contains(&channel) {
                format!("{name}.#s IN (:failed, :bounced)")
            } else {
                format!("attribute_not_exists({name})")
            });
            update = update.expression_attribute_names(name, attempt_attribute(channel));
        }
        parse_applied(update.condition_expression(conditions.join(" AND ")).send().await)
    }
}
