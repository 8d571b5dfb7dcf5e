//! Converts a voucher to an item and back, also from a stream image. Attribute names are short
//! where they repeat in every item: `c` campaign, `r` run, `o` occurrence, `d` dispatch, `e`
//! exposure, `cur` currency.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    Timestamp,
    campaign::{kind::CampaignKind, variants::VariantTag},
    kernel::{
        channel::Channel,
        id::{CampaignId, HoldKey, Occurrence, OrderId, RunId},
        money::{Currency, MinorUnits},
    },
    voucher::{
        attempt::{Attempt, AttemptState},
        combination::PricingRules,
        record::{
            AttributedOrders, CheckoutHold, LastRefusal, Redemption, RefusalCount, Voucher,
            VoucherRefusal, VoucherStages, VoucherStatus, WithheldMessage,
        },
        skip_reason::SkipReason,
    },
};

use super::{attempt_attribute, tap_attribute, units_attribute, withheld_attribute};
use crate::{
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{campaign_bucket, read_voucher_key, voucher_key},
};

/// The time for which a record is kept after its voucher's end, for the reports, in seconds.
const KEEP_SECONDS: i64 = 400 * 24 * 3_600;

/// The attempt of the reminder, which holds its channel itself.
pub(crate) const REMINDER: &str = "a_reminder";
/// The attribute, within the reminder's attempt, of its share of the units paid on the channel.
pub(crate) const REMINDER_UNITS: &str = "u";
/// The attribute, within an attempt, of the time at which the next channel was planned because of
/// it.
pub(super) const FALLBACK: &str = "fb";
/// The attribute, within an attempt, of the times of the unknown ones before it.
const UNKNOWN_BEFORE: &str = "b";
/// The messages that a held-out customer was spared beside the first one.
const FURTHER_SPARED: &str = "g";
/// Set if the customer was enrolled in the campaign before.
const REPEAT: &str = "again";
/// The variant of the campaign, as its number and its name.
const VARIANT: &str = "variant";
/// Redemptions that were undone and replaced by another.
const UNDONE: &str = "undone";
/// The orders of these redemptions.
const UNDONE_ORDERS: &str = "undone_orders";

/// Returns the attributes with the number of refusals for a reason and the time of the first.
pub(crate) fn refusal_attributes(reason: VoucherRefusal) -> (String, String) {
    (format!("rn_{}", reason.code()), format!("rt_{}", reason.code()))
}

pub(super) fn attempt_value(attempt: &Attempt) -> AttributeValue {
    let mut map = ItemMap::from([
        ("n".into(), n(attempt.number)),
        ("f".into(), n(attempt.fence)),
        ("s".into(), s(attempt.state.as_str())),
        ("at".into(), at(attempt.at)),
    ]);
    if let Some(provider_id) = &attempt.provider_id {
        map.insert("p".into(), s(provider_id));
    }
    if let Some(reason) = &attempt.reason {
        map.insert("r".into(), s(reason));
    }
    if let Some(planned) = attempt.fallback_at {
        map.insert(FALLBACK.into(), at(planned));
    }
    if !attempt.unknown_before.is_empty() {
        map.insert(UNKNOWN_BEFORE.into(), time_list(&attempt.unknown_before));
    }
    AttributeValue::M(map)
}

fn time_list(times: &[Timestamp]) -> AttributeValue {
    AttributeValue::L(times.iter().copied().map(at).collect())
}

pub(super) fn withheld_value(withheld: &WithheldMessage) -> AttributeValue {
    AttributeValue::M(ItemMap::from([
        ("n".into(), n(withheld.number)),
        ("at".into(), at(withheld.at)),
        ("r".into(), s(withheld.reason.code())),
    ]))
}

pub(crate) fn reminder_value(attempt: &Attempt, units: u32) -> AttributeValue {
    let AttributeValue::M(mut map) = attempt_value(attempt) else {
        return attempt_value(attempt);
    };
    map.insert("c".into(), s(attempt.channel.as_str()));
    if units > 0 {
        map.insert(REMINDER_UNITS.into(), n(units));
    }
    AttributeValue::M(map)
}

pub(crate) fn redemption_value(redemption: &Redemption) -> AttributeValue {
    let map = ItemMap::from([
        ("order".into(), s(redemption.order.as_str())),
        ("at".into(), at(redemption.at)),
        ("discount".into(), n(redemption.discount.units())),
        ("revenue".into(), n(redemption.revenue.units())),
        ("returned".into(), n(redemption.returned.units())),
    ]);
    AttributeValue::M(map)
}

