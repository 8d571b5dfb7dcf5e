//! Changes that the app backend may make to a customer, and their consequences.
//!
//! A profile is replaced or patched, and consents are merged by their time. What an address has
//! said (`address_state`) is mirrored on the record that has it; here is decided what a change
//! means for that. The module is pure; `store::customer::profiles` makes each change atomic.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    customer::{
        address::Address,
        attributes::{Attributes, MAX_ATTRIBUTES},
        pause::Pause,
        profile::{
            Consent, ConsentState, ConsentSubject, Contacts, Customer, MAX_ENDPOINTS,
            MAX_PAST_CONSENTS, MAX_PERSONAL_DATES, MAX_TAGS, PastConsent, Profile, PushEndpoint,
            Suppression,
        },
        topics::TopicScope,
    },
    kernel::{
        channel::Channel,
        id::{CustomerId, PushEndpointId},
        money::Currency,
        validation::{self, FieldError, child_pointer},
    },
};

/// Maximum time by which the app backend's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// Maximum size of a tag or of a consent's source in bytes.
const MAX_LABEL_BYTES: usize = 64;

/// The body of a PUT. Profile, contacts and push endpoints become exactly this; consents are
/// merged, and those left out stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerReplacement {
    pub profile: Profile,
    pub contacts: Contacts,
    pub consents: ChannelConsents,
    pub push_endpoints: Vec<PushEndpoint>,
}

/// Consents by channel. It is a struct and not a map, so that an error inside it is reported under
/// its channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelConsents {
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

impl ChannelConsents {
    pub fn iter(&self) -> impl Iterator<Item = (Channel, &Consent)> {
        let of = |channel| match channel {
            Channel::Sms => self.sms.as_ref(),
            Channel::Email => self.email.as_ref(),
            Channel::Push => self.push.as_ref(),
        };
        Channel::ALL
            .into_iter()
            .filter_map(move |channel| of(channel).map(|consent| (channel, consent)))
    }
}

/// The body of a PATCH: JSON merge patches (RFC 7396), in which `null` removes a member.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerPatch {
    /// Members of the profile to change.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub profile: Map<String, Value>,
    /// Members of the contacts to change.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub contacts: Map<String, Value>,
}

/// The reason why a well-formed change is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerChangeRefusal {
    /// The customer would be invalid after the patch.
    Invalid(Vec<FieldError>),
    /// The currency cannot change, because orders are counted in the present one.
    CurrencyFixed { present: Currency },
}

impl CustomerPatch {
    /// Returns the attribute values that the patch writes, without those that it removes.
    pub fn written_attributes(&self) -> Result<Attributes, Vec<FieldError>> {
        let Some(Value::Object(members)) = self.profile.get("attributes") else {
            return Ok(Attributes::new());
        };
        let read = |(name, value): (&String, &Value)| {
            let field = child_pointer("/profile/attributes", name);
            let detail = "must be true, false, a number, a text or a list of texts";
            serde_json::from_value(value.clone())
                .map(|value| (name.clone(), value))
                .map_err(|_| vec![FieldError::new(field, "invalid", detail)])
        };
        members.iter().filter(|(_, value)| !value.is_null()).map(read).collect()
    }
}

impl CustomerReplacement {
    /// Returns the errors in the body that parsing does not find.
    pub fn errors(&self, now: Timestamp) -> Vec<FieldError> {
        let mut errors = profile_errors(&self.profile);
        for (channel, consent) in self.consents.iter() {
            errors.extend(consent_errors(
                &child_pointer("/consents", channel.as_str()),
                consent,
                now,
            ));
        }
        if self.push_endpoints.len() > MAX_ENDPOINTS {
            let detail = format!("at most {MAX_ENDPOINTS} push endpoints");
            errors.push(FieldError::new("/push_endpoints", "too_many", detail));
        }
        errors.extend(duplicate_devices(&self.push_endpoints));
        errors
    }

    /// Returns the customer with this replacement, received now, applied.
    pub fn apply(
        &self,
        id: &CustomerId,
        stored: Option<&Customer>,
        tenant: Currency,
        now: Timestamp,
    ) -> Result<Customer, CustomerChangeRefusal> {
        let mut customer = stored.cloned().unwrap_or_else(|| Customer::new(id.clone()));
        set_profile(&mut customer, self.profile.clone(), tenant)?;
        set_contacts(&mut customer, self.contacts.clone());
        customer.push_endpoints = self.push_endpoints.clone();
        for (channel, consent) in self.consents.iter() {
            merge_consent(&mut customer, channel, consent, now);
        }
        Ok(customer)
    }
}

