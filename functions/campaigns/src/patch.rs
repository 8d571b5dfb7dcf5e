//! PATCH as JSON Merge Patch (RFC 7396) on the definition; benefit, validity, audience and the
//! trigger condition are replaced as a whole. A draft may change anywhere; of a launched campaign
//! only name, description, end and caps, because the rest is frozen. Pure.

use domain::{
    Timestamp,
    campaign::{definition::Definition, definition_change},
    kernel::validation::FieldError,
};
use serde_json::{Map, Value};

/// The parts that may change after launch, as JSON pointers.
const AMENDABLE_PARTS: [&str; 4] = ["/name", "/description", "/schedule/ends_at", "/caps"];

/// The parts that a patch replaces as a whole, as JSON pointers. Each is an object whose single key
/// names its variant; merged, it would have two.
const REPLACED_PARTS: [&str; 4] = ["/offer/benefit", "/validity", "/audience", "/trigger/when"];

/// Applies a patch to any part of a draft.
pub fn patch_draft(
    before: &Definition,
    patch: Value,
    now: Timestamp,
) -> Result<Definition, Vec<FieldError>> {
    Definition::parse(merged_document(before, patch)?, now)
}

/// Applies a patch to a launched campaign. Each change of a frozen part is an error with its
/// pointer.
pub fn patch_launched(
    before: &Definition,
    patch: Value,
    now: Timestamp,
) -> Result<Definition, Vec<FieldError>> {
    let after = Definition::parse_stored(merged_document(before, patch)?)?;
    let differences = definition_change::changed_pointers(before, &after);
    let frozen = differences
        .iter()
        .filter(|at| !AMENDABLE_PARTS.iter().any(|open| covers_pointer(open, at)));
    let mut errors: Vec<FieldError> = frozen
        .map(|at| {
            FieldError::new(
                at,
                "frozen_at_launch",
                "cannot change after the launch: clone the campaign to change it",
            )
        })
        .collect();
    errors.extend(after.check_amended(before, now));
    if errors.is_empty() { Ok(after) } else { Err(errors) }
}

/// Names the parts in which two definitions differ, for the audit: `name, caps.vouchers`.
pub fn changed_parts(before: &Definition, after: &Definition) -> String {
    let found = definition_change::changed_pointers(before, after);
    found
        .iter()
        .map(|at| at.trim_start_matches('/').replace('/', "."))
        .collect::<Vec<_>>()
        .join(", ")
}

fn merged_document(before: &Definition, patch: Value) -> Result<Value, Vec<FieldError>> {
    let Value::Object(patch) = patch else {
        return Err(vec![FieldError::new("", "invalid", "a JSON object of what should change")]);
    };
    let mut document = before.to_value();
    merge_value("", &mut document, Value::Object(patch));
    Ok(document)
}

fn merge_value(at: &str, target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if REPLACED_PARTS.contains(&at) || !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else {
        return;
    };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(&key);
        } else {
            let at = domain::kernel::validation::child_pointer(at, &key);
            merge_value(&at, target.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn covers_pointer(open: &str, at: &str) -> bool {
    at.strip_prefix(open).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-01T12:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn definition() -> Definition {
        let document = json!({
            "name": "Try the pharmacy", "kind": "promotion",
            "offer": {"benefit": {"fixed_amount": {"amount": {"amount": 500, "currency": "EUR"}}}},
            "validity": {"from_issue": {"hours": 168}},
            "audience": {"never_ordered": {"vertical": "pharmacy"}},
            "channels": {"mode": "first_available", "ladder": ["sms"]},
            "messages": {"default_locale": "en", "locales": {"en": {"sms": {"text": "{{ offer }}: {{ voucher_link }}"}}}},
            "schedule": {"starts_at": "2026-11-01T12:00:00Z", "ends_at": "2026-12-01T00:00:00Z"},
            "caps": {"vouchers": 1000, "redeemed": {"amount": 100000, "currency": "EUR"}},
        });
        Definition::parse(document, now()).unwrap()
    }

    #[track_caller]
    fn check_refused(patch: Value, field: &str, code: &str) {
        let errors = patch_launched(&definition(), patch, now()).unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert!(found.contains(&(field, code)), "{found:?}");
    }

    #[test]
    fn name_end_and_caps_change_after_launch() {
        let patch = json!({"name": "Pharmacy!", "schedule": {"ends_at": "2026-12-24T00:00:00Z"}, "caps": {"vouchers": 500}});
        let after = patch_launched(&definition(), patch, now()).unwrap();
        assert_eq!((after.name.as_str(), after.caps.vouchers), ("Pharmacy!", Some(500)));
        assert_eq!(
            after.caps.redeemed,
            definition().caps.redeemed,
            "a cap that is not named stays"
        );
        assert_eq!(changed_parts(&definition(), &after), "caps.vouchers, name, schedule.ends_at");
        assert_eq!(
            patch_launched(&definition(), json!({"caps": {"vouchers": null}}), now())
                .unwrap()
                .caps
                .vouchers,
            None
        );
    }

    #[test]
    fn the_rest_is_frozen_and_says_where() {
        check_refused(
            json!({"audience": {"everyone": {}}}),
            "/audience/everyone",
            "frozen_at_launch",
        );
        check_refused(
            json!({"offer": {"benefit": {"fixed_amount": {"amount": {"amount": 900, "currency": "EUR"}}}}}),
            "/offer/benefit/fixed_amount/amount/amount",
            "frozen_at_launch",
        );
        check_refused(json!({"holdout_percent": 0}), "/holdout_percent", "frozen_at_launch");
        check_refused(
            json!({"schedule": {"starts_at": null}}),
            "/schedule/starts_at",
            "frozen_at_launch",
        );
        check_refused(
            json!({"schedule": {"ends_at": "2026-10-01T00:00:00Z"}}),
            "/schedule/ends_at",
            "end_before_start",
        );
        check_refused(json!({"caps": {"redeemed": null}}), "/caps/redeemed", "fixed_at_launch");
        check_refused(json!({"state": "running"}), "/state", "unknown_field");
        check_refused(json!([]), "", "invalid");
    }

    #[test]
    fn a_draft_changes_anywhere_and_one_benefit_takes_the_place_of_another() {
        let percent = json!({"offer": {"benefit": {"percent": {"percent": 20, "cap": {"amount": 800, "currency": "EUR"}}}}});
        let benefit = patch_draft(&definition(), percent, now()).unwrap().offer.benefit;
        assert_eq!(
            serde_json::to_value(benefit).unwrap(),
            json!({"percent": {"percent": 20, "cap": {"amount": 800, "currency": "EUR"}}})
        );
        let everyone =
            patch_draft(&definition(), json!({"audience": {"everyone": {}}}), now()).unwrap();
        assert_eq!(everyone.audience.key(), "everyone");
        let spanish = json!({"messages": {"locales": {"es": {"sms": {"text": "{{ offer }}"}}}}});
        assert_eq!(
            patch_draft(&definition(), spanish, now()).unwrap().messages.locales.len(),
            2,
            "the other locale stays"
        );
        assert!(patch_draft(&definition(), json!({"holdout_percent": 51}), now()).is_err());
    }
}
