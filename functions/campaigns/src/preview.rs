//! The audience preview: who a rule selects now, and on which channel they can be reached. The rule and the reachability are the same
//! code that the run uses. It scans customers and keeps nothing; a large base is looked at only in part, and the answer says so.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    audience::Rule,
    channel::{Channel, Channels},
    customer::Customer,
    definition::check_channels,
    field::FieldError,
};
use http_api::{Answer, Operator, Problem, Role, Unread};
use store::customers::CustomerKey;

use crate::{
    Context, failed, now,
    views::{PreviewRequest, PreviewView, Reachable, SampledCustomer},
};

/// Customers looked at, at most: some 20 pages of the table, a few seconds.
const MAX_SCANNED: u64 = 20_000;
/// Time to look at them: the gateway waits 30 seconds, and the last page takes a moment.
const MAX_TIME: Duration = Duration::from_secs(20);
/// Customers of one page: about a megabyte, which is a page's bound anyway.
const PAGE: u32 = 1_000;
const SAMPLE: usize = 20;

/// Who an audience selects now.
#[utoipa::path(
    post, path = "/v1/audience-previews", tag = "campaigns", operation_id = "preview_audience", security(("jwt" = [])),
    request_body = PreviewRequest,
    responses((status = 200, body = PreviewView), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn create(
    State(context): State<Arc<Context>>,
    operator: Operator,
    body: Unread,
) -> Answer<Json<PreviewView>> {
    operator.require(Role::Viewer)?;
    let request: PreviewRequest = body.json().await?;
    let rule = checked(&request)?;
    let (started, now) = (Instant::now(), now());
    let mut preview = PreviewView::default();
    let mut after: Option<CustomerKey> = None;
    while preview.scanned < MAX_SCANNED && started.elapsed() < MAX_TIME {
        let page = context.store.scan_customers(0, 1, after, PAGE).await.map_err(failed)?;
        preview.scanned += page.unreadable.len() as u64;
        preview.unreadable += page.unreadable.len() as u64;
        for customer in &page.customers {
            count(&mut preview, &rule, &request.channels, customer, now);
        }
        after = page.next;
        if after.is_none() {
            preview.complete = true;
            break;
        }
    }
    Ok(Json(preview))
}

fn checked(request: &PreviewRequest) -> Result<Rule, Vec<FieldError>> {
    let mut errors = check_channels(&request.channels);
    match Rule::parse(&request.audience, "/audience") {
        Ok(rule) if errors.is_empty() => return Ok(rule),
        Ok(_) => {}
        Err(found) => errors.extend(found),
    }
    Err(errors)
}

fn count(preview: &mut PreviewView, rule: &Rule, channels: &Channels, customer: &Customer, now: Timestamp) {
    preview.scanned += 1;
    if !rule.selects(customer, now) {
        return;
    }
    preview.matched += 1;
    preview.reachable.count(customer, &channels.ladder);
    match customer.first_reachable(&channels.ladder) {
        Ok(channel) => {
            if preview.sample.len() < SAMPLE {
                preview.sample.push(SampledCustomer { customer_id: customer.id.clone(), channel });
            }
        }
        Err(unreachable) => *preview.skipped.entry(unreachable.code()).or_default() += 1,
    }
}

impl Reachable {
    /// Adds a customer to each channel of the ladder that reaches them now.
    pub fn count(&mut self, customer: &Customer, ladder: &[Channel]) {
        let mut any = false;
        for channel in ladder.iter().filter(|channel| customer.reach(**channel).is_ok()) {
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
        channel::Mode,
        customer::{Consent, ConsentState, Email, Phone},
        id::CustomerId,
    };
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-01T12:00:00Z".parse().unwrap()
    }

    fn customer(number: usize, consents: &[(Channel, ConsentState)]) -> Customer {
        let mut customer = Customer::new(CustomerId::parse(&format!("c-{number}")).unwrap());
        customer.contacts.phone = Some(Phone::parse("+34600000001").unwrap());
        customer.contacts.email = Some(Email::parse("ana@example.com").unwrap());
        for (channel, state) in consents {
            customer.consents.insert(*channel, Consent { state: *state, source: "test".into(), at: now() });
        }
        customer
    }

    #[test]
    fn each_matched_customer_is_reachable_or_skipped_for_one_reason() {
        use ConsentState::{Denied, Granted};
        let channels = Channels {
            mode: Mode::FirstAvailable,
            ladder: vec![Channel::Push, Channel::Email, Channel::Sms],
            after_bounce: false,
        };
        let mut preview = PreviewView::default();
        let customers = [
            customer(1, &[(Channel::Sms, Granted), (Channel::Email, Granted)]),
            customer(2, &[(Channel::Sms, Granted)]),
            customer(3, &[(Channel::Sms, Denied)]),
            customer(4, &[]),
            customer(5, &[(Channel::Push, Granted)]),
        ];
        for customer in &customers {
            count(&mut preview, &Rule::Everyone, &channels, customer, now());
        }
        assert_eq!((preview.scanned, preview.matched), (5, 5));
        assert_eq!(preview.reachable, Reachable { sms: 2, email: 1, push: 0, any: 2 });
        assert_eq!(preview.reachable.any + preview.skipped.values().sum::<u64>(), preview.matched);
        assert_eq!(preview.skipped.get("opted_out"), Some(&1));
        assert_eq!(preview.skipped.get("no_address"), Some(&1));
        assert_eq!(preview.sample.first().unwrap().channel, Channel::Email);
    }

    #[test]
    fn a_bad_rule_and_a_bad_ladder_are_both_named() {
        let request = |audience, ladder: &[Channel]| PreviewRequest {
            audience,
            channels: Channels { mode: Mode::All, ladder: ladder.to_vec(), after_bounce: false },
        };
        let errors = checked(&request(json!({"ordered": {"vertical": 1}}), &[])).unwrap_err();
        assert!(errors.iter().any(|error| error.field == "/channels/ladder"), "{errors:?}");
        assert!(errors.iter().any(|error| error.field.starts_with("/audience")), "{errors:?}");
        assert!(checked(&request(json!({"everyone": {}}), &[Channel::Sms])).is_ok());
    }
}
