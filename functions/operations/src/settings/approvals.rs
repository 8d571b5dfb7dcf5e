//! The tenant's approval thresholds: the size from which a campaign needs a second person's
//! approval. The campaigns API reads them at every launch and amendment.

use domain::{campaign::approval::ApprovalThresholds, kernel::validation::FieldError};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

#[derive(Serialize, ToSchema)]
pub struct ApprovalSettings {
    #[serde(flatten)]
    pub thresholds: ApprovalThresholds,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for ApprovalThresholds {
    const NAME: SettingName = SettingName::Approvals;
    const RESOURCE: &'static str = "approvals";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns the thresholds above which a campaign needs an approval.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces all thresholds, for launches and amendments from now on.",
        description: Some("A threshold that is left out requires no approval."),
    };
    type View = ApprovalSettings;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> ApprovalSettings {
        ApprovalSettings { thresholds: self, metadata }
    }
}
