//! Finding a customer by e-mail or phone, for whoever has a complaint in hand and no id. Reads the address indexes of Customers. The
//! address comes in the body, so it lands in no access log or browser history; it is neither answered nor logged, and neither is a name.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    customer::{Email, Phone},
    field::FieldError,
    id::CustomerId,
};
use http_api::{Answer, Operator, Problem, Role, Unread};
use serde::{Deserialize, Serialize};
use store::customers::Address;
use utoipa::ToSchema;

use crate::{Context, actor, failed};

/// Customers that one answer holds: a family shares an address, nobody shares it with more.
const MAX_CUSTOMERS: i32 = 20;

/// One of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerSearch {
    /// In any case of letters.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email)]
    email: Option<Email>,
    /// E.164.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "+34600000001")]
    phone: Option<Phone>,
}

#[derive(Serialize, ToSchema)]
pub struct CustomersFound {
    /// In the order of their ids, at most 20.
    pub customers: Vec<CustomerFound>,
}

#[derive(Serialize, ToSchema)]
pub struct CustomerFound {
    #[schema(value_type = String)]
    pub id: CustomerId,
}

/// Who has this e-mail address or phone number now. A change is found within seconds; erased customers are not found.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/diagnostics/customers/search", tag = "operations",
    operation_id = "search_customers", security(("jwt" = [])),
    request_body = CustomerSearch,
    responses((status = 200, body = CustomersFound), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn search(
    State(context): State<Arc<Context>>,
    operator: Operator,
    body: Unread,
) -> Answer<Json<CustomersFound>> {
    operator.require(Role::Viewer)?;
    let address = one_of(body.json().await?)?;
    let found = context.store.customers_at(&address, MAX_CUSTOMERS).await.map_err(failed)?;
    tracing::info!(by = actor(&operator), found = found.len(), "customers were looked up by address");
    Ok(Json(CustomersFound { customers: found.into_iter().map(|id| CustomerFound { id }).collect() }))
}

fn one_of(search: CustomerSearch) -> Result<Address, Vec<FieldError>> {
    match (search.email, search.phone) {
        (Some(email), None) => Ok(Address::Email(email)),
        (None, Some(phone)) => Ok(Address::Phone(phone)),
        (Some(_), Some(_)) => Err(vec![FieldError::new("/phone", "conflict", "either an e-mail or a phone, not both")]),
        (None, None) => Err(vec![FieldError::new("/email", "required", "an e-mail or a phone")]),
    }
}
