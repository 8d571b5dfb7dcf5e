//! Finds a customer by e-mail or phone, for an operator who has a complaint but no customer id.
//!
//! Reads in Addresses which customers have the address, and in Customers who they are now. The
//! address is sent in the body, so it appears in no access log or browser history. Neither the
//! address nor a name is returned or logged.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    customer::{
        address::Address,
        profile::{Email, Phone},
    },
    kernel::{id::CustomerId, validation::FieldError},
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use serde::{Deserialize, Serialize};
use store::{StoreError, customer::profiles::CustomerLookup};
use utoipa::ToSchema;

use crate::{OperationsContext, actor_name, store_problem};

/// The most customers in one answer. A family may share an address; more people than that do not.
const MAX_CUSTOMERS: i32 = 20;

/// The contact to search for: exactly one of the two fields.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerSearch {
    /// The e-mail address, in upper or lower case.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Email)]
    email: Option<Email>,
    /// The phone number in E.164 format.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "+34600000001")]
    phone: Option<Phone>,
}

#[derive(Serialize, ToSchema)]
pub struct CustomersFound {
    /// The customers, in the order of their ids, at most 20.
    pub customers: Vec<CustomerFound>,
}

#[derive(Serialize, ToSchema)]
pub struct CustomerFound {
    #[schema(value_type = String)]
    pub id: CustomerId,
}

/// Finds the customers who have this e-mail address or phone number now.
///
/// They are found however they write it: in upper or lower case, or with the digit that a country
/// adds for mobile phones. Erased customers are not found.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/diagnostics/customers/search", tag = "operations",
    operation_id = "search_customers", security(("jwt" = [])),
    request_body = CustomerSearch,
    responses((status = 200, body = CustomersFound), Problem)
)]
pub async fn search(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<Json<CustomersFound>> {
    operator.require_role(OperatorRole::Viewer)?;
    let address = parse_address(body.read_json().await?)?;
    let key = context.store.address_key(&address).await.map_err(store_problem)?;
    let holders =
        context.store.address_holders(&key, MAX_CUSTOMERS).await.map_err(store_problem)?;
    let mut found: Vec<CustomerId> = Vec::new();
    for holder in holders {
        // The address may be of a record that was merged: it finds the surviving one.
        let id = match context.store.customer(&holder).await {
            Ok(CustomerLookup::Customer(customer)) => customer.id,
            Ok(CustomerLookup::Erased | CustomerLookup::Unknown)
            | Err(StoreError::Corrupt { .. }) => holder,
            Err(error) => return Err(store_problem(error)),
        };
        if !found.contains(&id) {
            found.push(id);
        }
    }
    tracing::info!(
        by = actor_name(&operator),
        found = found.len(),
        "customers looked up by address"
    );
    Ok(Json(CustomersFound {
        customers: found.into_iter().map(|id| CustomerFound { id }).collect(),
    }))
}

fn parse_address(search: CustomerSearch) -> Result<Address, Vec<FieldError>> {
    match (search.email, search.phone) {
        (Some(email), None) => Ok(Address::Email(email)),
        (None, Some(phone)) => Ok(Address::Sms(phone)),
        (Some(_), Some(_)) => Err(vec![FieldError::new(
            "/phone",
            "conflict",
            "either an e-mail or a phone, not both",
        )]),
        (None, None) => Err(vec![FieldError::new("/email", "required", "an e-mail or a phone")]),
    }
}
