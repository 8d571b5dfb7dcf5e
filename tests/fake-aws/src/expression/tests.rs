//! Tests the expression language, expression by expression. Items and values are written as
//! DynamoDB's JSON.

use serde_json::{Value, json};

use super::{
    ExpressionBindings, condition::ConditionExpression, projection, update::UpdateExpression,
};
use crate::{
    FakeItem,
    fault::{DynamoDbFault, Result},
};

fn item(value: Value) -> FakeItem {
    serde_json::from_value(value).unwrap()
}

/// Returns an ordinary item with one attribute of each type.
fn ordinary_item() -> FakeItem {
    item(json!({
        "s": {"S": "issued"}, "n": {"N": "10"}, "big": {"N": "1000000000000000"}, "b": {"B": "AQI="}, "t": {"BOOL": true},
        "nil": {"NULL": true}, "set": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "20"]},
        "list": {"L": [{"S": "x"}, {"M": {"k": {"N": "3"}}}]},
        "map": {"M": {"n": {"N": "2"}, "s": {"S": "claimed"}}},
    }))
}

/// Returns names and values that every test may use and none has to.
fn names_and_values() -> (Value, Value) {
    let names = json!({"#map": "map", "#s": "s", "#odd": "an odd.name"});
    let values = json!({
        ":issued": {"S": "issued"}, ":iss": {"S": "iss"}, ":ten": {"N": "10.0"}, ":nine": {"N": "9"}, ":hundred": {"N": "100"},
        ":one": {"N": "1"}, ":text10": {"S": "10"}, ":a": {"S": "a"}, ":z": {"S": "z"}, ":x": {"S": "x"}, ":S": {"S": "S"},
        ":list": {"L": [{"S": "y"}]}, ":bs": {"SS": ["b", "c"]}, ":ab": {"SS": ["b", "a"]}, ":twenty": {"NS": ["20.0", "3"]},
        ":map": {"M": {"s": {"S": "claimed"}, "n": {"N": "2.0"}}},
    });
    (names, values)
}

