//! The operations API, for operators.
//!
//! It shows the health of each campaign and of the system, every open match with the time until
//! which it waits and the reason, why a customer has a voucher or not, dead letters, and the
//! customers themselves: a list that is searched, and a profile. Operators can retry or drop an
//! open match, redrive dead letters, start a recount and repair counters, see the app backend's API
//! keys, look up, add and lift suppressions of addresses, and administrators change the tenant's
//! settings and open lanes that are closed. Support issues vouchers to single customers, and
//! extends them. Files are imported and exported by routes of their own ([`imports`], [`exports`]).
//!
//! Reads the due index and segments of Work, Customers, Vouchers, Control, the counters of Reports,
//! and all dead-letter queues. A retry moves a due time in Work, and a drop puts a skip record into
//! Vouchers, each with its audit record; so does goodwill, with a dispatch, the campaign's caps and
//! the counts of its run; settings are written to Control, repairs to Reports, suppressions to
//! Addresses and their mirror to Customers. After it: release-dispatches and the watchdog, which it
//! nudges.
//!
//! Guarantees: nothing is sent here, no action duplicates a message or loses one, and none is
//! without its audit record.

pub mod views;
mod pending;
mod retry;
mod drop;
mod pending_status;
mod recount;
mod reference;
mod health;
mod health_views;
mod promotion_health;
mod diagnostics;
mod customer_search;
mod customer_list;
mod customer_profile;
mod merges;
pub mod customer_views;
mod suppressions;
pub mod imports;
pub mod exports;
mod waiting_replies;
mod why;
mod campaign_diagnostics;
mod timeline;
mod system_health;
mod lanes;
pub mod diagnostics_views;
pub mod dead_letters;
mod api_keys;
mod goodwill;
mod settings;

use std::sync::Arc;

use domain::{
    TimeZone,
    campaign::{
        approval::ApprovalThresholds, audience::AudienceRule, brand::BrandSettings,
        definition::Definition, lifecycle::WorkPolicy, readiness::ReadinessReport,
        trigger::TriggerMatch,
    },
    customer::{attributes::AttributeSettings, topics::TopicSettings},
    delivery::{
        contact_policy::ContactPolicy, notices::NoticeSettings, sms_way_out::SmsWayOut,
        test_send::TestAddresses,
    },
    kernel::{
        audit_kind::AuditKind,
        id::{CampaignId, CustomerId},
        money::Currency,
    },
    reporting::costs::{CostRates, CostSettings},
    voucher::{combination::CombinationPolicy, goodwill::GoodwillPolicy},
};
use http_edge::{ApiResult, CursorKeySource, OpenApiRouter, Operator, Problem, routes};
use queue::{Queue, QueueClient};
use runtime::{Error, aws, clock, env};
use secrets::Secrets;
use store::{
    Store, StoreError, TableNames, TenantDefaults,
    campaign::campaigns::{AuditedChange, CampaignSummary},
    customer::addresses::AddressKeySource,
    delivery::pending::OpenDispatch,
};

use dead_letters::MonitoredQueue;
use exports::{ExportsContext, export_routes};
use imports::{ImportsContext, import_routes};
use objects::ObjectStore;
use reference::PendingReference;
use settings::setting_routes;

pub struct OperationsContext {
    pub store: Store,
    pub release: Queue,
    pub watchdog: Queue,
    pub secrets: Arc<Secrets>,
    /// The ARN of the secret that signs cursors.
    pub cursor_secret: String,
    /// The ARN of the secret with the app backend's API keys.
    pub api_key_secret: String,
    /// The time zone whose calendar days the counters are kept by.
    pub zone: TimeZone,
    pub currency: Currency,
    /// The prices and margin that apply where the tenant has set none.
    pub costs: CostRates,
    pub monitored_queues: Vec<MonitoredQueue>,
}

