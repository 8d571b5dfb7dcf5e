//! The types every other folder needs: ids, money, channels, locales with their languages and
//! formats, folded letters, errors that name the field, exact numbers, searches, web links, API
//! keys, kinds of acts, signed tokens and the shards of keys.

pub mod id;
pub mod money;
pub mod channel;
pub mod locale;
pub mod language;
pub mod reader_formats;
pub mod folded_letters;
pub mod validation;
pub mod web_link;
pub mod exact_number;
pub mod search_text;
pub mod api_key;
pub mod audit_kind;
pub mod signed_token;
pub mod short_code;
pub mod shard;
