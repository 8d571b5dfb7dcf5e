//! Derives a scenario from a seed: how large it is, what may go wrong and how often, and what the
//! outside actors do.
//!
//! A failing plan is shrunk by removing things for as long as the same invariant breaks
//! (`simpler_plans`).

use std::{collections::BTreeSet, fmt};

use crate::{
    approvals::ApprovalScenario, autopilot::AutopilotScenario,
    contact_policy::ContactPolicyScenario, outage::SenderOutage, preferences::PreferenceScenario,
    support, variants::has_variants,
};

/// A fault, most of them at one effect (a call to the store, a queue or a provider).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The process dies, and the effect does not happen.
    CrashBefore,
    /// The effect happens, and the process dies before it sees the answer.
    CrashAfter,
    /// The effect happens, the answer is lost, and the process lives on.
    AnswerLost,
    /// The effect does not happen, and the process cannot know that.
    RequestLost,
    Throttled,
    /// A transaction conflicts with another one.
    Conflict,
    /// A provider refuses for good.
    Rejected,
    /// A provider answers 500.
    ServerError,
    /// A message is delivered again after it was processed.
    RepeatedDelivery,
    /// A message becomes visible again while its receiver still works on it.
    VisibleAgain,
    /// An invocation continues after its time limit and its lease are over.
    Zombie,
    /// A process freezes before an effect and later continues as if nothing had happened.
    Stall,
    /// A process has a clock that is wrong by up to a second.
    Skew,
    /// The change stream delivers again what was already counted.
    StreamReplay,
    /// A provider event is lost, repeated, or late.
    UnreliableEvents,
}

impl FaultKind {
    pub const ALL: [FaultKind; 15] = [
        FaultKind::CrashBefore,
        FaultKind::CrashAfter,
        FaultKind::AnswerLost,
        FaultKind::RequestLost,
        FaultKind::Throttled,
        FaultKind::Conflict,
        FaultKind::Rejected,
        FaultKind::ServerError,
        FaultKind::RepeatedDelivery,
        FaultKind::VisibleAgain,
        FaultKind::Zombie,
        FaultKind::Stall,
        FaultKind::Skew,
        FaultKind::StreamReplay,
        FaultKind::UnreliableEvents,
    ];
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::CrashBefore => "crash before",
            FaultKind::CrashAfter => "crash after",
            FaultKind::AnswerLost => "answer lost",
            FaultKind::RequestLost => "request lost",
            FaultKind::Throttled => "throttled",
            FaultKind::Conflict => "conflict",
            FaultKind::Rejected => "rejected",
            FaultKind::ServerError => "server error",
            FaultKind::RepeatedDelivery => "delivered twice",
            FaultKind::VisibleAgain => "visible again",
            FaultKind::Zombie => "zombie",
            FaultKind::Stall => "stall",
            FaultKind::Skew => "clock skew",
            FaultKind::StreamReplay => "stream replay",
            FaultKind::UnreliableEvents => "event trouble",
        }
    }
}

/// An action of an outside actor during the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActorAction {
    Consent,
    Order,
    Accept,
    Redeem,
    Reverse,
    Pause,
    Cancel,
    ChangeCaps,
    LaunchTwice,
    /// Suspends redeeming, or resumes it. This action and the next two occur only in scenarios that
    /// are drawn for them.
    SuspendRedeeming,
    RevokeVouchers,
    Hold,
    /// A behaviour event. This action and the next four occur only in scenarios with an autopilot.
    Event,
    Cart,
    CancelOrder,
    ChangeZone,
    /// A birthday is corrected.
    CorrectBirthday,
    /// A phone answers STOP or START. This action and the next two occur only in scenarios in which
    /// addresses are shared.
    AnswerByPhone,
    SwapAddress,
    HandOnDevice,
    /// A customer says yes or no to the campaign's topic. This action and the next occur only in
    /// scenarios with a topic.
    ChooseTopic,
    PauseMessages,
    /// Undoes a launch before it starts, or starts it at once. Occurs only in promotions whose
    /// launch leaves time for it.
    UndoLaunch,
}

