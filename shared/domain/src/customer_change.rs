//! What the app backend may change about a customer, and what follows from it: a replaced or patched profile, consents merged by
//! their time, a suppression lifted because the address is another one. Pure; `store::customers` makes each change atomic.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    channel::Channel,
    customer::{
        Cart, Consent, ConsentState, Contacts, Customer, MAX_ENDPOINTS, MAX_PAST_CONSENTS, MAX_PERSONAL_DATES,
        MAX_TAGS, Profile, PushEndpoint, Suppression, SuppressionReason,
    },
    field::{self, FieldError, below},
    id::{CustomerId, EndpointId},
    money::Currency,
    order::{OrderEvent, What},
};

/// How far the app backend's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// Bytes of a tag or of a consent's source.
const MAX_WORD: usize = 64;

/// The body of a PUT: profile, contacts and push endpoints become exactly this; consents are merged, those left out stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replacement {
    pub profile: Profile,
    pub contacts: Contacts,
    pub consents: Consents,
    pub push_endpoints: Vec<PushEndpoint>,
}

/// Choices by channel. A struct and not a map, so that what is wrong in it is found under its channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consents {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub sms: Option<Consent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub email: Option<Consent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub push: Option<Consent>,
}

impl Consents {
    pub fn iter(&self) -> impl Iterator<Item = (Channel, &Consent)> {
        let of = |channel| match channel {
            Channel::Sms => self.sms.as_ref(),
            Channel::Email => self.email.as_ref(),
            Channel::Push => self.push.as_ref(),
        };
        Channel::ALL.into_iter().filter_map(move |channel| of(channel).map(|consent| (channel, consent)))
    }
}

/// The body of a PATCH: JSON merge patches (RFC 7396), where `null` removes.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Patch {
    /// Members of the profile.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub profile: Map<String, Value>,
    /// Members of the contacts.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub contacts: Map<String, Value>,
}

/// Why a change that is well-formed is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// After the patch these are wrong.
    Invalid(Vec<FieldError>),
    /// Orders are counted in the present currency.
    CurrencyFixed { present: Currency },
}

impl Replacement {
    /// What is wrong with it, apart from its shape.
    pub fn errors(&self, now: Timestamp) -> Vec<FieldError> {
        let mut errors = profile_errors(&self.profile);
        for (channel, consent) in self.consents.iter() {
            errors.extend(consent_errors(&below("/consents", channel.as_str()), consent, now));
        }
        if self.push_endpoints.len() > MAX_ENDPOINTS {
            let detail = format!("at most {MAX_ENDPOINTS} push endpoints");
            errors.push(FieldError::new("/push_endpoints", "too_many", detail));
        }
        for (index, endpoint) in self.push_endpoints.iter().enumerate() {
            if self.push_endpoints.iter().take(index).any(|other| other.endpoint_id == endpoint.endpoint_id) {
                let detail = "each endpoint at most once";
                errors.push(FieldError::new(format!("/push_endpoints/{index}/endpoint_id"), "duplicate", detail));
            }
        }
        errors
    }

    /// The customer after it.
    pub fn apply(&self, id: &CustomerId, stored: Option<&Customer>, tenant: Currency) -> Result<Customer, Refusal> {
        let mut customer = stored.cloned().unwrap_or_else(|| Customer::new(id.clone()));
        set_profile(&mut customer, self.profile.clone(), tenant)?;
        set_contacts(&mut customer, self.contacts.clone());
        set_endpoints(&mut customer, self.push_endpoints.clone());
        for (channel, consent) in self.consents.iter() {
            merge_consent(&mut customer, channel, consent);
        }
        Ok(customer)
    }
}

impl Patch {
    /// The customer after it; what is wrong is found in the merged whole.
    pub fn apply(&self, stored: &Customer, tenant: Currency) -> Result<Customer, Refusal> {
        let mut customer = stored.clone();
        let profile: Profile = patched("/profile", &stored.profile, &self.profile)?;
        let contacts: Contacts = patched("/contacts", &stored.contacts, &self.contacts)?;
        let errors = profile_errors(&profile);
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        set_profile(&mut customer, profile, tenant)?;
        set_contacts(&mut customer, contacts);
        Ok(customer)
    }
}

