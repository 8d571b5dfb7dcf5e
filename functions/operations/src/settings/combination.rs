//! The tenant's rules for several vouchers on one order: how many, which discounts come first, and of
//! which prices a percentage is taken. Checkouts read a change within ten seconds.

use domain::{kernel::validation::FieldError, voucher::combination::CombinationPolicy};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

/// The rules in force, with the author of their last change. Until an administrator sets them an
/// order takes one voucher.
#[derive(Serialize, ToSchema)]
pub struct CombinationSettings {
    #[serde(flatten)]
    pub policy: CombinationPolicy,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for CombinationPolicy {
    const NAME: SettingName = SettingName::Combination;
    const RESOURCE: &'static str = "combination";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns the rules for several vouchers on one order.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces the rules for several vouchers on one order.",
        description: Some(
            "An offer still is exclusive unless it names the groups that it combines with.",
        ),
    };
    type View = CombinationSettings;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> CombinationSettings {
        CombinationSettings { policy: self, metadata }
    }
}
