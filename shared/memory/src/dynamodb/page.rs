//! Queries and scans, a page at a time. A page ends with its limit or at a megabyte; then it names where to go on, also if nothing
//! follows, as AWS does.

use std::ops::Bound;

use serde_json::{Value, json};

use super::{answer, check_parameters, is_true, text};
use crate::{
    expression::{
        Bindings,
        condition::{Comparator, Condition, Operand},
        path::{Path, Segment},
        projection,
    },
    fault::{Fault, Result},
    key::{Position, Scalar},
    state::State,
    table::View,
    value,
};

/// Bytes read for one page.
const MAX_PAGE: usize = 1_024 * 1_024;

const PARAMETERS: [&str; 7] = [
    "IndexName",
    "ConsistentRead",
    "ExclusiveStartKey",
    "ExpressionAttributeValues",
    "FilterExpression",
    "Limit",
    "ProjectionExpression",
];

pub fn query(state: &State, input: &Value) -> Result<Value> {
    check_parameters(input, &[&PARAMETERS[..], &["KeyConditionExpression", "ScanIndexForward", "Select"]].concat())?;
    let view = view(state, input)?;
    let bindings = Bindings::of(input)?;
    let condition = Condition::of("KeyConditionExpression", input, &bindings)?;
    let condition = condition.ok_or_else(|| Fault::invalid("KeyConditionExpression is missing"))?;
    let page = Page::of(input, &bindings)?;
    let mut filtered = page.filter.iter().flat_map(Condition::attributes);
    if let Some(key) = filtered.find(|name| *name == view.hash() || Some(*name) == view.range()) {
        return Err(Fault::invalid(format!(
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}"
        )));
    }
    let (hash, span) = key_condition(&condition, view)?;
    let forward = input.get("ScanIndexForward").and_then(Value::as_bool).unwrap_or(true);
    let (mut low, mut high) = span.edges(&hash);
    if let Some(start) = start(view, input)? {
        if start <= low || start >= high {
            return Err(Fault::invalid(
                "The provided starting key is outside query boundaries based on provided conditions",
            ));
        }
        *(if forward { &mut low } else { &mut high }) = start;
    }
    Ok(page.read(view, low, high, forward))
}

pub fn scan(state: &State, input: &Value) -> Result<Value> {
    check_parameters(input, &[&PARAMETERS[..], &["Segment", "TotalSegments", "Select"]].concat())?;
    let view = view(state, input)?;
    let page = Page::of(input, &Bindings::of(input)?)?;
    let number = |name: &str| input.get(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    let (segment, total) = match (number("Segment"), number("TotalSegments")) {
        (None, None) => (0, 1),
        (Some(segment), Some(total)) if segment < total => (segment, total),
        _ => {
            return Err(Fault::invalid(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments",
            ));
        }
    };
    let (mut low, high) = Position::arc(segment, total);
    if let Some(start) = start(view, input)? {
        if start <= low || start >= high {
            return Err(Fault::invalid("The provided starting key is invalid: it is not in this segment"));
        }
        low = start;
    }
    Ok(page.read(view, low, high, true))
}

fn view<'a>(state: &'a State, input: &Value) -> Result<View<'a>> {
    let view = state.table(text(input, "TableName")?)?.view(input.get("IndexName").and_then(Value::as_str))?;
    if view.is_index() && is_true(input, "ConsistentRead") {
        return Err(Fault::invalid("Consistent reads are not supported on global secondary indexes"));
    }
    Ok(view)
}

fn start(view: View<'_>, input: &Value) -> Result<Option<Position>> {
    let Some(key) = input.get("ExclusiveStartKey") else { return Ok(None) };
    view.start(&value::item_from(Some(key), "ExclusiveStartKey")?).map(Some)
}

/// What queries and scans have in common.
struct Page {
    limit: Option<usize>,
    filter: Option<Condition>,
    paths: Option<Vec<Path>>,
    only_count: bool,
}

