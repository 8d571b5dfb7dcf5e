//! The customer in answers, and request bodies that differ from the domain's own shapes.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    customer::{
        carts::ShoppingCart,
        profile::{
            Consent, ConsentState, Contacts, Customer, OrderTotals, Profile, PushEndpoint,
            Suppression,
        },
    },
    kernel::{
        channel::Channel,
        id::CustomerId,
        money::{Currency, Money},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerView {
    customer_id: CustomerId,
    profile: Profile,
    contacts: Contacts,
    #[schema(value_type = BTreeMap<String, Consent>)]
    consents: BTreeMap<Channel, Consent>,
    /// Choices that later ones have replaced, oldest first, at most 50.
    consent_history: Vec<ConsentView>,
    /// Channels that are not used whatever the consent: the address bounced, complained or opted out,
    /// or its owner was erased.
    #[schema(value_type = BTreeMap<String, Suppression>)]
    suppressions: BTreeMap<Channel, Suppression>,
    push_endpoints: Vec<PushEndpoint>,
    activity: ActivityView,
    /// The same totals for each vertical with a live order.
    verticals: BTreeMap<String, ActivityView>,
    /// The carts that were reported, the last changed first, at most 10.
    carts: Vec<CartView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartView {
    cart_id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// True if it was neither ordered nor emptied.
    open: bool,
    /// `open`, `emptied`, `ordered` (as reported), or `placed` (its order is known).
    state: &'static str,
}

/// The totals of the customer's live orders.
#[derive(Serialize, ToSchema)]
#[schema(as = Activity)]
pub struct ActivityView {
    /// Orders placed and not cancelled.
    orders: u32,
    /// The amount spent, less refunds.
    spend: Money,
    /// The day of the last order, in the customer's time zone.
    #[schema(required = true, value_type = Option<String>, format = Date)]
    last_order_day: Option<Date>,
}

fn cart_views(mut carts: Vec<ShoppingCart>) -> Vec<CartView> {
    carts.sort_by_key(|cart| std::cmp::Reverse(cart.at));
    let view = |cart: ShoppingCart| CartView {
        open: cart.is_open(),
        state: cart.state.as_str(),
        cart_id: cart.id,
        at: cart.at,
    };
    carts.into_iter().map(view).collect()
}

impl CustomerView {
    pub fn new(customer: Customer, tenant: Currency) -> Self {
        let currency = customer.profile.currency.unwrap_or(tenant);
        let verticals = customer.verticals.into_iter();
        Self {
            customer_id: customer.id,
            profile: customer.profile,
            contacts: customer.contacts,
            consents: customer.consents,
            consent_history: customer
                .past_consents
                .into_iter()
                .map(|(channel, consent)| ConsentView { channel, consent })
                .collect(),
            suppressions: customer.suppressions,
            push_endpoints: customer.push_endpoints,
            activity: ActivityView::new(customer.activity, currency),
            carts: cart_views(customer.carts),
            verticals: verticals
                .map(|(name, activity)| (name, ActivityView::new(activity, currency)))
                .collect(),
        }
    }
}

impl ActivityView {
    pub fn new(activity: OrderTotals, currency: Currency) -> Self {
        let OrderTotals { orders, spend, last_order_day } = activity;
        Self { orders, spend: Money::new(spend, currency), last_order_day }
    }
}

/// A choice for one channel; without `at` it is made now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    pub state: ConsentState,
    /// The place where the choice was made: `signup_form`, `app_settings`, ... 1 to 64 bytes.
    pub source: String,
    #[serde(default)]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

/// The consent in force; the stored one, if that is newer.
#[derive(Serialize, ToSchema)]
pub struct ConsentView {
    pub channel: Channel,
    #[serde(flatten)]
    pub consent: Consent,
}

#[derive(Serialize, ToSchema)]
pub struct EndpointsView {
    pub push_endpoints: Vec<PushEndpoint>,
}

/// Tells a new event from a repeated one; both are a success.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventNovelty {
    First,
    Repeat,
}
