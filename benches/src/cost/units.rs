//! DynamoDB's documented sizes and read units. The local AWS reports writes as AWS does (by item
//! size, each index, twice in a transaction), but every read as half a unit or one, so reads are
//! computed here from the returned items.

use serde_json::Value;

/// The bytes of one consistent read unit.
const READ_UNIT: usize = 4_096;
/// The bytes of one write unit.
const WRITE_UNIT: usize = 1_024;

/// Returns an item's size: names count in UTF-8, values by their type.
pub fn item_size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes.map(|(name, value)| name.len() + value_size(value)).sum()
}

/// Returns a value's size: a list or a map takes three bytes, and one more for each of its members.
fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|it| it.iter().next()) else {
        return 0;
    };
    let members = |all: &[Value]| 3 + all.iter().map(|one| 1 + value_size(one)).sum::<usize>();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        ("N", Value::String(number)) => number_size(number),
        // base64 holds three bytes in four characters
        ("B", Value::String(text)) => text.trim_end_matches('=').len() * 3 / 4,
        ("L", Value::Array(list)) => members(list),
        ("M", Value::Object(map)) => {
            3 + map.iter().map(|(name, one)| 1 + name.len() + value_size(one)).sum::<usize>()
        }
        ("SS" | "NS" | "BS", Value::Array(set)) => {
            set.iter().filter_map(Value::as_str).map(str::len).sum()
        }
        _ => 1,
    }
}

/// Returns a number's size: "approximately" a byte for two significant digits, and one more.
fn number_size(number: &str) -> usize {
    let digits = number
        .trim_start_matches(['-', '0', '.'])
        .trim_end_matches('0')
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    1 + digits.div_ceil(2)
}

pub fn read_units(bytes: usize, consistent: bool) -> f64 {
    let units = bytes.div_ceil(READ_UNIT).max(1) as f64;
    if consistent { units } else { units / 2.0 }
}

pub fn write_units(bytes: usize) -> f64 {
    bytes.div_ceil(WRITE_UNIT).max(1) as f64
}
