//! Scenarios with approvals, audits or concurrent orders: a second person must approve campaigns
//! over a threshold, an operator asks for recounts and repairs while the change stream is stalled,
//! or customers on both sides of the holdout place two orders at once.
//!
//! They are drawn from the seed with a random source of their own, so that the other scenarios stay
//! unchanged.

use std::fmt;

use domain::{approval::Approvals, campaign::State};
use serde_json::{Value, json};
use store::control::{Change, settings::Name};

use crate::world::World;

/// The path of the recount in the operations API.
const RECOUNT: &str = "/v1/configuration/voucher-campaign/recount";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Office {
    /// The most vouchers a campaign may issue without approval.
    pub threshold: Option<u64>,
    pub audits: bool,
    /// Customers with a record place an order at two shops at once.
    pub shoppers: bool,
}

/// The operator who sends a request. The draft was created by a different actor, `sim`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// An admin. May do everything, but may not approve her own changes.
    Ada,
    /// A marketer. Edits drafts.
    Cy,
    /// An approver.
    Bo,
}

impl Who {
    pub fn name(self) -> &'static str {
        match self {
            Who::Ada => "ada",
            Who::Cy => "cy",
            Who::Bo => "bo",
        }
    }
    pub fn groups(self) -> &'static str {
        match self {
            Who::Ada => "[admin]",
            Who::Cy => "[marketer]",
            Who::Bo => "[approver]",
        }
    }
}

impl Office {
    pub fn of(seed: u64, autopilot: bool) -> Self {
        let mut draw = fastrand::Rng::with_seed(seed ^ 0x5eed_0006);
        let chance = |draw: &mut fastrand::Rng, percent: u32| !autopilot && draw.u32(..100) < percent;
        let most = draw.u64(1..=3);
        Self {
            threshold: chance(&mut draw, 12).then_some(most),
            audits: chance(&mut draw, 10),
            shoppers: chance(&mut draw, 10),
        }
    }

    pub fn approvals(&self) -> Approvals {
        Approvals { customers: self.threshold, exposure: None }
    }
}

impl World {
    /// Stores the approval thresholds before anything else happens, without faults.
    pub async fn furnish_office(&self) -> anyhow::Result<()> {
        if self.plan.office.threshold.is_some() {
            let change = Change { actor: "sim", action: "set", note: "", at: self.time() };
            self.observer.put_setting(Name::Approvals, 0, &self.plan.office.approvals(), &change).await?;
        }
        Ok(())
    }

    /// Performs an action of these scenarios instead of an ordinary one; returns false if there was
    /// none.
    pub fn somebody_in_the_office(&mut self) -> bool {
        if self.plan.office.audits && self.draw.u32(..100) < 60 {
            let path = if self.draw.bool() { RECOUNT.to_owned() } else { format!("{RECOUNT}/repair") };
            self.ask_operations(path);
            return true;
        }
        if self.plan.office.shoppers && self.draw.u32(..100) < 60 {
            return self.shops_twice();
        }
        let Some(most) = self.plan.office.threshold else { return false };
        let draft = self.view.state == State::Draft;
        match (draft, self.draw.u32(..100)) {
            (true, 0..30) => {
                let who = if self.draw.bool() { Who::Ada } else { Who::Cy };
                let caps = self.some_caps(most);
                self.operator_as(who, "PATCH", "", caps);
            }
            (true, 30..65) => {
                let who = if self.draw.u32(..100) < 30 { Who::Ada } else { Who::Bo };
                self.operator_as(who, "POST", "/approve", json!(null));
            }
            (true, _) => self.operator_as(Who::Ada, "POST", "/launch", json!(null)),
            (false, 0..20) => {
                let who = if self.draw.bool() { Who::Ada } else { Who::Bo };
                let caps = self.some_caps(most);
                self.operator_as(who, "PATCH", "", caps);
            }
            (false, _) => return false,
        }
        self.coverage.event("governed");
        true
    }

    /// Places two orders at once for a customer who has a record; returns false if no customer has
    /// one.
    fn shops_twice(&mut self) -> bool {
        let customers: Vec<_> = self.view.vouchers.keys().map(|(customer, _)| customer.clone()).collect();
        if customers.is_empty() {
            return false;
        }
        let Some(customer) = customers.get(self.draw.usize(..customers.len())).cloned() else { return false };
        for _ in 0..2 {
            self.order_of(customer.clone());
        }
        self.coverage.event("two orders at once");
        true
    }

    /// Gets the approval that a draft needs, then launches it.
    pub fn bring_to_its_start(&mut self) {
        let agreed = self.plan.office.threshold.is_none() || self.view.agreed();
        if agreed || self.draw.bool() {
            self.operator_as(Who::Ada, "POST", "/launch", json!(null));
        } else {
            self.operator_as(Who::Bo, "POST", "/approve", json!(null));
        }
    }

    /// Draws a voucher cap below, at or above the threshold.
    fn some_caps(&mut self, most: u64) -> Value {
        json!({"caps": {"vouchers": self.draw.u64(1..=most + 3)}})
    }
}

impl fmt::Display for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(most) = self.threshold {
            parts.push(format!("a second person over {most} customers"));
        }
        if self.audits {
            parts.push("recounts and repairs while the stream stands still".to_owned());
        }
        if self.shoppers {
            parts.push("two orders at once".to_owned());
        }
        f.write_str(&if parts.is_empty() { "none".to_owned() } else { parts.join(", ") })
    }
}