impl ActorAction {
    /// The actions that any scenario may have.
    pub const ALL: [ActorAction; 9] = [
        ActorAction::Consent,
        ActorAction::Order,
        ActorAction::Accept,
        ActorAction::Redeem,
        ActorAction::Reverse,
        ActorAction::Pause,
        ActorAction::Cancel,
        ActorAction::ChangeCaps,
        ActorAction::LaunchTwice,
    ];
    pub fn name(self) -> &'static str {
        match self {
            ActorAction::Consent => "consent",
            ActorAction::Order => "order",
            ActorAction::Accept => "accept",
            ActorAction::Redeem => "redeem",
            ActorAction::Reverse => "reverse",
            ActorAction::Pause => "pause and resume",
            ActorAction::Cancel => "cancel",
            ActorAction::ChangeCaps => "change caps",
            ActorAction::LaunchTwice => "launch twice",
            ActorAction::SuspendRedeeming => "suspend and resume redeeming",
            ActorAction::RevokeVouchers => "revoke vouchers",
            ActorAction::Hold => "hold",
            ActorAction::Event => "event",
            ActorAction::Cart => "cart",
            ActorAction::CancelOrder => "order cancelled",
            ActorAction::ChangeZone => "zone changed",
            ActorAction::CorrectBirthday => "birthday corrected",
            ActorAction::AnswerByPhone => "phone answers",
            ActorAction::SwapAddress => "address swapped",
            ActorAction::HandOnDevice => "device handed on",
            ActorAction::ChooseTopic => "topic chosen",
            ActorAction::PauseMessages => "messages paused",
            ActorAction::UndoLaunch => "launch undone",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationPlan {
    pub seed: u64,
    pub customers: usize,
    pub segments: u32,
    /// The number of customers in one dispatch.
    pub dispatch_size: usize,
    /// The number of customers on one page of the scan.
    pub page_size: usize,
    /// Selects only customers with a tag instead of everyone.
    pub tagged_only: bool,
    /// Close quarters: few customers who consented to everything, so that most of the scenario is
    /// the race between a worker and its successor.
    pub close_quarters: bool,
    /// The cap on issued vouchers.
    pub cap: Option<u64>,
    /// The cap on the redeemed amount, in cents.
    pub redeemed_cap: Option<i64>,
    pub holdout_percent: u8,
    /// Sends on all channels at once instead of on the first that is open.
    pub all_channels: bool,
    /// The stream's records carry their shard id, as they do on AWS.
    pub sharded_stream: bool,
    /// The prefix of the functions whose calls fail, or `None` for all functions.
    pub focus: Option<&'static str>,
    /// The steps with faults and actions; after them everything must come to rest.
    pub steps: usize,
    /// The rate of faults, in 1,000 effects.
    pub fault_rate: u32,
    pub faults: BTreeSet<FaultKind>,
    pub actions: BTreeSet<ActorAction>,
    /// The autopilot, or `None` for a promotion.
    pub autopilot: Option<AutopilotScenario>,
    /// The contact policy: quiet hours, caps across offers, reminders.
    pub contact_policy: ContactPolicyScenario,
    /// Approvals, audits of the counters, and concurrent orders.
    pub approvals: ApprovalScenario,
    /// Some customers pay in another currency than the offer's.
    pub currencies: bool,
    /// The campaign has two variants.
    pub variants: bool,
    /// Customers share phones and mailboxes, swap them, hand devices on, and answer STOP and START.
    pub shared_addresses: bool,
    /// The campaign names a topic, to which customers say yes and no; they also pause.
    pub preferences: Option<PreferenceScenario>,
    /// Support extends vouchers and issues them again.
    pub support: bool,
    /// The provider of a channel refuses everything for a fault of ours, for a time.
    pub outage: Option<SenderOutage>,
}

impl SimulationPlan {
    pub fn from_seed(seed: u64) -> Self {
        let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_0001);
        let customers = draw.usize(3..=9);
        // half of the scenarios have every fault and the others only a few, so that rare orderings
        // are not drowned out
        let few = draw.bool();
        let mut some = |keep: u32| !few || draw.u32(..100) < keep;
        let faults = FaultKind::ALL.into_iter().filter(|_| some(35)).collect();
        let deeds = ActorAction::ALL.into_iter().filter(|_| some(50)).collect();
        let wide = Self {
            seed,
            customers,
            segments: draw.u32(1..=3),
            dispatch_size: draw.usize(1..=4),
            page_size: draw.usize(1..=5),
            tagged_only: draw.u32(..100) < 40,
            cap: (draw.u32(..100) < 45).then(|| draw.u64(1..=customers as u64)),
            redeemed_cap: (draw.u32(..100) < 40).then(|| 500 * draw.i64(1..=4)),
            holdout_percent: if draw.bool() { 0 } else { draw.u8(10..=40) },
            all_channels: draw.u32(..100) < 25,
            sharded_stream: draw.bool(),
            // the senders have the most orderings that can go wrong
            focus: match draw.u32(..100) {
                0..30 => Some("deliver-"),
                30..35 => Some("expand"),
                35..40 => Some("release"),
                40..48 => Some("watchdog"),
                48..53 => Some("record-feedback"),
                53..57 => Some("aggregate"),
                57..62 => Some("vouchers"),
                _ => None,
            },
            steps: draw.usize(150..=900),
            fault_rate: [10, 40, 80, 120].get(draw.usize(..4)).copied().unwrap_or(10),
            faults,
            actions: deeds,
            close_quarters: false,
            autopilot: None,
            contact_policy: ContactPolicyScenario::default(),
            approvals: ApprovalScenario::default(),
            support: false,
            outage: SenderOutage::from_seed(seed),
            currencies: fastrand::Rng::with_seed(seed ^ 0x5eed_0008).u32(..8) == 0,
            shared_addresses: false,
            preferences: None,
            variants: has_variants(seed),
        };
        let plan = if draw.u32(..100) < 40 {
            wide.at_close_quarters(&mut draw)
        } else if draw.u32(..100) < 12 {
            wide.with_frequent_crashes(&mut draw)
        } else {
            wide
        };
        let plan = match AutopilotScenario::from_seed(seed) {
            Some(autopilot) => plan.with_autopilot(autopilot),
            None => plan,
        };
        let autopilot = plan.autopilot.is_some();
        let plan = Self {
            contact_policy: ContactPolicyScenario::from_seed(seed, autopilot),
            approvals: ApprovalScenario::from_seed(seed, autopilot),
            support: support::has_support(seed, autopilot),
            ..plan
        };
        let plan = plan.with_switches_from_seed().with_shared_addresses_from_seed();
        let plan = plan.with_preferences_from_seed().with_undone_launches_from_seed();
        if plan.approvals.concurrent_orders { plan.focused_on_orders() } else { plan }
    }

    /// Lets operators suspend redeeming and revoke vouchers in one scenario of six, in which
    /// customers accept, hold and redeem. It has a random source of its own, so that the other
    /// scenarios stay as they were.
    fn with_switches_from_seed(mut self) -> Self {
        let mut draw = fastrand::Rng::with_seed(self.seed ^ 0x5eed_0007);
        if !self.close_quarters && draw.u32(..6) == 0 {
            self.actions.extend([ActorAction::Accept, ActorAction::Redeem, ActorAction::Hold]);
            self.actions.insert(ActorAction::SuspendRedeeming);
            if draw.bool() {
                self.actions.insert(ActorAction::RevokeVouchers);
            }
        }
        self
    }

    /// Lets customers share and swap their addresses in one scenario of four. It has a random
    /// source of its own, so that the other scenarios stay as they were.
    fn with_shared_addresses_from_seed(mut self) -> Self {
        self.shared_addresses = fastrand::Rng::with_seed(self.seed ^ 0x5eed_0009).u32(..4) == 0;
        if self.shared_addresses {
            self.actions.extend([
                ActorAction::AnswerByPhone,
                ActorAction::SwapAddress,
                ActorAction::HandOnDevice,
            ]);
        }
        self
    }

    /// Lets customers choose topics and pause in some scenarios, apart from the other choices.
    fn with_preferences_from_seed(mut self) -> Self {
        self.preferences = PreferenceScenario::from_seed(self.seed);
        if self.preferences.is_some() {
            self.actions.extend([ActorAction::ChooseTopic, ActorAction::PauseMessages]);
        }
        self
    }

    /// Lets operators undo launches in one promotion of eight, apart from the other choices.
    fn with_undone_launches_from_seed(mut self) -> Self {
        let drawn = fastrand::Rng::with_seed(self.seed ^ 0x5eed_0011).u32(..8) == 0;
        if drawn && self.autopilot.is_none() {
            self.actions.insert(ActorAction::UndoLaunch);
        }
        self
    }

    /// Returns the currency in which a customer pays, by their number.
    pub fn customer_currency(&self, number: usize) -> &'static str {
        if self.currencies && number % 3 == 1 { "USD" } else { "EUR" }
    }

