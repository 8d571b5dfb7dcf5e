//! The setting of who is notified of what happens, by chat and by e-mail, and its test.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use domain::{
    delivery::notices::{NoticeSettings, TEST_NOTICE},
    kernel::{audit_kind::AuditKind, validation::FieldError},
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem};
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::{OperationsContext, record_act, store_problem};

#[derive(Serialize, ToSchema)]
pub struct NoticeSettingsView {
    #[serde(flatten)]
    pub settings: NoticeSettings,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for NoticeSettings {
    const NAME: SettingName = SettingName::Notices;
    const RESOURCE: &'static str = "notices";
    /// The address of a chat lets whoever has it write there, and the others belong to people.
    const READER: OperatorRole = OperatorRole::Admin;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns who is told what happens, by chat and by e-mail, and of what.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces who is told what happens, by chat and by e-mail, and of what.",
        description: Some(
            "What happened before is not told. What is not taken is in the audit log.",
        ),
    };
    type View = NoticeSettingsView;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> NoticeSettingsView {
        NoticeSettingsView { settings: self, metadata }
    }
}

#[derive(Serialize, ToSchema)]
pub struct NoticeTestAccepted {
    /// The seconds within which they are told.
    #[schema(example = 60)]
    within_seconds: u32,
}

/// Tells everybody a test, within a minute.
///
/// A test that nobody takes is in the audit log.
#[utoipa::path(
    post, path = "/v1/configuration/voucher-campaign/notices/test", tag = "operations",
    operation_id = "test_notices", security(("jwt" = [])),
    responses((status = 202, body = NoticeTestAccepted), Problem,
        (status = 409, body = Problem, description = "`no_recipient`"))
)]
pub async fn test(
    State(context): State<Arc<OperationsContext>>,
    operator: Operator,
) -> ApiResult<(StatusCode, Json<NoticeTestAccepted>)> {
    operator.require_role(OperatorRole::Admin)?;
    let setting = context.store.setting::<NoticeSettings>(SettingName::Notices).await;
    if !setting.map_err(store_problem)?.value.has_recipient() {
        return Err(Problem::conflict("no_recipient", "nobody is told: set an address first"));
    }
    let act = ("notices", TEST_NOTICE, "");
    record_act(&context.store, &operator, AuditKind::Setting, act).await?;
    Ok((StatusCode::ACCEPTED, Json(NoticeTestAccepted { within_seconds: 60 })))
}
