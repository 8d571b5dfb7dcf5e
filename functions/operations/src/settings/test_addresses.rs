//! The addresses that may get test sends. The campaigns API refuses a test send to any other.

use domain::{delivery::test_send::TestAddresses, kernel::validation::FieldError};
use http_edge::OperatorRole;
use serde::Serialize;
use store::campaign::campaigns::settings::SettingName;
use utoipa::ToSchema;

use super::{SettingMetadata, TenantSetting, document::OperationText};
use crate::OperationsContext;

#[derive(Serialize, ToSchema)]
pub struct TestAddressList {
    #[serde(flatten)]
    pub list: TestAddresses,
    #[serde(flatten)]
    pub metadata: SettingMetadata,
}

impl TenantSetting for TestAddresses {
    const NAME: SettingName = SettingName::TestAddresses;
    const RESOURCE: &'static str = "test-addresses";
    // They are people's addresses.
    const READER: OperatorRole = OperatorRole::Admin;
    const READ_TEXT: OperationText = OperationText {
        summary: "Returns the addresses that may get test sends.",
        description: Some(
            "Only administrators may read them, because they are people's addresses.",
        ),
    };
    const REPLACE_TEXT: OperationText =
        OperationText { summary: "Replaces the whole list of test addresses.", description: None };
    type View = TestAddressList;

    fn find_errors(&self) -> Vec<FieldError> {
        self.check()
    }

    fn into_view(self, _: &OperationsContext, metadata: SettingMetadata) -> TestAddressList {
        TestAddressList { list: self, metadata }
    }
}
