//! Records what is told of an order: the order in the ledger, the redemptions of its vouchers, the
//! caps of their campaigns, the customer's totals and list of orders, and the trigger matches, in
//! one transaction. Order and customer carry versions that it checks, so after repeats, races and
//! reordering the totals still equal the sum of the orders.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use domain::{
    Timestamp,
    campaign::trigger::{
        BehaviourChange, BehaviourEvent, EventAutopilots, MAX_MATCHES, TotalsChange, TriggerMatch,
    },
    customer::{
        carts,
        orders::{CountedOrder, TotalsUpdate},
        profile::{Customer, OrderTotals},
    },
    kernel::{
        id::{CustomerId, VoucherId},
        money::Currency,
    },
    voucher::{
        order_event::{
            LedgerOrder, OrderChange, OrderDecision, OrderEvent, OrderRefusal, OrderUpdate,
            RedemptionChange, decide_order_event,
        },
        record::VoucherStatus,
    },
};

use crate::{
    Store,
    backoff::back_off,
    batch::ReadConsistency,
    customer::{
        orders::ListedOrder,
        profiles::{CustomerLookup, MAX_WRITE_ATTEMPTS, SAME_VERSION, customer_item},
    },
    error::{Result, StoreError},
    item::{at, n, s},
    keys::{VoucherKey, voucher_key},
    transaction::TransactionResult,
    voucher::{orders::CheckoutItems, records::redemption_value, redemptions::CapCharges},
};

/// The result of an order event.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderOutcome {
    First(Box<RecordedOrder>),
    /// The same event was recorded before.
    Repeat(Box<RecordedOrder>),
    Refused(OrderRefusal),
    Erased,
    Unknown,
}

/// An order as it is now, with its customer's totals.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedOrder {
    pub order: LedgerOrder,
    pub activity: OrderTotals,
    /// The currency of the totals.
    pub currency: Currency,
    /// The ids of all records of the customer: the order counts for vouchers of each.
    pub records: Vec<CustomerId>,
}

/// Returns the trigger matches of an order, from the change of the totals. A repeated event changes
/// no totals and therefore matches nothing.
fn order_matches(
    before: &Customer,
    after: &Customer,
    event: &OrderEvent,
    counted: Option<&CountedOrder>,
    listeners: &EventAutopilots,
    now: Timestamp,
) -> Vec<TriggerMatch> {
    // Only an order that is placed raises what a trigger counts.
    let (OrderChange::Placed { .. }, Some(counted)) = (&event.change, counted) else {
        return Vec::new();
    };
    let mut matches: Vec<TriggerMatch> = Vec::new();
    for vertical in counted.verticals.keys() {
        let of =
            |customer: &Customer| customer.verticals.get(vertical).copied().unwrap_or_default();
        let change = BehaviourChange::OrdersChanged {
            vertical,
            currency: counted.currency,
            total: TotalsChange { before: before.activity, after: after.activity },
            in_vertical: TotalsChange { before: of(before), after: of(after) },
        };
        let event = BehaviourEvent { at: event.at, customer: after, change };
        for found in listeners.find_matches(&event, now) {
            // An order of several verticals fires an autopilot once.
            if !matches.iter().any(|known| known.campaign == found.campaign) {
                matches.push(found);
            }
        }
    }
    matches
}

impl Store {
    /// Records an order event without trigger matches. `tenant` is the currency of customers
    /// without their own.
    pub async fn record_order(
        &self,
        event: &OrderEvent,
        tenant: Currency,
        now: Timestamp,
    ) -> Result<OrderOutcome> {
        self.record_order_with_matches(event, tenant, now, &EventAutopilots::default()).await
    }

    /// Records an order event, and keeps its trigger matches in the same transaction.
    pub async fn record_order_with_matches(
        &self,
        event: &OrderEvent,
        tenant: Currency,
        now: Timestamp,
        listeners: &EventAutopilots,
    ) -> Result<OrderOutcome> {
        for attempt in 0..MAX_WRITE_ATTEMPTS {
            let strong = ReadConsistency::Strong;
            let read = self.checkout_items(&event.customer, &[], Some(&event.order), strong);
            let CheckoutItems { customer, order: stored, .. } = read.await?;
            let before = match customer {
                CustomerLookup::Customer(customer) => *customer,
                CustomerLookup::Erased => return Ok(OrderOutcome::Erased),
                CustomerLookup::Unknown => return Ok(OrderOutcome::Unknown),
            };
            let currency = before.profile.currency.unwrap_or(tenant);
            let recorded = |order: LedgerOrder, customer: &Customer| {
                let (activity, records) = (customer.activity, customer.record_ids());
                Box::new(RecordedOrder { order, activity, currency, records })
            };
            let (known, version) = match stored {
                Some(stored) => (Some(stored.order), Some(stored.version)),
                None => (None, None),
            };
            let update = match decide_order_event(known.as_ref(), event, &before, tenant, now) {
                OrderDecision::Repeat => {
                    let Some(order) = known else { continue };
                    return Ok(OrderOutcome::Repeat(recorded(order, &before)));
                }
                OrderDecision::Refuse(refusal) => return Ok(OrderOutcome::Refused(refusal)),
                OrderDecision::Record(update) => update,
            };
            let after = self.apply_totals(&before, event, &update).await?;
            let counted = update.counted.as_ref();
            let mut matches = order_matches(&before, &after, event, counted, listeners, now);
            matches.extend(listeners.find_late_matches(Some(&before), &after, now));
            matches.truncate(MAX_MATCHES);
            let written = OrderWrite { event, update: &update, version, customer: &after, now };
            if self.commit_order(&written, &matches).await? {
                return Ok(OrderOutcome::First(recorded(update.order, &after)));
            }
            back_off(attempt).await;
        }
        Err(StoreError::Contended("a customer's orders"))
    }

