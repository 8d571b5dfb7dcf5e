//! Reads what a checkout is decided on: the customer, the vouchers with their campaigns, the order,
//! and the tenant's combination policy.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    Timestamp,
    campaign::basket::Basket,
    customer::profile::Customer,
    kernel::{
        id::{CampaignId, CustomerId, HoldKey, OrderId, VoucherId},
        money::Currency,
        validation::FieldError,
    },
    voucher::{
        combination::{CombinationPolicy, MAX_VOUCHERS_PER_ORDER},
        record::{Voucher, VoucherRefusal, VoucherStatus},
        redemption::{Checkout, CheckoutRefusal, CheckoutVoucher},
    },
};
use http_edge::{ApiResult, Problem};
use store::{
    batch::ReadConsistency,
    customer::profiles::CustomerLookup,
    voucher::orders::{CheckoutItems, StoredOrder},
};

use crate::{ActiveCampaign, VouchersContext, store_failure};

/// Everything that a checkout is decided on, as it was read.
pub(crate) struct LoadedCheckout {
    customer: Customer,
    /// The currency in which the customer pays.
    currency: Currency,
    policy: CombinationPolicy,
    pub order: Option<StoredOrder>,
    vouchers: Vec<Voucher>,
    campaigns: BTreeMap<CampaignId, Arc<ActiveCampaign>>,
    /// For a quote, what is left of the campaigns' caps on redeemed amounts.
    cap_room: BTreeMap<CampaignId, i64>,
}

impl LoadedCheckout {
    /// Reads these vouchers of a customer, and the order.
    pub async fn read(
        context: &VouchersContext,
        customer: &CustomerId,
        vouchers: &[VoucherId],
        order: Option<&OrderId>,
        consistency: ReadConsistency,
    ) -> ApiResult<Self> {
        let read = context.store.checkout_items(customer, vouchers, order, consistency);
        let (items, policy) =
            futures::try_join!(read, context.policy.read_cached()).map_err(store_failure)?;
        let CheckoutItems { customer, vouchers, order } = items;
        let customer = known_customer(customer)?;
        let currency = customer.currency(context.currency);
        let campaigns = context.load_campaigns(&vouchers).await?;
        Ok(Self {
            customer,
            currency,
            policy,
            order,
            vouchers,
            campaigns,
            cap_room: BTreeMap::new(),
        })
    }

    /// Reads all vouchers of a customer that can be open now, with what is left of their campaigns'
    /// caps.
    pub async fn open_vouchers(
        context: &VouchersContext,
        customer: &CustomerId,
        now: Timestamp,
    ) -> ApiResult<Self> {
        let (lookup, mut vouchers, policy) = futures::try_join!(
            context.store.customer(customer),
            context.store.customer_vouchers(customer),
            context.policy.read_cached(),
        )
        .map_err(store_failure)?;
        let known = known_customer(lookup)?;
        let currency = known.currency(context.currency);
        let others = known.record_ids().into_iter().filter(|id| id != customer);
        let others: Vec<CustomerId> = others.collect();
        vouchers.extend(context.store.vouchers_of(&others).await.map_err(store_failure)?);
        let is_over = |it: &Voucher| {
            it.status == VoucherStatus::Issued && it.accept_by <= now
                || it.redeem_by.is_some_and(|end| end <= now)
        };
        vouchers.retain(|voucher| voucher.status.is_open() && !is_over(voucher));
        let campaigns = context.load_campaigns(&vouchers).await?;
        let capped = campaigns.values().filter(|it| it.has_redeemed_cap());
        let capped = capped.map(|it| it.id.clone()).collect();
        let cap_room = context.cap_room.read_cached(capped).await.map_err(store_failure)?;
        Ok(Self { customer: known, currency, policy, order: None, vouchers, campaigns, cap_room })
    }

