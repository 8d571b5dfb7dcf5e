//! The sizes and units that the benchmarks compute are DynamoDB's documented ones.

use serde_json::{Value, json};

use crate::documented_units::{item_size, read_units, write_units};

#[test]
fn sizes_are_as_documented() {
    let check = |item: Value, expected: usize| assert_eq!(item_size(&item), expected, "{item}");
    check(json!({"id": {"S": "abc"}}), 5);
    check(json!({"n": {"N": "123"}}), 1 + 3);
    check(json!({"n": {"N": "-1000"}}), 1 + 2);
    check(json!({"b": {"BOOL": true}, "x": {"NULL": true}}), 4);
    check(json!({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}), 1 + 3 + (1 + 2) + (1 + 1));
    check(json!({"m": {"M": {"a": {"S": "xy"}}}}), 1 + 3 + (1 + 1 + 2));
}

#[test]
fn units_are_started_blocks() {
    assert_eq!(
        (read_units(1, true), read_units(4_096, true), read_units(4_097, true)),
        (1.0, 1.0, 2.0)
    );
    assert_eq!((read_units(0, false), read_units(5_000, false)), (0.5, 1.0));
    assert_eq!((write_units(1_024), write_units(1_025)), (1.0, 2.0));
}