    /// Returns the customer with the totals after the update, to be written.
    async fn apply_totals(
        &self,
        before: &Customer,
        event: &OrderEvent,
        update: &OrderUpdate,
    ) -> Result<Customer> {
        let mut customer = before.clone();
        let totals =
            TotalsUpdate { before: update.counted_before.as_ref(), after: update.counted.as_ref() };
        // The other orders are read after the customer: from here on, a change to another order
        // also changes this customer's version.
        let others = match totals.needs_other_orders(&customer) {
            true => self.other_orders(&customer, event).await?,
            false => Vec::new(),
        };
        totals.apply(&mut customer, &others);
        if let OrderChange::Placed { .. } = event.change {
            carts::end_ordered_cart(&mut customer.carts, event.cart.as_deref(), event.at);
        }
        customer.version += 1;
        Ok(customer)
    }

    async fn other_orders(
        &self,
        customer: &Customer,
        event: &OrderEvent,
    ) -> Result<Vec<CountedOrder>> {
        let mut listed = Vec::new();
        for id in customer.record_ids() {
            listed.extend(self.listed_orders(&id).await?);
        }
        let others = listed.into_iter().filter(|order| order.id != event.order);
        Ok(others.filter_map(|order| order.counted).collect())
    }

    /// Writes everything, all or nothing. Returns false if order, customer or a voucher was written
    /// since it was read.
    async fn commit_order(&self, write: &OrderWrite<'_>, matches: &[TriggerMatch]) -> Result<bool> {
        let OrderWrite { event, update, version, customer, now } = *write;
        let totals = Put::builder()
            .table_name(&self.tables.customers)
            .set_item(Some(customer_item(customer)))
            .condition_expression(SAME_VERSION)
            .expression_attribute_values(":version", n(customer.version - 1));
        let mut items = vec![
            self.order_put(&update.order, version, now)?,
            TransactWriteItem::builder().put(totals.build()?).build(),
        ];
        if let Some(placement) = update.order.placement {
            let (id, placed_at) = (event.order.clone(), placement.at);
            let listed = ListedOrder { id, placed_at, counted: update.counted.clone() };
            let put = self.listed_order_put(&update.order.buyer, &listed)?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        let mut charges = CapCharges::default();
        let holders = self.voucher_holders(customer, update).await?;
        for change in &update.vouchers {
            let holder = holders.get(&change.voucher).unwrap_or(&customer.id);
            let key = VoucherKey { customer: holder.clone(), voucher: change.voucher.clone() };
            items.push(self.redemption_change_update(&key, change, now)?);
            charges.add(&change.campaign, change.cap_charge);
        }
        items.extend(self.cap_updates(&charges)?);
        items.extend(self.match_puts(matches)?);
        match self.transact("an order", items).await? {
            TransactionResult::Written => Ok(true),
            TransactionResult::Refused(_) => Ok(false),
        }
    }

    /// Returns the record under which each voucher of the order lies; of a customer who has
    /// absorbed no other it is their own, and nothing is read.
    async fn voucher_holders(
        &self,
        customer: &Customer,
        update: &OrderUpdate,
    ) -> Result<BTreeMap<VoucherId, CustomerId>> {
        if customer.merged.is_empty() || update.vouchers.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys = customer.record_ids().into_iter().flat_map(|id| {
            let key = move |change: &RedemptionChange| VoucherKey {
                customer: id.clone(),
                voucher: change.voucher.clone(),
            };
            update.vouchers.iter().map(key).collect::<Vec<_>>()
        });
        let found = self.vouchers_by_keys(&keys.collect::<Vec<_>>()).await?;
        Ok(found.into_iter().map(|voucher| (voucher.id, voucher.customer)).collect())
    }

    fn redemption_change_update(
        &self,
        key: &VoucherKey,
        change: &RedemptionChange,
        now: Timestamp,
    ) -> Result<TransactWriteItem> {
        let mut sets = "SET redemption = :after".to_owned();
        if change.freed_to.is_some() {
            sets += ", #status = :status, reversed_at = if_not_exists(reversed_at, :now), \
                     reversals = if_not_exists(reversals, :zero) + :one";
        }
        let mut update = Update::builder()
            .table_name(&self.tables.vouchers)
            .set_key(Some(voucher_key(key)))
            .update_expression(sets)
            .condition_expression("#status = :redeemed AND redemption = :before")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":redeemed", s(VoucherStatus::Redeemed.as_str()))
            .expression_attribute_values(":before", redemption_value(&change.before))
            .expression_attribute_values(":after", redemption_value(&change.after));
        if let Some(status) = change.freed_to {
            update = update
                .expression_attribute_values(":status", s(status.as_str()))
                .expression_attribute_values(":now", at(now))
                .expression_attribute_values(":zero", n(0))
                .expression_attribute_values(":one", n(1));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}

/// An order event that was decided, with what it was decided on.
#[derive(Clone, Copy)]
struct OrderWrite<'a> {
    event: &'a OrderEvent,
    update: &'a OrderUpdate,
    /// The version of the order, or `None` if it is new.
    version: Option<u64>,
    customer: &'a Customer,
    now: Timestamp,
}
