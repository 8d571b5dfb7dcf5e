//! The operations API, for operators: whether each campaign does as it should, and why not; what every open match waits for, and until
//! when; with retry and drop; why a customer has or has not a voucher; the tenant's settings; and whose dead letters wait, with a redrive. Reads the due index and segments of
//! Work, Customers, Vouchers, Control and the counters of Reports, and all dead-letter queues; a retry moves a due time in Work, a drop puts a skip
//! record into Vouchers, each with its audit record. After it: release-dispatches and sweep, which it nudges. Guarantees: nothing is
//! sent here, and no act makes a second message or loses one.

pub mod views;
mod pending;
mod retry;
mod drop;
mod stand;
mod recount;
mod reference;
mod health;
mod promotion_health;
mod diagnostics;
mod customer_search;
mod why;
mod campaign_diagnostics;
mod timeline;
mod system_health;
pub mod diagnostics_views;
mod contact_policy;
pub mod dead_letters;
mod settings;
mod approvals;
mod costs;

use std::sync::Arc;

use domain::{
    TimeZone,
    campaign::Work,
    costs::Costs,
    definition::Definition,
    id::{CampaignId, CustomerId},
    money::Currency,
    trigger::Match,
};
use http_api::{Answer, Cursors, OpenApiRouter, Operator, Problem, routes};
use queue::Queue;
use runtime::{Error, aws, env};
use secrets::Secrets;
use store::{Store, StoreError, Tables, control::Standing, pending::OpenDispatch};

use dead_letters::Quarantine;
use reference::Reference;

pub struct Context {
    pub store: Store,
    pub release: Queue,
    pub sweep: Queue,
    pub secrets: Secrets,
    /// ARN of the secret that signs cursors.
    pub cursor_secret: String,
    /// Whose calendar days the counters are kept by.
    pub zone: TimeZone,
    pub currency: Currency,
    /// What is reckoned with where the tenant set nothing.
    pub costs: Costs,
    pub quarantines: Vec<Quarantine>,
}

impl Context {
    fn from_environment() -> Result<Self, Error> {
        let sqs = aws::config("sqs");
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), Tables::from_lookup(env::optional)),
            release: Queue::new(&sqs, env::required("RELEASE_QUEUE_URL")?),
            sweep: Queue::new(&sqs, env::required("SWEEP_QUEUE_URL")?),
            secrets: Secrets::new(&aws::config("secrets_manager")),
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            zone: env::parsed("TENANT_ZONE", TimeZone::UTC, "an IANA time zone", |name| TimeZone::get(name).ok())?,
            currency: Currency::parse(&env::required("CURRENCY")?)?,
            costs: Costs::from_lookup(env::number)?,
            quarantines: Quarantine::all_from_environment()?,
        })
    }

    async fn cursors(&self) -> Answer<Cursors> {
        let key = self.secrets.key(&self.cursor_secret).await;
        Ok(Cursors::new(key.map_err(|error| Problem::from_failure(&error, error.retryable()))?))
    }

    /// 404 unless its dispatch is known and holds this customer.
    async fn dispatch(&self, reference: &Reference) -> Answer<OpenDispatch> {
        let Reference::Dispatch { key, customer } = reference else { return Err(unknown_trigger()) };
        let found = self.store.open_dispatch(key).await.map_err(failed)?;
        found.filter(|open| open.dispatch.customers.contains(customer)).ok_or_else(unknown_trigger)
    }

    /// The same of a match that is not planned yet.
    async fn matched(&self, reference: &Reference) -> Answer<Match> {
        let Reference::Match { campaign, customer, occurrence } = reference else { return Err(unknown_trigger()) };
        let found = self.store.open_match(campaign, customer, occurrence).await.map_err(failed)?;
        found.ok_or_else(no_longer_pending)
    }

    async fn definition(&self, standing: &Standing) -> Answer<Definition> {
        let found = self.store.definition(&standing.id, standing.definition).await.map_err(failed)?;
        found.ok_or_else(unknown_trigger)
    }

    async fn campaign(&self, id: &CampaignId) -> Answer<Standing> {
        self.store.campaign_state(id).await.map_err(failed)?.ok_or_else(unknown_trigger)
    }
}

pub async fn run() -> Result<(), Error> {
    let context = Arc::new(Context::from_environment()?);
    http_api::serve(routes().with_state(context)).await
}

pub fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(health::list))
        .routes(routes!(system_health::read))
        .routes(routes!(diagnostics::customer))
        .routes(routes!(customer_search::search))
        .routes(routes!(why::why))
        .routes(routes!(campaign_diagnostics::campaign))
        .routes(routes!(pending::list))
        .routes(routes!(retry::retry))
        .routes(routes!(drop::drop))
        .routes(routes!(contact_policy::read, contact_policy::replace))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::redrive))
        .routes(routes!(recount::read, recount::start))
        .routes(routes!(recount::repair))
        .routes(routes!(settings::read_brand, settings::replace_brand))
        .routes(routes!(approvals::read, approvals::replace))
        .routes(routes!(costs::read, costs::replace))
        .routes(routes!(settings::read_addresses, settings::replace_addresses))
}

fn failed(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

fn unknown_trigger() -> Problem {
    Problem::not_found("pending_trigger_unknown").with_detail("there is no such pending trigger")
}

fn no_longer_pending() -> Problem {
    Problem::conflict("no_longer_pending", "it has ended by now, or goes on under another id: read the list again")
}

fn contended() -> Problem {
    Problem::unavailable().with_detail("it moves on at this moment: read the list again")
}

/// 409 while nothing of the campaign is sent.
fn going(standing: &Standing) -> Answer<()> {
    match standing.state.work() {
        Work::Go => Ok(()),
        Work::Wait => Err(Problem::conflict("campaign_paused", "its campaign is paused: resume the campaign")),
        Work::Drop => Err(Problem::conflict("campaign_over", "its campaign is over: nothing of it is sent any more")),
    }
}

/// For the audit: a name to read, and the subject that stays the same.
fn actor(operator: &Operator) -> String {
    match &operator.name {
        Some(name) if *name != operator.subject => format!("{name} ({})", operator.subject),
        Some(_) | None => operator.subject.clone(),
    }
}

/// Who was meant, for the log.
fn noted(what: &str, actor: &str, campaign: &CampaignId, customer: &CustomerId) {
    tracing::info!(what, actor, %campaign, %customer, "an operator acted on a pending trigger");
}
