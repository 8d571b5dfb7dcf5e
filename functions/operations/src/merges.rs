//! Merges two records of one person, on an operator's word, shows before what will come of it, and
//! undoes it within the days of an undo.
//!
//! Writes Customers, Addresses, Work and the audit log in Control, each time in one transaction
//! (`store::customer::merges`). Guarantees: a repeat changes nothing; no operator merges more on a
//! day than their role may.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    Timestamp,
    customer::{
        merge::{MAX_MERGED, MergeRefusal, UNDO_DAYS},
        profile::{Customer, MAX_VERTICALS},
    },
    kernel::{id::CustomerId, validation::check_reason},
};
use http::StatusCode;
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use runtime::clock;
use serde::{Deserialize, Serialize};
use store::customer::merges::{
    DayLimit, MergeAct, MergeRequest, MergeResult, UndoResult, undo_until,
};
use utoipa::ToSchema;

use crate::{
    OperationsContext, actor_name,
    customer_views::{ContactAccess, CustomerRow},
    diagnostics::parse_customer_id,
    store_problem,
};

/// The most merges of a day by an operator of support, and by a marketer. Administrators have no
/// limit.
const SUPPORT_MERGES: u32 = 20;
const MARKETER_MERGES: u32 = 100;

/// A merge of another record into the customer's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// The record that is merged into the customer's. From then on its id names the customer.
    #[schema(value_type = String)]
    from: CustomerId,
    /// 1 to 500 bytes, kept in the audit log.
    reason: String,
    /// Only tells what would come of it, and changes nothing.
    #[serde(default)]
    preview: bool,
}

/// The undo of a merge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnmergeBody {
    /// 1 to 500 bytes, kept in the audit log.
    reason: String,
}

/// A customer with what two records have become.
#[derive(Debug, Serialize, ToSchema)]
pub struct MergedCustomer {
    /// The customer as the surviving record has them.
    pub customer: CustomerRow,
    /// The ids of all records of the customer, the surviving one first.
    #[schema(value_type = Vec<String>)]
    pub records: Vec<CustomerId>,
    /// The records of campaigns under these ids: vouchers, held-out records and skips.
    pub vouchers: u64,
    /// The time until which the merge can be undone.
    #[schema(value_type = String, format = DateTime)]
    pub undo_until: Timestamp,
    /// True if nothing was written because this is only a preview.
    pub preview: bool,
    /// True if the record had been merged into this customer before.
    pub repeat: bool,
}

/// Two customers who were one.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeparatedCustomers {
    /// The customer who had absorbed the other record.
    pub customer: CustomerRow,
    /// The customer whose record is their own again.
    pub separated: CustomerRow,
}

/// Merges another record into the customer's.
///
/// The customer has the vouchers, the orders and the sums of both, the stricter of their consents,
/// and whatever data only the other record had. The other id names the customer from then on, on
/// every route. Two records with orders in different currencies are not merged.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/customers/{customer}/merge", tag = "operations",
    operation_id = "merge_customers", security(("jwt" = [])), params(("customer" = String, Path)),
    request_body = MergeBody,
    responses((status = 200, body = MergedCustomer), Problem)
)]
pub async fn merge(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(id): Path<String>,
    body: UnreadBody,
) -> ApiResult<Json<MergedCustomer>> {
    operator.require_role(OperatorRole::Support)?;
    let body: MergeBody = body.read_json().await?;
    let into = parse_customer_id(&id)?;
    let errors: Vec<_> = check_reason(&body.reason).into_iter().collect();
    if !errors.is_empty() {
        return Err(errors.into());
    }
    // It decides the zone of customers without one.
    context.store.contact_policy().await.map_err(store_problem)?;
    let (actor, now) = (actor_name(&operator), clock::now());
    let day_limit = merges_per_day(&operator).map(|most| DayLimit {
        operator: &operator.subject,
        day: context.today(now),
        most,
    });
    let request = MergeRequest {
        into: &into,
        from: &body.from,
        tenant: context.currency,
        act: MergeAct { actor: &actor, reason: &body.reason, now },
        day_limit,
    };
    let result = match body.preview {
        true => context.store.preview_merge(&request).await,
        false => context.store.merge_customers(&request).await,
    };
    let (customer, repeat) = match result.map_err(store_problem)? {
        MergeResult::Merged(customer) => (customer, false),
        MergeResult::Repeat(customer) => (customer, true),
        refused @ (MergeResult::Refused(_)
        | MergeResult::MergedElsewhere(_)
        | MergeResult::DayLimit
        | MergeResult::Erased
        | MergeResult::Unknown(_)) => return Err(merge_problem(refused)),
    };
    if !body.preview {
        tracing::info!(by = actor, customer = %customer.id, from = %body.from, repeat, "customers merged");
    }
    let access = ContactAccess::of_operator(&operator);
    merged_view(&context, *customer, &body, repeat, access).await.map(Json)
}

