//! Customers as operators see them in the list and in the profile.
//!
//! Guarantees: names, addresses, dates and the location are shown to operators who may see
//! contacts, and masked for all others, in one place.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Date, Timestamp,
    campaign::redeeming::Revocation,
    customer::{
        address::{Address, AddressKey},
        carts::ShoppingCart,
        profile::{Customer, GeoPoint, Locale, MergedRecord, OrderTotals, ReachQuery, Zone},
    },
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
        money::{Currency, MinorUnits, Money},
    },
    voucher::record::{RecordKind, Voucher, VoucherStatus},
};
use http_edge::{Operator, OperatorRole};
use serde::Serialize;
use store::customer::merges::MergeNote;
use utoipa::ToSchema;

use crate::{diagnostics_views::CustomerDiagnostics, suppressions::AddressView};

/// Takes the place of what is masked.
const MASK: char = '…';
/// Digits at the end of a phone number that stay when it is masked: enough to tell two apart.
const SHOWN_DIGITS: usize = 2;

/// The way in which personal data is shown to an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactAccess {
    Shown,
    Masked,
}

impl ContactAccess {
    /// Operators who serve single customers, or write to them, see whom they serve.
    pub fn of_operator(operator: &Operator) -> Self {
        match operator.require_role(OperatorRole::Support) {
            Ok(()) => Self::Shown,
            Err(_) => Self::Masked,
        }
    }

    pub fn is_shown(self) -> bool {
        self == Self::Shown
    }

    fn name(self, name: &str) -> String {
        match self {
            Self::Shown => name.to_owned(),
            Self::Masked => first_letter(name),
        }
    }

    fn phone(self, phone: &str) -> String {
        match self {
            Self::Shown => phone.to_owned(),
            Self::Masked => {
                let end = phone.len().saturating_sub(SHOWN_DIGITS);
                format!("+{MASK}{}", phone.get(end..).unwrap_or_default())
            }
        }
    }

    fn email(self, email: &str) -> String {
        match self {
            Self::Shown => email.to_owned(),
            Self::Masked => format!("{}@{MASK}", first_letter(email)),
        }
    }

    fn private<T>(self, value: T) -> Option<T> {
        self.is_shown().then_some(value)
    }
}

fn first_letter(text: &str) -> String {
    text.chars().next().into_iter().chain([MASK]).collect()
}

/// A line of the list of customers.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerRow {
    pub customer_id: CustomerId,
    /// The names; only their first letters for operators who may not see contacts.
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Orders placed and not cancelled.
    pub orders: u32,
    /// The amount spent on them, less refunds.
    pub spend: Money,
    #[schema(value_type = Option<String>, format = Date)]
    pub last_order: Option<Date>,
    #[schema(value_type = Option<String>, format = Date)]
    pub signed_up: Option<Date>,
    /// The channels that reach the customer now.
    pub reach: Vec<Channel>,
    /// The reason why a channel does not reach them, by channel.
    #[schema(value_type = BTreeMap<String, String>)]
    pub unreachable: BTreeMap<Channel, &'static str>,
    pub tags: Vec<String>,
    /// The verticals in which they have ordered.
    pub verticals: Vec<String>,
}

impl CustomerRow {
    pub fn new(
        customer: Customer,
        access: ContactAccess,
        tenant: Currency,
        now: Timestamp,
    ) -> Self {
        let question = ReachQuery::without_topic(now);
        let reached = |channel| customer.reachable_contact(channel, &question).err();
        let statuses = Channel::ALL.map(|channel| (channel, reached(channel)));
        let profile = &customer.profile;
        Self {
            first_name: profile.first_name.as_ref().map(|it| access.name(it.expose())),
            last_name: profile.last_name.as_ref().map(|it| access.name(it.expose())),
            orders: customer.activity.orders,
            spend: Money::new(customer.activity.spend, customer.currency(tenant)),
            last_order: customer.activity.last_order_day,
            signed_up: profile.signed_up,
            reach: statuses.iter().filter(|it| it.1.is_none()).map(|it| it.0).collect(),
            unreachable: statuses
                .iter()
                .filter_map(|(channel, why)| Some((*channel, why.as_ref()?.code())))
                .collect(),
            verticals: customer.verticals.into_keys().collect(),
            tags: customer.profile.tags,
            customer_id: customer.id,
        }
    }
}

