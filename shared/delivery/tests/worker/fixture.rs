//! The test fixture: the workers of the three channels on one in-memory AWS, a campaign that is
//! launched, customers, and providers that answer as the test says. A call of a provider can be
//! held, so that the test sees what the worker has written by then.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lambda_events::sqs::SqsEvent;
use channels::{ChannelSender, TextMessageSettings};
use delivery::{DeliveryContext, DeliverySettings, handle_batch};
use domain::{
    Timestamp,
    campaign::{
        lifecycle::{Campaign, CampaignAction, CampaignState},
        redeeming::RevokeScope,
        trigger::TriggerFiring,
    },
    customer::{changes::CustomerReplacement, devices::EndpointHome},
    delivery::{
        dispatch::{Dispatch, DispatchKey, DispatchPurpose, Segment},
        sms_origination::SmsOriginations,
    },
    kernel::{
        channel::Channel,
        id::{Occurrence, RunId, VoucherId},
        money::Currency,
    },
    voucher::record::{BrandIdentity, Voucher},
};
use fake_aws::{CallGate, CallVerdict, FakeAws, ProviderMessage};
use futures::{
    FutureExt,
    channel::oneshot::{self, Receiver, Sender},
    future::{Either, ready, select},
};
use queue::{DispatchPointer, Queue};
use runtime::clock::{Deadline, simulated};
use serde_json::{Value, json};
use store::{
    Store, TableNames,
    campaign::campaigns::{AuditedChange, StateTransition},
    conditional::Applied,
    delivery::segments::new_segments,
    voucher::records::VoucherKey,
};
use testkit::{
    TestTables,
    builders::{add_milliseconds, campaign_id, customer_id, definition, noon},
};

pub const SECOND: i64 = 1_000;
pub const HOUR: i64 = 3_600 * SECOND;
pub const LEASE_SECONDS: i64 = 30;
/// The number of the one segment of every run.
const SEGMENT: u32 = 0;

/// A call of a provider that waits until the test answers it.
pub struct HeldCall {
    arrived: Receiver<()>,
    answer: Sender<CallVerdict>,
}

impl HeldCall {
    /// Waits until the worker calls the provider.
    pub async fn arrived(&mut self) {
        (&mut self.arrived).await.unwrap();
    }
    pub fn answer(self, verdict: CallVerdict) {
        self.answer.send(verdict).unwrap();
    }
}

/// The fixture's end of a [`HeldCall`].
struct CallHolder {
    arrived: Sender<()>,
    answer: Receiver<CallVerdict>,
}

pub struct WorkerFixture {
    pub store: Store,
    pub memory: FakeAws,
    workers: [DeliveryContext; 3],
    verdict: Arc<Mutex<CallVerdict>>,
    held: Arc<Mutex<Option<CallHolder>>>,
}

impl WorkerFixture {
    pub fn new() -> Self {
        Self::sending_from(SmsOriginations::default())
    }

    /// Creates a fixture whose SMS come from these identities.
    pub fn sending_from(originations: SmsOriginations) -> Self {
        simulated::set_now(Some(noon()));
        let verdict = Arc::new(Mutex::new(CallVerdict::Proceed));
        let held: Arc<Mutex<Option<CallHolder>>> = Arc::default();
        let memory = FakeAws::with_gate(testkit::table_schemas(), provider_gate(&verdict, &held));
        let tables = TestTables::on_fake_aws(&memory);
        let store = Store::new(
            &tables.config,
            TableNames::from_lookup(|variable| tables.table_name(variable)),
        )
        .with_address_keys(testkit::address_hasher().into());
        let sends = memory.config_without_retries();
        let worker = |channel, sender| {
            let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
            DeliveryContext::new(
                store.clone(),
                sender,
                ["release", "watchdog", "dead"].map(queue),
                settings(channel),
            )
        };
        let email = ChannelSender::email(&sends, "offers@example.com".into(), None);
        let settings = TextMessageSettings {
            originations: originations.clone(),
            ..TextMessageSettings::default()
        };
        let home = EndpointHome::new(Some("arn:aws:sns:us-east-1:000000000000:endpoint/".into()));
        let sms = worker(Channel::Sms, ChannelSender::sms(&sends, settings));
        let workers = [
            sms.with_originations(originations),
            worker(Channel::Email, email),
            worker(Channel::Push, ChannelSender::push_within(&sends, home)),
        ];
        Self { store, memory, workers, verdict, held }
    }

