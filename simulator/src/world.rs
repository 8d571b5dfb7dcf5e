//! Runs one scenario from its seed until it is at rest: one campaign, a few customers, and the
//! platform around the real functions.
//!
//! Every AWS call of a function waits at the gate. In each step the world lets one call happen (or
//! fail), delivers a message, moves the clock, or lets an outside actor act; then every invariant
//! is checked. There is one thread and one random source, so the same seed always gives the same
//! story.

use std::{rc::Rc, sync::LazyLock};

use domain::{
    Timestamp,
    campaign::{Campaign, State},
    channel::Channel,
    customer::SuppressionReason,
    customer_change::Replacement,
    definition::Definition,
    id::{CampaignId, CustomerId},
    money::Currency,
};
use memory_aws::{Mail, Memory, Verdict};
use serde_json::json;
use store::{Store, control::Change};

use crate::{
    contexts::{self, Contexts},
    coverage::{Coverage, DONE},
    gate::{Effect, Waiting, enter},
    invariants::{Broken, Doer, Invariant, Moment, View},
    people::People,
    plan::{Fault, Plan},
    platform::Platform,
    records::{VOUCHERS, reminder_due},
};

/// The time at which every scenario starts.
pub const START: &str = "2026-11-01T12:00:00Z";
/// The steps without faults within which everything must have come to rest. Scenarios of up to ten
/// customers need a tenth of it; larger ones get a proportional multiple.
const CALM_STEPS: usize = 30_000;
const CAMPAIGN: &str = "cmp_01SIMULATED";

/// The table schemas, read from template.yaml once.
static SCHEMAS: LazyLock<Vec<memory_aws::Schema>> = LazyLock::new(testkit::schemas);

pub struct World {
    pub plan: Plan,
    pub memory: Memory,
    pub waiting: Waiting,
    pub contexts: Rc<Contexts>,
    pub observer: Store,
    pub euro: Currency,
    /// The simulated clock, in milliseconds since the epoch.
    pub now: i64,
    pub step: u64,
    pub draw: fastrand::Rng,
    pub platform: Platform,
    pub people: People,
    pub view: View,
    pub coverage: Coverage,
    /// Set while faults and actions of outside actors may happen.
    pub chaos: bool,
    telling: bool,
    pub story: Vec<String>,
}

/// The result of one simulated run.
pub struct Outcome {
    pub broken: Option<Broken>,
    pub coverage: Coverage,
    pub story: Vec<String>,
    pub steps: u64,
}

