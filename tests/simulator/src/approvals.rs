//! Scenarios with approvals, audits or concurrent orders: a second person must approve campaigns
//! over a threshold, an operator asks for recounts and repairs while the change stream is stalled,
//! or customers on both sides of the holdout place two orders at once.
//!
//! They are drawn from the seed with a random source of their own, so that the other scenarios stay
//! unchanged.

use std::fmt;

use domain::campaign::{approval::ApprovalThresholds, lifecycle::CampaignState};
use serde_json::{Value, json};
use store::campaign::campaigns::{AuditedChange, settings::SettingName};

use crate::simulation::SimulatedWorld;

/// The path of the recount in the operations API.
const RECOUNT: &str = "/v1/configuration/voucher-campaign/recount";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApprovalScenario {
    /// The most vouchers a campaign may issue without approval.
    pub threshold: Option<u64>,
    pub audits: bool,
    /// Customers with a record place an order at two shops at once.
    pub concurrent_orders: bool,
}

/// The operator who sends a request. The draft was created by a different actor, `sim`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulatedOperator {
    /// An admin. May do everything, but may not approve her own changes.
    Ada,
    /// A marketer. Edits drafts.
    Cy,
    /// An approver.
    Bo,
    /// Support.
    Sue,
}

impl SimulatedOperator {
    pub fn name(self) -> &'static str {
        match self {
            SimulatedOperator::Ada => "ada",
            SimulatedOperator::Cy => "cy",
            SimulatedOperator::Bo => "bo",
            SimulatedOperator::Sue => "sue",
        }
    }
    pub fn groups(self) -> &'static str {
        match self {
            SimulatedOperator::Ada => "[admin]",
            SimulatedOperator::Cy => "[marketer]",
            SimulatedOperator::Bo => "[approver]",
            SimulatedOperator::Sue => "[support]",
        }
    }
}

impl ApprovalScenario {
    pub fn from_seed(seed: u64, autopilot: bool) -> Self {
        let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_0006);
        let chance =
            |draw: &mut fastrand::Rng, percent: u32| !autopilot && draw.u32(..100) < percent;
        let most = draw.u64(1..=3);
        Self {
            threshold: chance(&mut draw, 12).then_some(most),
            audits: chance(&mut draw, 10),
            concurrent_orders: chance(&mut draw, 10),
        }
    }

    pub fn approvals(&self) -> ApprovalThresholds {
        ApprovalThresholds { customers: self.threshold, ..ApprovalThresholds::default() }
    }
}

impl SimulatedWorld {
    /// Stores the approval thresholds before anything else happens, without faults.
    pub async fn store_approval_thresholds(&self) -> anyhow::Result<()> {
        if self.plan.approvals.threshold.is_some() {
            let change =
                AuditedChange { actor: "sim", action: "set", note: "", at: self.current_time() };
            self.observer
                .save_setting(SettingName::Approvals, 0, &self.plan.approvals.approvals(), &change)
                .await?;
        }
        Ok(())
    }

    /// Performs an action of these scenarios instead of an ordinary one; returns false if there was
    /// none.
    pub fn act_in_approval_scenario(&mut self) -> bool {
        if self.plan.approvals.audits && self.random.u32(..100) < 60 {
            let path =
                if self.random.bool() { RECOUNT.to_owned() } else { format!("{RECOUNT}/repair") };
            self.send_to_operations(SimulatedOperator::Ada, path, json!(null));
            return true;
        }
        if self.plan.approvals.concurrent_orders && self.random.u32(..100) < 60 {
            return self.place_two_orders();
        }
        let Some(most) = self.plan.approvals.threshold else {
            return false;
        };
        let draft = self.view.state == CampaignState::Draft;
        match (draft, self.random.u32(..100)) {
            (true, 0..30) => {
                let who =
                    if self.random.bool() { SimulatedOperator::Ada } else { SimulatedOperator::Cy };
                let caps = self.draw_caps(most);
                self.send_as_operator(who, "PATCH", "", caps);
            }
            (true, 30..65) => {
                let who = if self.random.u32(..100) < 30 {
                    SimulatedOperator::Ada
                } else {
                    SimulatedOperator::Bo
                };
                self.send_as_operator(who, "POST", "/approve", json!(null));
            }
            (true, _) => {
                self.send_as_operator(SimulatedOperator::Ada, "POST", "/launch", json!(null))
            }
            (false, 0..20) => {
                let who =
                    if self.random.bool() { SimulatedOperator::Ada } else { SimulatedOperator::Bo };
                let caps = self.draw_caps(most);
                self.send_as_operator(who, "PATCH", "", caps);
            }
            (false, _) => return false,
        }
        self.coverage.count_event("governed");
        true
    }

    /// Places two orders at once for a customer who has a record; returns false if no customer has
    /// one.
    fn place_two_orders(&mut self) -> bool {
        let customers: Vec<_> =
            self.view.vouchers.keys().map(|(customer, _)| customer.clone()).collect();
        if customers.is_empty() {
            return false;
        }
        let Some(customer) = customers.get(self.random.usize(..customers.len())).cloned() else {
            return false;
        };
        for _ in 0..2 {
            self.place_order(customer.clone());
        }
        self.coverage.count_event("two orders at once");
        true
    }

    /// Gets the approval that a draft needs, then launches it.
    pub fn approve_and_launch(&mut self) {
        let agreed = self.plan.approvals.threshold.is_none() || self.view.is_approved();
        if agreed || self.random.bool() {
            self.send_as_operator(SimulatedOperator::Ada, "POST", "/launch", json!(null));
        } else {
            self.send_as_operator(SimulatedOperator::Bo, "POST", "/approve", json!(null));
        }
    }

    /// Draws a voucher cap below, at or above the threshold.
    fn draw_caps(&mut self, most: u64) -> Value {
        json!({"caps": {"vouchers": self.random.u64(1..=most + 3)}})
    }
}

impl fmt::Display for ApprovalScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(most) = self.threshold {
            parts.push(format!("a second person over {most} customers"));
        }
        if self.audits {
            parts.push("recounts and repairs while the stream stands still".to_owned());
        }
        if self.concurrent_orders {
            parts.push("two orders at once".to_owned());
        }
        f.write_str(&if parts.is_empty() { "none".to_owned() } else { parts.join(", ") })
    }
}
