//! Shows one customer to an operator: their data, addresses and what these have said, totals,
//! carts, and the diagnosis with consents, records, orders and timeline.
//!
//! Reads Customers, Addresses, Vouchers, Work and Control. Guarantees: personal data is shown to
//! operators who may see contacts, and each look is logged with the operator, without the data.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{Timestamp, customer::profile::Customer};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use runtime::clock;

use crate::{
    OperationsContext, actor_name,
    customer_views::{
        ContactAccess, CustomerAddress, CustomerData, CustomerProfile, LifetimeTotals,
        MergedRecordView, VerticalTotals, cart_views,
    },
    diagnostics::{Diagnosis, diagnose, parse_customer_id, revoke_scopes},
    store_problem,
    suppressions::AddressView,
};

/// Returns everything that is known of a customer.
///
/// Names, addresses, dates and the location are masked unless the operator is of support, a
/// marketer or an administrator.
#[utoipa::path(
    get, path = "/v1/configuration/voucher-campaign/customers/{customer}", tag = "operations",
    operation_id = "show_customer", security(("jwt" = [])), params(("customer" = String, Path)),
    responses((status = 200, body = CustomerProfile), Problem)
)]
pub async fn show(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(id): Path<String>,
) -> ApiResult<Json<CustomerProfile>> {
    operator.require_role(OperatorRole::Viewer)?;
    let id = parse_customer_id(&id)?;
    let access = ContactAccess::of_operator(&operator);
    let now = clock::now();
    let Diagnosis { customer, records, view } = diagnose(&context, id.clone(), now).await?;
    let revokes = revoke_scopes(&context, &records).await?;
    let currency = customer.as_ref().map_or(context.currency, |it| it.currency(context.currency));
    let activity = customer.as_ref().map(|it| it.activity).unwrap_or_default();
    let totals = LifetimeTotals::new(
        activity,
        currency,
        &records,
        |campaign| revokes.get(campaign).copied().unwrap_or_default(),
        now,
    );
    let verticals = customer.iter().flat_map(|it| &it.verticals);
    let verticals = verticals
        .map(|(name, totals)| (name.clone(), VerticalTotals::new(*totals, currency)))
        .collect();
    tracing::info!(by = actor_name(&operator), customer = %id, shown = access.is_shown(), "customer looked at");
    Ok(Json(CustomerProfile {
        customer_id: view.customer_id.clone(),
        merged: merged_views(&context, customer.as_ref(), now).await?,
        contacts_shown: access.is_shown(),
        totals,
        verticals,
        carts: customer.as_ref().map(|it| cart_views(&it.carts)).unwrap_or_default(),
        addresses: match &customer {
            Some(customer) => addresses(&context, customer, access).await?,
            None => Vec::new(),
        },
        data: customer.as_ref().map(|it| CustomerData::new(it, access, context.currency)),
        diagnostics: view,
    }))
}

/// Returns the records that the customer has absorbed, the latest first.
async fn merged_views(
    context: &OperationsContext,
    customer: Option<&Customer>,
    now: Timestamp,
) -> ApiResult<Vec<MergedRecordView>> {
    let mut views = Vec::new();
    for record in customer.map(|it| it.merged.as_slice()).unwrap_or_default() {
        let note = context.store.merge_note(&record.id).await.map_err(store_problem)?;
        views.push(MergedRecordView::new(record, note, now));
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.at));
    Ok(views)
}

async fn addresses(
    context: &OperationsContext,
    customer: &Customer,
    access: ContactAccess,
) -> ApiResult<Vec<CustomerAddress>> {
    let mut views = Vec::new();
    for address in customer.addresses() {
        let key = context.store.address_key(&address).await.map_err(store_problem)?;
        let state = context.store.address_state(&key).await.map_err(store_problem)?;
        views.push(CustomerAddress {
            channel: address.channel(),
            address: CustomerAddress::text(&address, customer, access),
            said: state.map(|state| AddressView::new(key.clone(), &state)),
            key,
        });
    }
    Ok(views)
}