/// Runs a plan to its end on this thread. `telling` keeps the story.
pub fn run(plan: &Plan, telling: bool) -> anyhow::Result<Outcome> {
    fastrand::seed(plan.seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let outcome = runtime.block_on(async {
        let mut world = World::new(plan, telling).await?;
        let broken = world.live().await.err();
        anyhow::Ok(Outcome { broken, coverage: world.coverage, story: world.story, steps: world.step })
    });
    enter(None);
    runtime::clock::simulated::set(None);
    outcome
}

pub fn campaign_id() -> anyhow::Result<CampaignId> {
    Ok(CampaignId::parse(CAMPAIGN)?)
}

impl World {
    async fn new(plan: &Plan, telling: bool) -> anyhow::Result<Self> {
        enter(None);
        let waiting = Waiting::default();
        let memory = Memory::gated(SCHEMAS.clone(), waiting.gate());
        let observer = contexts::store(&memory);
        let euro = Currency::parse("EUR")?;
        let campaign = campaign_id()?;
        let start: Timestamp = START.parse()?;
        let mut world = Self {
            contexts: Rc::new(Contexts::new(&memory, plan, euro)),
            view: View::new(memory.clone(), observer.clone(), campaign.clone(), plan),
            memory,
            waiting,
            observer,
            euro,
            now: start.as_millisecond(),
            step: 0,
            draw: fastrand::Rng::with_seed(plan.seed ^ 0x5eed_0002),
            platform: Platform::default(),
            people: People::default(),
            coverage: Coverage::default(),
            chaos: true,
            telling,
            story: Vec::new(),
            plan: plan.clone(),
        };
        runtime::clock::simulated::set(Some(start));
        world.populate().await?;
        world.furnish_office().await?;
        world.draft(campaign, start).await?;
        Ok(world)
    }

    /// Creates customers with all kinds of consents; about a quarter of them have one suppressed
    /// channel because of an earlier complaint.
    async fn populate(&mut self) -> anyhow::Result<()> {
        for number in 0..self.plan.customers {
            let id = CustomerId::parse(&format!("c{number:02}"))?;
            let close = self.plan.close;
            let mut said = |chance: u32| {
                let state = if close || self.draw.u32(..100) < chance { "granted" } else { "denied" };
                json!({"state": state, "source": "signup_form", "at": START})
            };
            let mut profile = json!({
                "profile": {"first_name": "Ada", "locale": "en-IE", "zone": "Europe/Dublin", "currency": "EUR"},
                "contacts": {"phone": format!("+346000000{number:02}"), "email": format!("c{number:02}@example.com")},
                "consents": {"sms": said(60), "email": said(70), "push": said(70)},
                "push_endpoints": [{"endpoint_id": "phone", "arn": format!("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/device-{number:02}")}],
            });
            if self.draw.bool() {
                profile["profile"]["tags"] = json!(["vip"]);
            }
            self.past_of(number, &mut profile);
            let profile: Replacement = serde_json::from_value(profile)?;
            self.observer.put_customer(&id, &profile, self.euro).await?;
            if !close && self.draw.u32(..100) < 25 {
                let channel = [Channel::Sms, Channel::Email, Channel::Push].get(self.draw.usize(..3)).copied();
                let (channel, at) = (channel.unwrap_or(Channel::Sms), START.parse()?);
                self.observer.suppress(&id, channel, SuppressionReason::Complained, at, None).await?;
            }
            self.people.customers.push(id);
        }
        Ok(())
    }

    async fn draft(&mut self, id: CampaignId, now: Timestamp) -> anyhow::Result<()> {
        let money = |amount: i64| json!({"amount": amount, "currency": "EUR"});
        let mut caps = json!({});
        if let Some(cap) = self.plan.cap {
            caps["vouchers"] = json!(cap);
        }
        if let Some(cap) = self.plan.redeemed_cap {
            caps["redeemed"] = money(cap);
        }
        let mut ladder = vec!["push", "email", "sms"];
        self.draw.shuffle(&mut ladder);
        let mut document = json!({
            "name": "Simulated", "kind": "promotion",
            "offer": {"benefit": {"fixed_amount": {"amount": money(500)}}, "minimum_basket": money(1_000)},
            "validity": {"from_acceptance": {"hours": 720, "accept_within_hours": 720}},
            "audience": if self.plan.tagged_only { json!({"tags": {"any_of": ["vip"]}}) } else { json!({"everyone": {}}) },
            "channels": {"mode": if self.plan.all_channels { "all" } else { "first_available" }, "ladder": ladder},
            "messages": {"default_locale": "en", "locales": {"en": {
                "sms": {"text": "{{ offer }}: {{ voucher_link }}"},
                "email": {"subject": "{{ offer }}", "html": "<p>{{ offer }} {{ voucher_link }}</p>", "text": "{{ offer }} {{ voucher_link }}"},
                "push": {"title": "{{ offer }}", "body": "{{ voucher_link }}"},
            }}},
            "caps": caps,
            "holdout_percent": self.plan.holdout_percent,
            "reversal": {"on_cancel": if self.draw.bool() { "reissue" } else { "burn" }, "on_refund": "proportional"},
        });
        if let Some(autopilot) = &self.plan.autopilot {
            document["kind"] = json!("autopilot");
            document["trigger"] = autopilot.trigger();
        }
        self.plan.courtesy.amend(&mut document);
        let policy = self.plan.courtesy.policy();
        if policy != domain::contact_policy::ContactPolicy::default() {
            self.observer.set_contact_policy(&policy, 0, "sim", now).await?;
        }
        let definition = Definition::parse(document, now).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
        let campaign = Campaign::draft(id, definition, "sim", now);
        let change = Change { actor: "sim", action: "create", note: "", at: now };
        self.observer.create_campaign(&campaign, "sim", &change).await?;
        Ok(())
    }

    async fn live(&mut self) -> Result<(), Broken> {
        self.view.observe(self.moment(), None, &[]).await?;
        self.launch();
        for _ in 0..self.plan.steps {
            self.one_step().await?;
        }
        self.tell(|| "-- faults and deeds stop here".to_owned());
        self.chaos = false;
        self.platform.calm();
        let bound = CALM_STEPS * self.plan.customers.div_ceil(10);
        for _ in 0..bound {
            if self.people.finished(&self.view) && self.platform.at_rest(&self.memory, self.now) && self.ended() {
                return self.view.at_rest(self.now, &self.people).await;
            }
            self.one_step().await?;
        }
        let progress = self.view.progress();
        let what = format!("still {:?} after {bound} steps without faults: {progress:?}", self.view.state);
        Err(Broken { invariant: Invariant::NothingWaitsForEver, what })
    }

    fn ended(&self) -> bool {
        match self.view.state {
            State::Completed | State::Cancelled | State::Ended | State::Failed | State::Archived => {
                let progress = self.view.progress();
                self.waiting.len() == 0 && progress.open == 0 && progress.waiting() == 0 && self.reminded_all()
            }
            // an enabled autopilot never completes: everything that has fired so far must be done
            State::Enabled => {
                let progress = self.view.progress();
                self.waiting.len() == 0
                    && progress.open == 0
                    && progress.waiting() == 0
                    && self.fired_all()
                    && self.reminded_all()
            }
            State::Draft | State::Scheduled | State::Running | State::Paused => false,
        }
    }

    /// Returns true when no reminder and no fallback after a bounce is due.
    fn reminded_all(&self) -> bool {
        let courtesy = &self.plan.courtesy;
        (courtesy.reminder.is_none() && !courtesy.after_bounce) || !reminder_due(&self.memory, self.now)
    }

    async fn one_step(&mut self) -> Result<(), Broken> {
        self.step += 1;
        self.now += self.draw.i64(1..=20);
        self.platform_timeouts();
        self.wake_beside();
        let awake: Vec<usize> = self.awake();
        let waiting = awake.len();
        let effect_weight = if waiting > 0 { 60 } else { 0 };
        let message_weight = if self.platform.deliverable(self.now) { 20 } else { 0 };
        let stands_still = self.chaos && self.plan.office.audits;
        let stream_weight = if !stands_still && self.platform.stream_ready(&self.memory) { 8 } else { 0 };
        let people_weight = match (self.chaos, self.platform.frozen_channel(self.now)) {
            (true, Some(_)) => 10,
            (true, None) => 4,
            (false, _) => {
                if self.people.finished(&self.view) {
                    0
                } else {
                    4
                }
            }
        };
        let time_weight = if waiting > 0 || message_weight > 0 { 2 } else { 12 };
        let total = effect_weight + message_weight + stream_weight + people_weight + time_weight;
        let mut drawn = self.draw.u32(..total);
        let mut falls = |weight: u32| {
            let here = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            here
        };
        if falls(effect_weight) {
            let index = awake.get(self.draw.usize(..waiting)).copied().unwrap_or_default();
            if let Some(effect) = self.waiting.take(index) {
                return self.effect_or_stall(effect).await;
            }
        } else if falls(message_weight) {
            self.deliver();
        } else if falls(stream_weight) {
            self.stream();
        } else if falls(people_weight) {
            self.somebody_does();
        } else {
            self.time_passes();
        }
        self.settle(None).await
    }

    /// Returns the indexes of the waiting calls that may proceed; a frozen process makes none.
    fn awake(&self) -> Vec<usize> {
        let calls = self.waiting.invocations().into_iter().enumerate();
        calls.filter(|(_, number)| self.platform.awake(*number, self.now)).map(|(index, _)| index).collect()
    }

    async fn effect_or_stall(&mut self, effect: Effect) -> Result<(), Broken> {
        // stalls are most frequent at voucher writes, where claims are made: a successor can take
        // over in between
        let rate = match (effect.call.writes, effect.call.target.as_str()) {
            (true, target) if target.contains(VOUCHERS) => self.plan.fault_rate * 4,
            (true, _) => self.plan.fault_rate,
            (false, _) => self.plan.fault_rate / 4,
        };
        let function = self.platform.running.get(&effect.invocation).map_or("", |it| it.function);
        let may = self.goes_wrong(function) && self.plan.faults.contains(&Fault::Stall);
        if may && self.draw.u32(..1_000) < rate {
            self.stall(effect.invocation);
            self.waiting.put_back(effect);
            return self.settle(None).await;
        }
        self.effect(effect).await
    }

    /// Lets one call happen, or fail in one of the ways it can.
    async fn effect(&mut self, effect: Effect) -> Result<(), Broken> {
        let Some(invocation) = self.platform.running.get(&effect.invocation) else { return Ok(()) };
        let (function, since) = (invocation.function, invocation.since);
        let doer = Doer { invocation: effect.invocation, function, since };
        let fault = if self.goes_wrong(function) { self.fault(&effect) } else { None };
        let (operation, target) = (effect.call.operation.clone(), effect.call.target.clone());
        let target = target.rsplit('/').next().unwrap_or(&target).replace("Table", "");
        self.coverage.effect(function, &operation, &target, fault.map_or(DONE, Fault::name));
        let number = effect.invocation;
        self.tell(|| {
            let how = fault.map(|fault| format!("  ** {} **", fault.name())).unwrap_or_default();
            format!("{function} #{number}: {operation} {target}{how}")
        });
        match fault {
            Some(Fault::CrashBefore) => {
                self.kill(number);
                return self.settle(None).await;
            }
            Some(Fault::CrashAfter) => {
                self.hang(number);
                effect.decide(Verdict::Hang);
            }
            Some(Fault::AnswerLost) => effect.decide(Verdict::LoseAnswer),
            Some(Fault::RequestLost) => effect.decide(Verdict::LoseRequest),
            Some(Fault::Throttled) => effect.decide(Verdict::Throttle),
            Some(Fault::Conflict) => effect.decide(Verdict::Conflict),
            Some(Fault::Rejected) => effect.decide(Verdict::Reject),
            Some(Fault::ServerError) => effect.decide(Verdict::ServerError),
            Some(
                Fault::Twice
                | Fault::VisibleAgain
                | Fault::Zombie
                | Fault::Stall
                | Fault::Skew
                | Fault::StreamReplay
                | Fault::EventTrouble,
            )
            | None => effect.decide(Verdict::Proceed),
        }
        self.settle(Some(doer)).await?;
        if fault == Some(Fault::CrashAfter) {
            self.kill(number);
            self.settle(None).await?;
        }
        Ok(())
    }

    /// Returns true if faults may be injected into this function's calls.
    fn goes_wrong(&self, function: &str) -> bool {
        self.chaos && self.plan.focus.is_none_or(|focus| function.starts_with(focus))
    }

    fn fault(&mut self, effect: &Effect) -> Option<Fault> {
        let provider = matches!(effect.call.service, "sns" | "ses");
        // faults at writes find the most bugs, and providers fail most often
        let rate = match (provider, effect.call.writes) {
            (true, _) => self.plan.fault_rate * 5,
            (false, true) => self.plan.fault_rate * 2,
            (false, false) => self.plan.fault_rate / 2,
        };
        if self.draw.u32(..1_000) >= rate {
            return None;
        }
        let transaction = effect.call.operation == "TransactWriteItems";
        let mut possible: Vec<Fault> = [
            Fault::CrashBefore,
            Fault::CrashAfter,
            Fault::AnswerLost,
            Fault::RequestLost,
            Fault::Throttled,
            Fault::Conflict,
            Fault::Rejected,
            Fault::ServerError,
        ]
        .into_iter()
        .filter(|fault| self.plan.faults.contains(fault))
        .filter(|fault| match fault {
            Fault::Conflict => transaction,
            Fault::Rejected => provider,
            _ => true,
        })
        .collect();
        if possible.is_empty() {
            return None;
        }
        // faults after which another attempt follows get more weight
        if provider {
            let again = [Fault::Throttled, Fault::AnswerLost, Fault::RequestLost];
            possible.extend(again.into_iter().cycle().take(6).filter(|fault| self.plan.faults.contains(fault)));
        }
        let index = self.draw.usize(..possible.len());
        possible.get(index).copied()
    }

    /// Polls every function until each one waits for a call, then takes in the effects.
    pub async fn settle(&mut self, doer: Option<Doer>) -> Result<(), Broken> {
        self.go_on().await;
        enter(None);
        for sent in self.memory.take_sent() {
            self.enqueue(&sent);
        }
        let mail: Vec<Mail> = self.memory.take_mail();
        let seen = self.view.observe(self.moment(), doer, &mail).await;
        let news = std::mem::take(&mut self.view.news);
        for line in news {
            self.tell(|| format!("      {line}"));
        }
        for message in mail {
            self.provider_will_say(&message);
        }
        seen
    }

    fn moment(&self) -> Moment {
        Moment { step: self.step, now: self.now }
    }

    pub fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.telling {
            let since = self.now - START.parse::<Timestamp>().map_or(0, Timestamp::as_millisecond);
            let (seconds, millis) = (since / 1_000, since % 1_000);
            let line = format!("{:>3}:{:02}.{millis:03}  {}", seconds / 60, seconds % 60, line());
            self.story.push(line);
        }
    }
}