    /// Launches a promotion; `change` is merged into the ordinary definition.
    pub async fn launch_campaign(&self, change: Value) -> Campaign {
        self.launch_campaign_as("cmp_1", change).await
    }

    /// Launches a promotion on `ladder` that changes nothing else.
    pub async fn launch_on(&self, ladder: &[&str]) -> Campaign {
        self.launch_campaign(json!({"channels": {"ladder": ladder}})).await
    }

    pub async fn launch_campaign_as(&self, id: &str, change: Value) -> Campaign {
        let draft = Campaign::draft(campaign_id(id), definition(change), "ada", noon());
        let change = |action| AuditedChange { actor: "ada", action, note: "", at: noon() };
        self.store.create_campaign(&draft, id, &change("create")).await.unwrap();
        let run = RunId::of_promotion(&draft.id);
        let segments = new_segments(&run, &draft.id, 1, noon());
        let launched = self
            .store
            .launch_campaign(&draft, CampaignState::Running, &run, &segments, &change("launch"))
            .await;
        assert_eq!(launched.unwrap(), Applied::Yes);
        self.store.campaign(&draft.id).await.unwrap().unwrap()
    }

    /// Creates a customer whom every channel reaches.
    pub async fn add_customer(&self, id: &str) {
        self.save_customer(id, "granted").await;
    }

    /// Creates the same customer, or changes an existing one, with this consent for SMS.
    pub async fn save_customer(&self, id: &str, sms: &str) {
        let arn = format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/{id}");
        self.save_customer_with_device(id, sms, &arn).await;
    }

    /// Creates or changes the same customer with this device.
    pub async fn save_customer_with_device(&self, id: &str, sms: &str, arn: &str) {
        let consent =
            |state: &str| json!({"state": state, "source": "test", "at": noon().to_string()});
        let put: CustomerReplacement = serde_json::from_value(json!({
            "profile": {"zone": "UTC"},
            "contacts": {"phone": "+34600000001", "email": "ana@example.com"},
            "consents": {"sms": consent(sms), "email": consent("granted"), "push": consent("granted")},
            "push_endpoints": [{"endpoint_id": "phone", "arn": arn}],
        }))
        .unwrap();
        let euro = Currency::parse("EUR").unwrap();
        self.store.put_customer(&customer_id(id), &put, euro).await.unwrap();
    }

    /// Writes a dispatch on the first channel of the ladder, as selection plans it.
    pub async fn plan_dispatch(&self, campaign: &Campaign, customers: &[&str]) -> Dispatch {
        self.plan_page(campaign, customers, true).await
    }

    /// Writes such a dispatch as one page of the selection, or as its last.
    pub async fn plan_page(
        &self,
        campaign: &Campaign,
        customers: &[&str],
        scanned_all: bool,
    ) -> Dispatch {
        let run = campaign.run.clone().unwrap();
        let before = self.store.segment(&run, SEGMENT).await.unwrap().unwrap();
        let dispatch = Dispatch::new_ready(
            DispatchKey::planned(&run, SEGMENT, before.page, 0),
            campaign.id.clone(),
            campaign.definition.channels.ladder[0],
            DispatchPurpose::Planned,
            customers.iter().map(|id| customer_id(id)).collect(),
            runtime::clock::now(),
        );
        let after = Segment {
            page: before.page + 1,
            scanned_all,
            scanned: before.scanned + dispatch.size(),
            selected: before.selected + dispatch.size(),
            open: before.open + 1,
            ..before.clone()
        };
        let planned = std::slice::from_ref(&dispatch);
        assert_eq!(self.store.write_page(&before, &after, planned).await.unwrap(), Applied::Yes);
        dispatch
    }

    /// Writes a dispatch of a firing for each group of customers, as if both a scan and a change had
    /// planned them.
    pub async fn plan_fired(
        &self,
        campaign: &Campaign,
        occurrence: &str,
        groups: &[&[&str]],
    ) -> Vec<Dispatch> {
        let mut planned = Vec::new();
        for customers in groups {
            let run = campaign.run.clone().unwrap();
            let before = self.store.segment(&run, SEGMENT).await.unwrap().unwrap();
            let ready = Dispatch::new_ready(
                DispatchKey::planned(&run, SEGMENT, before.page, 0),
                campaign.id.clone(),
                campaign.definition.channels.ladder[0],
                DispatchPurpose::Planned,
                customers.iter().map(|id| customer_id(id)).collect(),
                runtime::clock::now(),
            );
            let firing = TriggerFiring {
                occurrence: Occurrence::parse(occurrence).unwrap(),
                day: "2026-11-01".parse().unwrap(),
                at: None,
            };
            let dispatch = Dispatch { firing: Some(firing), ..ready };
            let after = Segment {
                page: before.page + 1,
                selected: before.selected + dispatch.size(),
                open: before.open + 1,
                ..before.clone()
            };
            let pages = std::slice::from_ref(&dispatch);
            assert_eq!(self.store.write_page(&before, &after, pages).await.unwrap(), Applied::Yes);
            planned.push(dispatch);
        }
        planned
    }

