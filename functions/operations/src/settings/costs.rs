//! The settings that reports calculate with: the tenant's message prices and margin, which take
//! precedence over the deployment's, and the currency and time zone. Currency and time zone are the
//! deployment's alone, since counters are kept by them.

use domain::{
    kernel::{money::Currency, validation::FieldError},
    reporting::costs::{CostRates, CostSettings},
};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

#[derive(Serialize, ToSchema)]
pub struct CostsView {
    /// The values that the tenant has set. The deployment's values apply to those that are left
    /// out.
    #[serde(flatten)]
    pub set: CostSettings,
    pub in_force: CostRates,
    /// The currency of prices and thresholds, and of campaigns that name none. It is part of the
    /// deployment.
    pub currency: Currency,
    /// The time zone whose calendar days the reports count by. It is part of the deployment.
    #[schema(example = "Europe/Madrid")]
    pub time_zone: String,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for CostSettings {
    const NAME: SettingName = SettingName::Costs;
    const RESOURCE: &'static str = "costs";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns the prices, margin, currency and time zone that the reports calculate with.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces all prices and the margin, at once and for all periods.",
        description: Some(
            "Reports keep units, not amounts, so past periods change too. The deployment's values apply to \
             those that are left out.",
        ),
    };
    type View = CostsView;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, context: &OperationsContext, metadata: SettingMetadata) -> CostsView {
        CostsView {
            set: self,
            in_force: self.with_defaults(context.costs),
            currency: context.currency,
            time_zone: context.zone.iana_name().unwrap_or("UTC").to_owned(),
            metadata,
        }
    }
}
