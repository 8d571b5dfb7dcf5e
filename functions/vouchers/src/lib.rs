//! The wallet and what a customer does with a voucher: accept, decline, validate, hold, release, redeem, reverse. Called by the app
//! backend, which signs each request. Reads Vouchers, Control (definition, cancellation), Customers (wallet); writes Vouchers, and the
//! campaign's quota where redeemed amounts are capped. After it: aggregate-reports, through the stream.
//! Guarantees: each step is one conditional write; the same request again gives the same answer; a refusal says the same to the
//! outside whatever its reason, and the reason is kept beside the voucher.

mod campaign;
mod wallet;
mod acceptance;
mod checkout;
mod redemption;
mod refusal;
mod views;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::{
    id::{CustomerId, VoucherId},
    voucher::Voucher,
};
use http::request::Parts;
use http_api::{Answer, OpenApiRouter, Problem, Verifier, routes};
use runtime::{clock, env};
use secrets::Secrets;
use store::{Store, StoreError, Tables, vouchers::VoucherKey};

pub use campaign::{Campaigns, Offered};

pub struct Context {
    pub store: Store,
    pub campaigns: Campaigns,
}

impl Context {
    pub fn new(store: Store) -> Self {
        Self { campaigns: Campaigns::new(store.clone()), store }
    }

    /// A voucher with the campaign that decides about it; `None` if there is no such record.
    async fn voucher(&self, key: &VoucherKey) -> Answer<Option<(Voucher, Arc<Offered>)>> {
        let Some(voucher) = self.store.voucher(key).await.map_err(failed)? else { return Ok(None) };
        let offered = self.campaigns.offered(&voucher.campaign).await.map_err(failed)?;
        Ok(offered.map(|offered| (voucher, offered)))
    }

    /// The same as it stood a moment ago, at half the price. What follows is a conditional write; a refusal asks `voucher` first.
    async fn glance(&self, key: &VoucherKey) -> Answer<Option<(Voucher, Arc<Offered>)>> {
        let Some(voucher) = self.store.voucher_lately(key).await.map_err(failed)? else {
            return self.voucher(key).await;
        };
        let offered = self.campaigns.offered(&voucher.campaign).await.map_err(failed)?;
        Ok(offered.map(|offered| (voucher, offered)))
    }

    /// Before a refusal on what a glance saw: the voucher as it stands, if that is another.
    async fn newer(&self, key: &VoucherKey, seen: &Voucher) -> Answer<Option<Voucher>> {
        Ok(self.store.voucher(key).await.map_err(failed)?.filter(|voucher| voucher != seen))
    }
}

pub async fn run() -> Result<(), runtime::Error> {
    let store = Store::new(&runtime::aws::config("dynamodb"), Tables::from_lookup(env::optional));
    let secret = env::required("WEBHOOK_SECRET_ARN")?;
    let secrets = Arc::new(Secrets::new(&runtime::aws::config("secrets_manager")));
    let verifier = Verifier::new(clock::now, move || {
        let (secrets, secret) = (Arc::clone(&secrets), secret.clone());
        async move { secrets.webhook(&secret).await.map_err(|error| Problem::from_failure(&error, error.retryable())) }
    });
    http_api::serve(router(Arc::new(Context::new(store)), verifier)).await
}

pub fn router(context: Arc<Context>, verifier: Verifier) -> OpenApiRouter {
    verifier.guard(routes()).with_state(context)
}

/// Without who may call them: the OpenAPI document is made of these.
pub fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(wallet::list))
        .routes(routes!(acceptance::accept))
        .routes(routes!(acceptance::decline))
        .routes(routes!(checkout::validate))
        .routes(routes!(checkout::hold))
        .routes(routes!(checkout::release))
        .routes(routes!(redemption::redeem))
        .routes(routes!(redemption::reverse))
}

fn failed(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

/// The voucher of the path. What is not an id is refused like a voucher that does not exist.
struct Key(VoucherKey);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<(String, String)>::from_request_parts(parts, state).await;
        let key = path.ok().and_then(|axum::extract::Path((customer, voucher))| {
            Some(VoucherKey { customer: CustomerId::parse(&customer).ok()?, voucher: VoucherId::parse(&voucher).ok()? })
        });
        key.map(Self).ok_or_else(refusal::refused)
    }
}