    /// Releases every dispatch that is due, and hands each to its worker.
    pub async fn deliver_due(&self) {
        for channel in Channel::ALL {
            for key in self.release_due(channel).await {
                assert!(self.deliver(channel, &key).await, "{key} is to come again");
            }
        }
    }

    /// Releases the dispatches of a channel that are due, and returns their keys.
    pub async fn release_due(&self, channel: Channel) -> Vec<DispatchKey> {
        let now = runtime::clock::now();
        let (due, _) = self.store.due_dispatches(channel, now, None).await.unwrap();
        for dispatch in &due {
            let check_at = add_milliseconds(now, HOUR);
            assert!(self.store.release_dispatch(&dispatch.key, check_at).await.unwrap());
        }
        due.into_iter().map(|dispatch| dispatch.key).collect()
    }

    /// Hands the pointer to the channel's worker. Returns false if the queue is to deliver it again.
    pub async fn deliver(&self, channel: Channel, key: &DispatchKey) -> bool {
        let body = serde_json::to_string(&DispatchPointer { dispatch: key.clone() }).unwrap();
        let event = json!({"Records": [{"messageId": "m-1", "body": body}]});
        let event: SqsEvent = serde_json::from_value(event).unwrap();
        let worker = self.workers.iter().find(|it| it.settings.channel == channel).unwrap();
        handle_batch(worker, event, deadline()).await.batch_item_failures.is_empty()
    }

    /// Releases the one due dispatch of the channel and hands it to a worker that dies when it
    /// calls the provider: with `Proceed` the provider has the message by then.
    pub async fn crash_at_call(&self, channel: Channel, verdict: CallVerdict) -> DispatchKey {
        let key = self.release_due(channel).await.remove(0);
        self.crash_with(channel, &key, verdict).await;
        key
    }

    /// Hands the released dispatch to a worker that dies in the same way.
    pub async fn crash_with(&self, channel: Channel, key: &DispatchKey, verdict: CallVerdict) {
        let HeldCall { arrived, answer } = self.hold_next_call();
        let worker = Box::pin(self.deliver(channel, key));
        let Either::Right((_, worker)) = select(worker, arrived).await else {
            unreachable!("the worker ended without a call")
        };
        if verdict == CallVerdict::Proceed {
            answer.send(CallVerdict::Hang).unwrap();
            assert!(worker.now_or_never().is_none());
        }
    }

    /// Holds the next call of a provider.
    pub fn hold_next_call(&self) -> HeldCall {
        let (arrived, has_arrived) = oneshot::channel();
        let (answer, has_answer) = oneshot::channel();
        *self.held.lock().unwrap() = Some(CallHolder { arrived, answer: has_answer });
        HeldCall { arrived: has_arrived, answer }
    }

    /// Sets the answer to every call of a provider that is not held.
    pub fn set_provider_answer(&self, verdict: CallVerdict) {
        *self.verdict.lock().unwrap() = verdict;
    }

    /// Sets the clock to so many milliseconds after noon.
    pub fn set_time(&self, milliseconds: i64) {
        simulated::set_now(Some(add_milliseconds(noon(), milliseconds)));
    }

    pub async fn set_policy(&self, policy: Value) {
        let policy = serde_json::from_value(policy).unwrap();
        let set = self.store.set_contact_policy(&policy, 0, "ada", noon()).await.unwrap();
        assert_eq!(set, Applied::Yes);
    }

    pub async fn apply_action(&self, campaign: &Campaign, action: CampaignAction) {
        let summary = self.store.campaign_summary(&campaign.id).await.unwrap().unwrap();
        let now = runtime::clock::now();
        let step = StateTransition::from_summary(&summary, action, now).unwrap();
        let revoke = (action == CampaignAction::Cancel).then_some(RevokeScope::None);
        let step = StateTransition { revoke, ..step };
        let change = AuditedChange { actor: "ada", action: action.as_str(), note: "", at: now };
        assert_eq!(self.store.transition_campaign(&step, &change).await.unwrap(), Applied::Yes);
    }

