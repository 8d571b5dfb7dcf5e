//! The tenant's limits of goodwill: what each role may give away, and what one customer gets.

use domain::{kernel::validation::FieldError, voucher::goodwill::GoodwillPolicy};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

#[derive(Serialize, ToSchema)]
pub struct GoodwillSettings {
    #[serde(flatten)]
    pub policy: GoodwillPolicy,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for GoodwillPolicy {
    const NAME: SettingName = SettingName::Goodwill;
    const RESOURCE: &'static str = "goodwill";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns the limits of vouchers that support issues or extends.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces the limits of vouchers that support issues or extends.",
        description: Some("Administrators are not limited."),
    };
    type View = GoodwillSettings;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> GoodwillSettings {
        GoodwillSettings { policy: self, metadata }
    }
}
