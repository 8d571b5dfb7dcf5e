//! The page to which the link of a campaign's messages leads: the app's, or one on which the customer
//! accepts.

use serde::{Deserialize, Serialize};

/// The place to which a tap on the link leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LinkTarget {
    /// Straight to the app, which opens the voucher. In a stack without an app it is the page.
    #[default]
    App,
    /// A page in the reader's language, on which they accept, and which then leads to the app.
    Page,
}

impl LinkTarget {
    pub fn is_app(&self) -> bool {
        *self == Self::App
    }
}
