//! Looks up customers by e-mail address or phone number, in the sparse indexes `by-email` (in lower
//! case, so that spelling hides no customer) and `by-phone` (E.164, as stored). The indexes hold
//! keys only and are eventually consistent; an erased customer is in neither. Only diagnostics read
//! them: messages are sent by customer id.

use domain::{
    customer::profile::{Email, Phone},
    kernel::id::CustomerId,
};

use crate::{
    Store,
    error::Result,
    item::s,
    keys::{EMAIL_KEY, PHONE, email_key, phone_key, read_customer_id},
};

/// The address that customers are looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupAddress {
    Email(Email),
    Phone(Phone),
}

impl Store {
    /// Returns at most `limit` customers with this address, ordered by id: a household may share an
    /// address.
    pub async fn find_customers_by_address(
        &self,
        address: &LookupAddress,
        limit: i32,
    ) -> Result<Vec<CustomerId>> {
        let (index, attribute, key) = match address {
            LookupAddress::Email(email) => ("by-email", EMAIL_KEY, email_key(email)),
            LookupAddress::Phone(phone) => ("by-phone", PHONE, phone_key(phone)),
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
        page.items.unwrap_or_default().iter().map(read_customer_id).collect()
    }
}