    /// Focuses the faults on the intake of orders.
    fn focused_on_orders(mut self) -> Self {
        self.focus = Some("customers");
        self.faults.insert(FaultKind::Stall);
        self
    }

    /// Sets the number of customers and scales pages, dispatches, caps and steps to match.
    #[must_use]
    pub fn with_customers(self, customers: usize) -> Self {
        let times = customers.div_ceil(self.customers.max(1)).max(1);
        Self {
            customers,
            dispatch_size: (self.dispatch_size * times).min(50),
            page_size: (self.page_size * times).min(100),
            cap: self.cap.map(|cap| cap * times as u64),
            redeemed_cap: self
                .redeemed_cap
                .map(|cap| cap.saturating_mul(i64::try_from(times).unwrap_or(i64::MAX))),
            steps: self.steps * times,
            ..self
        }
    }

    /// Turns the scenario into a close-quarters one: workers that freeze and wake up, and customers
    /// who change their consents.
    fn at_close_quarters(self, draw: &mut fastrand::Rng) -> Self {
        let customers = draw.usize(2..=3);
        // either one dispatch for all customers, or several that compete for the same quota
        let together = draw.bool();
        let customers = if together { customers } else { customers + 1 };
        // chosen by the last digit and not drawn, so that the other seeds keep their scenarios: all
        // channels at once, and customers who accept
        let broad = matches!(self.seed % 10, 2 | 3);
        let wanted =
            [FaultKind::Stall, FaultKind::Zombie, FaultKind::VisibleAgain, FaultKind::Rejected];
        let other = FaultKind::ALL.get(draw.usize(..FaultKind::ALL.len())).copied();
        Self {
            customers,
            segments: 1,
            dispatch_size: if together { customers } else { draw.usize(1..customers) },
            page_size: 5,
            tagged_only: false,
            cap: Some(draw.u64(1..=customers as u64)),
            holdout_percent: 0,
            all_channels: broad,
            focus: Some("deliver-"),
            fault_rate: 120,
            faults: wanted.into_iter().chain(other).collect(),
            actions: if broad {
                [ActorAction::Consent, ActorAction::Accept].into()
            } else {
                [ActorAction::Consent].into()
            },
            close_quarters: true,
            ..self
        }
    }

