//! The list of customers, for operators: searched by id, e-mail, phone or the beginning of a name,
//! ordered by the last order, and filtered by an audience rule.
//!
//! The search is sent in the body, so it appears in no access log or browser history. Reads
//! Customers and its indexes, and Addresses. Guarantees: a page reads a bounded part of these, may
//! be short or empty before the end, and goes on from a signed cursor; no page shows a customer
//! twice.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::audience::AudienceRule,
    customer::{
        address::Address,
        name_search::NameSearch,
        profile::{Customer, Email, Phone},
    },
    kernel::{id::CustomerId, validation::FieldError},
};
use http_edge::{ApiResult, Operator, OperatorRole, Paging, Problem, UnreadBody};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::customer::{
    directory::{DirectoryPage, LastOrderPosition, NamePosition},
    profiles::{CustomerKey, CustomerLookup},
};
use utoipa::ToSchema;

use crate::{
    OperationsContext, actor_name,
    customer_views::{ContactAccess, CustomerPage, CustomerRow},
    store_problem,
};

const DEFAULT_LIMIT: u32 = 25;
const MAX_LIMIT: u32 = 100;
/// The longest search, in bytes: the longest e-mail address.
const MAX_SEARCH_BYTES: usize = 254;
/// The most customers who share an address.
const MAX_HOLDERS: i32 = 20;
/// Customers that are read at once from an index to see whom the rule selects, how often a page
/// does so, and how often while it has found nobody.
const FILTERED_CHUNK: usize = 100;
const FILTERED_STEPS: usize = 4;
const FILTERED_STEPS_IN_VAIN: usize = 40;
/// The most customers that a page scans once it has found somebody: 3 MB, 400 read units.
const MAX_SCANNED: u64 = 5_000;
/// The most that it scans while it has found nobody: a rare tag is no empty page. 15 MB, 2,000 read
/// units, some two seconds.
const MAX_SCANNED_IN_VAIN: u64 = 25_000;
/// Customers of one scanned page, and how many times the page's size the first one is.
const SCAN_PAGE: u32 = 1_000;
const FIRST_SCAN: u32 = 4;

/// A page of the list of customers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerListRequest {
    /// The text to search: a customer id, an e-mail address, a phone number in E.164 format, or the
    /// beginning of a given or a family name or of both. Case and accents do not count.
    #[serde(default)]
    #[schema(nullable = false, max_length = 254)]
    q: Option<String>,
    /// An audience rule: only customers whom it selects now are listed.
    #[serde(default)]
    #[schema(nullable = false, value_type = Option<AudienceRule>)]
    audience: Option<serde_json::Value>,
    /// The order of a list without a search. By default `last_order`, and `any` with a rule.
    #[serde(default)]
    #[schema(nullable = false)]
    order: Option<CustomerOrder>,
    /// The page size: 1 to 100, and 25 if not given.
    #[serde(default)]
    #[schema(nullable = false, minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    #[schema(nullable = false)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerOrder {
    /// Lists customers who ordered in the last three years, the latest order first.
    LastOrder,
    /// Lists every customer, in no meaningful order.
    Any,
}

