//! Meanings of columns: to which part of a customer or an order a cell belongs.

use domain::kernel::channel::Channel;
use serde::{Deserialize, Serialize};

use crate::{cells::choices::Meaning, systems::ImportKind};

/// The meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The id that the system gives the customer.
    Id,
    /// A part of the customer's key beside the mailbox.
    Website,
    Email,
    Phone,
    FirstName,
    LastName,
    /// A whole name, which is not cut into given and family name by a guess.
    FullName,
    Country,
    Locale,
    Zone,
    Currency,
    SignedUp,
    Birthday,
    Tags,
    Latitude,
    Longitude,
    /// Longitude and latitude in a list of JSON, in that order.
    Coordinates,
    City,
    /// The name of a merchant, or of a vertical or a category in one language.
    Name,
    /// The names of a vertical or a category in an object of JSON, by language.
    Names,
    Brand,
    Verticals,
    Categories,
    /// The places of a merchant in a list of JSON.
    Places,
    /// The name of a merchant's one place.
    PlaceName,
    OpenedOn,
    /// The words of a choice for a channel.
    Choice(Channel, Meaning),
    /// The time of that choice.
    ChoiceAt(Channel),
    /// The time of a yes, in a column of its own.
    YesAt(Channel),
    /// The time of a no, in a column of its own.
    NoAt(Channel),
    /// The reason for which the mailbox is not written to.
    Suppressed,
    SuppressedAt,
    /// The state of a listmonk account.
    ListmonkStatus,
    /// A UUID that identifies the customer.
    Uuid,
    /// True on the address whose phone is the customer's.
    IsDefaultAddress,
    OrderId,
    OrderNumber,
    PlacedAt,
    Total,
    CancelledAt,
    Refunded,
    OrderStatus,
    /// A second id of the order's customer, of which 0 is a guest.
    Buyer,
    /// An amount that a customer has no place for. It is read, so that a fault is told.
    Amount,
    /// A number that a customer has no place for.
    Number,
    /// A moment that a customer has no place for.
    Moment,
    /// A moment in seconds since 1970 that a customer has no place for.
    Seconds,
    /// An object of JSON that a customer has no place for.
    Object,
    /// Other content that a customer has no place for.
    NoPlace,
    /// A password, hash or token: not read, not kept, not logged.
    Secret,
    /// A column that nobody knows.
    Unknown,
}

/// The use that an import has for a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnUse {
    Taken,
    /// Known, and the customer has no place for it: it stays in the file.
    NoPlace,
    /// A secret, never read.
    Secret,
    Unknown,
}

impl Target {
    /// Every meaning that a mapping may give a column, with its name.
    pub const NAMED: [(&'static str, Self); 54] = [
        ("id", Self::Id),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("first_name", Self::FirstName),
        ("last_name", Self::LastName),
        ("country", Self::Country),
        ("locale", Self::Locale),
        ("zone", Self::Zone),
        ("currency", Self::Currency),
        ("signed_up", Self::SignedUp),
        ("birthday", Self::Birthday),
        ("tags", Self::Tags),
        ("latitude", Self::Latitude),
        ("longitude", Self::Longitude),
        ("email_consent", Self::Choice(Channel::Email, Meaning::Positive)),
        ("sms_consent", Self::Choice(Channel::Sms, Meaning::Positive)),
        ("push_consent", Self::Choice(Channel::Push, Meaning::Positive)),
        ("email_unsubscribed", Self::Choice(Channel::Email, Meaning::Negative)),
        ("sms_unsubscribed", Self::Choice(Channel::Sms, Meaning::Negative)),
        ("push_unsubscribed", Self::Choice(Channel::Push, Meaning::Negative)),
        ("email_consent_at", Self::ChoiceAt(Channel::Email)),
        ("sms_consent_at", Self::ChoiceAt(Channel::Sms)),
        ("push_consent_at", Self::ChoiceAt(Channel::Push)),
        ("email_yes_at", Self::YesAt(Channel::Email)),
        ("sms_yes_at", Self::YesAt(Channel::Sms)),
        ("push_yes_at", Self::YesAt(Channel::Push)),
        ("email_no_at", Self::NoAt(Channel::Email)),
        ("sms_no_at", Self::NoAt(Channel::Sms)),
        ("push_no_at", Self::NoAt(Channel::Push)),
        ("uuid", Self::Uuid),
        ("website", Self::Website),
        ("coordinates", Self::Coordinates),
        ("is_default_address", Self::IsDefaultAddress),
        ("account_status", Self::ListmonkStatus),
        ("suppressed", Self::Suppressed),
        ("suppressed_at", Self::SuppressedAt),
        ("order_id", Self::OrderId),
        ("order_number", Self::OrderNumber),
        ("placed_at", Self::PlacedAt),
        ("total", Self::Total),
        ("cancelled_at", Self::CancelledAt),
        ("refunded", Self::Refunded),
        ("order_status", Self::OrderStatus),
        ("buyer", Self::Buyer),
        ("city", Self::City),
        ("name", Self::Name),
        ("names", Self::Names),
        ("brand", Self::Brand),
        ("verticals", Self::Verticals),
        ("categories", Self::Categories),
        ("places", Self::Places),
        ("place_name", Self::PlaceName),
        ("opened_on", Self::OpenedOn),
        ("ignore", Self::NoPlace),
    ];

    /// Finds the meaning that a mapping names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
    }

