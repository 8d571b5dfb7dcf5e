//! The wallet: a customer's vouchers, newest first. Held-out, skipped and failed records are not
//! vouchers and are not shown.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    campaign::messages::wording::Wording,
    kernel::{language::Language, locale::Locale},
    voucher::record::{Voucher, VoucherStatus},
};
use http_edge::{ApiResult, Problem, QueryParams, SignedBody};
use runtime::clock;
use serde::Deserialize;

use crate::{
    CustomerPath, VouchersContext,
    loaded::require_customer,
    store_failure,
    views::{VoucherView, Wallet},
};

/// The most vouchers in one answer, which keeps it below a megabyte.
const MAX_SHOWN: usize = 1_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WalletParams {
    /// Filters the vouchers by status.
    status: Option<domain::voucher::record::VoucherStatus>,
}

/// Lists the customer's vouchers, past ones included: the newest thousand. Those of records that
/// were merged are all of them listed, by the id of either.
#[utoipa::path(
    get, path = "/v1/customers/{id}/vouchers", tag = "vouchers", operation_id = "list_vouchers", security(("webhookSignature" = [])),
    params(("id" = String, Path), WalletParams),
    responses((status = 200, body = Wallet), Problem)
)]
pub async fn list(
    State(context): State<Arc<VouchersContext>>,
    CustomerPath(customer): CustomerPath,
    QueryParams(params): QueryParams<WalletParams>,
    _signed: SignedBody,
) -> ApiResult<Json<Wallet>> {
    let customer = require_customer(&context, &customer).await?;
    let now = clock::now();
    let read = context.store.vouchers_of(&customer.record_ids()).await;
    let mut vouchers = read.map_err(store_failure)?;
    vouchers.retain(|voucher| voucher.status.is_voucher());
    let offered = context.load_campaigns(&vouchers).await?;
    let mut words = CustomerWords::new(customer.profile.locale);
    let view = |voucher: &Voucher| {
        let offered = offered.get(&voucher.campaign)?;
        let definition = offered.definition_of(voucher);
        let view = VoucherView::new(voucher, definition, offered.revoke, now);
        Some(view.in_words(&definition.offer, words.wording(&definition.messages.default_locale)))
    };
    let mut items: Vec<VoucherView> = vouchers.iter().filter_map(view).collect();
    items.retain(|view| params.status.is_none_or(|status| status == view.status));
    rank_views(&mut items);
    items.sort_by(|a, b| {
        b.issued_at.cmp(&a.issued_at).then_with(|| a.voucher_id.cmp(&b.voucher_id))
    });
    items.truncate(MAX_SHOWN);
    Ok(Json(Wallet { items }))
}

/// The words of the customer's language. Customers whose language is unknown, or not spoken by the
/// product, read that of the campaign, as in its messages.
struct CustomerWords {
    locale: Option<Locale>,
    made: BTreeMap<Locale, Wording>,
}

impl CustomerWords {
    fn new(locale: Option<Locale>) -> Self {
        let locale = locale.filter(|locale| Language::of(locale).is_some());
        Self { locale, made: BTreeMap::new() }
    }

    fn wording(&mut self, default_locale: &Locale) -> &Wording {
        let locale = self.locale.as_ref().unwrap_or(default_locale);
        self.made.entry(locale.clone()).or_insert_with(|| Wording::new(locale))
    }
}

/// Says in which place to show each voucher: what can be used, then what can be accepted, then the
/// rest, each time what ends soonest.
fn rank_views(views: &mut [VoucherView]) {
    let is_usable = |view: &VoucherView| view.status == VoucherStatus::Accepted;
    let is_open = |view: &VoucherView| view.status.is_open();
    views.sort_by_key(|view| {
        (!is_usable(view), !is_open(view), view.ends_at, view.voucher_id.clone())
    });
    for (number, view) in views.iter_mut().enumerate() {
        view.rank = Some(number + 1);
    }
}