pub(crate) fn voucher_item(voucher: &Voucher) -> ItemMap {
    let end = voucher.redeem_by.unwrap_or(voucher.accept_by).max(voucher.issued_at);
    let mut item = voucher_key(&voucher.into());
    let fixed = [
        ("campaign_bucket", s(campaign_bucket(&voucher.campaign, voucher.id.shard()))),
        ("c", s(voucher.campaign.as_str())),
        ("r", s(voucher.run.as_str())),
        ("kind", s(voucher.kind.as_str())),
        ("cur", s(voucher.currency.as_str())),
        ("status", s(voucher.status.as_str())),
        ("d", s(&voucher.dispatch)),
        ("issued_at", at(voucher.issued_at)),
        ("valid_from", at(voucher.valid_from)),
        ("accept_by", at(voucher.accept_by)),
        ("e", n(voucher.exposure.units())),
        ("ttl", n(end.as_second().saturating_add(KEEP_SECONDS))),
    ];
    item.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    let occurrence = Some(voucher.occurrence.as_str()).filter(|it| *it != voucher.run.as_str());
    let texts = [
        ("o", occurrence.map(str::to_owned)),
        ("skip", voucher.skip.map(|reason| reason.code().to_owned())),
        ("sent_via", voucher.sent_via.map(|channel| channel.to_string())),
        ("delivered_via", voucher.delivered_via.map(|channel| channel.to_string())),
        ("accepted_via", voucher.accepted_via.map(|channel| channel.to_string())),
        ("undeliverable", voucher.undeliverable.clone()),
        (VARIANT, voucher.variant.as_ref().map(VariantTag::to_string)),
    ];
    item.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), s(text?)))));
    let stages = &voucher.stages;
    let times = [
        ("due", voucher.due_at),
        ("asked_until", voucher.asked_until),
        ("redeem_by", voucher.redeem_by),
        ("sent_at", stages.sent_at),
        ("delivered_at", stages.delivered_at),
        ("accepted_at", stages.accepted_at),
        ("declined_at", stages.declined_at),
        ("redeemed_at", stages.redeemed_at),
        ("reversed_at", stages.reversed_at),
        ("expiring_at", stages.expiring_at),
        ("expired_at", stages.expired_at),
    ];
    item.extend(times.into_iter().filter_map(|(name, time)| Some((name.to_owned(), at(time?)))));
    insert_messages(&mut item, voucher);
    if let Some(hold) = &voucher.hold {
        item.insert("hold_key".into(), s(hold.key.as_str()));
        item.insert("hold_until".into(), at(hold.until));
        item.insert("hold_reserved".into(), n(hold.reserved.units()));
        item.insert("hold_rules".into(), s(hold.rules.as_str()));
    }
    if let Some(redemption) = &voucher.redemption {
        item.insert("redemption".into(), redemption_value(redemption));
    }
    if !voucher.undone_redemptions.is_empty() {
        item.insert(UNDONE.into(), time_list(&voucher.undone_redemptions));
    }
    if !voucher.undone_orders.is_empty() {
        let orders = voucher.undone_orders.iter().map(|order| s(order.as_str()));
        item.insert(UNDONE_ORDERS.into(), AttributeValue::L(orders.collect()));
    }
    if let Some(outcome) = &voucher.outcome {
        item.insert("w_orders".into(), n(outcome.orders));
        item.insert("w_spend".into(), n(outcome.spend.units()));
    }
    for (reason, refused) in &voucher.refusals {
        let (count, since) = refusal_attributes(*reason);
        item.insert(count, n(refused.count));
        item.insert(since, at(refused.since));
    }
    if let Some(last) = &voucher.last_refusal {
        item.insert("refused".into(), s(refused_text(&last.action, last.reason)));
        item.insert("refused_at".into(), at(last.at));
    }
    for (name, count) in [("redemptions", voucher.redemptions), ("reversals", voucher.reversals)] {
        if count > 0 {
            item.insert(name.to_owned(), n(count));
        }
    }
    item
}

fn insert_messages(item: &mut ItemMap, voucher: &Voucher) {
    for (channel, tapped_at) in &voucher.taps {
        item.insert(tap_attribute(*channel).to_owned(), at(*tapped_at));
    }
    for (channel, attempt) in &voucher.attempts {
        item.insert(attempt_attribute(*channel).to_owned(), attempt_value(attempt));
    }
    if let Some(reminder) = &voucher.reminder {
        item.insert(REMINDER.to_owned(), reminder_value(reminder, voucher.reminder_units));
    }
    for (channel, units) in &voucher.message_units {
        item.insert(units_attribute(*channel).to_owned(), n(units));
    }
    for (channel, withheld) in &voucher.withheld {
        item.insert(withheld_attribute(*channel).to_owned(), withheld_value(withheld));
    }
    if voucher.further_spared > 0 {
        item.insert(FURTHER_SPARED.into(), n(voucher.further_spared));
    }
    if voucher.is_repeat {
        item.insert(REPEAT.into(), AttributeValue::Bool(true));
    }
}