impl OperationsContext {
    fn from_environment() -> Result<Self, Error> {
        let sqs = QueueClient::new(&aws::config("sqs"));
        let secrets = Arc::new(Secrets::new(&aws::config("secrets_manager")));
        let (source, arn) = (Arc::clone(&secrets), env::required("ADDRESS_SECRET_ARN")?);
        let address_keys =
            AddressKeySource::reading(move || Arc::clone(&source).read_address_hasher(arn.clone()));
        Ok(Self {
            store: Store::new(&aws::config("dynamodb"), TableNames::from_lookup(env::optional))
                .with_address_keys(address_keys)
                .with_tenant(TenantDefaults::from_lookup(env::optional)?),
            release: sqs.queue(env::required("RELEASE_QUEUE_URL")?),
            watchdog: sqs.queue(env::required("WATCHDOG_QUEUE_URL")?),
            secrets,
            cursor_secret: env::required("CURSOR_SECRET_ARN")?,
            api_key_secret: env::required("WEBHOOK_SECRET_ARN")?,
            zone: env::parsed("TENANT_ZONE", TimeZone::UTC, "an IANA time zone", |name| {
                TimeZone::get(name).ok()
            })?,
            currency: Currency::parse(&env::required("CURRENCY")?)?,
            costs: CostRates::from_lookup(env::number)?,
            monitored_queues: MonitoredQueue::all_from_environment(&sqs)?,
        })
    }

    /// Reads the open dispatch of a reference, or answers 404 unless it exists and holds this
    /// customer.
    async fn find_dispatch(&self, reference: &PendingReference) -> ApiResult<OpenDispatch> {
        let PendingReference::Dispatch { key, customer } = reference else {
            return Err(unknown_trigger());
        };
        let found = self.store.open_dispatch(key).await.map_err(store_problem)?;
        found.filter(|open| open.dispatch.customers.contains(customer)).ok_or_else(unknown_trigger)
    }

    /// Reads the open match of a reference, or answers 409 if it is no longer open.
    async fn find_match(&self, reference: &PendingReference) -> ApiResult<TriggerMatch> {
        let PendingReference::Match { campaign, customer, occurrence } = reference else {
            return Err(unknown_trigger());
        };
        let found =
            self.store.open_match(campaign, customer, occurrence).await.map_err(store_problem)?;
        found.ok_or_else(no_longer_pending)
    }

    /// Returns the rule with the present versions of the saved segments that a draft names. They
    /// are read only if there is one.
    async fn freeze_audience(&self, rule: &AudienceRule) -> ApiResult<AudienceRule> {
        if rule.first_unfrozen().is_none() {
            return Ok(rule.clone());
        }
        let book = self.store.segment_book().await.map_err(store_problem)?.value;
        Ok(rule.thawed().frozen(&book.rules(), "/audience")?)
    }

    async fn load_definition(&self, summary: &CampaignSummary) -> ApiResult<Definition> {
        let found =
            self.store.definition(&summary.id, summary.definition).await.map_err(store_problem)?;
        found.ok_or_else(unknown_trigger)
    }

    async fn load_campaign(&self, id: &CampaignId) -> ApiResult<CampaignSummary> {
        self.store.campaign_summary(id).await.map_err(store_problem)?.ok_or_else(unknown_trigger)
    }
}

impl CursorKeySource for OperationsContext {
    async fn cursor_keys(&self) -> ApiResult<Vec<Vec<u8>>> {
        let keys = self.secrets.signing_keys(&self.cursor_secret).await;
        keys.map_err(|error| Problem::from_failure(&error, error.retryable()))
    }
}

pub async fn run() -> Result<(), Error> {
    let context = OperationsContext::from_environment()?;
    let imports = ImportsContext {
        store: context.store.clone(),
        objects: ObjectStore::new(&aws::config("s3"), env::required("IMPORTS_BUCKET")?),
        imports: Queue::new(&aws::config("sqs"), env::required("IMPORTS_QUEUE_URL")?),
        secrets: Arc::clone(&context.secrets),
        cursor_secret: context.cursor_secret.clone(),
        currency: context.currency,
    };
    let exports = ExportsContext {
        store: context.store.clone(),
        objects: ObjectStore::new(&aws::config("s3"), env::required("EXPORTS_BUCKET")?),
        exports: Queue::new(&aws::config("sqs"), env::required("EXPORTS_QUEUE_URL")?),
        secrets: Arc::clone(&context.secrets),
        cursor_secret: context.cursor_secret.clone(),
    };
    let routes = routes().with_state(Arc::new(context));
    let routes = routes.merge(import_routes().with_state(Arc::new(imports)));
    http_edge::serve(routes.merge(export_routes().with_state(Arc::new(exports)))).await
}