impl CustomerPatch {
    /// Returns the customer with this patch applied. Errors are found in the merged result.
    pub fn apply(
        &self,
        stored: &Customer,
        tenant: Currency,
    ) -> Result<Customer, CustomerChangeRefusal> {
        let mut customer = stored.clone();
        let profile: Profile = apply_patch("/profile", &stored.profile, &self.profile)?;
        let contacts: Contacts = apply_patch("/contacts", &stored.contacts, &self.contacts)?;
        let errors = profile_errors(&profile);
        if !errors.is_empty() {
            return Err(CustomerChangeRefusal::Invalid(errors));
        }
        set_profile(&mut customer, profile, tenant)?;
        set_contacts(&mut customer, contacts);
        Ok(customer)
    }
}

fn apply_patch<T>(
    at: &str,
    stored: &T,
    patch: &Map<String, Value>,
) -> Result<T, CustomerChangeRefusal>
where
    T: Serialize + serde::de::DeserializeOwned,
{
    let mut merged = serde_json::to_value(stored).unwrap_or_default();
    merge_json(&mut merged, patch);
    validation::parse_value(merged).map_err(|mut error| {
        error.field.insert_str(0, at);
        CustomerChangeRefusal::Invalid(vec![error])
    })
}

/// Merges a patch into a JSON value (RFC 7396).
fn merge_json(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(target) = target.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(inner) => {
                merge_json(target.entry(name.clone()).or_insert(Value::Null), inner)
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Replaces the profile. Order totals have no currency of their own, so the customer's currency may
/// change only while they are empty.
fn set_profile(
    customer: &mut Customer,
    profile: Profile,
    tenant: Currency,
) -> Result<(), CustomerChangeRefusal> {
    let present = customer.profile.currency.unwrap_or(tenant);
    if customer.activity.orders > 0 && profile.currency.unwrap_or(tenant) != present {
        return Err(CustomerChangeRefusal::CurrencyFixed { present });
    }
    customer.profile = profile;
    Ok(())
}

/// Replaces the contacts. The mirror of what an address has said goes with the address; whoever
/// writes the change looks up what the new one has said.
fn set_contacts(customer: &mut Customer, contacts: Contacts) {
    let before = std::mem::replace(&mut customer.contacts, contacts);
    let after = &customer.contacts;
    let phones = [&before.phone, &after.phone].map(|it| it.clone().map(Address::Sms));
    let emails = [&before.email, &after.email].map(|it| it.clone().map(Address::Email));
    for (channel, [before, after]) in [(Channel::Sms, phones), (Channel::Email, emails)] {
        let same = before.zip(after).is_some_and(|(one, other)| one.is_same_address(&other));
        if !same {
            customer.suppressions.remove(&channel);
        }
    }
}

/// Mirrors the state of an address on the record that has it. A token that is suppressed is taken
/// off the record.
pub fn mirror_suppression(
    customer: &mut Customer,
    address: &Address,
    suppression: Option<Suppression>,
) {
    match (address, suppression) {
        (Address::Sms(_) | Address::Email(_), Some(suppression)) => {
            customer.suppressions.insert(address.channel(), suppression);
        }
        (Address::Sms(_) | Address::Email(_), None) => {
            customer.suppressions.remove(&address.channel());
        }
        (Address::Push(arn), Some(_)) => {
            customer.push_endpoints.retain(|endpoint| endpoint.arn != *arn);
        }
        (Address::Push(_), None) => {}
    }
}

/// Returns the time of the consent that this change has given for a channel, if it has: a grant
/// that was not stored before. It speaks for the address that the record has after the change. A
/// time that is ahead counts as now, so that it lifts nothing that is yet to be said.
pub fn granted_by_change(
    before: Option<&Customer>,
    after: &Customer,
    channel: Channel,
    now: Timestamp,
) -> Option<Timestamp> {
    let given = after.consents.get(&channel).filter(|it| it.state == ConsentState::Granted)?;
    let known = before.and_then(|customer| customer.consents.get(&channel));
    (known != Some(given)).then(|| given.at.min(now))
}

/// Stores a consent for a channel, received now, unless the stored one is newer; at the same time,
/// a denial wins over a grant. The replaced consent is kept with its source and its time.
///
/// A grant whose time is ahead was given before it was received, so a denial of any time since then
/// is newer. That denial is stored with the grant's time, so that a repeat of the grant stays
/// older.
pub fn merge_consent(customer: &mut Customer, channel: Channel, consent: &Consent, now: Timestamp) {
    let subject = ConsentSubject::Channel(channel);
    let stored = customer.consents.get(&channel).cloned();
    if let Some(merged) = merge_choice(customer, subject, stored, consent, now) {
        customer.consents.insert(channel, merged);
    }
}

/// Stores a choice about a topic by the same rule as [`merge_consent`].
pub fn merge_topic_consent(
    customer: &mut Customer,
    scope: &TopicScope,
    consent: &Consent,
    now: Timestamp,
) {
    let subject = ConsentSubject::Topic(scope.clone());
    let stored = customer.topics.get(scope).cloned();
    if let Some(merged) = merge_choice(customer, subject, stored, consent, now) {
        customer.topics.insert(scope.clone(), merged);
    }
}

/// Returns the consent to store, if it is newer than the stored one, and keeps the replaced one.
fn merge_choice(
    customer: &mut Customer,
    subject: ConsentSubject,
    stored: Option<Consent>,
    consent: &Consent,
    now: Timestamp,
) -> Option<Consent> {
    let Some(stored) = stored else {
        note_if_ahead(customer, &subject, consent, now);
        return Some(consent.clone());
    };
    let given_at = customer.ahead.get(&subject).copied().unwrap_or(stored.at).min(stored.at);
    let is_newer = match (stored.state, consent.state) {
        (ConsentState::Granted, ConsentState::Denied) => !is_before(consent.at, given_at),
        (ConsentState::Granted, ConsentState::Granted)
        | (ConsentState::Denied, ConsentState::Denied | ConsentState::Granted) => {
            is_before(stored.at, consent.at)
        }
    };
    if !is_newer {
        return None;
    }
    let merged = Consent { at: consent.at.max(stored.at), ..consent.clone() };
    note_if_ahead(customer, &subject, &merged, now);
    customer.past_consents.push(PastConsent { subject, consent: stored });
    let too_many = customer.past_consents.len().saturating_sub(MAX_PAST_CONSENTS);
    customer.past_consents.drain(..too_many);
    Some(merged)
}

/// Compares as the store keeps times, in milliseconds.
fn is_before(one: Timestamp, other: Timestamp) -> bool {
    one.as_millisecond() < other.as_millisecond()
}

fn note_if_ahead(
    customer: &mut Customer,
    subject: &ConsentSubject,
    consent: &Consent,
    now: Timestamp,
) {
    if consent.state == ConsentState::Granted && consent.at > now {
        customer.ahead.insert(subject.clone(), now);
    } else {
        customer.ahead.remove(subject);
    }
}

/// Adds a push endpoint, or updates the ARN of a known one. A token under an earlier id moves to
/// this one. Over the limit, the oldest endpoint is removed.
pub fn put_endpoint(customer: &mut Customer, endpoint: &PushEndpoint) {
    let endpoints = &mut customer.push_endpoints;
    endpoints.retain(|it| it.arn != endpoint.arn || it.endpoint_id == endpoint.endpoint_id);
    match endpoints.iter_mut().find(|known| known.endpoint_id == endpoint.endpoint_id) {
        Some(known) => *known = endpoint.clone(),
        None => endpoints.push(endpoint.clone()),
    }
    let excess = endpoints.len().saturating_sub(MAX_ENDPOINTS);
    endpoints.drain(..excess);
}

pub fn delete_endpoint(customer: &mut Customer, id: &PushEndpointId) {
    customer.push_endpoints.retain(|endpoint| endpoint.endpoint_id != *id);
}

/// Returns an error for each device that is listed twice, by its id or by its token.
fn duplicate_devices(endpoints: &[PushEndpoint]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, endpoint) in endpoints.iter().enumerate() {
        let mut check = |part: &str, repeats: &dyn Fn(&PushEndpoint) -> bool| {
            if endpoints.iter().take(index).any(repeats) {
                let field = format!("/push_endpoints/{index}/{part}");
                errors.push(FieldError::new(field, "duplicate", "each device at most once"));
            }
        };
        check("endpoint_id", &|other| other.endpoint_id == endpoint.endpoint_id);
        check("arn", &|other| other.arn == endpoint.arn);
    }
    errors
}

/// Returns the errors of a consent whose JSON pointer is `place`.
pub fn consent_errors(place: &str, consent: &Consent, now: Timestamp) -> Vec<FieldError> {
    choice_errors(place, &consent.source, consent.at, now)
}

/// Returns the errors of a pause whose JSON pointer is `place`.
pub fn pause_errors(place: &str, pause: &Pause, now: Timestamp) -> Vec<FieldError> {
    let mut errors = choice_errors(place, &pause.source, pause.at, now);
    errors.extend(pause.check_length(place));
    errors
}

fn choice_errors(place: &str, source: &str, at: Timestamp, now: Timestamp) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !is_label(source) {
        errors.push(FieldError::new(
            child_pointer(place, "source"),
            "invalid",
            "1 to 64 bytes without control characters",
        ));
    }
    if at.duration_since(now) > MAX_AHEAD {
        errors.push(FieldError::new(
            child_pointer(place, "at"),
            "in_the_future",
            "a choice cannot be made in the future",
        ));
    }
    errors
}