/// A page of the list of customers.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerPage {
    pub items: Vec<CustomerRow>,
    /// The `cursor` of the next page; `null` on the last one. A page can be short or empty and
    /// still have a next one.
    pub next_cursor: Option<String>,
    /// The number of customers that were read for this page.
    pub looked_at: u64,
    /// The number of customers that were read for this page and those before it.
    pub read: u64,
    /// The number of customers that this page and those before it show.
    pub matched: u64,
    /// The number of all customers whom the list shows; `null` until its last page.
    pub total: Option<u64>,
    /// Tells whether names and contacts are shown in full, and names were searched.
    pub contacts_shown: bool,
}

/// A customer with everything that is known of them.
#[derive(Serialize, ToSchema)]
pub struct CustomerProfile {
    /// The customer's id: that of the surviving record, also where the request names a merged one.
    pub customer_id: CustomerId,
    /// The records that were merged into this one, the latest first. The profile shows them
    /// together.
    pub merged: Vec<MergedRecordView>,
    /// Tells whether names, addresses, dates and the location are shown in full.
    pub contacts_shown: bool,
    /// The customer's data; `null` of a customer who was erased.
    pub data: Option<CustomerData>,
    pub totals: LifetimeTotals,
    /// Totals of the live orders by vertical.
    pub verticals: BTreeMap<String, VerticalTotals>,
    /// The carts that were reported, the last changed first, at most 10.
    pub carts: Vec<CustomerCart>,
    /// Addresses and devices, with what each has said.
    pub addresses: Vec<CustomerAddress>,
    /// Reach, consents with their history, records, orders and timeline.
    pub diagnostics: CustomerDiagnostics,
}

/// A record that the customer has absorbed.
#[derive(Debug, Serialize, ToSchema)]
pub struct MergedRecordView {
    pub customer_id: CustomerId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The operator who merged it; `null` once the merge can no longer be undone.
    pub by: Option<String>,
    pub reason: Option<String>,
    /// The time until which the merge can be undone; `null` once that is over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undo_until: Option<Timestamp>,
}

impl MergedRecordView {
    pub fn new(record: &MergedRecord, note: Option<MergeNote>, now: Timestamp) -> Self {
        let note = note.filter(|note| now < note.undo_until);
        Self {
            customer_id: record.id.clone(),
            at: record.at,
            undo_until: note.as_ref().map(|note| note.undo_until),
            by: note.as_ref().map(|note| note.by.clone()),
            reason: note.map(|note| note.reason),
        }
    }
}

/// The data that the marketplace has sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerData {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub locale: Option<Locale>,
    pub zone: Option<Zone>,
    pub currency: Currency,
    #[schema(value_type = Option<String>, format = Date)]
    pub signed_up: Option<Date>,
    pub tags: Vec<String>,
    /// Dates by name. `null` for operators who may not see contacts.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub personal_dates: Option<BTreeMap<String, Date>>,
    /// The home. `null` for operators who may not see contacts.
    pub location: Option<GeoPoint>,
    /// The number of changes so far.
    pub version: u64,
}

impl CustomerData {
    pub fn new(customer: &Customer, access: ContactAccess, tenant: Currency) -> Self {
        let profile = &customer.profile;
        Self {
            first_name: profile.first_name.as_ref().map(|it| access.name(it.expose())),
            last_name: profile.last_name.as_ref().map(|it| access.name(it.expose())),
            locale: profile.locale.clone(),
            zone: profile.zone.clone(),
            currency: customer.currency(tenant),
            signed_up: profile.signed_up,
            tags: profile.tags.clone(),
            personal_dates: access.private(profile.personal_dates.clone()),
            location: profile.location.filter(|_| access.is_shown()),
            version: customer.version,
        }
    }
}

/// An address of the customer.
#[derive(Serialize, ToSchema)]
pub struct CustomerAddress {
    pub channel: Channel,
    /// The phone number or the e-mail address, masked for operators who may not see contacts; the
    /// name of a device.
    pub address: String,
    #[schema(value_type = String)]
    pub key: AddressKey,
    /// The state of the address; `null` if it never said anything.
    pub said: Option<AddressView>,
}