pub fn routes() -> OpenApiRouter<Arc<OperationsContext>> {
    OpenApiRouter::new()
        .routes(routes!(health::list))
        .routes(routes!(system_health::read))
        .routes(routes!(diagnostics::customer))
        .routes(routes!(customer_search::search))
        .routes(routes!(customer_list::search))
        .routes(routes!(customer_profile::show))
        .routes(routes!(merges::merge))
        .routes(routes!(merges::unmerge))
        .routes(routes!(suppressions::list::list, suppressions::add))
        .routes(routes!(suppressions::search))
        .routes(routes!(suppressions::lift))
        .routes(routes!(suppressions::import::import))
        .routes(routes!(waiting_replies::list))
        .routes(routes!(waiting_replies::settle))
        .routes(routes!(why::why))
        .routes(routes!(campaign_diagnostics::campaign))
        .routes(routes!(pending::list))
        .routes(routes!(retry::retry))
        .routes(routes!(drop::drop))
        .routes(setting_routes::<ContactPolicy>())
        .routes(setting_routes::<CombinationPolicy>())
        .routes(setting_routes::<GoodwillPolicy>())
        .routes(setting_routes::<NoticeSettings>())
        .routes(routes!(settings::notices::test))
        .routes(setting_routes::<SmsWayOut>())
        .routes(routes!(goodwill::issue))
        .routes(routes!(goodwill::reissue))
        .routes(routes!(goodwill::extend))
        .routes(routes!(lanes::open))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::redrive))
        .routes(routes!(api_keys::list))
        .routes(routes!(recount::read, recount::start))
        .routes(routes!(recount::repair))
        .routes(setting_routes::<BrandSettings>())
        .routes(setting_routes::<ApprovalThresholds>())
        .routes(setting_routes::<ReadinessReport>())
        .routes(setting_routes::<CostSettings>())
        .routes(setting_routes::<TestAddresses>())
        .routes(setting_routes::<TopicSettings>())
        .routes(setting_routes::<AttributeSettings>())
}

fn store_problem(error: StoreError) -> Problem {
    Problem::from_failure(&error, error.retryable())
}

fn unknown_trigger() -> Problem {
    Problem::not_found("pending_trigger_unknown").with_detail("there is no such pending trigger")
}

fn no_longer_pending() -> Problem {
    Problem::conflict(
        "no_longer_pending",
        "it has ended by now, or goes on under another id: read the list again",
    )
}

fn contended() -> Problem {
    Problem::unavailable().with_detail("it moves on at this moment: read the list again")
}

/// Answers 409 unless the campaign's work is being sent.
fn require_active(summary: &CampaignSummary) -> ApiResult<()> {
    match summary.state.work_policy() {
        WorkPolicy::Go => Ok(()),
        WorkPolicy::Wait => {
            Err(Problem::conflict("campaign_paused", "its campaign is paused: resume the campaign"))
        }
        WorkPolicy::Drop => Err(Problem::conflict(
            "campaign_over",
            "its campaign is over: nothing of it is sent any more",
        )),
    }
}

/// Returns the actor for the audit: a readable name, and the subject that never changes.
fn actor_name(operator: &Operator) -> String {
    operator.actor()
}

/// Records an operator's act in the log over everything, before it is done: the subject, the action
/// and a note.
async fn record_act(
    store: &Store,
    operator: &Operator,
    kind: AuditKind,
    (subject, action, note): (&str, &str, &str),
) -> ApiResult<()> {
    let actor = operator.actor();
    let change = AuditedChange { actor: &actor, action, note, at: clock::now() };
    store.record_act(kind, subject, &change).await.map_err(store_problem)
}

/// Logs the action with its campaign and customer.
fn log_action(what: &str, actor: &str, campaign: &CampaignId, customer: &CustomerId) {
    tracing::info!(what, actor, %campaign, %customer, "pending trigger resolved by an operator");
}
