//! Customers, one row each: without names, addresses and places, or with them for an export that
//! may have contacts.

use domain::{
    campaign::audience::AudienceRule,
    customer::profile::{Consent, ConsentState, Customer},
    kernel::channel::Channel,
};

use super::money;
use crate::table::{Cell, Column, Row};

const ID: Column = Column::text("customer_id", "The marketplace's id");
const LOCALE: Column = Column::text("locale", "Language and region, BCP 47");
const ZONE: Column = Column::text("zone", "The time zone of the profile, IANA");
const CURRENCY: Column =
    Column::text("currency", "The currency of the spend, ISO 4217; empty for the tenant's");
const SIGNED_UP: Column = Column::day("signed_up", "The day of signing up");
const TAGS: Column = Column::text("tags", "The tags, as a list in JSON");
const ORDERS: Column = Column::integer("orders", "Orders placed and not cancelled");
const SPEND: Column =
    Column::integer("spend_minor", "Spent on them, net of refunds, in minor units");
const LAST_ORDER: Column = Column::day("last_order_on", "The day of the last of them");
const SMS: Column = Column::text("sms_consent", "granted or denied; empty if never asked");
const SMS_AT: Column = Column::time("sms_consent_at", "When that was said");
const EMAIL: Column = Column::text("email_consent", "granted or denied; empty if never asked");
const EMAIL_AT: Column = Column::time("email_consent_at", "When that was said");
const PUSH: Column = Column::text("push_consent", "granted or denied; empty if never asked");
const PUSH_AT: Column = Column::time("push_consent_at", "When that was said");
const SMS_NO: Column = Column::text("sms_suppressed", "Why the phone number takes no messages");
const EMAIL_NO: Column = Column::text("email_suppressed", "Why the mailbox takes no messages");

pub const COLUMNS: &[Column] = &[
    ID, LOCALE, ZONE, CURRENCY, SIGNED_UP, TAGS, ORDERS, SPEND, LAST_ORDER, SMS, SMS_AT, EMAIL,
    EMAIL_AT, PUSH, PUSH_AT, SMS_NO, EMAIL_NO,
];

pub const COLUMNS_WITH_CONTACTS: &[Column] = &[
    ID,
    LOCALE,
    ZONE,
    CURRENCY,
    SIGNED_UP,
    TAGS,
    ORDERS,
    SPEND,
    LAST_ORDER,
    SMS,
    SMS_AT,
    EMAIL,
    EMAIL_AT,
    PUSH,
    PUSH_AT,
    SMS_NO,
    EMAIL_NO,
    Column::text("first_name", "Given name"),
    Column::text("last_name", "Family name"),
    Column::text("email", "The mailbox"),
    Column::text("phone", "The phone number, E.164"),
    Column::text("city", "The city that the customer orders in"),
    Column::integer("devices", "Devices that take pushes"),
];

/// Returns true if a customer is in the audience; everybody is without a rule.
pub fn is_wanted(customer: &Customer, rule: Option<&AudienceRule>, now: domain::Timestamp) -> bool {
    rule.is_none_or(|rule| rule.selects(customer, now))
}

/// Returns the row of a customer, with contacts if the export may have them.
pub fn row(customer: &Customer, contacts: bool) -> Row {
    let profile = &customer.profile;
    let tags = (!profile.tags.is_empty())
        .then(|| serde_json::Value::from(profile.tags.clone()).to_string());
    let mut row = vec![
        Cell::text(customer.id.as_str()),
        Cell::text_of(profile.locale.as_ref().map(|it| it.as_str())),
        Cell::text_of(profile.zone.as_ref().map(|it| it.as_str())),
        Cell::text_of(profile.currency.as_ref().map(|it| it.as_str())),
        Cell::day_of(profile.signed_up),
        Cell::text_of(tags),
        Cell::count(customer.activity.orders),
        money(customer.activity.spend),
        Cell::day_of(customer.activity.last_order_day),
    ];
    for channel in [Channel::Sms, Channel::Email, Channel::Push] {
        row.extend(consent(customer.consents.get(&channel)));
    }
    for channel in [Channel::Sms, Channel::Email] {
        let no = customer.suppressions.get(&channel);
        row.push(Cell::text_of(no.map(|no| no.reason.as_str())));
    }
    if contacts {
        let devices = i64::try_from(customer.push_endpoints.len()).unwrap_or_default();
        row.extend([
            Cell::text_of(profile.first_name.as_ref().map(|it| it.expose())),
            Cell::text_of(profile.last_name.as_ref().map(|it| it.expose())),
            Cell::text_of(customer.contacts.email.as_ref().map(|it| it.expose())),
            Cell::text_of(customer.contacts.phone.as_ref().map(|it| it.expose())),
            Cell::text_of(profile.city.as_ref().map(|it| it.expose())),
            Cell::Integer(devices),
        ]);
    }
    row
}

fn consent(consent: Option<&Consent>) -> [Cell; 2] {
    let state = consent.map(|it| match it.state {
        ConsentState::Granted => "granted",
        ConsentState::Denied => "denied",
    });
    [Cell::text_of(state), Cell::time_of(consent.map(|it| it.at))]
}
