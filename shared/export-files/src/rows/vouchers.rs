//! Records of the ledger: one row for each selected customer and occurrence, be it a voucher, a
//! held-out customer, a skip or a failure, with the times of its stages and the reasons of what did
//! not happen.

use std::collections::HashSet;

use domain::{
    Timestamp,
    campaign::redeeming::Revocation,
    kernel::{channel::Channel, id::CustomerId, money::MinorUnits},
    voucher::record::{Redemption, Voucher},
};

use super::money;
use crate::table::{Cell, Column, Row};

pub const COLUMNS: &[Column] = &[
    Column::text("voucher_id", "The record's id"),
    Column::text("campaign_id", "The campaign"),
    Column::text("run_id", "The run of the campaign"),
    Column::text("occurrence", "What an autopilot fired for; the run for a promotion"),
    Column::text("campaign_kind", "promotion or autopilot"),
    Column::text("customer_id", "The customer; empty once they are erased"),
    Column::text(
        "status",
        "issued, accepted, redeemed, reversed, declined, expired, revoked, ghost (held out), skipped or failed, as of the export's beginning",
    ),
    Column::text("skip_reason", "Why the customer was skipped"),
    Column::text("undeliverable_reason", "Why no channel was left for the voucher"),
    Column::text("last_refusal", "Why the voucher's use was refused last"),
    Column::time("last_refused_at", "When that was"),
    Column::integer("refusals", "How often its use was refused"),
    Column::text("currency", "The currency of every amount of the row, ISO 4217"),
    Column::integer("exposure_minor", "The most that it can cost, in minor units of the currency"),
    Column::time("due_at", "When the first message was due"),
    Column::time("issued_at", "When the record was written"),
    Column::time("valid_from", "From when on the voucher can be used"),
    Column::time("accept_by", "Until when it has to be accepted"),
    Column::time("redeem_by", "Until when it has to be redeemed, once that is known"),
    Column::time("sent_at", "When a provider accepted the first message"),
    Column::text("sent_via", "On which channel"),
    Column::time("delivered_at", "When a message was first delivered"),
    Column::text("delivered_via", "On which channel"),
    Column::time("tapped_at", "When a person first tapped a link of a message"),
    Column::time("accepted_at", "When it was accepted"),
    Column::text("accepted_via", "The channel that had reached the customer last then"),
    Column::time("declined_at", "When it was declined"),
    Column::time("redeemed_at", "When it was first redeemed"),
    Column::time("reversed_at", "When a redemption was first taken back"),
    Column::time("expiring_at", "When its end was near and it was unused"),
    Column::time("expired_at", "When it was found expired and unused"),
    Column::text("sms_state", "The fate of the last SMS"),
    Column::text("sms_reason", "The reason of that"),
    Column::text("email_state", "The fate of the last e-mail"),
    Column::text("email_reason", "The reason of that"),
    Column::text("push_state", "The fate of the last push"),
    Column::text("push_reason", "The reason of that"),
    Column::integer("sms_segments", "SMS segments that a provider accepted"),
    Column::integer("emails", "E-mails that a provider accepted"),
    Column::integer("pushes", "Pushes that a provider accepted"),
    Column::text("order_id", "The order on which it is redeemed"),
    Column::time("order_redeemed_at", "When it was redeemed on that order"),
    Column::integer("discount_minor", "The discount on that order"),
    Column::integer("returned_minor", "What of the discount came back with the order"),
    Column::integer("revenue_minor", "Its part of the order's revenue, less what came back"),
    Column::integer("redemptions", "How often it was redeemed"),
    Column::integer("reversals", "How often a redemption was taken back"),
    Column::integer(
        "attributed_orders",
        "Orders of the 28 days after issue, also of held-out customers",
    ),
    Column::integer("attributed_spend_minor", "What was paid for these"),
];

/// The facts about a page of vouchers that are not in them.
#[derive(Debug, Clone, Copy)]
pub struct VoucherContext<'a> {
    /// What of the voucher's campaign is revoked.
    pub revoked: Revocation,
    pub now: Timestamp,
    pub erased: &'a HashSet<CustomerId>,
}

