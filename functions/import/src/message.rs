//! Messages of the queue of imports: events of the bucket, and nudges to go on with an import.

use domain::kernel::id::ImportId;
use import_files::systems::ImportKind;
use importing::import::UPLOADS;
use queue::ImportNudge;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The event by which S3 tests, when the bucket is made, whether it may write to the queue.
const PERMISSION_TEST: &str = "s3:TestEvent";

/// The subject of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportSubject {
    /// A file that is there now.
    File(FilePlaceInBucket),
    /// An import that goes on.
    Import(ImportId),
}

/// A file by where it was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlaceInBucket {
    /// The upload of an import that waits for it.
    Upload(ImportId),
    /// A file that was dropped into the folder of its kind.
    Dropped { key: String, kind: ImportKind },
    /// A file that is none of ours.
    Elsewhere,
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

/// Returns what a message names. The event by which S3 tests its permission names nothing; any other
/// message that names nothing is an error, so that it ends in the dead letters and not unseen.
pub fn parse_subjects(body: &str) -> Result<Vec<ImportSubject>, String> {
    let bad =
        |error: serde_json::Error| format!("not an event of the bucket ({:?})", error.classify());
    let message: Map<String, Value> = serde_json::from_str(body).map_err(bad)?;
    if message.get("Event").and_then(Value::as_str) == Some(PERMISSION_TEST) {
        return Ok(Vec::new());
    }
    let message = Value::Object(message);
    if let Ok(nudge) = ImportNudge::deserialize(&message) {
        return Ok(vec![ImportSubject::Import(nudge.import)]);
    }
    let event = BucketEvent::deserialize(&message).map_err(bad)?;
    let keys = event.records.into_iter().map(|it| decode_key(&it.s3.object.key));
    keys.map(|key| Ok(ImportSubject::File(place_of(key?)))).collect()
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

/// Tells a file's place by its folder.
fn place_of(key: String) -> FilePlaceInBucket {
    let Some((folder, name)) = key.split_once('/') else { return FilePlaceInBucket::Elsewhere };
    if folder == UPLOADS {
        return ImportId::parse(name)
            .map_or(FilePlaceInBucket::Elsewhere, FilePlaceInBucket::Upload);
    }
    match ImportKind::ALL.into_iter().find(|kind| kind.as_str() == folder) {
        Some(kind) => FilePlaceInBucket::Dropped { key, kind },
        None => FilePlaceInBucket::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(id: &str) -> ImportId {
        ImportId::parse(id).unwrap()
    }

    #[test]
    fn events_nudges_and_tests_of_the_permission_are_read() {
        let event =
            r#"{"Records":[{"s3":{"object":{"key":"customers/my+file%281%29.csv","size":3}}}]}"#;
        let (key, kind) = ("customers/my file(1).csv".to_owned(), ImportKind::Customers);
        let dropped = ImportSubject::File(FilePlaceInBucket::Dropped { key, kind });
        assert_eq!(parse_subjects(event), Ok(vec![dropped]));
        let nudge = r#"{"import":"imp_1"}"#;
        assert_eq!(parse_subjects(nudge), Ok(vec![ImportSubject::Import(import("imp_1"))]));
        assert_eq!(parse_subjects(r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#), Ok(vec![]));
        for other in ["[]", "{}", r#"["orders/a.csv"]"#, r#"{"Event":"s3:Other"}"#, "null", ""] {
            assert!(parse_subjects(other).is_err(), "{other}");
        }
        assert!(parse_subjects(r#"{"import":"orders/a.csv"}"#).is_err(), "an id, and no key");
        assert!(parse_subjects(r#"{"Records":[{"s3":{"object":{"key":"a%zz"}}}]}"#).is_err());
    }

    #[test]
    fn the_folder_says_what_a_file_is_about() {
        let dropped = |key: &str, kind| FilePlaceInBucket::Dropped { key: key.to_owned(), kind };
        let place = |key: &str| place_of(key.to_owned());
        assert_eq!(place("orders/2026/a.csv"), dropped("orders/2026/a.csv", ImportKind::Orders));
        assert_eq!(place("uploads/imp_1"), FilePlaceInBucket::Upload(import("imp_1")));
        for elsewhere in ["refused/orders/a.csv", "orders.csv", "uploads/a/b.csv", "other/a"] {
            assert_eq!(place(elsewhere), FilePlaceInBucket::Elsewhere, "{elsewhere}");
        }
    }
}
