//! The customer in answers, and request bodies that differ from the domain's own shapes.

use std::collections::BTreeMap;

use domain::{
    Date, Timestamp,
    customer::{
        carts::ShoppingCart,
        pause::Pause,
        profile::{
            Consent, ConsentState, ConsentSubject, Contacts, Customer, OrderTotals, PastConsent,
            Profile, PushEndpoint, Suppression,
        },
        topics::{TopicId, TopicScope},
    },
    kernel::{
        channel::Channel,
        id::CustomerId,
        money::{Currency, Money},
    },
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerView {
    customer_id: CustomerId,
    profile: Profile,
    contacts: Contacts,
    #[schema(value_type = BTreeMap<String, Consent>)]
    consents: BTreeMap<Channel, Consent>,
    /// Choices about topics. Topics without one have the tenant's default.
    topic_consents: Vec<TopicConsentView>,
    /// Choices that later ones have replaced, oldest first, at most 50.
    consent_history: Vec<PastConsentView>,
    /// The customer's last word about a time without messages. It is over once `until` has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pause: Option<Pause>,
    /// Pauses that later words have replaced, oldest first, at most 10.
    pause_history: Vec<Pause>,
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
            consent_history: customer.past_consents.into_iter().map(PastConsentView::new).collect(),
            topic_consents: customer
                .topics
                .into_iter()
                .map(|(scope, consent)| TopicConsentView::new(scope, consent))
                .collect(),
            pause: customer.pause,
            pause_history: customer.past_pauses,
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

/// A choice about a topic in force; the stored one, if that is newer.
#[derive(Serialize, ToSchema)]
#[schema(as = TopicConsent)]
pub struct TopicConsentView {
    pub topic: TopicId,
    /// The channel on which it holds; left out for all channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub channel: Option<Channel>,
    #[serde(flatten)]
    pub consent: Consent,
}

impl TopicConsentView {
    pub fn new(scope: TopicScope, consent: Consent) -> Self {
        Self { topic: scope.topic, channel: scope.channel, consent }
    }
}

/// A choice that a later one has replaced: about a channel, or about a topic on one channel or on all.
#[derive(Serialize, ToSchema)]
#[schema(as = PastConsent)]
pub struct PastConsentView {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    topic: Option<TopicId>,
    #[serde(flatten)]
    consent: Consent,
}

impl PastConsentView {
    fn new(PastConsent { subject, consent }: PastConsent) -> Self {
        match subject {
            ConsentSubject::Channel(channel) => {
                Self { channel: Some(channel), topic: None, consent }
            }
            ConsentSubject::Topic(TopicScope { topic, channel }) => {
                Self { channel, topic: Some(topic), consent }
            }
        }
    }
}

/// A time without messages; without `at` it is chosen now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// The end, at most 366 days ahead; `null` ends a pause now.
    #[serde(deserialize_with = "given_or_null")]
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The place where it was chosen: `app_settings`, ... 1 to 64 bytes.
    pub source: String,
    #[serde(default)]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

/// Reads a member that may be `null` and may not be left out.
fn given_or_null<'de, D: Deserializer<'de>>(member: D) -> Result<Option<Timestamp>, D::Error> {
    Option::deserialize(member)
}

/// The pause in force, or `null`; the stored one, if that is newer.
#[derive(Serialize, ToSchema)]
pub struct PauseView {
    #[schema(required = true)]
    pub pause: Option<Pause>,
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
