//! The tenant's brand: the look of e-mails, and the sender who is responsible for them. The delivery
//! workers read it for each e-mail, from a cache of a few seconds.

use domain::{campaign::brand::BrandSettings, kernel::validation::FieldError};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

#[derive(Serialize, ToSchema)]
pub struct BrandView {
    #[serde(flatten)]
    pub settings: BrandSettings,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for BrandSettings {
    const NAME: SettingName = SettingName::Brand;
    const RESOURCE: &'static str = "brand";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns the look of e-mails, and the sender who is responsible for them.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces the whole brand.",
        description: Some("It takes effect within ten seconds, also for running campaigns."),
    };
    type View = BrandView;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> BrandView {
        BrandView { settings: self, metadata }
    }
}