    /// Returns the vouchers with their conditions. One whose campaign was deleted is left out.
    pub fn checkout_vouchers(&self, now: Timestamp) -> Vec<CheckoutVoucher<'_>> {
        let vouchers = self.vouchers.iter().filter_map(|voucher| {
            let campaign = self.campaigns.get(&voucher.campaign)?;
            Some(CheckoutVoucher { voucher, conditions: campaign.circumstances(voucher, now) })
        });
        vouchers.collect()
    }

    pub fn checkout<'a>(
        &'a self,
        basket: &'a Basket,
        vouchers: &'a [CheckoutVoucher<'a>],
        hold: Option<&'a HoldKey>,
        now: Timestamp,
    ) -> Checkout<'a> {
        let (policy, currency) = (&self.policy, self.currency);
        Checkout { basket, vouchers, hold, policy, currency, now }
    }

    /// Returns what is left of the cap of a voucher's campaign, if it has one.
    pub fn cap_left(&self, voucher: &Voucher) -> Option<i64> {
        self.cap_room.get(&voucher.campaign).copied()
    }

    pub fn find(&self, id: &VoucherId) -> Option<&Voucher> {
        self.vouchers.iter().find(|voucher| voucher.id == *id)
    }

    /// Returns the id as whose order this is: of an order that is known to be of one of the
    /// customer's records that one's, else the one that the request names.
    pub fn buyer<'a>(&'a self, named: &'a CustomerId) -> &'a CustomerId {
        let stored = self.order.as_ref().map(|stored| &stored.order.buyer);
        stored.filter(|buyer| self.customer.is_known_as(buyer)).unwrap_or(named)
    }

    /// Returns the customer if they have absorbed other records.
    pub fn merged_customer(&self) -> Option<&Customer> {
        Some(&self.customer).filter(|customer| !customer.merged.is_empty())
    }

    pub fn vouchers(&self) -> &[Voucher] {
        &self.vouchers
    }

    /// Checks that every voucher of the set exists.
    pub fn require_all(&self, ids: &[VoucherId]) -> Result<(), CheckoutRefusal> {
        let is_known = |id: &&VoucherId| {
            self.find(id).is_some_and(|voucher| self.campaigns.contains_key(&voucher.campaign))
        };
        match ids.iter().find(|id| !is_known(id)) {
            None => Ok(()),
            Some(id) => Err(CheckoutRefusal::Voucher(id.clone(), VoucherRefusal::Unknown)),
        }
    }

    /// Returns the refusal of a set that a campaign's cap has no room for.
    pub fn capped(&self, campaign: &CampaignId) -> CheckoutRefusal {
        let voucher = self.vouchers.iter().find(|voucher| voucher.campaign == *campaign);
        match voucher {
            Some(voucher) => {
                CheckoutRefusal::Voucher(voucher.id.clone(), VoucherRefusal::RedeemedCap)
            }
            None => CheckoutRefusal::RedeemedOtherwise,
        }
    }
}

/// Returns everything that is wrong with a set of vouchers, but for what the ledger says.
pub(crate) fn check_set(ids: &[VoucherId]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !(1..=MAX_VOUCHERS_PER_ORDER).contains(&ids.len()) {
        let why = format!("1 to {MAX_VOUCHERS_PER_ORDER} vouchers");
        errors.push(FieldError::new("/vouchers", "out_of_range", why));
    }
    for (number, id) in ids.iter().enumerate() {
        if ids.iter().take(number).any(|other| other == id) {
            let why = "the voucher is in the set twice";
            errors.push(FieldError::new(format!("/vouchers/{number}"), "duplicate", why));
        }
    }
    errors
}

fn known_customer(lookup: CustomerLookup) -> ApiResult<Customer> {
    match lookup {
        CustomerLookup::Customer(customer) => Ok(*customer),
        CustomerLookup::Erased => Err(Problem::gone("customer_erased", "this customer was erased")),
        CustomerLookup::Unknown => {
            Err(Problem::not_found("customer_unknown").with_detail("there is no such customer"))
        }
    }
}

/// Reads a customer who must be there.
pub(crate) async fn require_customer(
    context: &VouchersContext,
    customer: &CustomerId,
) -> ApiResult<Customer> {
    let lookup = context.store.customer(customer).await.map_err(store_failure)?;
    known_customer(lookup)
}