fn bindings() -> ExpressionBindings {
    let (names, values) = names_and_values();
    ExpressionBindings::parse(
        &json!({"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}),
    )
    .unwrap()
}

fn parse(text: &str) -> Result<ConditionExpression> {
    let bindings = bindings();
    Ok(ConditionExpression::parse(
        "ConditionExpression",
        &json!({"ConditionExpression": text}),
        &bindings,
    )?
    .unwrap())
}

#[track_caller]
fn check(text: &str, expected: bool) {
    let condition = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    assert_eq!(condition.holds(&ordinary_item()), expected, "{text}");
}

#[track_caller]
fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    let fault = result.unwrap_err();
    let DynamoDbFault::Refused { code: "ValidationException", message } = fault else {
        panic!("{fault:?}")
    };
    message
}

#[test]
fn comparisons_are_of_one_type_and_numbers_are_numbers() {
    check("s = :issued", true);
    check("n = :ten", true);
    check("n > :nine", true);
    check("n < :hundred", true);
    check("n >= :ten AND n <= :ten", true);
    check("n = :text10", false);
    check("n < :text10", false);
    check("n <> :text10", true);
    check("n <> :ten", false);
    check(":nine < n", true);
    check("big > n", true);
    check("s < :z", true);
    check("map = :map", true);
    check("set = :ab", true);
    check("n BETWEEN :nine AND :hundred", true);
    check("n BETWEEN :ten AND :ten", true);
    check("n BETWEEN :hundred AND :nine", false);
    check("s IN (:a, :issued)", true);
    check("s IN (:a)", false);
}

#[test]
fn what_is_not_there_compares_with_nothing_but_is_different() {
    check("gone = :a", false);
    check("gone < :a", false);
    check("gone >= :a", false);
    check("gone BETWEEN :a AND :z", false);
    check("gone IN (:a)", false);
    check("gone <> :a", true);
    check("NOT gone = :a", true);
    check("map.gone = :a", false);
    check("s.inner = :a", false);
}

#[test]
fn functions_look_at_attributes_and_inside_of_them() {
    check("attribute_exists(map.n)", true);
    check("attribute_exists(#map.#s)", true);
    check("attribute_exists(#odd)", false);
    check("attribute_not_exists(gone)", true);
    check("attribute_exists(list[1].k)", true);
    check("attribute_exists(list[2])", false);
    check("attribute_type(s, :S)", true);
    check("attribute_type(n, :S)", false);
    check("begins_with(s, :iss)", true);
    check("begins_with(s, :z)", false);
    check("contains(s, :iss)", true);
    check("contains(set, :a)", true);
    check("contains(set, :z)", false);
    check("contains(list, :x)", true);
    check("size(s) < :ten", true);
    check("size(set) > :one", true);
    check("size(b) > :one", true);
    check("size(n) > :one", false);
    check(":one < size(list)", true);
}

#[test]
fn not_binds_before_and_and_before_or() {
    check("attribute_exists(s) OR attribute_exists(gone) AND attribute_exists(gone)", true);
    check("(attribute_exists(s) OR attribute_exists(gone)) AND attribute_exists(gone)", false);
    check("NOT attribute_exists(gone) AND attribute_exists(s)", true);
    check("NOT (attribute_exists(s) AND attribute_exists(n))", false);
    check("not attribute_exists(gone) and s = :issued or n = :nine", true);
    check("n BETWEEN :nine AND :hundred AND s = :issued", true);
}

#[test]
fn what_is_not_understood_is_refused() {
    for (text, part) in [
        ("", "can not be empty"),
        ("s =", "Syntax error"),
        ("s = :issued extra", "Syntax error"),
        ("s == :issued", "Syntax error"),
        ("s = :issued AND", "Syntax error"),
        ("(s = :issued", "Syntax error"),
        ("s", "Syntax error"),
        ("s ! :issued", "Syntax error"),
        ("exists(s)", "Invalid function name"),
        ("s = if_not_exists(s, :a)", "not allowed"),
        ("#none = :a", "name used in the document path is not defined"),
        ("s = :none", "value used in expression is not defined"),
    ] {
        let message = message(parse(text));
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn names_and_values_must_be_used() {
    let request = json!({
        "ConditionExpression": "#a = :a",
        "ExpressionAttributeNames": {"#a": "a", "#b": "b"}, "ExpressionAttributeValues": {":a": {"S": "a"}},
    });
    let bindings = ExpressionBindings::parse(&request).unwrap();
    ConditionExpression::parse("ConditionExpression", &request, &bindings).unwrap();
    assert!(message(bindings.check_all_used()).contains("unused in expressions: keys: {#b}"));
}

fn updated(text: &str) -> Result<FakeItem> {
    let bindings = bindings();
    let mut item = ordinary_item();
    UpdateExpression::parse(&json!({"UpdateExpression": text}), &bindings)?.apply_to(&mut item)?;
    Ok(item)
}

/// Checks an update of the ordinary item. `changed` has the attributes that differ; null means
/// removed.
#[track_caller]
fn check_update(text: &str, changed: Value) {
    let mut expected = ordinary_item();
    for (name, value) in item(changed) {
        if value.is_null() {
            expected.remove(&name)
        } else {
            expected.insert(name, value)
        };
    }
    assert_eq!(
        updated(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}")),
        expected,
        "{text}"
    );
}

#[test]
fn set_computes_from_the_item_as_it_was() {
    check_update("SET s = :a", json!({"s": {"S": "a"}}));
    check_update("SET fresh = s, s = :a", json!({"fresh": {"S": "issued"}, "s": {"S": "a"}}));
    check_update(
        "SET n = n + :one, big = big - :one",
        json!({"n": {"N": "11"}, "big": {"N": "999999999999999"}}),
    );
    check_update("SET c = if_not_exists(c, :nine) + :one", json!({"c": {"N": "10"}}));
    check_update("SET n = if_not_exists(n, :nine) + :one", json!({"n": {"N": "11"}}));
    check_update("SET t2 = if_not_exists(gone, :a)", json!({"t2": {"S": "a"}}));
    check_update("SET #map.#s = :a", json!({"map": {"M": {"n": {"N": "2"}, "s": {"S": "a"}}}}));
    check_update(
        "SET #map.more = :a, map.n = :ten",
        json!({"map": {"M": {"n": {"N": "10"}, "s": {"S": "claimed"}, "more": {"S": "a"}}}}),
    );
    check_update(
        "SET list[0] = :a",
        json!({"list": {"L": [{"S": "a"}, {"M": {"k": {"N": "3"}}}]}}),
    );
    check_update(
        "SET list[9] = :a",
        json!({"list": {"L": [{"S": "x"}, {"M": {"k": {"N": "3"}}}, {"S": "a"}]}}),
    );
    check_update(
        "SET l2 = list_append(:list, :list)",
        json!({"l2": {"L": [{"S": "y"}, {"S": "y"}]}}),
    );
}

#[test]
fn remove_add_and_delete() {
    check_update("REMOVE s, gone", json!({"s": null}));
    check_update(
        "REMOVE map.s, list[0]",
        json!({"map": {"M": {"n": {"N": "2"}}}, "list": {"L": [{"M": {"k": {"N": "3"}}}]}}),
    );
    check_update("REMOVE list[0], list[1]", json!({"list": {"L": []}}));
    check_update("ADD n :one, fresh :one", json!({"n": {"N": "11"}, "fresh": {"N": "1"}}));
    check_update("ADD set :bs", json!({"set": {"SS": ["a", "b", "c"]}}));
    check_update("ADD ns :twenty", json!({"ns": {"NS": ["1", "3", "20"]}}));
    check_update("DELETE set :bs", json!({"set": {"SS": ["a"]}}));
    check_update("DELETE set :ab", json!({"set": null}));
    check_update("DELETE gone :ab", json!({}));
    check_update(
        "ADD n :one SET s = :a REMOVE t",
        json!({"n": {"N": "11"}, "s": {"S": "a"}, "t": null}),
    );
}

#[test]
fn an_update_that_makes_no_sense_is_refused() {
    for (text, part) in [
        ("", "can not be empty"),
        ("s = :a", "Syntax error"),
        ("SET s = :a SET n = :one", "can only be used once"),
        ("SET s = gone", "does not exist in the item"),
        ("SET s = s + :one", "incorrect data type"),
        ("SET gone.inner = :a", "invalid for update"),
        ("SET s.inner = :a", "invalid for update"),
        ("REMOVE gone.inner", "invalid for update"),
        ("SET map = :map, map.s = :a", "overlap"),
        ("SET s = :a REMOVE s", "overlap"),
        ("ADD s :one", "incorrect data type"),
        ("ADD n :a", "Incorrect operand type"),
        ("DELETE n :one", "Incorrect operand type"),
        ("SET s = :none", "is not defined"),
        ("SET s = size(s)", "Invalid function name"),
    ] {
        let message = message(updated(text));
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn a_projection_shows_parts() {
    let shown = |text: &str| {
        let bindings = bindings();
        let paths =
            projection::parse_projection(&json!({"ProjectionExpression": text}), &bindings)?
                .unwrap();
        Ok(projection::project_item(&ordinary_item(), &paths))
    };
    assert_eq!(shown("s, gone, n").unwrap(), item(json!({"s": {"S": "issued"}, "n": {"N": "10"}})));
    assert_eq!(shown("#map.#s").unwrap(), item(json!({"map": {"M": {"s": {"S": "claimed"}}}})));
    assert!(message(shown("list[0]")).contains("not known"));
}
