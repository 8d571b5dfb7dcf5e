//! The wallet, the customer's actions on a voucher (accept, decline), and the checkout: quote,
//! hold, release and redeem sets of vouchers on one order. The app backend calls it and signs each
//! request. Operators try a cart: they get the quote of a customer.
//!
//! It reads Vouchers, Control (definition, cancellation, combination policy), Customers and Work
//! (orders); it writes Vouchers and orders, the campaign's quota if redeemed amounts are capped,
//! and for a reversal the customer's totals. After it: aggregate-reports, through the stream.
//!
//! Guarantees: a set is written whole or not at all, under conditions on what was read; the same
//! request again gives the same answer; a refusal of a voucher looks the same to the caller
//! whatever its reason, unless the reason follows from the caller's basket, and is stored with the
//! voucher.

mod active_campaigns;
mod wallet;
pub mod links;
mod acceptance;
mod cap_room;
mod checkout;
mod combination_policy;
mod loaded;
mod quote;
mod redemption;
mod refusal;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api_keys::{ApiKeySource, RepeatRule, SignatureVerifier};
use axum::extract::FromRequestParts;
use domain::{
    kernel::{
        api_key::KeyScope,
        id::{CampaignId, CustomerId, VoucherId},
        money::Currency,
    },
    voucher::record::Voucher,
};
use http::request::Parts;
use http_edge::{ApiResult, OpenApiRouter, Problem, routes};
use runtime::{clock, env};
use secrets::Secrets;
use store::{Store, StoreError, TableNames, TenantDefaults, voucher::records::VoucherKey};

pub use active_campaigns::{ActiveCampaign, ActiveCampaigns};
pub use cap_room::CapRoom;
pub use combination_policy::CachedPolicy;

pub struct VouchersContext {
    pub store: Store,
    pub campaigns: ActiveCampaigns,
    pub policy: CachedPolicy,
    pub cap_room: CapRoom,
    /// The currency of customers whose profile has none.
    pub currency: Currency,
}

impl VouchersContext {
    pub fn new(store: Store, currency: Currency) -> Self {
        let (campaigns, policy) =
            (ActiveCampaigns::new(store.clone()), CachedPolicy::new(store.clone()));
        let cap_room = CapRoom::new(store.clone());
        Self { campaigns, policy, cap_room, store, currency }
    }

    /// Loads the campaigns of these vouchers. Deleted ones are left out.
    async fn load_campaigns(
        &self,
        vouchers: &[Voucher],
    ) -> ApiResult<BTreeMap<CampaignId, Arc<ActiveCampaign>>> {
        let campaigns: BTreeSet<&CampaignId> =
            vouchers.iter().map(|voucher| &voucher.campaign).collect();
        let campaigns = campaigns.into_iter().cloned().collect();
        self.campaigns.active_campaigns(campaigns).await.map_err(store_failure)
    }

    /// Loads a voucher and its campaign. Returns `None` if there is no such record.
    async fn read_voucher(
        &self,
        key: &VoucherKey,
    ) -> ApiResult<Option<(Voucher, Arc<ActiveCampaign>)>> {
        let Some(voucher) = self.store.customer_voucher(key).await.map_err(store_failure)? else {
            return Ok(None);
        };
        let offered =
            self.campaigns.active_campaign(&voucher.campaign).await.map_err(store_failure)?;
        Ok(offered.map(|offered| (voucher, offered)))
    }

    /// Loads a voucher and its campaign with an eventually consistent read, at half the read units.
    /// The write that follows is conditional; before a refusal the caller must use `reread`.
    async fn read_cached(
        &self,
        key: &VoucherKey,
    ) -> ApiResult<Option<(Voucher, Arc<ActiveCampaign>)>> {
        let Some(voucher) = self.store.voucher_eventually(key).await.map_err(store_failure)? else {
            return self.read_voucher(key).await;
        };
        let offered =
            self.campaigns.active_campaign(&voucher.campaign).await.map_err(store_failure)?;
        Ok(offered.map(|offered| (voucher, offered)))
    }

