//! Reads and writes attribute maps by hand: short, typed, and with the attribute's name in every
//! error.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::error::{Result, StoreError};

pub(crate) type ItemMap = HashMap<String, AttributeValue>;

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}
pub(crate) fn n(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
/// Encodes a time as milliseconds since the epoch: short, and comparable in conditions.
pub(crate) fn at(time: Timestamp) -> AttributeValue {
    n(time.as_millisecond())
}

/// Typed look-ups whose errors name the missing attribute.
pub(crate) trait AttributeReader {
    fn text(&self, name: &str) -> Result<&str>;
    fn text_opt(&self, name: &str) -> Option<&str>;
    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T>;
    fn number_opt<T: std::str::FromStr>(&self, name: &str) -> Option<T>;
    fn time(&self, name: &str) -> Result<Timestamp>;
    fn time_opt(&self, name: &str) -> Option<Timestamp>;
    fn map_opt(&self, name: &str) -> Option<&ItemMap>;
}

impl AttributeReader for ItemMap {
    fn text(&self, name: &str) -> Result<&str> {
        self.text_opt(name).ok_or_else(|| StoreError::corrupt(name, "no such text attribute"))
    }
    fn text_opt(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_s().ok().map(String::as_str)
    }
    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        self.number_opt(name).ok_or_else(|| StoreError::corrupt(name, "no such number attribute"))
    }
    fn number_opt<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.as_n().ok()?.parse().ok()
    }
    fn time(&self, name: &str) -> Result<Timestamp> {
        self.time_opt(name).ok_or_else(|| StoreError::corrupt(name, "no such time attribute"))
    }
    fn time_opt(&self, name: &str) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.number_opt(name)?).ok()
    }
    fn map_opt(&self, name: &str) -> Option<&ItemMap> {
        self.get(name)?.as_m().ok()
    }
}
