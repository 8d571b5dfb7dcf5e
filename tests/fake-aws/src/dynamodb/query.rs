//! Implements queries and scans, one page at a time. A page ends at its limit or at a megabyte. It
//! then names the key to continue from, even if nothing follows, as AWS does.

use std::ops::Bound;

use serde_json::{Value, json};

use super::{check_parameters, is_true, required_text, response_object};
use crate::{
    expression::{
        ExpressionBindings,
        condition::{ComparisonOperator, ConditionExpression, ConditionOperand},
        path::{DocumentPath, PathSegment},
        projection,
    },
    fault::{DynamoDbFault, Result},
    key::{ItemPosition, KeyScalar},
    state::FakeAwsState,
    table::TableView,
    value,
};

/// The most bytes read for one page.
const MAX_PAGE_BYTES: usize = 1_024 * 1_024;

const PARAMETERS: [&str; 7] = [
    "IndexName",
    "ConsistentRead",
    "ExclusiveStartKey",
    "ExpressionAttributeValues",
    "FilterExpression",
    "Limit",
    "ProjectionExpression",
];

pub fn query_items(state: &FakeAwsState, input: &Value) -> Result<Value> {
    check_parameters(
        input,
        &[&PARAMETERS[..], &["KeyConditionExpression", "ScanIndexForward", "Select"]].concat(),
    )?;
    let view = requested_view(state, input)?;
    let bindings = ExpressionBindings::parse(input)?;
    let condition = ConditionExpression::parse("KeyConditionExpression", input, &bindings)?;
    let condition =
        condition.ok_or_else(|| DynamoDbFault::invalid("KeyConditionExpression is missing"))?;
    let page = PageRequest::parse(input, &bindings)?;
    let mut filtered = page.filter.iter().flat_map(ConditionExpression::attribute_names);
    if let Some(key) = filtered.find(|name| *name == view.hash() || Some(*name) == view.range()) {
        return Err(DynamoDbFault::invalid(format!(
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}"
        )));
    }
    let (hash, span) = key_condition(&condition, view)?;
    let forward = input.get("ScanIndexForward").and_then(Value::as_bool).unwrap_or(true);
    let (mut low, mut high) = span.edges(&hash);
    if let Some(start) = start_position(view, input)? {
        if start <= low || start >= high {
            return Err(DynamoDbFault::invalid(
                "The provided starting key is outside query boundaries based on provided conditions",
            ));
        }
        *(if forward { &mut low } else { &mut high }) = start;
    }
    Ok(page.read_page(view, low, high, forward))
}

pub fn scan_items(state: &FakeAwsState, input: &Value) -> Result<Value> {
    check_parameters(input, &[&PARAMETERS[..], &["Segment", "TotalSegments", "Select"]].concat())?;
    let view = requested_view(state, input)?;
    let page = PageRequest::parse(input, &ExpressionBindings::parse(input)?)?;
    let number = |name: &str| {
        input.get(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
    };
    let (segment, total) = match (number("Segment"), number("TotalSegments")) {
        (None, None) => (0, 1),
        (Some(segment), Some(total)) if segment < total => (segment, total),
        _ => {
            return Err(DynamoDbFault::invalid(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments",
            ));
        }
    };
    let (mut low, high) = ItemPosition::segment_edges(segment, total);
    if let Some(start) = start_position(view, input)? {
        if start <= low || start >= high {
            return Err(DynamoDbFault::invalid(
                "The provided starting key is invalid: it is not in this segment",
            ));
        }
        low = start;
    }
    Ok(page.read_page(view, low, high, true))
}

fn requested_view<'a>(state: &'a FakeAwsState, input: &Value) -> Result<TableView<'a>> {
    let view = state
        .table(required_text(input, "TableName")?)?
        .view(input.get("IndexName").and_then(Value::as_str))?;
    if view.is_index() && is_true(input, "ConsistentRead") {
        return Err(DynamoDbFault::invalid(
            "Consistent reads are not supported on global secondary indexes",
        ));
    }
    Ok(view)
}

fn start_position(view: TableView<'_>, input: &Value) -> Result<Option<ItemPosition>> {
    let Some(key) = input.get("ExclusiveStartKey") else {
        return Ok(None);
    };
    view.start_position(&value::parse_item(Some(key), "ExclusiveStartKey")?).map(Some)
}

/// Parameters that queries and scans share.
struct PageRequest {
    limit: Option<usize>,
    filter: Option<ConditionExpression>,
    paths: Option<Vec<DocumentPath>>,
    only_count: bool,
}

