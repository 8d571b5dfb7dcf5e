//! The audience preview: whom a rule selects now, and on which channels they can be reached. The
//! rule and the reach are evaluated by the same code that the run uses.
//!
//! It scans customers and stores nothing. A large customer base is scanned only in part, and the
//! answer says so.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::{
        audience::AudienceRule,
        definition::{check_channels, check_topic},
        segments::{Exclusion, find_exclusion},
    },
    customer::{
        profile::{Customer, ReachQuery},
        topics::TopicSettings,
    },
    kernel::{
        channel::{Channel, Channels},
        money::Currency,
        validation::FieldError,
    },
    reporting::occurring_values::rule_values,
    voucher::{past::past_vouchers, skip_reason::SkipReason},
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use runtime::clock;
use store::customer::profiles::CustomerKey;

use crate::{
    CampaignsContext, store_failure,
    value_warnings::{merchant_warnings, value_warnings},
    views::{PreviewRequest, PreviewView, ReachableCustomers, SampledCustomer},
};

/// The most customers scanned: some 20 pages of the table, a few seconds.
const MAX_SCANNED: u64 = 20_000;
/// The time limit of the scan: the gateway waits 30 seconds, and the last page takes a moment.
const MAX_TIME: Duration = Duration::from_secs(20);
/// Customers on one page: about a megabyte, which is the limit of a DynamoDB page anyway.
const PAGE: u32 = 1_000;
const SAMPLE_SIZE: usize = 20;

