//! The reports API, for operators: what campaigns brought and cost. Reads the counters that aggregate-reports keeps per campaign and
//! day, and the list of campaigns; never a voucher, so that the cost of a report follows its days and not its vouchers.

mod overview;
mod engagement;
mod performance;
mod effect;
mod exposure;
mod ranking;
mod delivery;
mod params;
mod duration;
mod cost;
pub mod views;
pub mod engagement_views;
pub mod effect_views;
pub mod delivery_views;

use std::sync::Arc;

use counted_days::Source;
use domain::{
    TimeZone,
    costs::{CostSettings, Costs},
    money::Currency,
};
use http_api::{Answer, Cursors, OpenApiRouter, Problem, routes};
use runtime::{Error, aws, env};
use secrets::Secrets;
use store::{Store, StoreError, Tables, control::settings::Name};

use cost::Tariff;
pub use counted_days::Scopes;

pub struct Context {
    pub store: Store,
    pub secrets: Secrets,
    /// ARN of the secret that signs cursors.
    pub cursor_secret: String,
    /// Whose calendar days the counters are kept by.
    pub zone: TimeZone,
    pub zone_name: String,
    pub currency: Currency,
    /// What is reckoned with where the tenant set nothing.
    pub costs: Costs,
    pub scopes: Scopes,
}

impl Context {
    fn from_environment() -> Result<Self, Error> {
        let zone_name = env::optional("TENANT_ZONE").unwrap_or_else(|| "UTC".to_owned());
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), Tables::from_lookup(env::optional)),
            secrets: Secrets::new(&aws::config("secrets_manager")),
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            zone: env::parsed("TENANT_ZONE", TimeZone::UTC, "an IANA time zone", |name| TimeZone::get(name).ok())?,
            zone_name,
            currency: Currency::parse(&env::required("CURRENCY")?)?,
            costs: Costs::from_lookup(env::number)?,
            scopes: Scopes::default(),
        })
    }

    /// One read more for a report; what was set counts at once.
    async fn tariff(&self) -> Answer<Tariff> {
        let set = self.store.setting::<CostSettings>(Name::Costs).await.map_err(failed)?.value;
        Ok(Tariff { currency: self.currency, costs: set.over(self.costs) })
    }

    fn days(&self) -> Source<'_> {
        Source { store: &self.store, scopes: &self.scopes }
    }

    async fn cursors(&self) -> Answer<Cursors> {
        let key = self.secrets.key(&self.cursor_secret).await;
        Ok(Cursors::new(key.map_err(|error| Problem::from_failure(&error, error.retryable()))?))
    }
}

pub async fn run() -> Result<(), Error> {
    let context = Arc::new(Context::from_environment()?);
    http_api::serve(routes().with_state(context)).await
}

pub fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(overview::read))
        .routes(routes!(engagement::read))
        .routes(routes!(performance::list))
        .routes(routes!(delivery::read))
}

fn failed(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}