    /// Returns the name by which a mapping names the meaning. Known columns for which a customer
    /// has no place are `ignore`; secrets and columns that nobody knows have none.
    pub fn name(self) -> Option<&'static str> {
        let target = match self.column_use() {
            ColumnUse::NoPlace if self != Self::OrderNumber => Self::NoPlace,
            ColumnUse::NoPlace | ColumnUse::Taken | ColumnUse::Secret | ColumnUse::Unknown => self,
        };
        Self::NAMED.iter().find(|(_, known)| *known == target).map(|(name, _)| *name)
    }

    /// Returns true if a file of this kind has a use for the meaning.
    pub fn is_of(self, kind: ImportKind) -> bool {
        let is_address = matches!(self, Self::Email | Self::Phone | Self::Country);
        let is_order = matches!(
            self,
            Self::OrderId
                | Self::OrderNumber
                | Self::PlacedAt
                | Self::Total
                | Self::CancelledAt
                | Self::Refunded
                | Self::OrderStatus
                | Self::Buyer
        );
        let is_no = matches!(self, Self::Suppressed | Self::SuppressedAt | Self::ListmonkStatus);
        let is_always = matches!(self, Self::NoPlace | Self::Secret | Self::Unknown);
        let is_place = matches!(
            self,
            Self::City | Self::Zone | Self::Latitude | Self::Longitude | Self::Coordinates
        );
        let is_merchant = matches!(
            self,
            Self::Name
                | Self::Brand
                | Self::Verticals
                | Self::Categories
                | Self::Places
                | Self::PlaceName
                | Self::OpenedOn
        );
        is_always
            || match kind {
                ImportKind::Customers => !is_order && !is_merchant && self != Self::Names,
                ImportKind::Merchants => {
                    is_place || is_merchant || matches!(self, Self::Id | Self::Tags)
                }
                ImportKind::Verticals | ImportKind::Categories => {
                    matches!(self, Self::Id | Self::Locale | Self::Name | Self::Names)
                }
                ImportKind::Orders => {
                    is_address || is_order || matches!(self, Self::Id | Self::Currency)
                }
                ImportKind::Suppressions => is_address || is_no,
            }
    }

    /// Returns the names that a mapping may give the columns of such a file.
    pub fn names_of(kind: ImportKind) -> impl Iterator<Item = &'static str> {
        let named = Self::NAMED.iter().filter(move |(_, target)| target.is_of(kind));
        named.map(|(name, _)| *name)
    }

    /// Returns what becomes of the column's cells.
    pub fn column_use(self) -> ColumnUse {
        match self {
            Self::Secret => ColumnUse::Secret,
            Self::Unknown => ColumnUse::Unknown,
            Self::FullName
            | Self::Amount
            | Self::Number
            | Self::Moment
            | Self::Seconds
            | Self::Object
            | Self::NoPlace
            | Self::OrderNumber => ColumnUse::NoPlace,
            Self::Id
            | Self::Website
            | Self::Email
            | Self::Phone
            | Self::FirstName
            | Self::LastName
            | Self::Country
            | Self::Locale
            | Self::Zone
            | Self::Currency
            | Self::SignedUp
            | Self::Birthday
            | Self::Tags
            | Self::Latitude
            | Self::Longitude
            | Self::Coordinates
            | Self::City
            | Self::Name
            | Self::Names
            | Self::Brand
            | Self::Verticals
            | Self::Categories
            | Self::Places
            | Self::PlaceName
            | Self::OpenedOn
            | Self::Choice(..)
            | Self::ChoiceAt(_)
            | Self::YesAt(_)
            | Self::NoAt(_)
            | Self::Suppressed
            | Self::SuppressedAt
            | Self::ListmonkStatus
            | Self::Uuid
            | Self::IsDefaultAddress
            | Self::OrderId
            | Self::PlacedAt
            | Self::Total
            | Self::CancelledAt
            | Self::Refunded
            | Self::OrderStatus
            | Self::Buyer => ColumnUse::Taken,
        }
    }

    /// Returns true if the column holds dates that may be slashed.
    pub fn is_date(self) -> bool {
        matches!(
            self,
            Self::SignedUp
                | Self::ChoiceAt(_)
                | Self::YesAt(_)
                | Self::NoAt(_)
                | Self::SuppressedAt
                | Self::PlacedAt
                | Self::CancelledAt
                | Self::OpenedOn
                | Self::Moment
        )
    }
}
