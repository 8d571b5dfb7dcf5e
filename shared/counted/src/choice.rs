//! What a report is asked about, checked: kind, campaign, channel, vertical and currency choose campaigns, each by its own rule. Pure but for
//! what is kept of definitions.

use std::{collections::HashMap, sync::Mutex};

use domain::{
    audience::Rule, campaign::Kind, channel::Channel, definition::Definition, field::FieldError, id::CampaignId,
    money::Currency,
};
use http_api::{Answer, Problem};
use store::{Store, control::Standing};

/// Definitions that are kept; they never change.
const MAX_KEPT: usize = 2_000;
/// Bytes of the name of a vertical.
const MAX_VERTICAL: usize = 64;

/// As it comes in a query.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub kind: Option<Kind>,
    pub campaign: Option<String>,
    pub channel: Option<Channel>,
    pub vertical: Option<String>,
    pub currency: Option<String>,
    pub zone: Option<String>,
}

/// What was asked for, checked.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub campaign: Option<CampaignId>,
    pub channel: Option<Channel>,
    pub vertical: Option<String>,
    pub currency: Option<Currency>,
}

impl Filter {
    /// All that is wrong with it, at once.
    pub fn new(asked: &Asked, zone_name: &str) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, code, detail: String| errors.push(FieldError::new(field, code, detail));
        if let Some(zone) = asked.zone.as_deref().filter(|zone| *zone != zone_name) {
            match domain::TimeZone::get(zone) {
                Ok(_) => {
                    wrong("zone", "not_available", format!("days are counted in {zone_name}, and in no other zone"))
                }
                Err(_) => wrong("zone", "unknown_value", "not an IANA time zone, such as Europe/Madrid".to_owned()),
            }
        }
        let campaign = asked.campaign.as_deref().and_then(|id| match CampaignId::parse(id) {
            Ok(id) => Some(id),
            Err(error) => {
                wrong("campaign", "invalid", error.to_string());
                None
            }
        });
        let currency = asked.currency.as_deref().and_then(|code| match Currency::parse(code) {
            Ok(currency) => Some(currency),
            Err(error) => {
                wrong("currency", "invalid", error.to_string());
                None
            }
        });
        if asked.vertical.as_ref().is_some_and(|name| name.trim().is_empty() || name.len() > MAX_VERTICAL) {
            wrong("vertical", "invalid", format!("a vertical has 1 to {MAX_VERTICAL} bytes"));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let vertical = asked.vertical.clone();
        Ok(Self { kind: asked.kind, campaign, channel: asked.channel, vertical, currency })
    }

    /// Whether the sums over all campaigns answer it.
    pub fn of_all(&self) -> bool {
        self.campaign.is_none() && self.channel.is_none() && self.vertical.is_none()
    }

    pub(crate) fn wants(&self, standing: &Standing) -> bool {
        standing.launched_at.is_some()
            && self.kind.is_none_or(|kind| kind == standing.kind)
            && self.currency.is_none_or(|currency| currency == standing.currency)
    }

    pub(crate) fn wants_definition(&self, scope: &Scope) -> bool {
        self.channel.is_none_or(|channel| scope.channels.contains(&channel))
            && self
                .vertical
                .as_ref()
                .is_none_or(|vertical| scope.verticals.is_empty() || scope.verticals.contains(vertical))
    }
}

/// What a filter asks of a definition.
#[derive(Debug, Clone)]
pub struct Scope {
    pub channels: Vec<Channel>,
    /// Empty: everywhere.
    pub verticals: Vec<String>,
    /// It asks nothing of whom it selects, and waits for nothing that they do.
    pub everyone: bool,
}

/// Scopes by campaign and number of definition.
#[derive(Debug, Default)]
pub struct Scopes(Mutex<HashMap<(CampaignId, u64), Scope>>);

impl Scopes {
    pub async fn of(&self, store: &Store, standing: &Standing) -> Answer<Option<Scope>> {
        let key = (standing.id.clone(), standing.definition);
        if let Some(found) = self.0.lock().ok().and_then(|kept| kept.get(&key).cloned()) {
            return Ok(Some(found));
        }
        let found = store.definition(&standing.id, standing.definition).await;
        let found = found.map_err(|error| Problem::from_failure(&error, error.retryable()))?;
        let Some(Definition { channels, offer, audience, trigger, .. }) = found else { return Ok(None) };
        let everyone = trigger.is_none() && audience == Rule::Everyone;
        let scope = Scope { channels: channels.ladder, verticals: offer.scope.verticals, everyone };
        if let Ok(mut kept) = self.0.lock() {
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            kept.insert(key, scope.clone());
        }
        Ok(Some(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(change: impl FnOnce(&mut Asked)) -> Result<Filter, Vec<&'static str>> {
        let mut asked = Asked::default();
        change(&mut asked);
        Filter::new(&asked, "Europe/Madrid").map_err(|errors| errors.iter().map(|error| error.code).collect())
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        assert!(asked(|_| {}).is_ok_and(|filter| filter.of_all()));
        assert!(asked(|it| it.zone = Some("Europe/Madrid".into())).is_ok());
        assert_eq!(asked(|it| it.zone = Some("Asia/Tokyo".into())).unwrap_err(), ["not_available"]);
        assert_eq!(asked(|it| it.zone = Some("Mars/Crater".into())).unwrap_err(), ["unknown_value"]);
        let all = asked(|it| {
            it.currency = Some("euro".into());
            it.campaign = Some("no campaign".into());
            it.vertical = Some(" ".into());
        });
        assert_eq!(all.unwrap_err(), ["invalid", "invalid", "invalid"]);
    }

    #[test]
    fn a_campaign_is_of_a_vertical_if_its_offer_is_good_there() {
        let scope = |verticals: &[&str]| Scope {
            channels: vec![Channel::Sms],
            verticals: verticals.iter().map(|name| (*name).to_owned()).collect(),
            everyone: false,
        };
        let food = Filter { vertical: Some("food".into()), ..Filter::default() };
        assert!(food.wants_definition(&scope(&[])) && food.wants_definition(&scope(&["food", "pharmacy"])));
        assert!(!food.wants_definition(&scope(&["pharmacy"])));
        let email = Filter { channel: Some(Channel::Email), ..Filter::default() };
        assert!(!email.wants_definition(&scope(&[])));
    }
}