impl PageRequest {
    /// Parses the remaining expressions of the request, and refuses names and values that no
    /// expression uses.
    fn parse(input: &Value, bindings: &ExpressionBindings) -> Result<Self> {
        let limit = match input.get("Limit").map(Value::as_u64) {
            None => None,
            Some(Some(limit)) if limit > 0 => usize::try_from(limit).ok(),
            Some(_) => {
                return Err(DynamoDbFault::invalid("Limit must be greater than or equal to 1"));
            }
        };
        let only_count = match input.get("Select").and_then(Value::as_str) {
            None | Some("ALL_ATTRIBUTES" | "ALL_PROJECTED_ATTRIBUTES" | "SPECIFIC_ATTRIBUTES") => {
                false
            }
            Some("COUNT") => true,
            Some(other) => return Err(DynamoDbFault::invalid(format!("Select: {other}"))),
        };
        let filter = ConditionExpression::parse("FilterExpression", input, bindings)?;
        let paths = projection::parse_projection(input, bindings)?;
        bindings.check_all_used()?;
        Ok(Self { limit, filter, paths, only_count })
    }

    fn read_page(
        &self,
        view: TableView<'_>,
        low: ItemPosition,
        high: ItemPosition,
        forward: bool,
    ) -> Value {
        let (mut items, mut count, mut scanned, mut bytes) = (Vec::new(), 0, 0, 0);
        let mut last = None;
        for (_, item) in view.items_between(low, high, forward) {
            let shown = view.projected_item(item);
            scanned += 1;
            bytes += value::item_size(&shown);
            if self.filter.as_ref().is_none_or(|filter| filter.holds(&shown)) {
                count += 1;
                if !self.only_count {
                    items.push(
                        self.paths.as_ref().map_or_else(
                            || shown.clone(),
                            |it| projection::project_item(&shown, it),
                        ),
                    );
                }
            }
            if self.limit == Some(scanned) || bytes >= MAX_PAGE_BYTES {
                last = Some(json!(view.key_attributes(item)));
                break;
            }
        }
        let items = (!self.only_count).then(|| json!(items));
        response_object([
            ("Items", items),
            ("Count", Some(json!(count))),
            ("ScannedCount", Some(json!(scanned))),
            ("LastEvaluatedKey", last),
        ])
    }
}

/// The range of sort keys that a query asks for.
struct SortKeyRange {
    low: Bound<KeyScalar>,
    high: Bound<KeyScalar>,
}

impl SortKeyRange {
    /// Returns the positions just outside the range.
    fn edges(self, hash: &KeyScalar) -> (ItemPosition, ItemPosition) {
        let low = match self.low {
            Bound::Unbounded => ItemPosition::before(hash, KeyScalar::Lowest),
            Bound::Included(range) => ItemPosition::before(hash, range),
            Bound::Excluded(range) => ItemPosition::behind(hash, range),
        };
        let high = match self.high {
            Bound::Unbounded => ItemPosition::behind(hash, KeyScalar::Highest),
            Bound::Included(range) => ItemPosition::behind(hash, range),
            Bound::Excluded(range) => ItemPosition::before(hash, range),
        };
        (low, high)
    }

    fn from_comparison(comparator: ComparisonOperator, value: KeyScalar) -> Result<Self> {
        use Bound::{Excluded, Included, Unbounded};
        let (low, high) = match comparator {
            ComparisonOperator::Equal => (Included(value.clone()), Included(value)),
            ComparisonOperator::Less => (type_lower_bound(&value), Excluded(value)),
            ComparisonOperator::LessOrEqual => (type_lower_bound(&value), Included(value)),
            ComparisonOperator::Greater => (Excluded(value), Unbounded),
            ComparisonOperator::GreaterOrEqual => (Included(value), Unbounded),
            ComparisonOperator::NotEqual => {
                return Err(DynamoDbFault::invalid(
                    "Invalid KeyConditionExpression: Invalid operator used: <>",
                ));
            }
        };
        Ok(Self { low, high })
    }

    fn from_prefix(prefix: KeyScalar) -> Result<Self> {
        let KeyScalar::S(text) = &prefix else {
            return Err(DynamoDbFault::invalid(
                "begins_with on a key is known to the AWS in memory for strings only",
            ));
        };
        let high =
            after_prefix(text).map_or(Bound::Unbounded, |text| Bound::Excluded(KeyScalar::S(text)));
        Ok(Self { low: Bound::Included(prefix), high })
    }
}

