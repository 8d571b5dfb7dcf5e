//! The reports API: shows operators what campaigns earned and cost.
//!
//! Reads the counters that aggregate-reports keeps for each campaign and day, and the list of
//! campaigns. Never reads a voucher, so the cost of a report depends on its days and not on the
//! number of vouchers.

mod overview;
mod engagement;
mod performance;
mod lift;
pub mod variants;
mod exposure;
mod ranking;
mod delivery;
mod params;
mod duration;
mod cost;
mod columns;
pub mod views;
pub mod engagement_views;
pub mod lift_views;
pub mod delivery_views;

use std::sync::Arc;

use domain::{
    TimeZone,
    delivery::sms_origination::SmsProvider,
    kernel::money::Currency,
    reporting::costs::{CostRates, CostSettings},
};
use http_edge::{ApiResult, CursorKeySource, OpenApiRouter, Problem, routes};
use reporting::daily_counters::ReportSource;
use runtime::{Error, aws, env};
use secrets::Secrets;
use store::{Store, StoreError, TableNames, campaign::campaigns::settings::SettingName};

use cost::MessageTariff;
pub use reporting::daily_counters::ScopeCache;

pub struct ReportsContext {
    pub store: Store,
    pub secrets: Secrets,
    /// ARN of the secret that signs cursors.
    pub cursor_secret: String,
    /// The tenant's zone, by whose calendar days the counters are kept.
    pub zone: TimeZone,
    pub zone_name: String,
    pub currency: Currency,
    /// The deployment's costs, used where the tenant has set none.
    pub costs: CostRates,
    /// The provider of the deployment's SMS.
    pub sms_provider: SmsProvider,
    pub scopes: ScopeCache,
}

impl ReportsContext {
    fn from_environment() -> Result<Self, Error> {
        let zone_name = env::optional("TENANT_ZONE").unwrap_or_else(|| "UTC".to_owned());
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), TableNames::from_lookup(env::optional)),
            secrets: Secrets::new(&aws::config("secrets_manager")),
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            zone: env::parsed("TENANT_ZONE", TimeZone::UTC, "an IANA time zone", |name| {
                TimeZone::get(name).ok()
            })?,
            zone_name,
            currency: Currency::parse(&env::required("CURRENCY")?)?,
            costs: CostRates::from_lookup(env::number)?,
            sms_provider: env::parsed(
                "SMS_PROVIDER",
                SmsProvider::default(),
                "eum or sns",
                SmsProvider::parse,
            )?,
            scopes: ScopeCache::default(),
        })
    }

    /// Reads the costs that the tenant has set. This is one more read for each report, so that a
    /// change takes effect at once.
    async fn load_tariff(&self) -> ApiResult<MessageTariff> {
        let set = self
            .store
            .setting::<CostSettings>(SettingName::Costs)
            .await
            .map_err(store_problem)?
            .value;
        Ok(MessageTariff { currency: self.currency, costs: set.with_defaults(self.costs) })
    }

    fn report_source(&self) -> ReportSource<'_> {
        ReportSource { store: &self.store, scopes: &self.scopes }
    }
}

impl CursorKeySource for ReportsContext {
    async fn cursor_keys(&self) -> ApiResult<Vec<Vec<u8>>> {
        let keys = self.secrets.signing_keys(&self.cursor_secret).await;
        keys.map_err(|error| Problem::from_failure(&error, error.retryable()))
    }
}

pub async fn run() -> Result<(), Error> {
    let context = Arc::new(ReportsContext::from_environment()?);
    http_edge::serve(routes().with_state(context)).await
}

pub fn routes() -> OpenApiRouter<Arc<ReportsContext>> {
    OpenApiRouter::new()
        .routes(routes!(overview::read))
        .routes(routes!(engagement::read))
        .routes(routes!(performance::list))
        .routes(routes!(delivery::read))
}

fn store_problem(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}
