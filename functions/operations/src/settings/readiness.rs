//! The readiness of the AWS account: what `make preflight` found when it asked last. The campaigns API
//! refuses the launch of a larger campaign while something is red.
//!
//! Reads and writes the setting in Control, which preflight also writes with `STORE=1`.

use domain::{
    campaign::readiness::{ReadinessReport, ReadinessState, TRIAL_CUSTOMERS},
    kernel::validation::FieldError,
};
use http_edge::OperatorRole;
use runtime::clock;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

#[derive(Serialize, ToSchema)]
pub struct ReadinessView {
    pub state: ReadinessState,
    /// Most customers that a campaign may reach while something is red that concerns it.
    pub trial_customers: u64,
    #[serde(flatten)]
    pub report: ReadinessReport,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for ReadinessReport {
    const NAME: SettingName = SettingName::Readiness;
    const RESOURCE: &'static str = "readiness";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns what the AWS account answered when `make preflight` asked last.",
        description: Some(
            "While something is red, a campaign that it concerns and that could reach more than \
             `trial_customers` is not launched. An account that was never asked refuses nothing.",
        ),
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces the answers of the account.",
        description: Some(
            "The body is the `report` that `make preflight JSON=1` prints. `make preflight STORE=1` \
             stores it itself.",
        ),
    };
    type View = ReadinessView;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check(clock::now())
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> ReadinessView {
        let state = self.state(clock::now());
        ReadinessView { state, trial_customers: TRIAL_CUSTOMERS, report: self, metadata }
    }
}
