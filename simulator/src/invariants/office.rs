//! Checks approvals for campaigns over the tenant's threshold: what launches was approved by
//! someone who did not write it, and so was a cap that is raised later.
//!
//! The check is independent, so that the code under test does not judge itself.

use domain::{
    campaign::{Campaign, State},
    definition::{Caps, Definition},
};

use super::{Broken, Invariant, broken};
use crate::office::Office;

/// The last seen version of the campaign, and the definition that was approved.
pub struct Governed {
    office: Office,
    last: Option<Campaign>,
    agreed_to: Option<Definition>,
}

impl Governed {
    pub fn of(office: Office) -> Self {
        Self { office, last: None, agreed_to: None }
    }

    pub fn agreed(&self) -> bool {
        self.last.as_ref().is_some_and(|campaign| campaign.approval.is_some())
    }

    fn over(&self, caps: &Caps) -> bool {
        self.office.threshold.is_some_and(|most| caps.vouchers.is_none_or(|cap| cap > most))
    }

    pub fn changed(&mut self, now: &Campaign) -> Result<(), Broken> {
        let before = self.last.replace(now.clone());
        let Some(before) = before else { return Ok(()) };
        let agreed = now.approval.as_ref().filter(|approval| before.approval.as_ref() != Some(*approval));
        let draft = before.state == State::Draft;
        if let Some(approval) = agreed {
            let last = before.editors.last().into_iter().chain([&before.created_by]);
            let wrote = if draft {
                before.editors.iter().chain([&before.created_by]).any(|it| *it == approval.by)
            } else {
                last.into_iter().any(|it| *it == approval.by)
            };
            if wrote {
                return broken(Invariant::SecondPerson, format!("{} agreed to what they wrote", approval.by));
            }
            self.agreed_to = Some(now.definition.clone());
        }
        let (was, is) = (&before.definition.caps, &now.definition.caps);
        if draft && now.state != State::Draft && self.over(is) && self.agreed_to.as_ref() != Some(&now.definition) {
            let what = format!(
                "{} with {is:?}, and what was agreed to is {:?}",
                now.state.as_str(),
                self.agreed_to.as_ref().map(|it| &it.caps)
            );
            return broken(Invariant::SecondPerson, what);
        }
        let raised = was.vouchers.is_some_and(|was| is.vouchers.is_none_or(|is| is > was));
        if !draft && raised && self.over(is) && agreed.is_none() {
            return broken(
                Invariant::SecondPerson,
                format!("raised from {:?} to {:?} by nobody else", was.vouchers, is.vouchers),
            );
        }
        Ok(())
    }
}