/// Counts whom an audience selects now.
#[utoipa::path(
    post, path = "/v1/audience-previews", tag = "campaigns", operation_id = "preview_audience", security(("jwt" = [])),
    request_body = PreviewRequest,
    responses((status = 200, body = PreviewView), Problem)
)]
pub async fn create(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<Json<PreviewView>> {
    operator.require_role(OperatorRole::Viewer)?;
    let request: PreviewRequest = body.read_json().await?;
    let topics = context.store.topics().await.map_err(store_failure)?;
    let rule = parse_rule(&request, &topics)?;
    context.check_attributes(&rule, "/audience").await?;
    let mut rule = context.freeze_audience(&rule, "/audience").await?;
    context.store.resolve_audience(&mut rule, clock::now()).await.map_err(store_failure)?;
    let exclusions = context.store.exclusions().await.map_err(store_failure)?;
    let topic = request.topic.as_ref().map(|id| topics.question(id));
    let currencies = PreviewCurrencies {
        offer: request.currency.unwrap_or(context.currency),
        tenant: context.currency,
    };
    // It decides the zone of customers without one.
    context.store.contact_policy().await.map_err(store_failure)?;
    let (started, now) = (Instant::now(), clock::now());
    let query = ReachQuery { topic: topic.as_ref(), now };
    let named = rule_values(&rule, "/audience");
    let mut warnings = value_warnings(&context, &named).await?;
    warnings.extend(merchant_warnings(&rule, "/audience"));
    let mut preview = PreviewView { warnings, ..PreviewView::default() };
    let mut after: Option<CustomerKey> = None;
    while preview.scanned < MAX_SCANNED && started.elapsed() < MAX_TIME {
        let page = context.store.scan_customers(0, 1, after, PAGE).await.map_err(store_failure)?;
        preview.scanned += page.unreadable.len() as u64;
        preview.unreadable += page.unreadable.len() as u64;
        for customer in &page.customers {
            preview.scanned += 1;
            if selects(&context, &rule, customer, now).await? {
                count_selected(
                    &mut preview,
                    &exclusions,
                    &request.channels,
                    currencies,
                    customer,
                    &query,
                );
            }
            if started.elapsed() > MAX_TIME {
                return Ok(Json(preview));
            }
        }
        after = page.next;
        if after.is_none() {
            preview.complete = true;
            break;
        }
    }
    Ok(Json(preview))
}

fn parse_rule(
    request: &PreviewRequest,
    topics: &TopicSettings,
) -> Result<AudienceRule, Vec<FieldError>> {
    let mut errors = check_channels(&request.channels);
    errors.extend(check_topic(request.topic.as_ref(), topics));
    match AudienceRule::parse(&request.audience, "/audience") {
        Ok(rule) if errors.is_empty() => return Ok(rule),
        Ok(_) => {}
        Err(found) => errors.extend(found),
    }
    Err(errors)
}

/// The offer's currency, and the tenant's, which is that of customers without their own.
#[derive(Debug, Clone, Copy)]
struct PreviewCurrencies {
    offer: Currency,
    tenant: Currency,
}

/// Returns true if the rule selects the customer. Their vouchers are read only if they decide.
async fn selects(
    context: &CampaignsContext,
    rule: &AudienceRule,
    customer: &Customer,
    now: Timestamp,
) -> ApiResult<bool> {
    if !rule.asks_vouchers() {
        return Ok(rule.selects(customer, now));
    }
    match rule.selects_regardless_of_vouchers(customer, now) {
        Some(selected) => Ok(selected),
        None => {
            let records = context.store.customer_vouchers(&customer.id).await;
            let had = past_vouchers(&records.map_err(store_failure)?);
            Ok(rule.selects_with(customer, &had, now))
        }
    }
}

fn count_selected(
    preview: &mut PreviewView,
    exclusions: &[Exclusion],
    channels: &Channels,
    currencies: PreviewCurrencies,
    customer: &Customer,
    query: &ReachQuery<'_>,
) {
    preview.matched += 1;
    if find_exclusion(exclusions, customer, query.now).is_some() {
        *preview.skipped.entry(SkipReason::Excluded.code()).or_default() += 1;
        return;
    }
    // As in the decision of the workers, the currency comes before consent.
    if customer.currency(currencies.tenant) != currencies.offer {
        *preview.skipped.entry(SkipReason::OtherCurrency.code()).or_default() += 1;
        return;
    }
    preview.reachable.count_reach(customer, &channels.ladder, query);
    match customer.first_reachable_channel(&channels.ladder, query) {
        Ok(channel) => {
            if preview.sample.len() < SAMPLE_SIZE {
                preview.sample.push(SampledCustomer { customer_id: customer.id.clone(), channel });
            }
        }
        Err(unreachable) => *preview.skipped.entry(unreachable.code()).or_default() += 1,
    }
}

impl ReachableCustomers {
    /// Counts a customer on each channel of the ladder that reaches them now.
    pub fn count_reach(&mut self, customer: &Customer, ladder: &[Channel], query: &ReachQuery<'_>) {
        let mut any = false;
        let is_open = |channel: &&Channel| customer.reachable_contact(**channel, query).is_ok();
        for channel in ladder.iter().filter(is_open) {
            any = true;
            match channel {
                Channel::Sms => self.sms += 1,
                Channel::Email => self.email += 1,
                Channel::Push => self.push += 1,
            }
        }
        self.any += u64::from(any);
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Timestamp,
        customer::{
            pause::Pause,
            profile::{Consent, ConsentState, Email, Phone},
            topics::{TopicId, TopicQuestion, TopicScope},
        },
        kernel::{channel::LadderMode, id::CustomerId},
    };
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-01T12:00:00Z".parse().unwrap()
    }

    fn deals() -> TopicQuestion {
        let id = TopicId::parse("deals").unwrap();
        TopicQuestion { id, default: ConsentState::Granted }
    }

    fn customer(number: usize, consents: &[(Channel, ConsentState)]) -> Customer {
        let mut customer = Customer::new(CustomerId::parse(&format!("c-{number}")).unwrap());
        customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        customer.contacts.email = Some(Email::parse("ana@example.com").unwrap());
        for (channel, state) in consents {
            customer
                .consents
                .insert(*channel, Consent { state: *state, source: "test".into(), at: now() });
        }
        customer
    }

    #[test]
    fn each_matched_customer_is_reachable_or_skipped_for_one_reason() {
        use ConsentState::{Denied, Granted};
        let channels = Channels {
            mode: LadderMode::FirstAvailable,
            ladder: vec![Channel::Push, Channel::Email, Channel::Sms],
            after_bounce: false,
            after_unknown: true,
        };
        let mut preview = PreviewView::default();
        let (euro, dollars) = (Currency::parse("EUR").unwrap(), Currency::parse("USD").unwrap());
        let mut abroad = customer(6, &[(Channel::Sms, Granted)]);
        abroad.profile.currency = Some(dollars);
        let mut bored = customer(7, &[(Channel::Sms, Granted)]);
        let no = Consent { state: Denied, source: "test".into(), at: now() };
        bored.topics.insert(TopicScope::on_all(&deals().id), no);
        let mut paused = customer(8, &[(Channel::Sms, Granted)]);
        paused.pause = Some(Pause::weeks(1, "test", now()));
        let customers = [
            abroad,
            customer(1, &[(Channel::Sms, Granted), (Channel::Email, Granted)]),
            customer(2, &[(Channel::Sms, Granted)]),
            customer(3, &[(Channel::Sms, Denied)]),
            customer(4, &[]),
            customer(5, &[(Channel::Push, Granted)]),
            bored,
            paused,
        ];
        for customer in &customers {
            let currencies = PreviewCurrencies { offer: euro, tenant: euro };
            let topic = deals();
            let query = ReachQuery { topic: Some(&topic), now: now() };
            count_selected(&mut preview, &[], &channels, currencies, customer, &query);
        }
        assert_eq!(preview.matched, 8);
        assert_eq!(preview.skipped.get("topic_denied"), Some(&1));
        assert_eq!(preview.skipped.get("paused"), Some(&1));
        assert_eq!(preview.skipped.get("other_currency"), Some(&1));
        assert_eq!(preview.reachable, ReachableCustomers { sms: 2, email: 1, push: 0, any: 2 });
        assert_eq!(preview.reachable.any + preview.skipped.values().sum::<u64>(), preview.matched);
        assert_eq!(preview.skipped.get("opted_out"), Some(&1));
        assert_eq!(preview.skipped.get("no_address"), Some(&1));
        assert_eq!(preview.sample.first().unwrap().channel, Channel::Email);
    }

    #[test]
    fn a_bad_rule_and_a_bad_ladder_are_both_named() {
        let request = |audience, ladder: &[Channel]| PreviewRequest {
            audience,
            currency: None,
            topic: None,
            channels: Channels {
                mode: LadderMode::All,
                ladder: ladder.to_vec(),
                after_bounce: false,
                after_unknown: true,
            },
        };
        let none = TopicSettings::default();
        let bad = request(json!({"ordered": {"vertical": 1}}), &[]);
        let bad = PreviewRequest { topic: Some(deals().id), ..bad };
        let errors = parse_rule(&bad, &none).unwrap_err();
        assert!(errors.iter().any(|error| error.field == "/topic"), "{errors:?}");
        assert!(errors.iter().any(|error| error.field == "/channels/ladder"), "{errors:?}");
        assert!(errors.iter().any(|error| error.field.starts_with("/audience")), "{errors:?}");
        let good = request(json!({"everyone": {}}), &[Channel::Sms]);
        assert!(parse_rule(&good, &none).is_ok());
    }
}