impl Page {
    /// The last of the expressions, so that nothing may be left unused.
    fn of(input: &Value, bindings: &Bindings) -> Result<Self> {
        let limit = match input.get("Limit").map(Value::as_u64) {
            None => None,
            Some(Some(limit)) if limit > 0 => usize::try_from(limit).ok(),
            Some(_) => return Err(Fault::invalid("Limit must be greater than or equal to 1")),
        };
        let only_count = match input.get("Select").and_then(Value::as_str) {
            None | Some("ALL_ATTRIBUTES" | "ALL_PROJECTED_ATTRIBUTES" | "SPECIFIC_ATTRIBUTES") => false,
            Some("COUNT") => true,
            Some(other) => return Err(Fault::invalid(format!("Select: {other}"))),
        };
        let filter = Condition::of("FilterExpression", input, bindings)?;
        let paths = projection::of(input, bindings)?;
        bindings.finish()?;
        Ok(Self { limit, filter, paths, only_count })
    }

    fn read(&self, view: View<'_>, low: Position, high: Position, forward: bool) -> Value {
        let (mut items, mut count, mut scanned, mut bytes) = (Vec::new(), 0, 0, 0);
        let mut last = None;
        for (_, item) in view.between(low, high, forward) {
            let shown = view.shown(item);
            scanned += 1;
            bytes += value::item_size(&shown);
            if self.filter.as_ref().is_none_or(|filter| filter.holds(&shown)) {
                count += 1;
                if !self.only_count {
                    items.push(
                        self.paths.as_ref().map_or_else(|| shown.clone(), |it| projection::projected(&shown, it)),
                    );
                }
            }
            if self.limit == Some(scanned) || bytes >= MAX_PAGE {
                last = Some(json!(view.keys(item)));
                break;
            }
        }
        let items = (!self.only_count).then(|| json!(items));
        answer([
            ("Items", items),
            ("Count", Some(json!(count))),
            ("ScannedCount", Some(json!(scanned))),
            ("LastEvaluatedKey", last),
        ])
    }
}

/// Sort keys that a query asks for.
struct Span {
    low: Bound<Scalar>,
    high: Bound<Scalar>,
}

impl Span {
    /// Positions right outside of the span.
    fn edges(self, hash: &Scalar) -> (Position, Position) {
        let low = match self.low {
            Bound::Unbounded => Position::before(hash, Scalar::Lowest),
            Bound::Included(range) => Position::before(hash, range),
            Bound::Excluded(range) => Position::behind(hash, range),
        };
        let high = match self.high {
            Bound::Unbounded => Position::behind(hash, Scalar::Highest),
            Bound::Included(range) => Position::behind(hash, range),
            Bound::Excluded(range) => Position::before(hash, range),
        };
        (low, high)
    }

    fn of_comparison(comparator: Comparator, value: Scalar) -> Result<Self> {
        use Bound::{Excluded, Included, Unbounded};
        let (low, high) = match comparator {
            Comparator::Equal => (Included(value.clone()), Included(value)),
            Comparator::Less => (lowest_of(&value), Excluded(value)),
            Comparator::LessOrEqual => (lowest_of(&value), Included(value)),
            Comparator::Greater => (Excluded(value), Unbounded),
            Comparator::GreaterOrEqual => (Included(value), Unbounded),
            Comparator::NotEqual => {
                return Err(Fault::invalid("Invalid KeyConditionExpression: Invalid operator used: <>"));
            }
        };
        Ok(Self { low, high })
    }

    fn of_prefix(prefix: Scalar) -> Result<Self> {
        let Scalar::S(text) = &prefix else {
            return Err(Fault::invalid("begins_with on a key is known to the AWS in memory for strings only"));
        };
        let high = after_prefix(text).map_or(Bound::Unbounded, |text| Bound::Excluded(Scalar::S(text)));
        Ok(Self { low: Bound::Included(prefix), high })
    }
}