fn patched<T>(at: &str, stored: &T, patch: &Map<String, Value>) -> Result<T, Refusal>
where
    T: Serialize + serde::de::DeserializeOwned,
{
    let mut merged = serde_json::to_value(stored).unwrap_or_default();
    merge(&mut merged, patch);
    field::parse_value(merged).map_err(|mut error| {
        error.field.insert_str(0, at);
        Refusal::Invalid(vec![error])
    })
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(inner) => merge(target.entry(name.clone()).or_insert(Value::Null), inner),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Aggregates have no currency of their own, so the customer's may only change while they are empty.
fn set_profile(customer: &mut Customer, profile: Profile, tenant: Currency) -> Result<(), Refusal> {
    let present = customer.profile.currency.unwrap_or(tenant);
    if customer.activity.orders > 0 && profile.currency.unwrap_or(tenant) != present {
        return Err(Refusal::CurrencyFixed { present });
    }
    customer.profile = profile;
    Ok(())
}

fn set_contacts(customer: &mut Customer, contacts: Contacts) {
    let (phone, email) = (&customer.contacts.phone, &customer.contacts.email);
    if lifts(phone.is_some(), contacts.phone.is_some() && *phone != contacts.phone, customer, Channel::Sms) {
        customer.suppressions.remove(&Channel::Sms);
    }
    if lifts(email.is_some(), contacts.email.is_some() && *email != contacts.email, customer, Channel::Email) {
        customer.suppressions.remove(&Channel::Email);
    }
    customer.contacts = contacts;
}

/// A suppression belongs to an address, so another address lifts it. After a time without any address the new one may be the old
/// one again: then only a bounce is lifted, whose worst case is one more bounce.
fn lifts(had_address: bool, has_another: bool, customer: &Customer, channel: Channel) -> bool {
    let bounced = customer.suppressions.get(&channel).is_some_and(|it| it.reason == SuppressionReason::Bounced);
    has_another && (had_address || bounced)
}

fn set_endpoints(customer: &mut Customer, endpoints: Vec<PushEndpoint>) {
    let known = |endpoint: &PushEndpoint| customer.push_endpoints.iter().any(|other| other.arn == endpoint.arn);
    if endpoints.iter().any(|endpoint| !known(endpoint)) {
        customer.suppressions.remove(&Channel::Push);
    }
    customer.push_endpoints = endpoints;
}

/// When the person behind an address was erased, for the addresses that a change brings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub sms: Option<Timestamp>,
    pub email: Option<Timestamp>,
}

/// An address that comes back after its owner was erased stops its channel, unless they have said yes since. One that the customer had
/// before stays as it is.
pub fn heed_forgotten(before: Option<&Customer>, after: &mut Customer, forgotten: &Forgotten) {
    let phone = before.and_then(|customer| customer.contacts.phone.as_ref());
    let email = before.and_then(|customer| customer.contacts.email.as_ref());
    for (channel, erased, kept) in [
        (Channel::Sms, forgotten.sms, phone.is_some() && phone == after.contacts.phone.as_ref()),
        (Channel::Email, forgotten.email, email.is_some() && email == after.contacts.email.as_ref()),
    ] {
        let Some(at) = erased.filter(|at| !kept && !said_yes_since(after, channel, *at)) else { continue };
        after.suppressions.entry(channel).or_insert(Suppression { reason: SuppressionReason::Erased, at });
    }
}

fn said_yes_since(customer: &Customer, channel: Channel, erased: Timestamp) -> bool {
    let consent = customer.consents.get(&channel);
    consent.is_some_and(|consent| consent.state == ConsentState::Granted && consent.at > erased)
}

/// Takes `consent` unless the stored one is newer; of two at the same time the denial counts. Consent lifts no suppression but that of an
/// address whose owner was erased before. What is replaced is kept: who said what, where and when.
pub fn merge_consent(customer: &mut Customer, channel: Channel, consent: &Consent) {
    keep_newer(customer, channel, consent);
    if let Some(Suppression { reason: SuppressionReason::Erased, at }) = customer.suppressions.get(&channel).copied()
        && said_yes_since(customer, channel, at)
    {
        customer.suppressions.remove(&channel);
    }
}