/// Lists customers, or searches for one.
///
/// Names and contacts are masked, and names are not searched, unless the operator is of support, a
/// marketer or an administrator. Erased customers are not listed.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/customers/search", tag = "operations",
    operation_id = "list_customers", security(("jwt" = [])),
    request_body = CustomerListRequest,
    responses((status = 200, body = CustomerPage), Problem)
)]
pub async fn search(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<Json<CustomerPage>> {
    operator.require_role(OperatorRole::Viewer)?;
    let access = ContactAccess::of_operator(&operator);
    let request: CustomerListRequest = body.read_json().await?;
    let list = fingerprint(&request, access);
    let (mut query, cursor) = CustomerQuery::parse(request)?;
    if let Some(rule) = &query.rule {
        query.rule = Some(context.freeze_audience(rule).await?);
    }
    let paging = Paging::from_body(&context, cursor);
    let start = paging.read_position::<ListCursor>(&list).await?;
    // It decides the zone of customers without one.
    context.store.contact_policy().await.map_err(store_problem)?;
    let now = clock::now();
    if let Some(rule) = &mut query.rule {
        context.store.resolve_audience(rule, now).await.map_err(store_problem)?;
    }
    let mut walk =
        ListWalk { context: &context, query: &query, now, found: Vec::new(), looked_at: 0 };
    let (place, read, matched) = match start {
        Some(ListCursor { place, read, matched }) => (Some(place), read, matched),
        None => (None, 0, 0),
    };
    let next = walk.run(place, access).await?;
    let (found, looked_at) = (walk.found, walk.looked_at);
    let (read, matched) = (read + looked_at, matched + found.len() as u64);
    let total = next.is_none().then_some(matched);
    let next = next.map(|place| ListCursor { place, read, matched });
    let next_cursor = paging.sign_position(&list, next.as_ref()).await?;
    tracing::info!(by = actor_name(&operator), found = found.len(), looked_at, "customers listed");
    let row = |customer| CustomerRow::new(customer, access, context.currency, now);
    Ok(Json(CustomerPage {
        items: found.into_iter().map(row).collect(),
        next_cursor,
        looked_at,
        read,
        matched,
        total,
        contacts_shown: access.is_shown(),
    }))
}

/// Distinguishes two lists: a cursor is good for its own search only.
fn fingerprint(request: &CustomerListRequest, access: ContactAccess) -> String {
    let rule = request.audience.as_ref().map(ToString::to_string).unwrap_or_default();
    let text = request.q.as_deref().unwrap_or_default();
    format!("customers/{access:?}/{:?}/{}/{text}/{rule}", request.order, text.len())
}

/// The place at which a list goes on, and what its pages so far have read and found.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ListCursor {
    place: ListPosition,
    read: u64,
    matched: u64,
}

/// The place at which a list goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum ListPosition {
    Index(IndexPosition),
    Scan(CustomerKey),
}

/// A place in one of the indexes.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum IndexPosition {
    Name(NamePosition),
    LastOrder(LastOrderPosition),
}

/// The search of a request.
enum SearchText {
    Address(Address),
    /// An id, a name, or both: `ana` may be either.
    Words {
        id: Option<CustomerId>,
        name: Option<NameSearch>,
    },
}

struct CustomerQuery {
    text: Option<SearchText>,
    rule: Option<AudienceRule>,
    order: CustomerOrder,
    limit: usize,
}

impl CustomerQuery {
    /// Returns the query of a request, and its cursor.
    fn parse(request: CustomerListRequest) -> Result<(Self, Option<String>), Vec<FieldError>> {
        let mut errors = Vec::new();
        let limit = request.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let detail = format!("a page has 1 to {MAX_LIMIT} customers");
            errors.push(FieldError::new("/limit", "out_of_range", detail));
        }
        let text = request.q.as_deref().map(SearchText::parse).transpose();
        let text = text.unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let rule = request.audience.as_ref().map(|rule| AudienceRule::parse(rule, "/audience"));
        let rule = rule.transpose().unwrap_or_else(|found| {
            errors.extend(found);
            None
        });
        if rule.as_ref().is_some_and(AudienceRule::asks_vouchers) {
            let detail = "the list does not look at the vouchers that customers had";
            errors.push(FieldError::new("/audience", "asks_vouchers", detail));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let by_default = if rule.is_some() { CustomerOrder::Any } else { CustomerOrder::LastOrder };
        let order = request.order.unwrap_or(by_default);
        Ok((Self { text, rule, order, limit: limit as usize }, request.cursor))
    }
}

impl SearchText {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let invalid = |detail: String| FieldError::new("/q", "invalid", detail);
        if text.len() > MAX_SEARCH_BYTES {
            return Err(FieldError::new(
                "/q",
                "too_long",
                format!("at most {MAX_SEARCH_BYTES} bytes"),
            ));
        }
        if text.contains('@') {
            let email = Email::parse(text).map_err(|error| invalid(error.to_string()))?;
            return Ok(Self::Address(Address::Email(email)));
        }
        if text.starts_with('+') {
            let number: String = text.chars().filter(|it| !" -().\u{a0}".contains(*it)).collect();
            let phone = Phone::parse(&number).map_err(|error| invalid(error.to_string()))?;
            return Ok(Self::Address(Address::Sms(phone)));
        }
        let (id, name) = (CustomerId::parse(text).ok(), NameSearch::parse(text));
        if id.is_none() && name.is_none() {
            return Err(invalid("an id, an e-mail address, a phone number or a name".to_owned()));
        }
        Ok(Self::Words { id, name })
    }
}