/// Reads a voucher from the image of a stream record.
pub fn voucher_from_image(image: serde_dynamo::Item) -> Result<Voucher> {
    let item: HashMap<String, AttributeValue> = image.into();
    read_voucher(&item)
}

fn checked<T, E>(what: &'static str, parsed: std::result::Result<T, E>) -> Result<T> {
    parsed.map_err(|_| StoreError::corrupt("voucher", what))
}

fn require_known<T>(what: &'static str, found: Option<T>) -> Result<T> {
    found.ok_or_else(|| StoreError::corrupt("voucher", what))
}

fn read_minor(item: &ItemMap, name: &'static str) -> Result<MinorUnits> {
    checked(name, MinorUnits::new(item.number(name)?))
}

fn read_channel(item: &ItemMap, name: &'static str) -> Result<Option<Channel>> {
    // "none" means that the stage was reached before a message was sent on any channel.
    item.text_opt(name)
        .filter(|text| *text != "none")
        .map(|text| require_known(name, Channel::parse(text)))
        .transpose()
}

pub(crate) fn read_voucher(item: &ItemMap) -> Result<Voucher> {
    let run = checked("r", RunId::parse(item.text("r")?))?;
    let occurrence = match item.text_opt("o") {
        Some(text) => checked("o", Occurrence::parse(text))?,
        None => Occurrence::of_run(&run),
    };
    let mut attempts = BTreeMap::new();
    let mut message_units = BTreeMap::new();
    let mut taps = BTreeMap::new();
    let mut withheld = BTreeMap::new();
    for channel in Channel::ALL {
        taps.extend(item.time_opt(tap_attribute(channel)).map(|at| (channel, at)));
        if let Some(map) = item.map_opt(attempt_attribute(channel)) {
            attempts.insert(channel, read_attempt(channel, map)?);
        }
        if let Some(map) = item.map_opt(withheld_attribute(channel)) {
            withheld.insert(channel, read_withheld(map)?);
        }
        if let Some(units) = item.number_opt(units_attribute(channel)) {
            message_units.insert(channel, units);
        }
    }
    let key = read_voucher_key(item)?;
    let voucher = Voucher {
        id: key.voucher,
        customer: key.customer,
        campaign: checked("c", CampaignId::parse(item.text("c")?))?,
        run,
        occurrence,
        kind: require_known("kind", CampaignKind::parse(item.text("kind")?))?,
        currency: checked("cur", Currency::parse(item.text("cur")?))?,
        status: require_known("status", VoucherStatus::parse(item.text("status")?))?,
        skip: item
            .text_opt("skip")
            .map(|code| require_known("skip", SkipReason::parse(code)))
            .transpose()?,
        dispatch: item.text("d")?.to_owned(),
        due_at: item.time_opt("due"),
        issued_at: item.time("issued_at")?,
        valid_from: item.time("valid_from")?,
        accept_by: item.time("accept_by")?,
        redeem_by: item.time_opt("redeem_by"),
        exposure: read_minor(item, "e")?,
        stages: VoucherStages {
            sent_at: item.time_opt("sent_at"),
            delivered_at: item.time_opt("delivered_at"),
            accepted_at: item.time_opt("accepted_at"),
            declined_at: item.time_opt("declined_at"),
            redeemed_at: item.time_opt("redeemed_at"),
            reversed_at: item.time_opt("reversed_at"),
            expiring_at: item.time_opt("expiring_at"),
            expired_at: item.time_opt("expired_at"),
        },
        sent_via: read_channel(item, "sent_via")?,
        delivered_via: read_channel(item, "delivered_via")?,
        accepted_via: read_channel(item, "accepted_via")?,
        taps,
        attempts,
        reminder: item.map_opt(REMINDER).map(read_reminder).transpose()?,
        reminder_units: item
            .map_opt(REMINDER)
            .and_then(|map| map.number_opt(REMINDER_UNITS))
            .unwrap_or(0),
        message_units,
        undeliverable: item.text_opt("undeliverable").map(str::to_owned),
        withheld,
        further_spared: item.number_opt(FURTHER_SPARED).unwrap_or(0),
        is_repeat: item.contains_key(REPEAT),
        variant: item
            .text_opt(VARIANT)
            .map(|text| require_known(VARIANT, VariantTag::parse(text)))
            .transpose()?,
        hold: read_hold(item)?,
        redemption: item.map_opt("redemption").map(read_redemption).transpose()?,
        undone_redemptions: read_times(item, UNDONE)?,
        undone_orders: read_orders(item, UNDONE_ORDERS)?,
        asked_until: item.time_opt("asked_until"),
        redemptions: item.number_opt("redemptions").unwrap_or(0),
        reversals: item.number_opt("reversals").unwrap_or(0),
        outcome: item
            .number_opt("w_orders")
            .map(|orders| read_outcome(item, orders))
            .transpose()?,
        refusals: read_refusals(item),
        last_refusal: read_last_refusal(item),
    };
    voucher.contradiction().map_or(Ok(voucher), |what| Err(StoreError::corrupt("voucher", what)))
}