fn keep_newer(customer: &mut Customer, channel: Channel, consent: &Consent) {
    let newer = match customer.consents.get(&channel) {
        None => true,
        Some(stored) => match consent.at.as_millisecond().cmp(&stored.at.as_millisecond()) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => consent.state == ConsentState::Denied && stored.state == ConsentState::Granted,
            std::cmp::Ordering::Greater => true,
        },
    };
    if newer && let Some(replaced) = customer.consents.insert(channel, consent.clone()) {
        customer.past_consents.push((channel, replaced));
        let too_many = customer.past_consents.len().saturating_sub(MAX_PAST_CONSENTS);
        customer.past_consents.drain(..too_many);
    }
}

/// What is told of a cart: touched, ordered or emptied. News that is older than what is known changes nothing.
pub fn note_cart(customer: &mut Customer, told: &Cart) {
    let newer = customer.cart.as_ref().is_none_or(|known| {
        let (known_at, told_at) = (known.at.as_millisecond(), told.at.as_millisecond());
        told_at > known_at || (told_at == known_at && known.open && !told.open)
    });
    if newer {
        customer.cart = Some(told.clone());
    }
}

/// An order ends the cart that was open when it was placed.
pub fn close_cart(customer: &mut Customer, event: &OrderEvent) {
    if let (What::Placed { .. }, Some(cart)) = (&event.what, &customer.cart) {
        let closed = Cart { id: cart.id.clone(), at: event.at, open: false };
        note_cart(customer, &closed);
    }
}

/// Adds the device, or gives it its new address; the oldest device gives way to one too many.
pub fn put_endpoint(customer: &mut Customer, endpoint: &PushEndpoint) {
    let mut endpoints = customer.push_endpoints.clone();
    match endpoints.iter_mut().find(|known| known.endpoint_id == endpoint.endpoint_id) {
        Some(known) => *known = endpoint.clone(),
        None => endpoints.push(endpoint.clone()),
    }
    let excess = endpoints.len().saturating_sub(MAX_ENDPOINTS);
    endpoints.drain(..excess);
    set_endpoints(customer, endpoints);
}

pub fn delete_endpoint(customer: &mut Customer, id: &EndpointId) {
    customer.push_endpoints.retain(|endpoint| endpoint.endpoint_id != *id);
}

/// What is wrong with a consent at `place` of a body.
pub fn consent_errors(place: &str, consent: &Consent, now: Timestamp) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !is_word(&consent.source) {
        errors.push(FieldError::new(below(place, "source"), "invalid", "1 to 64 bytes without control characters"));
    }
    if consent.at.duration_since(now) > MAX_AHEAD {
        errors.push(FieldError::new(below(place, "at"), "in_the_future", "a choice cannot be made in the future"));
    }
    errors
}

