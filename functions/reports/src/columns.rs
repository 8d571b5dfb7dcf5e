//! Declares the columns of a report in one place each: the name, how it is computed, and how JSON
//! and CSV show it.
//!
//! A field of a view is shown in JSON under its name. In CSV, its type says which columns it makes:
//! a number or a text makes one, a view makes those of its own fields, and a map or a list, which a
//! table cannot show, makes none.

use std::collections::BTreeMap;

use axum::response::Response;
use domain::{
    Date,
    campaign::{kind::CampaignKind, lifecycle::CampaignState},
    kernel::{channel::Channel, id::CampaignId, money::Currency},
};
use http_edge::csv;

/// A field of a report, as the columns of a CSV table.
pub trait ReportColumn {
    /// Returns the names of the columns of a field called `field`.
    fn column_names(field: &str) -> Vec<String>;
    /// Returns one cell for each name.
    fn column_cells(&self) -> Vec<String>;
}

/// Returns the rows of a report as a CSV table.
pub fn table_response<V: ReportColumn>(
    name: &str,
    rows: &[V],
    next_cursor: Option<&str>,
) -> Response {
    let header = V::column_names("");
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(V::column_cells).collect();
    csv::csv_response(name, &header, &rows, next_cursor)
}

macro_rules! text_columns {
    ($($kind:ty),+) => {$(
        impl ReportColumn for $kind {
            fn column_names(field: &str) -> Vec<String> {
                vec![field.to_owned()]
            }
            fn column_cells(&self) -> Vec<String> {
                vec![self.to_string()]
            }
        }
    )+};
}

text_columns!(i64, u64, String, Date, Channel, CampaignId, CampaignState, Currency);

impl ReportColumn for CampaignKind {
    fn column_names(field: &str) -> Vec<String> {
        vec![field.to_owned()]
    }
    fn column_cells(&self) -> Vec<String> {
        vec![self.as_str().to_owned()]
    }
}

/// Shows a field without a value as empty cells.
impl<T: ReportColumn> ReportColumn for Option<T> {
    fn column_names(field: &str) -> Vec<String> {
        T::column_names(field)
    }
    fn column_cells(&self) -> Vec<String> {
        let empty = || vec![String::new(); T::column_names("").len()];
        self.as_ref().map_or_else(empty, T::column_cells)
    }
}

impl<T> ReportColumn for Vec<T> {
    fn column_names(_field: &str) -> Vec<String> {
        Vec::new()
    }
    fn column_cells(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<K, T> ReportColumn for BTreeMap<K, T> {
    fn column_names(_field: &str) -> Vec<String> {
        Vec::new()
    }
    fn column_cells(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Declares a view of a report: for each field its name, its type, and the expression that computes
/// it from the inputs in parentheses. `as` gives the columns another name than the field.
macro_rules! report_view {
    (
        $(#[$about:meta])*
        pub struct $view:ident($($input:ident: $kind:ty),+) {
            $(
                $(#[$note:meta])*
                $field:ident $(as $column:literal)?: $type:ty = $value:expr;
            )+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        pub struct $view {
            $( $(#[$note])* pub $field: $type, )+
        }

        impl $view {
            /// Computes all fields.
            pub fn compute($($input: $kind),+) -> Self {
                Self { $( $field: $value, )+ }
            }
        }

        impl $crate::columns::ReportColumn for $view {
            fn column_names(_field: &str) -> Vec<String> {
                [ $( <$type as $crate::columns::ReportColumn>::column_names(
                    $crate::columns::report_view!(@name $field $($column)?)
                ) ),+ ].concat()
            }
            fn column_cells(&self) -> Vec<String> {
                [ $( $crate::columns::ReportColumn::column_cells(&self.$field) ),+ ].concat()
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $column:literal) => { $column };
}
pub(crate) use report_view;

/// Declares the columns of a view whose fields do not stand in a table as they are.
macro_rules! view_columns {
    ($view:ty, $row:ident: $($name:literal = $cell:expr;)+) => {
        impl $crate::columns::ReportColumn for $view {
            fn column_names(_field: &str) -> Vec<String> {
                vec![$( $name.to_owned() ),+]
            }
            fn column_cells(&self) -> Vec<String> {
                let $row = self;
                [ $( $crate::columns::ReportColumn::column_cells(&$cell) ),+ ].concat()
            }
        }
    };
}
pub(crate) use view_columns;

#[cfg(test)]
mod tests {
    use super::*;

    report_view! {
        /// A view with a column of each kind.
        pub struct SampleView(count: i64) {
            doubled: i64 = 2 * count;
            half as "half_of_it": Option<i64> = (count % 2 == 0).then_some(count / 2);
            parts: BTreeMap<String, i64> = BTreeMap::new();
            pair: SamplePair = SamplePair::compute(count);
        }
    }

    report_view! {
        /// A view inside another.
        pub struct SamplePair(count: i64) {
            first: i64 = count;
            second: String = count.to_string();
        }
    }

    #[test]
    fn a_table_has_a_cell_for_each_name() {
        assert_eq!(SampleView::column_names(""), ["doubled", "half_of_it", "first", "second"]);
        assert_eq!(SampleView::compute(4).column_cells(), ["8", "2", "4", "4"]);
        assert_eq!(SampleView::compute(5).column_cells(), ["10", "", "5", "5"]);
    }
}