    /// Rereads the voucher consistently before a refusal. Returns it if it differs from what was
    /// `seen`.
    async fn reread(&self, key: &VoucherKey, seen: &Voucher) -> ApiResult<Option<Voucher>> {
        Ok(self.store.voucher(key).await.map_err(store_failure)?.filter(|voucher| voucher != seen))
    }
}

pub async fn run() -> Result<(), runtime::Error> {
    let store =
        Store::new(&runtime::aws::config("dynamodb"), TableNames::from_lookup(env::optional))
            .with_tenant(TenantDefaults::from_lookup(env::optional)?);
    let secrets = Arc::new(Secrets::new(&runtime::aws::config("secrets_manager")));
    let source = ApiKeySource::Secret { secrets, arn: env::required("WEBHOOK_SECRET_ARN")? };
    let verifier = SignatureVerifier::new(source, store.clone(), clock::platform_now);
    let currency = Currency::parse(&env::required("CURRENCY")?)?;
    http_edge::serve(router(Arc::new(VouchersContext::new(store, currency)), verifier)).await
}

pub fn router(context: Arc<VouchersContext>, verifier: SignatureVerifier) -> OpenApiRouter {
    guarded_groups()
        .map(|(repeats, group)| verifier.guard_routes(KeyScope::Vouchers, repeats, group))
        .into_iter()
        .fold(operator_routes(), OpenApiRouter::merge)
        .with_state(context)
}

/// Returns the routes without the signature check. The OpenAPI document is built from these.
pub fn routes() -> OpenApiRouter<Arc<VouchersContext>> {
    let groups = guarded_groups().map(|(_, group)| group);
    groups.into_iter().fold(operator_routes(), OpenApiRouter::merge)
}

/// Returns the routes that take an operator's token, which the gateway has checked.
pub fn operator_routes() -> OpenApiRouter<Arc<VouchersContext>> {
    OpenApiRouter::new().routes(routes!(checkout::try_cart))
}

/// Lists the routes with what becomes of a repeated request.
///
/// A hold sent again after its release would hold the voucher once more, and a release would end a
/// hold that was renewed since. The other actions are recognised by the voucher's state and by the
/// ids of orders and events; an order keeps the id of the request that redeemed it.
fn guarded_groups() -> [(RepeatRule, OpenApiRouter<Arc<VouchersContext>>); 2] {
    let recognised = OpenApiRouter::new()
        .routes(routes!(wallet::list))
        .routes(routes!(acceptance::accept))
        .routes(routes!(acceptance::decline))
        .routes(routes!(checkout::quote))
        .routes(routes!(redemption::redeem))
        .routes(routes!(redemption::reverse));
    let holds =
        OpenApiRouter::new().routes(routes!(checkout::hold)).routes(routes!(checkout::release));
    [(RepeatRule::Harmless, recognised), (RepeatRule::Refused, holds)]
}

fn store_failure(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

/// Extracts the customer from the path. A text that is not an id is refused like an unknown
/// customer.
struct CustomerPath(CustomerId);

impl<S: Send + Sync> FromRequestParts<S> for CustomerPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|axum::extract::Path(id)| CustomerId::parse(&id).ok());
        id.map(Self).ok_or_else(|| {
            Problem::not_found("customer_unknown").with_detail("there is no such customer")
        })
    }
}

/// Extracts the voucher's key from the path. A text that is not an id is refused like an unknown
/// voucher.
struct VoucherKeyPath(VoucherKey);

impl<S: Send + Sync> FromRequestParts<S> for VoucherKeyPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<(String, String)>::from_request_parts(parts, state).await;
        let key = path.ok().and_then(|axum::extract::Path((customer, voucher))| {
            Some(VoucherKey {
                customer: CustomerId::parse(&customer).ok()?,
                voucher: VoucherId::parse(&voucher).ok()?,
            })
        });
        key.map(Self).ok_or_else(refusal::voucher_refused)
    }
}