fn profile_errors(profile: &Profile) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if profile.tags.len() > MAX_TAGS {
        errors.push(FieldError::new("/profile/tags", "too_many", format!("at most {MAX_TAGS} tags")));
    }
    for (index, tag) in profile.tags.iter().enumerate() {
        let place = format!("/profile/tags/{index}");
        if !is_word(tag) {
            errors.push(FieldError::new(place, "invalid", "1 to 64 bytes without control characters"));
        } else if profile.tags.iter().take(index).any(|other| other == tag) {
            errors.push(FieldError::new(place, "duplicate", "each tag at most once"));
        }
    }
    if profile.location.is_some_and(|point| !point.on_earth()) {
        let detail = "lat is -90 to 90 and lon -180 to 180, in degrees";
        errors.push(FieldError::new("/profile/location", "out_of_range", detail));
    }
    if profile.personal_dates.len() > MAX_PERSONAL_DATES {
        let detail = format!("at most {MAX_PERSONAL_DATES} dates");
        errors.push(FieldError::new("/profile/personal_dates", "too_many", detail));
    }
    for name in profile.personal_dates.keys().filter(|name| !is_date_name(name)) {
        errors.push(FieldError::new(
            below("/profile/personal_dates", name),
            "invalid",
            "a name is 1 to 32 of a-z 0-9 _",
        ));
    }
    errors
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
}
fn is_date_name(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::customer::Suppression;

    fn euros() -> Currency {
        Currency::parse("EUR").unwrap()
    }
    fn id() -> CustomerId {
        CustomerId::parse("c-1").unwrap()
    }
    fn body(value: Value) -> Replacement {
        field::parse_value(value).unwrap()
    }
    fn put(stored: Option<&Customer>, value: Value) -> Customer {
        body(value).apply(&id(), stored, euros()).unwrap()
    }
    fn consent(state: &str, at: &str) -> Value {
        json!({"sms": {"state": state, "source": "test", "at": at}})
    }
    fn ana() -> Customer {
        put(
            None,
            json!({
                "profile": {"first_name": "Ana", "tags": ["vip"], "personal_dates": {"birthday": "1990-03-05"}},
                "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
                "consents": consent("granted", "2026-01-02T00:00:00Z"),
                "push_endpoints": [{"endpoint_id": "d-1", "arn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1"}],
            }),
        )
    }
    fn suppressed(channel: Channel, reason: SuppressionReason) -> Customer {
        let mut ana = ana();
        ana.suppressions.insert(channel, Suppression { reason, at: Timestamp::UNIX_EPOCH });
        ana
    }

    #[test]
    fn a_put_replaces_all_but_consents_aggregates_and_suppressions() {
        let mut stored = suppressed(Channel::Email, SuppressionReason::Bounced);
        stored.activity.orders = 3;
        let after = put(Some(&stored), json!({"contacts": {"email": "ana@example.com"}}));
        assert_eq!((after.profile.first_name.is_none(), after.contacts.phone.is_none()), (true, true));
        assert!(after.push_endpoints.is_empty());
        assert_eq!(after.activity.orders, 3);
        assert_eq!((&after.consents, &after.suppressions), (&stored.consents, &stored.suppressions));
    }

    #[test]
    fn an_older_consent_never_overwrites_a_newer_one() {
        for (state, at, expected) in [
            ("denied", "2026-01-01T00:00:00Z", ConsentState::Granted),
            ("denied", "2026-01-02T00:00:00Z", ConsentState::Denied),
            ("denied", "2026-01-03T00:00:00Z", ConsentState::Denied),
        ] {
            let after = put(Some(&ana()), json!({"consents": consent(state, at)}));
            assert_eq!(after.consents[&Channel::Sms].state, expected, "{at}");
        }
    }

    #[test]
    fn what_a_choice_replaces_is_kept_up_to_a_bound() {
        let mut customer = ana();
        let choice = |minute: i64| Consent {
            state: if minute % 2 == 0 { ConsentState::Denied } else { ConsentState::Granted },
            source: format!("place_{minute}"),
            at: Timestamp::from_second(4_000_000_000 + 60 * minute).unwrap(),
        };
        let before = customer.consents[&Channel::Sms].clone();
        for minute in 0..3 {
            merge_consent(&mut customer, Channel::Sms, &choice(minute));
            // told again, and late: nothing more
            merge_consent(&mut customer, Channel::Sms, &choice(minute));
            merge_consent(&mut customer, Channel::Sms, &choice(0));
        }
        let kept =
            |customer: &Customer| customer.past_consents.iter().map(|(_, it)| it.source.clone()).collect::<Vec<_>>();
        assert_eq!(kept(&customer), [before.source, "place_0".into(), "place_1".into()]);
        assert_eq!(customer.consents[&Channel::Sms], choice(2));
        for minute in 3..200 {
            merge_consent(&mut customer, Channel::Sms, &choice(minute));
        }
        assert_eq!(customer.past_consents.len(), MAX_PAST_CONSENTS);
        assert_eq!(kept(&customer).last().map(String::as_str), Some("place_198"));
    }

    #[test]
    fn another_address_lifts_its_suppression_and_leaves_consent_alone() {
        let stored = suppressed(Channel::Email, SuppressionReason::Complained);
        let moved = put(Some(&stored), json!({"contacts": {"email": "new@example.com"}}));
        assert!(moved.suppressions.is_empty());
        assert_eq!(moved.consents, stored.consents);
        let same = put(Some(&stored), json!({"contacts": {"email": "ana@example.com"}}));
        assert!(same.suppressions.contains_key(&Channel::Email));
    }

    #[test]
    fn taking_an_address_away_and_back_lifts_no_opt_out() {
        for (reason, lifted) in [(SuppressionReason::OptedOut, false), (SuppressionReason::Bounced, true)] {
            let away = put(Some(&suppressed(Channel::Sms, reason)), json!({}));
            assert!(away.suppressions.contains_key(&Channel::Sms));
            let back = put(Some(&away), json!({"contacts": {"phone": "+34600000001"}}));
            assert_eq!(back.suppressions.is_empty(), lifted, "{reason:?}");
        }
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_removes() {
        let patch: Patch = field::parse_value(
            json!({"profile": {"first_name": null, "zone": "Europe/Madrid"}, "contacts": {"phone": null}}),
        )
        .unwrap();
        let after = patch.apply(&ana(), euros()).unwrap();
        assert_eq!(after.profile.first_name, None);
        assert_eq!(after.profile.zone.map(|zone| zone.as_str().to_owned()).as_deref(), Some("Europe/Madrid"));
        assert_eq!(after.profile.tags, ["vip"]);
        assert_eq!((after.contacts.phone.is_none(), after.contacts.email.is_some()), (true, true));
    }

    #[test]
    fn a_patch_that_makes_nonsense_is_refused_with_its_place() {
        for (patch, field) in [
            (json!({"profile": {"zone": "Mars/Olympus"}}), "/profile/zone"),
            (json!({"profile": {"colour": "red"}}), "/profile/colour"),
            (json!({"contacts": {"email": 5}}), "/contacts/email"),
            (json!({"profile": {"location": {"lat": 91, "lon": 0}}}), "/profile/location"),
            (json!({"profile": {"personal_dates": {"Birth Day": "1990-01-01"}}}), "/profile/personal_dates/Birth Day"),
        ] {
            let patch: Patch = field::parse_value(patch).unwrap();
            match patch.apply(&ana(), euros()) {
                Err(Refusal::Invalid(errors)) => assert_eq!(errors[0].field, field),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_currency_is_fixed_once_orders_are_counted() {
        let mut stored = ana();
        let dollars = body(json!({"profile": {"currency": "USD"}}));
        assert!(dollars.apply(&id(), Some(&stored), euros()).is_ok());
        stored.activity.orders = 1;
        let refused = Err(Refusal::CurrencyFixed { present: euros() });
        assert_eq!(dollars.apply(&id(), Some(&stored), euros()), refused);
        assert!(body(json!({"profile": {"currency": "EUR"}})).apply(&id(), Some(&stored), euros()).is_ok());
    }

    #[test]
    fn the_oldest_device_gives_way() {
        let mut customer = ana();
        for n in 2..=7 {
            let arn = format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/{n}");
            put_endpoint(
                &mut customer,
                &field::parse_value(json!({"endpoint_id": format!("d-{n}"), "arn": arn})).unwrap(),
            );
        }
        let ids: Vec<_> = customer.push_endpoints.iter().map(|it| it.endpoint_id.as_str()).collect();
        assert_eq!(ids, ["d-3", "d-4", "d-5", "d-6", "d-7"]);
        delete_endpoint(&mut customer, &EndpointId::parse("d-5").unwrap());
        assert_eq!(customer.push_endpoints.len(), 4);
    }

    #[test]
    fn a_bad_put_names_every_field_that_is_wrong() {
        let arn = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1";
        let put = body(json!({
            "profile": {"tags": ["a", "a", " b", "c".repeat(65)], "location": {"lat": 0, "lon": 181}},
            "consents": {"sms": {"state": "granted", "source": "", "at": "2999-01-01T00:00:00Z"}},
            "push_endpoints": [{"endpoint_id": "d", "arn": arn}, {"endpoint_id": "d", "arn": arn}],
        }));
        let errors = put.errors("2026-11-22T12:00:00Z".parse().unwrap());
        let found: Vec<String> = errors.iter().map(|it| format!("{} {}", it.field, it.code)).collect();
        assert_eq!(
            found,
            [
                "/profile/tags/1 duplicate",
                "/profile/tags/2 invalid",
                "/profile/tags/3 invalid",
                "/profile/location out_of_range",
                "/consents/sms/source invalid",
                "/consents/sms/at in_the_future",
                "/push_endpoints/1/endpoint_id duplicate",
            ]
        );
    }
}