/// Returns the row of a record.
pub fn row(voucher: &Voucher, context: &VoucherContext<'_>) -> Row {
    let mut row = identity(voucher, context);
    row.extend(stages(voucher));
    row.extend(messages(voucher));
    row.extend(outcome(voucher));
    row
}

fn identity(voucher: &Voucher, context: &VoucherContext<'_>) -> Row {
    let is_erased = context.erased.contains(&voucher.customer);
    let customer = if is_erased { Cell::Empty } else { Cell::text(voucher.customer.as_str()) };
    let refusals: u32 =
        voucher.refusals.values().fold(0, |sum, refused| sum.saturating_add(refused.count));
    let last = voucher.last_refusal.as_ref();
    vec![
        Cell::text(voucher.id.as_str()),
        Cell::text(voucher.campaign.as_str()),
        Cell::text(voucher.run.as_str()),
        Cell::text(voucher.occurrence.as_str()),
        Cell::text(voucher.kind.as_str()),
        customer,
        Cell::text(voucher.status_at(context.revoked, context.now).as_str()),
        Cell::text_of(voucher.skip.map(|reason| reason.code())),
        Cell::text_of(voucher.undeliverable.as_deref()),
        Cell::text_of(last.map(|refused| refused.reason.code())),
        Cell::time_of(last.map(|refused| refused.at)),
        Cell::count(refusals),
        Cell::text(voucher.currency.as_str()),
        money(voucher.exposure),
    ]
}

fn stages(voucher: &Voucher) -> Row {
    let via = |channel: Option<Channel>| Cell::text_of(channel.map(|it| it.as_str()));
    let stages = &voucher.stages;
    vec![
        Cell::time_of(voucher.due_at),
        Cell::Time(voucher.issued_at),
        Cell::Time(voucher.valid_from),
        Cell::Time(voucher.accept_by),
        Cell::time_of(voucher.redeem_by),
        Cell::time_of(stages.sent_at),
        via(voucher.sent_via),
        Cell::time_of(stages.delivered_at),
        via(voucher.delivered_via),
        Cell::time_of(voucher.tapped_at()),
        Cell::time_of(stages.accepted_at),
        via(voucher.accepted_via),
        Cell::time_of(stages.declined_at),
        Cell::time_of(stages.redeemed_at),
        Cell::time_of(stages.reversed_at),
        Cell::time_of(stages.expiring_at),
        Cell::time_of(stages.expired_at),
    ]
}

fn messages(voucher: &Voucher) -> Row {
    let mut cells = Row::new();
    for channel in [Channel::Sms, Channel::Email, Channel::Push] {
        let attempt = voucher.attempts.get(&channel);
        let withheld = voucher.withheld.get(&channel).map(|it| it.reason.code().to_owned());
        cells.push(Cell::text_of(attempt.map(|it| it.state.as_str())));
        cells.push(Cell::text_of(attempt.and_then(|it| it.reason.clone()).or(withheld)));
    }
    for channel in [Channel::Sms, Channel::Email, Channel::Push] {
        cells.push(Cell::count(voucher.message_units.get(&channel).copied().unwrap_or_default()));
    }
    cells
}

fn outcome(voucher: &Voucher) -> Row {
    let redemption = voucher.redemption.as_ref();
    let amount =
        |of: fn(&Redemption) -> MinorUnits| redemption.map_or(Cell::Empty, |it| money(of(it)));
    vec![
        Cell::text_of(redemption.map(|it| it.order.as_str())),
        Cell::time_of(redemption.map(|it| it.at)),
        amount(|it| it.discount),
        amount(|it| it.returned),
        amount(|it| it.revenue),
        Cell::count(voucher.redemptions),
        Cell::count(voucher.reversals),
        voucher.outcome.map_or(Cell::Empty, |it| Cell::count(it.orders)),
        voucher.outcome.map_or(Cell::Empty, |it| money(it.spend)),
    ]
}
