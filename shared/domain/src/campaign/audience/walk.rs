//! Walks through the nodes of a rule with their pointers, for checks that know more than the rule:
//! which attributes the tenant has declared.

use super::{AttributeCondition, AttributeTest, AudienceRule};
use crate::{
    customer::attributes::{AttributeSettings, AttributeType},
    kernel::validation::FieldError,
};

impl AudienceRule {
    /// Returns an error at each attribute that is not declared, or that is compared as another type
    /// than its own. Frozen segments are checked where they are edited.
    pub fn check_attributes(&self, declared: &AttributeSettings, at: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        self.visit_at(at, &mut |at, rule| {
            if let AudienceRule::Attribute(condition) = rule {
                errors.extend(find_attribute_error(condition, declared, at));
            }
        });
        errors
    }

    /// Calls `see` with each node and its pointer; frozen segments are not entered.
    fn visit_at(&self, parent: &str, see: &mut impl FnMut(&str, &AudienceRule)) {
        let at = format!("{parent}/{}", self.key());
        see(&at, self);
        match self {
            AudienceRule::All(rules) | AudienceRule::Any(rules) => {
                for (index, rule) in rules.iter().enumerate() {
                    rule.visit_at(&format!("{at}/{index}"), see);
                }
            }
            AudienceRule::Not(rule) => rule.visit_at(&at, see),
            AudienceRule::Everyone
            | AudienceRule::Ordered { .. }
            | AudienceRule::NeverOrdered { .. }
            | AudienceRule::OrdersCount { .. }
            | AudienceRule::Spend { .. }
            | AudienceRule::FirstOrder(_)
            | AudienceRule::LastOrder { .. }
            | AudienceRule::OrderGap(_)
            | AudienceRule::HadVoucher(_)
            | AudienceRule::WithinKm(_)
            | AudienceRule::NearMerchants(_)
            | AudienceRule::Locale { .. }
            | AudienceRule::SignedUp(_)
            | AudienceRule::Tags(_)
            | AudienceRule::Attribute(_)
            | AudienceRule::Sample(_)
            | AudienceRule::Segment(_)
            | AudienceRule::CustomerIds(_)
            | AudienceRule::ConsentsTo { .. } => {}
        }
    }
}

fn find_attribute_error(
    condition: &AttributeCondition,
    declared: &AttributeSettings,
    at: &str,
) -> Option<FieldError> {
    let Some(its) = declared.type_of(&condition.name) else {
        let detail = format!("no attribute {} is declared", condition.name);
        return Some(FieldError::new(format!("{at}/name"), "unknown_attribute", detail));
    };
    let fits = match &condition.test {
        AttributeTest::Is(_) => its == AttributeType::Bool,
        AttributeTest::Number(_) => its == AttributeType::Number,
        AttributeTest::Day(_) => its == AttributeType::Date,
        AttributeTest::AnyOf(_) => its == AttributeType::Text || its == AttributeType::Set,
    };
    let wanted = match its {
        AttributeType::Bool => "is",
        AttributeType::Number => "at_least and at_most",
        AttributeType::Date => "days",
        AttributeType::Text | AttributeType::Set => "any_of",
    };
    let detail = || format!("{} is compared by {wanted}", condition.name);
    (!fits).then(|| FieldError::new(at, "wrong_type", detail()))
}
