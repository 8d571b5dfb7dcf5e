//! Warns of values that nobody has, at the very place where a definition names them, with the value
//! that was perhaps meant.
//!
//! Reads the values that occur and the names of the catalogue, writes nothing. A warning is never
//! an error: the first customer with the tag may come tomorrow. A value that the catalogue names is
//! not warned of, nor anything of a kind of which no value has occurred yet.

use domain::{
    campaign::audience::AudienceRule,
    reporting::occurring_values::{KnownValue, NamedValue, ValueKind, nearest_value},
};
use http_edge::ApiResult;
use runtime::clock;

use crate::{CampaignsContext, store_failure, views::DefinitionWarning};

/// Returns a warning for each of the values that nobody has.
pub async fn value_warnings(
    context: &CampaignsContext,
    named: &[NamedValue],
) -> ApiResult<Vec<DefinitionWarning>> {
    let mut warnings = Vec::new();
    for value in named {
        let known = context.known.known_values(&context.store, value.kind, clock::now());
        let known = known.await.map_err(store_failure)?;
        if !is_in_doubt(&known, value) {
            continue;
        }
        let known = context.known.newest_values(&context.store, value.kind, clock::now());
        let known = known.await.map_err(store_failure)?;
        if is_in_doubt(&known, value) {
            warnings.push(warning(value, nearest_value(&known, &value.name)));
        }
    }
    Ok(warnings)
}

/// Returns a warning for each condition on merchants that no merchant of the catalogue fits. The
/// rule is resolved.
pub fn merchant_warnings(rule: &AudienceRule, at: &str) -> Vec<DefinitionWarning> {
    let conditions = rule.near_merchants(at).into_iter();
    let empty = conditions.filter(|(_, condition)| condition.fits_nobody());
    let warnings = empty.map(|(field, condition)| DefinitionWarning {
        field,
        code: "no_merchant_fits",
        detail: format!("the catalogue has no place of {}", condition.wanted()),
        value: condition.wanted(),
        nearest: None,
    });
    warnings.collect()
}

fn is_in_doubt(known: &[KnownValue], value: &NamedValue) -> bool {
    // an event that was never reported is told of even before the first one is
    let has_begun = !known.is_empty() || value.kind == ValueKind::Event;
    has_begun && known.iter().all(|known| known.name != value.name)
}

fn warning(value: &NamedValue, nearest: Option<&KnownValue>) -> DefinitionWarning {
    let NamedValue { field, kind, name } = value;
    let (code, what) = match kind {
        ValueKind::Vertical => ("value_not_seen", "customer has ordered in the vertical"),
        ValueKind::Merchant => ("value_not_seen", "order names the merchant"),
        ValueKind::Category => ("value_not_seen", "order names the category"),
        ValueKind::Tag => ("value_not_seen", "customer has the tag"),
        ValueKind::Locale => ("value_not_seen", "customer has the language"),
        ValueKind::City => ("value_not_seen", "customer is in the city"),
        ValueKind::Event => ("event_never_told", "event was ever reported with the name"),
        ValueKind::EventProperty => ("value_not_seen", "event was reported with the property"),
    };
    let nearest = nearest.map(|nearest| nearest.name.clone());
    let meant = nearest.as_ref().map(|it| format!("; is `{it}` meant?")).unwrap_or_default();
    let detail = format!("no {what} `{name}`{meant}");
    DefinitionWarning { field: field.clone(), code, detail, value: name.clone(), nearest }
}
