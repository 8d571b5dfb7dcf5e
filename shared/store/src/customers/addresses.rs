//! Who has an e-mail address or a phone number: the sparse indexes `by-email` (lower-cased, so that spelling does not hide anybody) and
//! `by-phone` (E.164 as it is stored). Keys only and eventually consistent; an erased customer is on neither. Read by diagnostics alone:
//! what is sent goes by customer id.

use domain::{
    customer::{Email, Phone},
    id::CustomerId,
};

use super::item;
use crate::{
    Store,
    error::{Result, StoreError},
    item::{Read, s},
};

/// What customers are looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Email(Email),
    Phone(Phone),
}

impl Store {
    /// In the order of their ids, at most `limit`: a household may share an address.
    pub async fn customers_at(&self, address: &Address, limit: i32) -> Result<Vec<CustomerId>> {
        let (index, attribute, key) = match address {
            Address::Email(email) => ("by-email", item::EMAIL_KEY, item::email_key(email)),
            Address::Phone(phone) => ("by-phone", item::PHONE, phone.expose().to_owned()),
        };
        let page = self
            .client
            .query()
            .table_name(&self.tables.customers)
            .index_name(index)
            .key_condition_expression("#address = :address")
            .expression_attribute_names("#address", attribute)
            .expression_attribute_values(":address", s(key))
            .limit(limit)
            .send()
            .await?;
        let id = |item: &crate::item::Item| {
            CustomerId::parse(item.text(item::ID)?).map_err(|_| StoreError::corrupt("customer", "not an id"))
        };
        page.items.unwrap_or_default().iter().map(id).collect()
    }
}
