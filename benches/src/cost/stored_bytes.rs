//! Measures the items that a table holds, by DynamoDB's documented sizes.

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};
use testkit::TestTables;

use super::units::item_size;

/// The items of a table and their bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoredBytes {
    pub items: usize,
    pub bytes: usize,
}

impl StoredBytes {
    pub fn mean_bytes(self) -> f64 {
        self.bytes as f64 / self.items.max(1) as f64
    }
}

pub async fn measure_table(tables: &TestTables, table: &str) -> anyhow::Result<StoredBytes> {
    let name = tables.table_name(table).with_context(|| format!("no table {table}"))?;
    let mut pages = tables.client.scan().table_name(name).into_paginator().send();
    let mut size = StoredBytes::default();
    while let Some(page) = pages.next().await.transpose()? {
        for item in page.items() {
            let wire: Map<String, Value> =
                item.iter().map(|(name, value)| (name.clone(), wire_value(value))).collect();
            size.bytes += item_size(&Value::Object(wire));
            size.items += 1;
        }
    }
    Ok(size)
}

/// Returns a value as DynamoDB's protocol writes it, as far as its size depends on it.
fn wire_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::L(list) => {
            json!({"L": list.iter().map(wire_value).collect::<Vec<Value>>()})
        }
        AttributeValue::M(map) => {
            let members = map.iter().map(|(name, value)| (name.clone(), wire_value(value)));
            json!({"M": members.collect::<Map<String, Value>>()})
        }
        AttributeValue::Ss(set) => json!({"SS": set}),
        AttributeValue::Ns(set) => json!({"NS": set}),
        other => json!({"BOOL": other.is_bool()}),
    }
}
