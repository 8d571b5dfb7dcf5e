//! The tenant's contact policy: quiet hours, caps across campaigns, and rates. Every worker reads it
//! for each piece of its work, so a change applies at once, also to running campaigns.

use domain::{
    customer::profile::Zone, delivery::contact_policy::ContactPolicy,
    kernel::validation::FieldError,
};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

/// The policy in force, with the author of its last change. Until an administrator sets the policy
/// the quiet hours are those of the deployment, and there are no caps.
#[derive(Serialize, ToSchema)]
pub struct ContactPolicyView {
    #[serde(flatten)]
    pub policy: ContactPolicy,
    /// The tenant's zone: that of customers whose own is not known.
    pub tenant_zone: Zone,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for ContactPolicy {
    const NAME: SettingName = SettingName::ContactPolicy;
    const RESOURCE: &'static str = "contact-policy";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns quiet hours by channel, the caps across all campaigns, and the channels' rates.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces the policy. `If-Match` takes the ETag that was read.",
        description: None,
    };
    type View = ContactPolicyView;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(
        self,
        context: &OperationsContext,
        metadata: SettingMetadata,
    ) -> ContactPolicyView {
        let tenant = context.store.tenant();
        let policy = if metadata.version == 0 { tenant.contact_policy() } else { self };
        ContactPolicyView { policy, tenant_zone: tenant.zone().clone(), metadata }
    }
}
