//! The types every other folder needs: ids, money, channels, and errors that name the field.

pub mod id;
pub mod money;
pub mod channel;
pub mod validation;
