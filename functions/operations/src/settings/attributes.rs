//! The attributes of customers that the tenant declares. The app backend writes values of their
//! types, and audiences compare them.
//!
//! Guarantees: an attribute that an open campaign or a saved segment compares keeps its type.

use std::collections::BTreeSet;

use domain::{
    campaign::{audience::AudienceRule, lifecycle::CampaignPhase},
    customer::attributes::AttributeSettings,
    kernel::validation::FieldError,
};
use http_edge::{ApiResult, OperatorRole, Problem};
use serde::Serialize;
use store::campaign::campaigns::{CampaignSummary, settings::SettingName};
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::{OperationsContext, store_problem};

/// Campaigns on one page of the list.
const LIST_PAGE: usize = 100;

/// The declared attributes, with the author of their last change. Until an administrator declares
/// some there are none.
#[derive(Serialize, ToSchema)]
pub struct AttributeList {
    #[serde(flatten)]
    pub list: AttributeSettings,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for AttributeSettings {
    const NAME: SettingName = SettingName::Attributes;
    const RESOURCE: &'static str = "attributes";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns the attributes of customers that are declared.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces the whole list of attributes.",
        description: Some(
            "An attribute that a campaign which is not over, or a saved segment, compares can neither \
             change its type nor go: the answer is 409 `attribute_in_use` with its users.",
        ),
    };
    type View = AttributeList;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    async fn check_use(&self, before: &Self, context: &OperationsContext) -> ApiResult<()> {
        let changed: BTreeSet<String> = self.changed_since(before).into_iter().collect();
        if changed.is_empty() {
            return Ok(());
        }
        let mut users = Vec::new();
        let book = context.store.segment_book().await.map_err(store_problem)?.value;
        for (id, segment) in &book.segments {
            add_user(&mut users, &changed, &segment.rule, &format!("segment {id}"));
        }
        let mut after = None;
        loop {
            let page = context.store.list_campaigns(None, None, after.as_deref(), LIST_PAGE).await;
            let page = page.map_err(store_problem)?;
            let is_open = |it: &CampaignSummary| it.state.phase() != CampaignPhase::Over;
            let open: Vec<CampaignSummary> = page.campaigns.into_iter().filter(is_open).collect();
            for (id, definition) in context.store.definitions(&open).await.map_err(store_problem)? {
                let user = format!("campaign {} ({id})", definition.name);
                add_user(&mut users, &changed, &definition.audience, &user);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if users.is_empty() {
            return Ok(());
        }
        let problem =
            Problem::conflict("attribute_in_use", "an attribute that is in use keeps its type");
        Err(users.into_iter().fold(problem, Problem::with_error))
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> AttributeList {
        AttributeList { list: self, metadata }
    }
}

/// Adds the rule's owner to the users of each changed attribute that it compares.
fn add_user(
    users: &mut Vec<FieldError>,
    changed: &BTreeSet<String>,
    rule: &AudienceRule,
    user: &str,
) {
    let compared: BTreeSet<&str> = rule.attributes().into_iter().collect();
    for name in compared.into_iter().filter(|name| changed.contains(*name)) {
        let detail = format!("{name} is compared by {user}");
        users.push(FieldError::new("/attributes", "used", detail));
    }
}