    /// Makes workers die so often that dispatches are given up.
    fn with_frequent_crashes(self, draw: &mut fastrand::Rng) -> Self {
        let other = FaultKind::ALL.get(draw.usize(..FaultKind::ALL.len())).copied();
        let customers = draw.usize(1..=3);
        Self {
            customers,
            segments: 1,
            dispatch_size: customers,
            page_size: 5,
            tagged_only: false,
            cap: None,
            holdout_percent: 0,
            focus: Some("deliver-"),
            fault_rate: [120, 200, 300].get(draw.usize(..3)).copied().unwrap_or(120),
            faults: [FaultKind::CrashBefore, FaultKind::CrashAfter, FaultKind::Rejected]
                .into_iter()
                .chain(other)
                .collect(),
            actions: BTreeSet::from([ActorAction::Consent]),
            steps: 3_000,
            ..self
        }
    }

    /// Returns simpler plans, the boldest simplification first.
    pub fn simpler_plans(&self) -> Vec<SimulationPlan> {
        let mut plans = Vec::new();
        let mut with = |change: &dyn Fn(&mut SimulationPlan)| {
            let mut plan = self.clone();
            change(&mut plan);
            if plan != *self {
                plans.push(plan);
            }
        };
        for steps in
            [self.steps / 2, self.steps * 3 / 4, self.steps * 9 / 10, self.steps.saturating_sub(1)]
        {
            with(&|plan| plan.steps = steps.max(1));
        }
        for fault in &self.faults {
            with(&|plan| {
                plan.faults.remove(fault);
            });
        }
        for deed in &self.actions {
            with(&|plan| {
                plan.actions.remove(deed);
            });
        }
        with(&|plan| plan.customers = (plan.customers / 2).max(1));
        with(&|plan| plan.customers = (plan.customers - 1).max(1));
        with(&|plan| plan.segments = 1);
        with(&|plan| plan.cap = None);
        with(&|plan| plan.redeemed_cap = None);
        with(&|plan| plan.page_size = 5);
        with(&|plan| plan.tagged_only = false);
        with(&|plan| plan.holdout_percent = 0);
        with(&|plan| plan.all_channels = false);
        with(&|plan| plan.sharded_stream = true);
        with(&|plan| plan.focus = plan.focus.or(Some("deliver-")));
        with(&|plan| plan.fault_rate /= 2);
        with(&|plan| plan.contact_policy.change = None);
        with(&|plan| plan.contact_policy.quiet = None);
        with(&|plan| {
            (plan.contact_policy.frequency, plan.contact_policy.open_offers) = (None, None)
        });
        with(&|plan| plan.contact_policy.reminder = None);
        with(&|plan| plan.currencies = false);
        with(&|plan| plan.variants = false);
        with(&|plan| plan.shared_addresses = false);
        with(&|plan| plan.preferences = None);
        with(&|plan| plan.outage = None);
        with(&|plan| plan.approvals.threshold = None);
        with(&|plan| plan.approvals.audits = false);
        with(&|plan| plan.approvals.concurrent_orders = false);
        plans
    }
}