fn read_outcome(item: &ItemMap, orders: u32) -> Result<AttributedOrders> {
    Ok(AttributedOrders { orders, spend: read_minor(item, "w_spend")? })
}

/// Returns the text of a last refusal, such as `redeem:expired`.
pub(crate) fn refused_text(action: &str, reason: VoucherRefusal) -> String {
    format!("{action}:{}", reason.code())
}

fn read_refusals(item: &ItemMap) -> BTreeMap<VoucherRefusal, RefusalCount> {
    let read = |reason: VoucherRefusal| {
        let (count, since) = refusal_attributes(reason);
        let refused =
            RefusalCount { count: item.number_opt(&count)?, since: item.time_opt(&since)? };
        Some((reason, refused))
    };
    VoucherRefusal::all().filter_map(read).collect()
}

fn read_last_refusal(item: &ItemMap) -> Option<LastRefusal> {
    let (action, code) = item.text_opt("refused")?.split_once(':')?;
    let reason = VoucherRefusal::parse(code)?;
    Some(LastRefusal { action: action.to_owned(), reason, at: item.time_opt("refused_at")? })
}

fn read_hold(item: &ItemMap) -> Result<Option<CheckoutHold>> {
    let (Some(key), Some(until)) = (item.text_opt("hold_key"), item.time_opt("hold_until")) else {
        return Ok(None);
    };
    let reserved = read_minor(item, "hold_reserved")?;
    let rules = match item.text_opt("hold_rules") {
        Some(text) => require_known("hold_rules", PricingRules::parse(text))?,
        None => PricingRules::default(),
    };
    let key = checked("hold_key", HoldKey::parse(key))?;
    Ok(Some(CheckoutHold { key, until, reserved, rules }))
}

fn read_attempt(channel: Channel, map: &ItemMap) -> Result<Attempt> {
    Ok(Attempt {
        channel,
        number: map.number("n")?,
        fence: map.number_opt("f").unwrap_or(0),
        state: require_known("attempt state", AttemptState::parse(map.text("s")?))?,
        at: map.time_opt("at").unwrap_or(Timestamp::UNIX_EPOCH),
        provider_id: map.text_opt("p").map(str::to_owned),
        reason: map.text_opt("r").map(str::to_owned),
        fallback_at: map.time_opt(FALLBACK),
        has_event: map.contains_key("w"),
        unknown_before: read_times(map, UNKNOWN_BEFORE)?,
    })
}

fn read_withheld(map: &ItemMap) -> Result<WithheldMessage> {
    Ok(WithheldMessage {
        number: map.number("n")?,
        at: map.time("at")?,
        reason: require_known("withheld", SkipReason::parse(map.text("r")?))?,
    })
}

fn read_reminder(map: &ItemMap) -> Result<Attempt> {
    let channel = require_known("reminder channel", map.text_opt("c").and_then(Channel::parse))?;
    read_attempt(channel, map)
}

fn read_times(item: &ItemMap, name: &'static str) -> Result<Vec<Timestamp>> {
    let Some(AttributeValue::L(list)) = item.get(name) else {
        return Ok(Vec::new());
    };
    let time =
        |value: &AttributeValue| Timestamp::from_millisecond(value.as_n().ok()?.parse().ok()?).ok();
    list.iter().map(|value| require_known(name, time(value))).collect()
}

fn read_orders(item: &ItemMap, name: &'static str) -> Result<Vec<OrderId>> {
    let Some(AttributeValue::L(list)) = item.get(name) else {
        return Ok(Vec::new());
    };
    let order = |value: &AttributeValue| OrderId::parse(value.as_s().ok()?).ok();
    list.iter().map(|value| require_known(name, order(value))).collect()
}

fn read_redemption(map: &ItemMap) -> Result<Redemption> {
    Ok(Redemption {
        order: checked("order", OrderId::parse(map.text("order")?))?,
        at: map.time("at")?,
        discount: read_minor(map, "discount")?,
        returned: read_minor(map, "returned")?,
        revenue: read_minor(map, "revenue")?,
    })
}