fn profile_errors(profile: &Profile) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if profile.tags.len() > MAX_TAGS {
        errors.push(FieldError::new(
            "/profile/tags",
            "too_many",
            format!("at most {MAX_TAGS} tags"),
        ));
    }
    for (index, tag) in profile.tags.iter().enumerate() {
        let place = format!("/profile/tags/{index}");
        if !is_label(tag) {
            errors.push(FieldError::new(
                place,
                "invalid",
                "1 to 64 bytes without control characters",
            ));
        } else if profile.tags.iter().take(index).any(|other| other == tag) {
            errors.push(FieldError::new(place, "duplicate", "each tag at most once"));
        }
    }
    if profile.location.is_some_and(|point| !point.is_on_earth()) {
        let detail = "lat is -90 to 90 and lon -180 to 180, in degrees";
        errors.push(FieldError::new("/profile/location", "out_of_range", detail));
    }
    if profile.attributes.len() > MAX_ATTRIBUTES {
        let detail = format!("at most {MAX_ATTRIBUTES} attributes");
        errors.push(FieldError::new("/profile/attributes", "too_many", detail));
    }
    if profile.personal_dates.len() > MAX_PERSONAL_DATES {
        let detail = format!("at most {MAX_PERSONAL_DATES} dates");
        errors.push(FieldError::new("/profile/personal_dates", "too_many", detail));
    }
    for name in profile.personal_dates.keys().filter(|name| !is_date_name(name)) {
        errors.push(FieldError::new(
            child_pointer("/profile/personal_dates", name),
            "invalid",
            "a name is 1 to 32 of a-z 0-9 _",
        ));
    }
    errors
}

