//! The tenant's topics: what messages are about, with the names that customers read on the preference
//! page. A campaign may name one of them. Workers read the setting for each piece of their work.

use domain::{customer::topics::TopicSettings, kernel::validation::FieldError};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

/// The topics, with the author of their last change. Until an administrator sets them there are none.
#[derive(Serialize, ToSchema)]
pub struct TopicList {
    #[serde(flatten)]
    pub list: TopicSettings,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for TopicSettings {
    const NAME: SettingName = SettingName::Topics;
    const RESOURCE: &'static str = "topics";
    const READER: OperatorRole = OperatorRole::Viewer;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns the topics to which customers can say yes or no.",
        description: None,
    };
    const REPLACE_TEXT: OperationText = OperationText {
        summary: "Replaces the whole list of topics, at once and for running campaigns too.",
        description: Some(
            "What customers have said stays with their topic's id. A campaign whose topic is no longer in \
             the list reaches only those who have said yes to it.",
        ),
    };
    type View = TopicList;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> TopicList {
        TopicList { list: self, metadata }
    }
}