/// Values of one type are compared: the smallest there is of it.
fn lowest_of(value: &Scalar) -> Bound<Scalar> {
    match value {
        Scalar::S(_) => Bound::Included(Scalar::S(String::new())),
        Scalar::B(_) => Bound::Included(Scalar::B(Vec::new())),
        Scalar::N(_) | Scalar::Lowest | Scalar::Nothing | Scalar::Highest => Bound::Unbounded,
    }
}

/// The smallest text that is greater than all that begin with `prefix`.
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

/// The partition, and the sort keys asked for in it.
fn key_condition(condition: &Condition, view: View<'_>) -> Result<(Scalar, Span)> {
    let unfit = |what: &str| Fault::invalid(format!("Query key condition not supported: {what}"));
    let mut parts = Vec::new();
    flatten(condition, &mut parts);
    let (mut hash, mut span) = (None, None);
    for part in parts {
        let (name, bounds) = key_part(part).ok_or_else(|| unfit("not a key compared with a value"))?;
        if name == view.hash() && hash.is_none() {
            let [(Comparator::Equal, value)] = bounds.as_slice() else {
                return Err(unfit("the partition key needs ="));
            };
            hash = Some(value.clone());
        } else if Some(name) == view.range() && span.is_none() {
            span = Some(span_of(part, bounds)?);
        } else {
            return Err(unfit(name));
        }
    }
    let missed = || Fault::invalid(format!("Query condition missed key schema element: {}", view.hash()));
    let all = Span { low: Bound::Unbounded, high: Bound::Unbounded };
    Ok((hash.ok_or_else(missed)?, span.unwrap_or(all)))
}

fn flatten<'a>(condition: &'a Condition, into: &mut Vec<&'a Condition>) {
    if let Condition::And(a, b) = condition {
        flatten(a, into);
        flatten(b, into);
    } else {
        into.push(condition);
    }
}

/// The key's name and what it is compared with, if it is a condition on a key.
fn key_part(condition: &Condition) -> Option<(&str, Vec<(Comparator, Scalar)>)> {
    let value = |operand: &Operand| match operand {
        Operand::Value(value) => Scalar::of(value),
        Operand::Path(_) | Operand::Size(_) => None,
    };
    match condition {
        Condition::Compare(key, comparator, operand) => Some((key_name(key)?, vec![(*comparator, value(operand)?)])),
        Condition::Between(key, low, high) => {
            let bounds = vec![(Comparator::GreaterOrEqual, value(low)?), (Comparator::LessOrEqual, value(high)?)];
            Some((key_name(key)?, bounds))
        }
        Condition::BeginsWith(key, prefix) => {
            Some((key_name(key)?, vec![(Comparator::GreaterOrEqual, value(prefix)?)]))
        }
        Condition::And(..)
        | Condition::Or(..)
        | Condition::Not(_)
        | Condition::In(..)
        | Condition::Exists(_)
        | Condition::NotExists(_)
        | Condition::Type(..)
        | Condition::Contains(..) => None,
    }
}

fn key_name(operand: &Operand) -> Option<&str> {
    let Operand::Path(path) = operand else { return None };
    let [Segment::Name(name)] = path.as_slice() else { return None };
    Some(name)
}

fn span_of(part: &Condition, bounds: Vec<(Comparator, Scalar)>) -> Result<Span> {
    let mut bounds = bounds.into_iter();
    match (part, bounds.next(), bounds.next()) {
        (Condition::BeginsWith(..), Some((_, prefix)), _) => Span::of_prefix(prefix),
        (_, Some((_, low)), Some((_, high))) if low > high => Err(Fault::invalid(
            "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
        )),
        (_, Some((_, low)), Some((_, high))) => Ok(Span { low: Bound::Included(low), high: Bound::Included(high) }),
        (_, Some((comparator, value)), None) => Span::of_comparison(comparator, value),
        (_, None, _) => Err(Fault::invalid("an empty key condition")),
    }
}
