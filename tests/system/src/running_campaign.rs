//! One campaign under test: its actions, waits for its states, and the reconciliation of its
//! numbers against the tables.

use serde_json::Value;

use crate::{
    OperatorClient,
    ledger::{LedgerReader, RecordTally, text_attribute},
    queues::QueueClient,
    scenario::TestScenario,
    waiting::{LONG, SHORT, until},
};

pub struct RunningCampaign {
    pub id: String,
    marketer: OperatorClient,
    ledger: LedgerReader,
    queues: QueueClient,
}

impl RunningCampaign {
    pub(crate) fn new(scenario: &TestScenario, id: String) -> Self {
        let (marketer, ledger, queues) =
            (scenario.marketer.clone(), scenario.ledger.clone(), scenario.queues.clone());
        Self { id, marketer, ledger, queues }
    }
    pub async fn launch(&self) -> Value {
        self.marketer.launch(&self.id).await.expect_status(200).json
    }
    pub async fn pause(&self) -> Value {
        self.marketer.pause(&self.id).await.expect_status(200).json
    }
    pub async fn resume(&self) -> Value {
        self.marketer.resume(&self.id).await.expect_status(200).json
    }
    pub async fn cancel(&self, revoke: &str) -> Value {
        self.marketer.cancel(&self.id, revoke).await.expect_status(200).json
    }
    /// Returns the campaign as the API shows it.
    pub async fn campaign_view(&self) -> Value {
        self.marketer.campaign(&self.id).await
    }
    /// Returns the run id of a promotion.
    pub fn run_id(&self) -> String {
        format!("{}.1", self.id)
    }
    /// Returns the number of segments of the run.
    pub async fn segment_count(&self) -> u32 {
        u32::try_from(
            self.campaign_view().await["run"]["segments"].as_u64().expect("a launched campaign"),
        )
        .unwrap()
    }
    /// Waits until `done` holds for what the API shows.
    #[track_caller]
    pub fn until_view(
        &self,
        what: &str,
        done: impl FnMut(&Value) -> bool,
    ) -> impl Future<Output = Value> {
        until(format!("{}: {what}", self.id), LONG, || self.campaign_view(), done)
    }
    #[track_caller]
    pub fn until_completed(&self) -> impl Future<Output = Value> {
        self.until_view("its completion", |view| view["state"] == "completed")
    }
    /// Waits for completion, and wakes the schedules every few polls instead of every minute.
    #[track_caller]
    pub fn until_completed_hurried(&self) -> impl Future<Output = Value> {
        let look = || async {
            self.queues.wake_schedule("watchdog").await;
            self.queues.wake_schedule("release").await;
            self.campaign_view().await
        };
        until(format!("{}: its completion", self.id), LONG, look, |view| {
            view["state"] == "completed"
        })
    }
    /// Waits until every selected customer has an outcome and nothing is left to send, whatever
    /// state the campaign is in.
    #[track_caller]
    pub fn until_closed(&self) -> impl Future<Output = Value> {
        self.until_view("its equation to close", |view| view["run"]["equation_closed"] == true)
    }
    /// Waits until no worker has a lease on a dispatch of the paused campaign, and what is open is
    /// `ready`.
    #[track_caller]
    pub fn until_no_lease(&self) -> impl Future<Output = Vec<String>> {
        let look = || async {
            let dispatches = self.ledger.dispatches(&self.id).await;
            let states = dispatches.iter().map(|dispatch| text_attribute(dispatch, "state"));
            states.filter(|state| state != "done" && state != "dropped").collect::<Vec<_>>()
        };
        let what = format!("{}: every open dispatch to be in nobody's hands", self.id);
        until(what, SHORT, look, |open| open.iter().all(|state| state == "ready"))
    }
    /// Counts the outcomes from the Vouchers table, record by record.
    pub async fn count_records(&self) -> RecordTally {
        RecordTally::from_records(&self.ledger.records(&self.id).await)
    }
    /// Checks `selected = issued + ghost + skipped + waiting + failed` with no customer waiting,
    /// both in the API and in the Vouchers table. Returns the tally.
    pub async fn check_equation(&self) -> RecordTally {
        let view = self.campaign_view().await;
        let run = &view["run"];
        let number = |name: &str| run[name].as_u64().unwrap_or_else(|| panic!("{name} of {run}"));
        assert_eq!(run["equation_closed"], true, "{run:#}");
        assert_eq!((number("waiting"), number("open_dispatches")), (0, 0), "{run:#}");
        let counted = self.count_records().await;
        let shown = RecordTally {
            issued: number("issued"),
            ghost: number("ghost"),
            skipped: number("skipped"),
            failed: number("failed"),
        };
        assert_eq!(shown, counted, "what the API says against the Vouchers table");
        assert_eq!(number("selected"), counted.total(), "selected against the Vouchers table");
        counted
    }
}