fn is_label(text: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&text.len())
        && text.trim() == text
        && !text.chars().any(char::is_control)
}
fn is_date_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::customer::profile::SuppressionReason;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn euros() -> Currency {
        Currency::parse("EUR").unwrap()
    }
    fn id() -> CustomerId {
        CustomerId::parse("c-1").unwrap()
    }
    fn body(value: Value) -> CustomerReplacement {
        validation::parse_value(value).unwrap()
    }
    fn put(stored: Option<&Customer>, value: Value) -> Customer {
        body(value).apply(&id(), stored, euros(), now()).unwrap()
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
        assert_eq!(
            (after.profile.first_name.is_none(), after.contacts.phone.is_none()),
            (true, true)
        );
        assert!(after.push_endpoints.is_empty());
        assert_eq!(after.activity.orders, 3);
        assert_eq!(
            (&after.consents, &after.suppressions),
            (&stored.consents, &stored.suppressions)
        );
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
        let later = Timestamp::from_second(5_000_000_000).unwrap();
        for minute in 0..3 {
            merge_consent(&mut customer, Channel::Sms, &choice(minute), later);
            // Repeated and late reports add nothing.
            merge_consent(&mut customer, Channel::Sms, &choice(minute), later);
            merge_consent(&mut customer, Channel::Sms, &choice(0), later);
        }
        let kept = |customer: &Customer| {
            let past = customer.past_consents.iter();
            past.map(|it| it.consent.source.clone()).collect::<Vec<_>>()
        };
        assert_eq!(kept(&customer), [before.source, "place_0".into(), "place_1".into()]);
        assert_eq!(customer.consents[&Channel::Sms], choice(2));
        for minute in 3..200 {
            merge_consent(&mut customer, Channel::Sms, &choice(minute), later);
        }
        assert_eq!(customer.past_consents.len(), MAX_PAST_CONSENTS);
        assert_eq!(kept(&customer).last().map(String::as_str), Some("place_198"));
    }

    #[test]
    fn the_mirror_of_an_address_goes_with_it_and_consent_stays() {
        let stored = suppressed(Channel::Email, SuppressionReason::Complained);
        for (email, mirrored) in [
            ("new@example.com", false),
            ("ana@example.com", true),
            ("Ana@Example.com", true),
            (" ana@EXAMPLE.com", true),
        ] {
            let after = put(Some(&stored), json!({"contacts": {"email": email}}));
            assert_eq!(after.suppressions.contains_key(&Channel::Email), mirrored, "{email}");
            assert_eq!(after.consents, stored.consents);
        }
        assert!(put(Some(&stored), json!({})).suppressions.is_empty());
    }

    #[test]
    fn a_denial_wins_over_a_consent_whose_time_is_ahead() {
        let said =
            |state, at: &str| Consent { state, source: "app".into(), at: at.parse().unwrap() };
        let yes = said(ConsentState::Granted, "2026-11-22T12:09:00Z");
        for (no, received, expected) in [
            ("2026-11-22T12:00:01Z", "2026-11-22T12:00:02Z", ConsentState::Denied),
            // It comes late, when the time of the consent is no longer ahead.
            ("2026-11-22T12:01:00Z", "2026-11-22T13:00:00Z", ConsentState::Denied),
            ("2026-11-22T11:59:59Z", "2026-11-22T12:00:02Z", ConsentState::Granted),
        ] {
            let mut ana = ana();
            merge_consent(&mut ana, Channel::Sms, &yes, now());
            let no = said(ConsentState::Denied, no);
            for consent in [&no, &yes, &no, &yes] {
                merge_consent(&mut ana, Channel::Sms, consent, received.parse().unwrap());
                assert_eq!(ana.consents[&Channel::Sms].state, expected, "{no:?} and its repeats");
            }
            let later = said(ConsentState::Granted, "2026-11-22T12:09:01Z");
            merge_consent(&mut ana, Channel::Sms, &later, "2026-11-22T12:09:02Z".parse().unwrap());
            assert_eq!(ana.consents[&Channel::Sms].state, ConsentState::Granted, "a later yes");
        }
    }

    #[test]
    fn a_topics_choices_are_merged_like_a_channels_and_apart_from_them() {
        let said =
            |state, at: &str| Consent { state, source: "app".into(), at: at.parse().unwrap() };
        let deals = TopicScope::parse("deals").unwrap();
        let by_sms = TopicScope::parse("deals:sms").unwrap();
        let mut ana = ana();
        let yes_ahead = said(ConsentState::Granted, "2026-11-22T12:09:00Z");
        let no = said(ConsentState::Denied, "2026-11-22T12:00:01Z");
        for consent in [&yes_ahead, &no, &yes_ahead, &no] {
            merge_topic_consent(&mut ana, &deals, consent, now());
        }
        assert_eq!(ana.topics[&deals].state, ConsentState::Denied);
        assert_eq!(ana.topics.get(&by_sms), None);
        assert_eq!(ana.consents[&Channel::Sms].state, ConsentState::Granted);
        let past: Vec<_> = ana.past_consents.iter().map(|it| it.subject.clone()).collect();
        assert_eq!(past, [ConsentSubject::Topic(deals.clone())]);
        let later = said(ConsentState::Granted, "2026-11-22T12:09:01Z");
        merge_topic_consent(&mut ana, &deals, &later, "2026-11-22T12:10:00Z".parse().unwrap());
        assert_eq!(ana.topics[&deals].state, ConsentState::Granted);
    }

    #[test]
    fn only_a_consent_that_a_change_brings_speaks_for_the_address() {
        let before = ana();
        let granted =
            |after: &Customer| granted_by_change(Some(&before), after, Channel::Sms, now());
        let moved = put(
            Some(&before),
            json!({"contacts": {"phone": "+34600000002"}, "consents": consent("granted", "2026-01-02T00:00:00Z")}),
        );
        assert_eq!(granted(&moved), None, "the consent was given with another number");
        let renewed =
            put(Some(&before), json!({"consents": consent("granted", "2026-03-01T00:00:00Z")}));
        assert_eq!(granted(&renewed), Some("2026-03-01T00:00:00Z".parse().unwrap()));
        let ahead =
            put(Some(&before), json!({"consents": consent("granted", "2026-11-22T12:05:00Z")}));
        assert_eq!(granted(&ahead), Some(now()));
        let denied =
            put(Some(&before), json!({"consents": consent("denied", "2026-03-01T00:00:00Z")}));
        assert_eq!(granted(&denied), None);
        assert!(granted_by_change(None, &before, Channel::Sms, now()).is_some());
    }

    #[test]
    fn a_suppressed_token_leaves_the_record_and_other_addresses_are_mirrored() {
        let mut ana = ana();
        let said = Some(Suppression { reason: SuppressionReason::Invalid, at: now() });
        for address in ana.addresses() {
            mirror_suppression(&mut ana, &address, said);
        }
        assert!(ana.push_endpoints.is_empty() && ana.contacts.phone.is_some());
        assert_eq!(
            ana.suppressions.keys().copied().collect::<Vec<_>>(),
            [Channel::Sms, Channel::Email]
        );
        for address in ana.addresses() {
            mirror_suppression(&mut ana, &address, None);
        }
        assert!(ana.suppressions.is_empty());
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_removes() {
        let patch: CustomerPatch = validation::parse_value(
            json!({"profile": {"first_name": null, "zone": "Europe/Madrid"}, "contacts": {"phone": null}}),
        )
        .unwrap();
        let after = patch.apply(&ana(), euros()).unwrap();
        assert_eq!(after.profile.first_name, None);
        assert_eq!(
            after.profile.zone.map(|zone| zone.as_str().to_owned()).as_deref(),
            Some("Europe/Madrid")
        );
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
            (
                json!({"profile": {"personal_dates": {"Birth Day": "1990-01-01"}}}),
                "/profile/personal_dates/Birth Day",
            ),
        ] {
            let patch: CustomerPatch = validation::parse_value(patch).unwrap();
            match patch.apply(&ana(), euros()) {
                Err(CustomerChangeRefusal::Invalid(errors)) => assert_eq!(errors[0].field, field),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_currency_is_fixed_once_orders_are_counted() {
        let mut stored = ana();
        let dollars = body(json!({"profile": {"currency": "USD"}}));
        assert!(dollars.apply(&id(), Some(&stored), euros(), now()).is_ok());
        stored.activity.orders = 1;
        let refused = Err(CustomerChangeRefusal::CurrencyFixed { present: euros() });
        assert_eq!(dollars.apply(&id(), Some(&stored), euros(), now()), refused);
        assert!(
            body(json!({"profile": {"currency": "EUR"}}))
                .apply(&id(), Some(&stored), euros(), now())
                .is_ok()
        );
    }

    #[test]
    fn the_oldest_device_gives_way() {
        let mut customer = ana();
        for n in 2..=7 {
            let arn = format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/{n}");
            put_endpoint(
                &mut customer,
                &validation::parse_value(json!({"endpoint_id": format!("d-{n}"), "arn": arn}))
                    .unwrap(),
            );
        }
        let ids: Vec<_> =
            customer.push_endpoints.iter().map(|it| it.endpoint_id.as_str()).collect();
        assert_eq!(ids, ["d-3", "d-4", "d-5", "d-6", "d-7"]);
        delete_endpoint(&mut customer, &PushEndpointId::parse("d-5").unwrap());
        assert_eq!(customer.push_endpoints.len(), 4);
        let moved = json!({"endpoint_id": "d-9", "arn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/7"});
        put_endpoint(&mut customer, &validation::parse_value(moved).unwrap());
        let ids: Vec<_> =
            customer.push_endpoints.iter().map(|it| it.endpoint_id.as_str()).collect();
        assert_eq!(ids, ["d-3", "d-4", "d-6", "d-9"], "one token has one id");
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
        let found: Vec<String> =
            errors.iter().map(|it| format!("{} {}", it.field, it.code)).collect();
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
                "/push_endpoints/1/arn duplicate",
            ]
        );
    }
}