impl fmt::Display for SimulationPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |all: Vec<&str>| {
            if all.is_empty() { "none".to_owned() } else { all.join(", ") }
        };
        writeln!(
            f,
            "{} customers{}{}, {} segments, pages of {}, dispatches of {}, cap {}, redeemed cap {}, holdout {} %, {}, stream {} shards",
            self.customers,
            if self.close_quarters { " (a close world)" } else { "" },
            if self.tagged_only { ", the tagged only" } else { "" },
            self.segments,
            self.page_size,
            self.dispatch_size,
            self.cap.map_or("none".to_owned(), |cap| cap.to_string()),
            self.redeemed_cap.map_or("none".to_owned(), |cap| format!("{cap} cents")),
            self.holdout_percent,
            if self.all_channels { "all channels" } else { "first open channel" },
            if self.sharded_stream { "with" } else { "without" },
        )?;
        writeln!(
            f,
            "faults ({} of 1,000 effects{}): {}",
            self.fault_rate,
            self.focus.map(|focus| format!(" of {focus}*")).unwrap_or_default(),
            names(self.faults.iter().map(|fault| fault.name()).collect())
        )?;
        if let Some(autopilot) = &self.autopilot {
            writeln!(f, "an autopilot on {autopilot}")?;
        }
        writeln!(f, "courtesy: {}", self.contact_policy)?;
        writeln!(f, "office: {}", self.approvals)?;
        if self.variants {
            writeln!(f, "the campaign has two variants")?;
        }
        if self.currencies {
            writeln!(f, "some customers pay in another currency")?;
        }
        if let Some(preferences) = self.preferences {
            let how = if preferences.needs_yes { ", which needs a yes" } else { "" };
            writeln!(f, "the campaign has a topic{how}")?;
        }
        if let Some(outage) = &self.outage {
            writeln!(f, "{outage}")?;
        }
        if self.shared_addresses {
            writeln!(f, "customers share phones and mailboxes")?;
        }
        write!(f, "people: {}", names(self.actions.iter().map(|deed| deed.name()).collect()))
    }
}
