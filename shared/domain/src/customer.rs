//! Customers: their profile and consents, how an update changes them, how a name is found, and what
//! orders add up to.

pub mod consent;
pub mod profile;
pub mod contact;
pub mod devices;
pub mod carts;
pub mod zone_rule;
pub mod address;
pub mod address_state;
pub mod leaving_link;
pub mod phone_country;
pub mod reply_words;
pub mod topics;
pub mod pause;
pub mod changes;
pub mod name_search;
pub mod preferences;
pub mod attributes;
pub mod order_windows;
pub mod orders;
pub mod merge;