/// Returns the lower bound of a comparison, which covers only values of the same type.
fn type_lower_bound(value: &KeyScalar) -> Bound<KeyScalar> {
    match value {
        KeyScalar::S(_) => Bound::Included(KeyScalar::S(String::new())),
        KeyScalar::B(_) => Bound::Included(KeyScalar::B(Vec::new())),
        KeyScalar::N(_) | KeyScalar::Lowest | KeyScalar::Absent | KeyScalar::Highest => {
            Bound::Unbounded
        }
    }
}

/// Returns the smallest text that is greater than every text beginning with `prefix`, if there is
/// one.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Some(text);
        }
    }
    None
}

/// Returns the partition key and the range of sort keys that the condition asks for.
fn key_condition(
    condition: &ConditionExpression,
    view: TableView<'_>,
) -> Result<(KeyScalar, SortKeyRange)> {
    let unfit =
        |what: &str| DynamoDbFault::invalid(format!("Query key condition not supported: {what}"));
    let mut parts = Vec::new();
    flatten_conjunction(condition, &mut parts);
    let (mut hash, mut span) = (None, None);
    for part in parts {
        let (name, bounds) =
            key_part(part).ok_or_else(|| unfit("not a key compared with a value"))?;
        if name == view.hash() && hash.is_none() {
            let [(ComparisonOperator::Equal, value)] = bounds.as_slice() else {
                return Err(unfit("the partition key needs ="));
            };
            hash = Some(value.clone());
        } else if Some(name) == view.range() && span.is_none() {
            span = Some(sort_key_range(part, bounds)?);
        } else {
            return Err(unfit(name));
        }
    }
    let missed = || {
        DynamoDbFault::invalid(format!(
            "Query condition missed key schema element: {}",
            view.hash()
        ))
    };
    let all = SortKeyRange { low: Bound::Unbounded, high: Bound::Unbounded };
    Ok((hash.ok_or_else(missed)?, span.unwrap_or(all)))
}

fn flatten_conjunction<'a>(
    condition: &'a ConditionExpression,
    into: &mut Vec<&'a ConditionExpression>,
) {
    if let ConditionExpression::And(a, b) = condition {
        flatten_conjunction(a, into);
        flatten_conjunction(b, into);
    } else {
        into.push(condition);
    }
}

/// Returns the key attribute's name and the values it is compared with, or `None` if this is no
/// condition on a key.
fn key_part(
    condition: &ConditionExpression,
) -> Option<(&str, Vec<(ComparisonOperator, KeyScalar)>)> {
    let value = |operand: &ConditionOperand| match operand {
        ConditionOperand::Value(value) => KeyScalar::from_value(value),
        ConditionOperand::Path(_) | ConditionOperand::Size(_) => None,
    };
    match condition {
        ConditionExpression::Compare(key, comparator, operand) => {
            Some((key_name(key)?, vec![(*comparator, value(operand)?)]))
        }
        ConditionExpression::Between(key, low, high) => {
            let bounds = vec![
                (ComparisonOperator::GreaterOrEqual, value(low)?),
                (ComparisonOperator::LessOrEqual, value(high)?),
            ];
            Some((key_name(key)?, bounds))
        }
        ConditionExpression::BeginsWith(key, prefix) => {
            Some((key_name(key)?, vec![(ComparisonOperator::GreaterOrEqual, value(prefix)?)]))
        }
        ConditionExpression::And(..)
        | ConditionExpression::Or(..)
        | ConditionExpression::Not(_)
        | ConditionExpression::In(..)
        | ConditionExpression::Exists(_)
        | ConditionExpression::NotExists(_)
        | ConditionExpression::Type(..)
        | ConditionExpression::Contains(..) => None,
    }
}

fn key_name(operand: &ConditionOperand) -> Option<&str> {
    let ConditionOperand::Path(path) = operand else {
        return None;
    };
    let [PathSegment::Name(name)] = path.as_slice() else {
        return None;
    };
    Some(name)
}

fn sort_key_range(
    part: &ConditionExpression,
    bounds: Vec<(ComparisonOperator, KeyScalar)>,
) -> Result<SortKeyRange> {
    let mut bounds = bounds.into_iter();
    match (part, bounds.next(), bounds.next()) {
        (ConditionExpression::BeginsWith(..), Some((_, prefix)), _) => {
            SortKeyRange::from_prefix(prefix)
        }
        (_, Some((_, low)), Some((_, high))) if low > high => Err(DynamoDbFault::invalid(
            "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
        )),
        (_, Some((_, low)), Some((_, high))) => {
            Ok(SortKeyRange { low: Bound::Included(low), high: Bound::Included(high) })
        }
        (_, Some((comparator, value)), None) => SortKeyRange::from_comparison(comparator, value),
        (_, None, _) => Err(DynamoDbFault::invalid("an empty key condition")),
    }
}