async fn merged_view(
    context: &OperationsContext,
    customer: Customer,
    body: &MergeBody,
    repeat: bool,
    access: ContactAccess,
) -> ApiResult<MergedCustomer> {
    let (records, now) = (customer.record_ids(), clock::now());
    let vouchers = context.store.vouchers_of(&records).await.map_err(store_problem)?;
    let merged = customer.merged.iter().find(|record| record.id == body.from);
    Ok(MergedCustomer {
        undo_until: undo_until(merged.map_or(now, |record| record.at)),
        customer: CustomerRow::new(customer, access, context.currency, now),
        records,
        vouchers: vouchers.len() as u64,
        preview: body.preview,
        repeat,
    })
}

/// Undoes the merge of this record into another, within seven days.
///
/// What the merge brought to the surviving record and nobody has changed since leaves it again. A
/// no that was said since holds for both records. Orders and vouchers are of the id that they were
/// made with; once an order of one has taken a voucher of the other, the merge stays.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/customers/{customer}/unmerge", tag = "operations",
    operation_id = "unmerge_customer", security(("jwt" = [])), params(("customer" = String, Path)),
    request_body = UnmergeBody,
    responses((status = 200, body = SeparatedCustomers), Problem)
)]
pub async fn unmerge(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
    Path(id): Path<String>,
    body: UnreadBody,
) -> ApiResult<Json<SeparatedCustomers>> {
    operator.require_role(OperatorRole::Support)?;
    let body: UnmergeBody = body.read_json().await?;
    let id = parse_customer_id(&id)?;
    let errors: Vec<_> = check_reason(&body.reason).into_iter().collect();
    if !errors.is_empty() {
        return Err(errors.into());
    }
    context.store.contact_policy().await.map_err(store_problem)?;
    let (actor, now) = (actor_name(&operator), clock::now());
    let act = MergeAct { actor: &actor, reason: &body.reason, now };
    let result = context.store.undo_merge(&id, context.currency, &act).await;
    let records = match result.map_err(store_problem)? {
        UndoResult::Undone(records) => records,
        refused @ (UndoResult::NotMerged
        | UndoResult::MergedFurther(_)
        | UndoResult::TooLate
        | UndoResult::VoucherUsed(_)
        | UndoResult::Erased
        | UndoResult::Unknown) => return Err(undo_problem(refused)),
    };
    tracing::info!(by = actor, customer = %records.into.id, separated = %id, "customers separated");
    let access = ContactAccess::of_operator(&operator);
    let row = |customer| CustomerRow::new(customer, access, context.currency, now);
    Ok(Json(SeparatedCustomers { customer: row(records.into), separated: row(records.from) }))
}

fn merges_per_day(operator: &Operator) -> Option<u32> {
    if operator.groups.contains(&OperatorRole::Admin) {
        None
    } else if operator.groups.contains(&OperatorRole::Marketer) {
        Some(MARKETER_MERGES)
    } else {
        Some(SUPPORT_MERGES)
    }
}

fn merge_problem(refused: MergeResult) -> Problem {
    match refused {
        MergeResult::Refused(why) => rule_problem(why),
        MergeResult::MergedElsewhere(into) => Problem::conflict(
            "already_merged",
            format!("this record was merged into {into} before: undo that merge first"),
        ),
        MergeResult::DayLimit => Problem::new(
            StatusCode::FORBIDDEN,
            "merge_limit",
            "you have merged as many records today as your role may: ask an administrator",
        ),
        MergeResult::Unknown(id) => {
            Problem::not_found("customer_unknown").with_detail(format!("there is no customer {id}"))
        }
        MergeResult::Erased | MergeResult::Merged(_) | MergeResult::Repeat(_) => {
            Problem::gone("customer_erased", "one of the two customers was erased")
        }
    }
}

fn rule_problem(why: MergeRefusal) -> Problem {
    match why {
        MergeRefusal::SameCustomer => {
            Problem::field("/from", "same_customer", "both ids are the same customer")
        }
        MergeRefusal::OtherCurrency => Problem::conflict(
            "other_currency",
            "both have orders, in different currencies: their totals cannot be added",
        ),
        MergeRefusal::TooManyRecords => Problem::conflict(
            "too_many_records",
            format!("a customer has absorbed at most {MAX_MERGED} records"),
        ),
        MergeRefusal::TooManyVerticals => Problem::conflict(
            "too_many_verticals",
            format!("together they have orders in more than {MAX_VERTICALS} verticals"),
        ),
    }
}

fn undo_problem(refused: UndoResult) -> Problem {
    match refused {
        UndoResult::NotMerged => {
            Problem::conflict("not_merged", "this record is not merged into another")
        }
        UndoResult::MergedFurther(into) => Problem::conflict(
            "merged_further",
            format!("{into} was merged into another customer since: undo that merge first"),
        ),
        UndoResult::TooLate => {
            Problem::conflict("undo_over", format!("a merge can be undone for {UNDO_DAYS} days"))
        }
        UndoResult::VoucherUsed(order) => Problem::conflict(
            "voucher_used",
            format!("order {order} of one record has taken a voucher of the other since"),
        ),
        UndoResult::Unknown => Problem::not_found("customer_unknown"),
        UndoResult::Erased | UndoResult::Undone(_) => {
            Problem::gone("customer_erased", "the customer was erased")
        }
    }
}
