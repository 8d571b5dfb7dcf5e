//! Worlds whose tenant looks closely: a second person has to agree to campaigns over a threshold, or somebody asks for recounts, and
//! presses repair, while the stream stands still, or customers of both sides of the holdout order twice at once. Drawn by the seed and from
//! a source of its own, so that other worlds stay what they were.

use std::fmt;

use domain::{approval::Approvals, campaign::State};
use serde_json::{Value, json};
use store::control::{Change, settings::Name};

use crate::world::World;

/// Where the operations API has it.
const RECOUNT: &str = "/v1/configuration/voucher-campaign/recount";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Office {
    /// Customers that a campaign may give a voucher to without a second person.
    pub threshold: Option<u64>,
    pub audits: bool,
    /// Customers with a record order, at two shops at once.
    pub shoppers: bool,
}

/// Who asks. The draft is somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// May do everything, but not agree to what she wrote.
    Ada,
    /// Edits.
    Cy,
    /// Agrees.
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
    /// Before anything else, and without a fault.
    pub async fn furnish_office(&self) -> anyhow::Result<()> {
        if self.plan.office.threshold.is_some() {
            let change = Change { actor: "sim", action: "set", note: "", at: self.time() };
            self.observer.put_setting(Name::Approvals, 0, &self.plan.office.approvals(), &change).await?;
        }
        Ok(())
    }

    /// Whether somebody there did something, instead of what they would have done elsewhere.
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

    /// Of a customer who has a record; whether there is any.
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

    /// A draft that needs one gets its second person, and then starts.
    pub fn bring_to_its_start(&mut self) {
        let agreed = self.plan.office.threshold.is_none() || self.view.agreed();
        if agreed || self.draw.bool() {
            self.operator_as(Who::Ada, "POST", "/launch", json!(null));
        } else {
            self.operator_as(Who::Bo, "POST", "/approve", json!(null));
        }
    }

    /// Under the threshold, at it, or over it; an edit of a draft may take the cap away.
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
