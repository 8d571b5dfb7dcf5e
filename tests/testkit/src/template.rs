//! Reads the tables that `template.yaml` defines: keys, attributes, indexes, TTL. Ignores the other
//! resources of the template.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use fake_aws::TableSchema;
use serde::Deserialize;
use yaml_serde::Value;

/// The properties of one `AWS::DynamoDB::TableResource`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TableResource {
    attribute_definitions: Vec<AttributeResource>,
    key_schema: Vec<KeyResource>,
    #[serde(default)]
    global_secondary_indexes: Vec<IndexResource>,
    time_to_live_specification: Option<TimeToLiveResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttributeResource {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyResource {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexResource {
    index_name: String,
    key_schema: Vec<KeyResource>,
    projection: ProjectionResource,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProjectionResource {
    projection_type: String,
    non_key_attributes: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLiveResource {
    attribute_name: String,
}

/// Returns `template.yaml` as it was parsed.
pub(crate) fn read_template() -> Value {
    let path = crate::repository_root().join("template.yaml");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns every table of the template by its logical name, `CustomersTable` and so on.
pub fn read_tables() -> BTreeMap<String, TableResource> {
    let template = read_template();
    let resources = template.get("Resources").and_then(Value::as_mapping).into_iter().flatten();
    let is_table = |resource: &Value| {
        resource.get("Type").and_then(Value::as_str) == Some("AWS::DynamoDB::Table")
    };
    resources
        .filter(|(_, resource)| is_table(resource))
        .map(|(name, resource)| {
            let name = name.as_str().unwrap_or_default().to_owned();
            let properties = resource.get("Properties").cloned().unwrap_or_default();
            let table = yaml_serde::from_value(properties)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, table)
        })
        .collect()
}

impl TableResource {
    pub fn attributes(&self) -> Vec<AttributeDefinition> {
        let definitions = self.attribute_definitions.iter().map(|it| {
            let kind = ScalarAttributeType::from(it.attribute_type.as_str());
            AttributeDefinition::builder()
                .attribute_name(&it.attribute_name)
                .attribute_type(kind)
                .build()
        });
        build_all(definitions)
    }

    pub fn keys(&self) -> Vec<KeySchemaElement> {
        key_schema_elements(&self.key_schema)
    }

    /// Returns the indexes, or `None` instead of an empty list, which DynamoDB refuses.
    pub fn indexes(&self) -> Option<Vec<GlobalSecondaryIndex>> {
        let indexes = self.global_secondary_indexes.iter().map(|index| {
            let projection = Projection::builder()
                .projection_type(ProjectionType::from(index.projection.projection_type.as_str()))
                .set_non_key_attributes(index.projection.non_key_attributes.clone());
            GlobalSecondaryIndex::builder()
                .index_name(&index.index_name)
                .set_key_schema(Some(key_schema_elements(&index.key_schema)))
                .projection(projection.build())
                .build()
        });
        Some(build_all(indexes)).filter(|indexes: &Vec<_>| !indexes.is_empty())
    }

    /// Returns the schema for the AWS in memory, which has no attribute types and no TTL.
    pub fn schema(&self, name: &str) -> TableSchema {
        let (hash, range) = hash_and_range(&self.key_schema);
        let index = |index: &IndexResource| {
            let (hash, range) = hash_and_range(&index.key_schema);
            fake_aws::IndexSchema {
                name: index.index_name.clone(),
                hash,
                range,
                projection: index.projection.index_projection(),
            }
        };
        TableSchema {
            name: name.to_owned(),
            hash,
            range,
            indexes: self.global_secondary_indexes.iter().map(index).collect(),
        }
    }

    pub fn time_to_live(&self) -> Option<&str> {
        self.time_to_live_specification.as_ref().map(|it| it.attribute_name.as_str())
    }
}

impl ProjectionResource {
    fn index_projection(&self) -> fake_aws::IndexProjection {
        match self.projection_type.as_str() {
            "KEYS_ONLY" => fake_aws::IndexProjection::KeysOnly,
            "ALL" => fake_aws::IndexProjection::All,
            "INCLUDE" => fake_aws::IndexProjection::Include(
                self.non_key_attributes.clone().unwrap_or_default(),
            ),
            other => panic!("an index with the projection {other}"),
        }
    }
}

/// Returns the names of the partition key and of the sort key.
fn hash_and_range(schema: &[KeyResource]) -> (String, Option<String>) {
    let of = |kind: &str| {
        schema.iter().find(|key| key.key_type == kind).map(|key| key.attribute_name.clone())
    };
    (of("HASH").unwrap_or_else(|| panic!("a key without a partition key")), of("RANGE"))
}

fn key_schema_elements(schema: &[KeyResource]) -> Vec<KeySchemaElement> {
    build_all(schema.iter().map(|key| {
        let kind = KeyType::from(key.key_type.as_str());
        KeySchemaElement::builder().attribute_name(&key.attribute_name).key_type(kind).build()
    }))
}

fn build_all<T, E: std::fmt::Display>(parts: impl Iterator<Item = Result<T, E>>) -> Vec<T> {
    parts.map(|part| part.unwrap_or_else(|error| panic!("{error}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_tables_are_read_from_the_template() {
        let tables = read_tables();
        let names: Vec<_> = tables.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "AddressesTable",
                "ControlTable",
                "CustomersTable",
                "ReportsTable",
                "VouchersTable",
                "WorkTable"
            ]
        );
        let customers = &tables["CustomersTable"];
        assert_eq!(
            (
                customers.keys().len(),
                customers.attributes().len(),
                customers.indexes().unwrap().len()
            ),
            (1, 6, 4)
        );
        assert_eq!(tables["WorkTable"].time_to_live(), Some("ttl"));
        assert!(tables["ReportsTable"].indexes().is_none());
    }

    #[test]
    fn the_tables_in_memory_are_the_same() {
        let work = read_tables()["WorkTable"].schema("w");
        assert_eq!(
            (work.name.as_str(), work.hash.as_str(), work.range.as_deref()),
            ("w", "pk", Some("sk"))
        );
        let due = &work.indexes[0];
        assert_eq!(
            (due.name.as_str(), due.hash.as_str(), due.range.as_deref()),
            ("due", "due_queue", Some("due_at"))
        );
        let included = ["campaign_id", "size", "channel"].map(str::to_owned).to_vec();
        assert_eq!(due.projection, fake_aws::IndexProjection::Include(included));
    }
}