    /// Returns the customer's record of the campaign's only run.
    pub async fn record(&self, campaign: &Campaign, customer: &str) -> Option<Voucher> {
        self.store.voucher(&record_key(campaign, customer)).await.unwrap()
    }

    /// Returns the status of the customer's record and each attempt: `issued; sms 1 sent`, with the
    /// reason of what was not sent. The text is empty if there is no record.
    pub async fn record_line(&self, campaign: &Campaign, customer: &str) -> String {
        let Some(record) = self.record(campaign, customer).await else {
            return String::new();
        };
        let skip = record.skip.map(|reason| format!(" {}", reason.code())).unwrap_or_default();
        let mut line = format!("{}{skip}", record.status.as_str());
        for attempt in record.attempts.values() {
            let reason = attempt.reason.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
            let (channel, number, state) = (attempt.channel, attempt.number, attempt.state);
            line.push_str(&format!("; {channel} {number} {}{reason}", state.as_str()));
        }
        line
    }

    /// Returns the run's counts: `selected`, then issued, held out, skipped and failed, then how
    /// many dispatches are open.
    pub async fn counts(&self, campaign: &Campaign) -> (u64, [u64; 4], u64) {
        let run = campaign.run.as_ref().unwrap();
        let run = self.store.run_progress(run, 1).await.unwrap();
        let tally = run.tally;
        (run.selected, [tally.issued, tally.ghost, tally.skipped, tally.failed], run.open)
    }

    /// Returns the channels on which providers have accepted messages since the last call, in
    /// order.
    pub fn take_sent(&self) -> Vec<Channel> {
        let channel = |message| match message {
            ProviderMessage::Sms { .. } => Channel::Sms,
            ProviderMessage::Push { .. } => Channel::Push,
            ProviderMessage::Email { .. } => Channel::Email,
        };
        self.memory.take_provider_messages().into_iter().map(channel).collect()
    }

    /// Returns when the one waiting dispatch of the channel is due, in milliseconds after noon, or
    /// `None` if none waits.
    pub async fn next_due(&self, channel: Channel) -> Option<i64> {
        let far = add_milliseconds(noon(), 1_000 * HOUR);
        let (due, _) = self.store.due_dispatches(channel, far, None).await.unwrap();
        assert!(due.len() < 2, "{} dispatches wait", due.len());
        let dispatch = self.store.dispatch(&due.first()?.key).await.unwrap().unwrap();
        Some(dispatch.due_at.as_millisecond() - noon().as_millisecond())
    }
}

pub fn record_key(campaign: &Campaign, customer: &str) -> VoucherKey {
    let occurrence = Occurrence::of_run(campaign.run.as_ref().unwrap());
    let customer = customer_id(customer);
    VoucherKey { voucher: VoucherId::derive(&campaign.id, &customer, &occurrence), customer }
}

fn settings(channel: Channel) -> DeliverySettings {
    DeliverySettings {
        channel,
        brand: BrandIdentity {
            name: "Marketplace".into(),
            link_base: "https://app.example.com/v".into(),
        },
        currency: domain::kernel::money::Currency::parse("EUR").unwrap(),
        lease_seconds: LEASE_SECONDS,
        time_margin: Duration::from_secs(6),
        unknown_after_seconds: 900,
    }
}

/// Lets every call proceed but those of providers: they are held, or answered as set.
fn provider_gate(
    verdict: &Arc<Mutex<CallVerdict>>,
    held: &Arc<Mutex<Option<CallHolder>>>,
) -> CallGate {
    let (verdict, held) = (verdict.clone(), held.clone());
    Arc::new(move |call| {
        if !call.sends_message() {
            return ready(CallVerdict::Proceed).boxed();
        }
        match held.lock().unwrap().take() {
            None => ready(*verdict.lock().unwrap()).boxed(),
            Some(holder) => async move {
                holder.arrived.send(()).unwrap();
                holder.answer.await.unwrap_or(CallVerdict::Hang)
            }
            .boxed(),
        }
    })
}

/// Returns the end of an invocation that begins now.
fn deadline() -> Deadline {
    let end: Timestamp = add_milliseconds(runtime::clock::now(), LEASE_SECONDS * SECOND);
    Deadline::from_millisecond(u64::try_from(end.as_millisecond()).unwrap())
}
