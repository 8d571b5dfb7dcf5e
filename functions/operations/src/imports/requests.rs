//! Reads what operators state about a file: its kind, the meanings of its columns, and what holds
//! where a cell says nothing. All of it is checked before anything is done.

use std::collections::BTreeMap;

use domain::{
    customer::{phone_country::CountryCode, profile::Zone},
    kernel::{
        money::Currency,
        validation::{FieldError, child_pointer},
    },
};
use http_edge::{ApiResult, Problem};
use import_files::{
    systems::{ColumnMapping, ImportKind},
    target::Target,
};
use importing::import::ImportDefaults;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most columns that a mapping names: as many as a file may have.
const MAX_COLUMNS: usize = import_files::reader::MAX_COLUMNS;
/// The longest vertical or merchant, in bytes, as in orders.
const MAX_LABEL_BYTES: usize = 64;

/// The records of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportFileKind {
    Customers,
    Orders,
    Suppressions,
    Merchants,
    Verticals,
    Categories,
}

impl From<ImportFileKind> for ImportKind {
    fn from(kind: ImportFileKind) -> Self {
        match kind {
            ImportFileKind::Customers => Self::Customers,
            ImportFileKind::Orders => Self::Orders,
            ImportFileKind::Suppressions => Self::Suppressions,
            ImportFileKind::Merchants => Self::Merchants,
            ImportFileKind::Verticals => Self::Verticals,
            ImportFileKind::Categories => Self::Categories,
        }
    }
}
impl From<ImportKind> for ImportFileKind {
    fn from(kind: ImportKind) -> Self {
        match kind {
            ImportKind::Customers => Self::Customers,
            ImportKind::Orders => Self::Orders,
            ImportKind::Suppressions => Self::Suppressions,
            ImportKind::Merchants => Self::Merchants,
            ImportKind::Verticals => Self::Verticals,
            ImportKind::Categories => Self::Categories,
        }
    }
}

/// The statements that hold for records whose cells do not say it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ImportDefaultValues {
    /// The country of phone numbers that are written without one.
    #[schema(value_type = Option<String>, example = "ES")]
    country: Option<CountryCode>,
    /// The currency of amounts without one.
    #[schema(value_type = Option<String>, example = "EUR")]
    currency: Option<Currency>,
    /// The time zone of times without one; UTC if not given.
    #[schema(value_type = Option<String>, example = "Europe/Madrid")]
    zone: Option<Zone>,
    /// The vertical of orders; `imported` if not given. 1 to 64 bytes.
    vertical: Option<String>,
    /// The merchant of orders; `imported` if not given. 1 to 64 bytes.
    merchant: Option<String>,
}

impl ImportDefaultValues {
    pub fn new(defaults: &ImportDefaults) -> Self {
        let ImportDefaults { country, currency, zone, vertical, merchant } = defaults.clone();
        Self { country, currency, zone, vertical, merchant }
    }

    pub fn check(self) -> ApiResult<ImportDefaults> {
        let labels = [("vertical", &self.vertical), ("merchant", &self.merchant)];
        let errors = labels.into_iter().filter_map(|(name, label)| {
            let label = label.as_deref()?;
            let is_label = (1..=MAX_LABEL_BYTES).contains(&label.len())
                && label.trim() == label
                && !label.chars().any(char::is_control);
            let detail = format!("1 to {MAX_LABEL_BYTES} bytes on one line, no space around them");
            (!is_label).then(|| FieldError::new(format!("/defaults/{name}"), "invalid", detail))
        });
        let errors: Vec<FieldError> = errors.collect();
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let Self { country, currency, zone, vertical, merchant } = self;
        Ok(ImportDefaults { country, currency, zone, vertical, merchant })
    }
}

/// Checks the meanings of columns. `columns` are those of the file, once they are known.
pub fn check_mapping(
    mapping: BTreeMap<String, String>,
    kind: ImportKind,
    columns: Option<&[String]>,
) -> ApiResult<ColumnMapping> {
    if mapping.len() > MAX_COLUMNS {
        let detail = format!("a file has at most {MAX_COLUMNS} columns");
        return Err(Problem::field("/mapping", "too_large", detail));
    }
    let fault = |column: &str, code, detail: String| {
        FieldError::new(child_pointer("/mapping", column), code, detail)
    };
    let errors = mapping.iter().filter_map(|(column, field)| {
        if columns.is_some_and(|known| !known.contains(column)) {
            return Some(fault(column, "unknown_column", "the file has no such column".to_owned()));
        }
        if Target::names_of(kind).any(|name| name == field) {
            return None;
        }
        let names: Vec<&str> = Target::names_of(kind).collect();
        Some(fault(column, "unknown_value", format!("one of {}", names.join(", "))))
    });
    let errors: Vec<FieldError> = errors.collect();
    if errors.is_empty() { Ok(ColumnMapping(mapping)) } else { Err(errors.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(pairs: &[(&str, &str)], columns: Option<&[&str]>) -> Vec<String> {
        let mapping = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let columns: Option<Vec<String>> =
            columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        match check_mapping(mapping, ImportKind::Customers, columns.as_deref()) {
            Ok(_) => Vec::new(),
            Err(problem) => {
                let errors = problem.errors().iter();
                errors.map(|error| format!("{} {}", error.field, error.code)).collect()
            }
        }
    }

    #[test]
    fn a_mapping_names_columns_of_the_file_and_fields_of_its_kind() {
        let good = [("Kunde", "id"), ("Notiz", "ignore"), ("SMS", "sms_consent")];
        assert!(faults(&good, None).is_empty());
        assert!(faults(&good, Some(&["Kunde", "Notiz", "SMS", "more"])).is_empty());
        let bad = [("a/b", "shoe_size"), ("Notiz", "order_id"), ("Summe", "total")];
        assert_eq!(
            faults(&bad, None),
            [
                "/mapping/Notiz unknown_value",
                "/mapping/Summe unknown_value",
                "/mapping/a~1b unknown_value"
            ]
        );
        assert_eq!(faults(&[("Ort", "ignore")], Some(&["Kunde"])), ["/mapping/Ort unknown_column"]);
    }
}
