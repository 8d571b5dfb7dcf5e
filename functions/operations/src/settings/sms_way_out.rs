//! The tenant's rule for the way out of an SMS, by country. Workers reload it within ten seconds, so
//! it also changes the messages of running campaigns.

use domain::{delivery::sms_way_out::SmsWayOut, kernel::validation::FieldError};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

/// The rule in force, with the author of its last change.
#[derive(Serialize, ToSchema)]
pub struct SmsWayOutView {
    #[serde(flatten)]
    pub rule: SmsWayOut,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for SmsWayOut {
    const NAME: SettingName = SettingName::SmsWayOut;
    const RESOURCE: &'static str = "sms-way-out";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns what SMS say about leaving, by the country of the phone number.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces the rule. `If-Match` takes the ETag that was read.",
        description: Some(
            "Without a rule, SMS ask to reply if the stack has a number that hears, and have the short link otherwise. `none` takes a reason.",
        ),
    };
    type View = SmsWayOutView;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> SmsWayOutView {
        SmsWayOutView { rule: self, metadata }
    }
}