/// The walk that fills one page.
struct ListWalk<'a> {
    context: &'a OperationsContext,
    query: &'a CustomerQuery,
    now: Timestamp,
    found: Vec<Customer>,
    looked_at: u64,
}

impl ListWalk<'_> {
    /// Fills the page from `start`, and returns where the next one goes on.
    async fn run(
        &mut self,
        start: Option<ListPosition>,
        access: ContactAccess,
    ) -> ApiResult<Option<ListPosition>> {
        match (start, &self.query.text) {
            (Some(ListPosition::Index(position)), _) => self.walk(position).await,
            (Some(ListPosition::Scan(after)), _) => self.scan(Some(after)).await,
            (None, Some(SearchText::Address(address))) => self.find_holders(address).await,
            (None, Some(SearchText::Words { id, name })) => {
                if let Some(id) = id {
                    self.find_by_id(id).await?;
                }
                if name.is_none() || !access.is_shown() {
                    return Ok(None);
                }
                self.walk(IndexPosition::Name(NamePosition::default())).await
            }
            (None, None) => match self.query.order {
                CustomerOrder::LastOrder => {
                    let today = self.now.to_zoned(self.context.zone.clone()).date();
                    self.walk(IndexPosition::LastOrder(LastOrderPosition::newest(today))).await
                }
                CustomerOrder::Any => self.scan(None).await,
            },
        }
    }

    fn selects(&self, customer: &Customer) -> bool {
        self.query.rule.as_ref().is_none_or(|rule| rule.selects(customer, self.now))
    }

    fn scan_budget(&self) -> u64 {
        if self.found.is_empty() { MAX_SCANNED_IN_VAIN } else { MAX_SCANNED }
    }

    fn is_full(&self) -> bool {
        self.found.len() >= self.query.limit
    }

    /// Takes a customer onto the page, unless they are on it or the rule leaves them out.
    fn take(&mut self, customer: Customer) {
        let is_known = self.found.iter().any(|it| it.id == customer.id);
        if !is_known && self.selects(&customer) {
            self.found.push(customer);
        }
    }

    async fn find_by_id(&mut self, id: &CustomerId) -> ApiResult<()> {
        let found = self.context.store.customer(id).await.map_err(store_problem)?;
        self.looked_at += 1;
        match found {
            CustomerLookup::Customer(customer) => self.take(*customer),
            CustomerLookup::Erased | CustomerLookup::Unknown => {}
        }
        Ok(())
    }

    async fn find_holders(&mut self, address: &Address) -> ApiResult<Option<ListPosition>> {
        let store = &self.context.store;
        let key = store.address_key(address).await.map_err(store_problem)?;
        let ids = store.address_holders(&key, MAX_HOLDERS).await.map_err(store_problem)?;
        let mut read = self.read(&ids).await?;
        for id in ids {
            match read.remove(&id) {
                Some(customer) => self.take(customer),
                // The address may be of a record that was merged: it finds the surviving one.
                None => self.find_by_id(&id).await?,
            }
        }
        Ok(None)
    }

    /// Returns customers of an index after a position.
    async fn next_customers(
        &self,
        position: IndexPosition,
        wanted: usize,
    ) -> ApiResult<DirectoryPage<IndexPosition>> {
        let store = &self.context.store;
        let page = match (position, &self.query.text) {
            (IndexPosition::Name(position), Some(SearchText::Words { name: Some(search), .. })) => {
                let page = store.customers_by_name(search, position, wanted).await;
                page.map(|page| page.map_places(IndexPosition::Name))
            }
            (IndexPosition::Name(_), _) => Ok(DirectoryPage { customers: Vec::new(), next: None }),
            (IndexPosition::LastOrder(position), _) => {
                let page = store.customers_by_last_order(position, wanted).await;
                page.map(|page| page.map_places(IndexPosition::LastOrder))
            }
        };
        page.map_err(store_problem)
    }

    /// Takes customers off an index until the page is full, the list ends or enough was read.
    async fn walk(&mut self, mut position: IndexPosition) -> ApiResult<Option<ListPosition>> {
        let is_filtered = self.query.rule.is_some();
        for step in 0..if is_filtered { FILTERED_STEPS_IN_VAIN } else { 1 } {
            if self.is_full() || (step >= FILTERED_STEPS && !self.found.is_empty()) {
                break;
            }
            let rest = self.query.limit - self.found.len();
            let wanted = if is_filtered { FILTERED_CHUNK } else { rest };
            let page = self.next_customers(position, wanted).await?;
            let ids: Vec<CustomerId> = page.customers.iter().map(|(id, _)| id.clone()).collect();
            let mut read = self.read(&ids).await?;
            let mut left = page.customers.len();
            for (id, after) in page.customers {
                left -= 1;
                if let Some(customer) = read.remove(&id) {
                    self.take(customer);
                }
                if self.is_full() && left > 0 {
                    return Ok(Some(ListPosition::Index(after)));
                }
            }
            match page.next {
                Some(next) => position = next,
                None => return Ok(None),
            }
        }
        Ok(Some(ListPosition::Index(position)))
    }

    /// Scans customers until the page is full, all were scanned or enough was read.
    async fn scan(&mut self, mut after: Option<CustomerKey>) -> ApiResult<Option<ListPosition>> {
        let limit = u32::try_from(self.query.limit).unwrap_or(MAX_LIMIT);
        let mut size = limit * FIRST_SCAN;
        while self.looked_at < self.scan_budget() {
            let store = &self.context.store;
            let page = store.scan_customers(0, 1, after, size).await.map_err(store_problem)?;
            self.looked_at += u64::from(page.scanned);
            let mut left = page.customers.len();
            for customer in page.customers {
                left -= 1;
                let key = CustomerKey(customer.id.to_string());
                self.take(customer);
                if self.is_full() && (left > 0 || page.next.is_some()) {
                    return Ok(Some(ListPosition::Scan(key)));
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(None),
            }
            size = SCAN_PAGE;
        }
        Ok(after.map(ListPosition::Scan))
    }

    /// Reads customers by id.
    async fn read(&mut self, ids: &[CustomerId]) -> ApiResult<HashMap<CustomerId, Customer>> {
        let read = self.context.store.customers_eventually(ids).await.map_err(store_problem)?;
        self.looked_at += ids.len() as u64;
        Ok(read.customers.into_iter().map(|customer| (customer.id.clone(), customer)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Result<&'static str, &'static str> {
        match SearchText::parse(text) {
            Ok(SearchText::Address(Address::Email(_))) => Ok("email"),
            Ok(SearchText::Address(Address::Sms(phone))) => {
                assert_eq!(phone.expose(), "+34600000001");
                Ok("phone")
            }
            Ok(SearchText::Address(Address::Push(_))) => Ok("push"),
            Ok(SearchText::Words { id, name }) => Ok(match (id, name) {
                (Some(_), Some(_)) => "id or name",
                (Some(_), None) => "id",
                (None, Some(_)) => "name",
                (None, None) => "nothing",
            }),
            Err(error) => Err(error.code),
        }
    }

    #[test]
    fn a_text_is_what_it_looks_like() {
        for (text, expected) in [
            (" Ana@Example.com ", Ok("email")),
            ("+34 600-00 00 01", Ok("phone")),
            ("c-17", Ok("id or name")),
            ("Ana García", Ok("name")),
            ("أحمد", Ok("name")),
            ("__", Ok("id")),
            ("ana@", Err("invalid")),
            ("+34", Err("invalid")),
            ("", Err("invalid")),
            ("?!", Err("invalid")),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
        assert_eq!(kind(&"a".repeat(255)), Err("too_long"));
    }
}