impl CustomerAddress {
    /// Returns the text by which an operator sees an address of this customer.
    pub fn text(address: &Address, customer: &Customer, access: ContactAccess) -> String {
        match address {
            Address::Sms(phone) => access.phone(phone.expose()),
            Address::Email(email) => access.email(email.expose()),
            Address::Push(arn) => {
                let device = customer.push_endpoints.iter().find(|device| device.arn == *arn);
                device.map(|device| device.endpoint_id.to_string()).unwrap_or_default()
            }
        }
    }
}

/// One of the customer's carts.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerCart {
    pub cart_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `open`, `emptied`, `ordered` (as reported), or `placed` (its order is known).
    pub state: &'static str,
}

/// Returns the carts, the last changed first.
pub fn cart_views(carts: &[ShoppingCart]) -> Vec<CustomerCart> {
    let view = |cart: &ShoppingCart| CustomerCart {
        cart_id: cart.id.clone(),
        at: cart.at,
        state: cart.state.as_str(),
    };
    let mut views: Vec<CustomerCart> = carts.iter().map(view).collect();
    views.sort_by_key(|cart| std::cmp::Reverse(cart.at));
    views
}

/// The totals of one vertical.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerticalTotals {
    pub orders: u32,
    pub spend: Money,
    #[schema(value_type = Option<String>, format = Date)]
    pub last_order: Option<Date>,
}

impl VerticalTotals {
    pub fn new(totals: OrderTotals, currency: Currency) -> Self {
        let OrderTotals { orders, spend, last_order_day } = totals;
        Self { orders, spend: Money::new(spend, currency), last_order: last_order_day }
    }
}

/// The sums over a customer's life with the marketplace, of all live orders and all kept records.
#[derive(Debug, Serialize, ToSchema)]
pub struct LifetimeTotals {
    pub orders: u32,
    pub spend: Money,
    /// The campaigns that have selected the customer.
    pub campaigns: u64,
    /// Vouchers that were issued to the customer.
    pub vouchers: u64,
    /// Those of them that can still be used.
    pub open_vouchers: u64,
    pub redeemed_vouchers: u64,
    /// Records of campaigns that held the customer out.
    pub held_out: u64,
    /// The discounts that vouchers gave, less what was taken back, one amount for each currency.
    pub discounts: Vec<Money>,
}

impl LifetimeTotals {
    /// Sums up a customer's activity and records.
    pub fn new(
        activity: OrderTotals,
        currency: Currency,
        records: &[Voucher],
        revoke: impl Fn(&CampaignId) -> Revocation,
        now: Timestamp,
    ) -> Self {
        let campaigns: BTreeSet<&CampaignId> = records.iter().map(|it| &it.campaign).collect();
        let of_kind = |kind: RecordKind| {
            records.iter().filter(|it| it.status.record_kind() == kind).count() as u64
        };
        let has_status = |wanted: fn(VoucherStatus) -> bool| {
            let status = |record: &Voucher| record.status_at(revoke(&record.campaign), now);
            records.iter().filter(|it| wanted(status(it))).count() as u64
        };
        let mut discounts = BTreeMap::<Currency, MinorUnits>::new();
        for record in records {
            if let Some(redemption) = &record.redemption {
                let sum = discounts.entry(record.currency).or_default();
                *sum = sum.plus(redemption.discount.minus(redemption.returned));
            }
        }
        Self {
            orders: activity.orders,
            spend: Money::new(activity.spend, currency),
            campaigns: campaigns.len() as u64,
            vouchers: of_kind(RecordKind::Voucher),
            open_vouchers: has_status(VoucherStatus::is_open),
            redeemed_vouchers: has_status(|status| status == VoucherStatus::Redeemed),
            held_out: of_kind(RecordKind::HeldOut),
            discounts: discounts
                .into_iter()
                .map(|(currency, amount)| Money::new(amount, currency))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_masked_tells_two_apart_and_reveals_neither() {
        let (shown, masked) = (ContactAccess::Shown, ContactAccess::Masked);
        assert_eq!((shown.name("Ángela"), masked.name("Ángela")), ("Ángela".into(), "Á…".into()));
        assert_eq!(masked.phone("+34600000017"), "+…17");
        assert_eq!(masked.email("angela@example.com"), "a…@…");
        assert_eq!((shown.private(1), masked.private(1)), (Some(1), None));
    }
}
