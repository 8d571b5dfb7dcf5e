//! Checks approvals for campaigns over the tenant's threshold: what launches was approved by
//! someone who did not write it, and so was a cap that is raised later.
//!
//! The check is independent, so that the code under test does not judge itself.

use domain::campaign::{
    definition::{Caps, Definition},
    lifecycle::{Campaign, CampaignState},
};

use super::{BrokenInvariant, Invariant, ObservedState, broken_invariant};
use crate::approvals::ApprovalScenario;

/// The last seen version of the campaign, and the definition that was approved.
pub struct ApprovalTracker {
    scenario: ApprovalScenario,
    last: Option<Campaign>,
    approved: Option<Definition>,
}

impl ApprovalTracker {
    pub fn for_scenario(scenario: ApprovalScenario) -> Self {
        Self { scenario, last: None, approved: None }
    }

    pub fn is_approved(&self) -> bool {
        self.last.as_ref().is_some_and(|campaign| campaign.approval.is_some())
    }

    fn is_over_threshold(&self, caps: &Caps) -> bool {
        self.scenario.threshold.is_some_and(|most| caps.vouchers.is_none_or(|cap| cap > most))
    }

    pub fn check_change(&mut self, now: &Campaign) -> Result<(), BrokenInvariant> {
        let before = self.last.replace(now.clone());
        let Some(before) = before else { return Ok(()) };
        let agreed =
            now.approval.as_ref().filter(|approval| before.approval.as_ref() != Some(*approval));
        let draft = before.state == CampaignState::Draft;
        if let Some(approval) = agreed {
            let last = before.editors.last().into_iter().chain([&before.created_by]);
            let wrote = if draft {
                before.editors.iter().chain([&before.created_by]).any(|it| *it == approval.by)
            } else {
                last.into_iter().any(|it| *it == approval.by)
            };
            if wrote {
                return broken_invariant(
                    Invariant::SecondPerson,
                    format!("{} agreed to what they wrote", approval.by),
                );
            }
            self.approved = Some(now.definition.clone());
        }
        let (was, is) = (&before.definition.caps, &now.definition.caps);
        if draft
            && now.state != CampaignState::Draft
            && self.is_over_threshold(is)
            && self.approved.as_ref() != Some(&now.definition)
        {
            let what = format!(
                "{} with {is:?}, and what was agreed to is {:?}",
                now.state.as_str(),
                self.approved.as_ref().map(|it| &it.caps)
            );
            return broken_invariant(Invariant::SecondPerson, what);
        }
        let raised = was.vouchers.is_some_and(|was| is.vouchers.is_none_or(|is| is > was));
        if !draft && raised && self.is_over_threshold(is) && agreed.is_none() {
            return broken_invariant(
                Invariant::SecondPerson,
                format!("raised from {:?} to {:?} by nobody else", was.vouchers, is.vouchers),
            );
        }
        Ok(())
    }
}

impl ObservedState {
    /// Checks that nothing was made of a campaign that is a draft, or a draft again.
    pub(super) fn check_undone(&self) -> Result<(), BrokenInvariant> {
        let selected = self.run_progress().selected;
        if self.state == CampaignState::Draft && (selected > 0 || !self.vouchers.is_empty()) {
            let issued = self.vouchers.len();
            let what = format!("a draft with {selected} selected customers and {issued} records");
            return broken_invariant(Invariant::UndoneSendsNothing, what);
        }
        Ok(())
    }
}
