//! The types every other folder needs: ids, money, channels, errors that name the field, API
//! keys and signed tokens.

pub mod id;
pub mod money;
pub mod channel;
pub mod validation;
pub mod api_key;
pub mod signed_token;
