//! Messages of the queue of imports: events of the bucket, and nudges of our own to go on.

use import_files::systems::ImportKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The event by which S3 tests, when the bucket is made, whether it may write to the queue.
const PERMISSION_TEST: &str = "s3:TestEvent";

/// A nudge to go on with a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportNudge {
    pub import: String,
}

/// The parts of an event of S3 that are of use.
#[derive(Deserialize)]
struct BucketEvent {
    #[serde(rename = "Records")]
    records: Vec<BucketRecord>,
}
#[derive(Deserialize)]
struct BucketRecord {
    s3: BucketChange,
}
#[derive(Deserialize)]
struct BucketChange {
    object: ChangedObject,
}
#[derive(Deserialize)]
struct ChangedObject {
    /// Written as in a form: `+` for a space, `%` for the rest.
    key: String,
}

/// Returns the keys of the objects that a message names. The event by which S3 tests its permission
/// names none; any other message that names none is an error, so that it ends in the dead letters and
/// not unseen.
pub fn dropped_files(body: &str) -> Result<Vec<String>, String> {
    let bad =
        |error: serde_json::Error| format!("not an event of the bucket ({:?})", error.classify());
    let message: Map<String, Value> = serde_json::from_str(body).map_err(bad)?;
    if message.get("Event").and_then(Value::as_str) == Some(PERMISSION_TEST) {
        return Ok(Vec::new());
    }
    let message = Value::Object(message);
    if let Ok(nudge) = ImportNudge::deserialize(&message) {
        return Ok(vec![nudge.import]);
    }
    let event = BucketEvent::deserialize(&message).map_err(bad)?;
    event.records.into_iter().map(|it| decode_key(&it.s3.object.key)).collect()
}

fn decode_key(key: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|it| it.unwrap_or(b'?'));
                let digits = String::from_utf8_lossy(&digits).into_owned();
                u8::from_str_radix(&digits, 16)
                    .map_err(|_| "a key that is not encoded".to_owned())?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| "a key that is no text".to_owned())
}

/// Returns what a file is about, by the folder that it is dropped into.
pub fn kind_of(key: &str) -> Option<ImportKind> {
    match key.split_once('/')?.0 {
        "customers" => Some(ImportKind::Customers),
        "orders" => Some(ImportKind::Orders),
        "suppressions" => Some(ImportKind::Suppressions),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_nudges_and_tests_of_the_permission_are_read() {
        let event =
            r#"{"Records":[{"s3":{"object":{"key":"customers/my+file%281%29.csv","size":3}}}]}"#;
        assert_eq!(dropped_files(event), Ok(vec!["customers/my file(1).csv".to_owned()]));
        assert_eq!(
            dropped_files(r#"{"import":"orders/a.csv"}"#),
            Ok(vec!["orders/a.csv".to_owned()])
        );
        assert_eq!(dropped_files(r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#), Ok(vec![]));
        for other in ["[]", "{}", r#"["orders/a.csv"]"#, r#"{"Event":"s3:Other"}"#, "null", ""] {
            assert!(dropped_files(other).is_err(), "{other}");
        }
        assert!(dropped_files(r#"{"Records":[{"s3":{"object":{"key":"a%zz"}}}]}"#).is_err());
    }

    #[test]
    fn the_folder_says_what_a_file_is_about() {
        assert_eq!(kind_of("orders/2026/a.csv"), Some(ImportKind::Orders));
        assert_eq!(kind_of("refused/orders/a.csv"), None);
        assert_eq!(kind_of("orders.csv"), None);
    }
}
