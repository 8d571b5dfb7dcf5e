//! Checks what a report is asked for: kind, campaign, channel, vertical and currency select
//! campaigns, each by its own rule.
//!
//! Pure, except for the cache of definitions.

use domain::{
    campaign::{audience::AudienceRule, definition::Definition, kind::CampaignKind},
    kernel::{channel::Channel, id::CampaignId, money::Currency, validation::FieldError},
};
use http_edge::{ApiResult, Problem};
use runtime::ProcessCache;
use store::{Store, campaign::campaigns::CampaignSummary};

/// The most definitions in the cache. A definition never changes under its number.
const MAX_CACHED: usize = 2_000;
/// The longest name of a vertical, in bytes.
const MAX_VERTICAL: usize = 64;

/// The filter as it comes in a query, unchecked.
#[derive(Debug, Clone, Default)]
pub struct FilterQuery {
    pub kind: Option<CampaignKind>,
    pub campaign: Option<String>,
    pub channel: Option<Channel>,
    pub vertical: Option<String>,
    pub currency: Option<String>,
    pub zone: Option<String>,
}

/// The checked filter.
#[derive(Debug, Clone, Default)]
pub struct ReportFilter {
    pub kind: Option<CampaignKind>,
    pub campaign: Option<CampaignId>,
    pub channel: Option<Channel>,
    pub vertical: Option<String>,
    pub currency: Option<Currency>,
}

impl ReportFilter {
    /// Checks a query and returns all its errors at once.
    pub fn new(asked: &FilterQuery, zone_name: &str) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong =
            |field: &str, code, detail: String| errors.push(FieldError::new(field, code, detail));
        if let Some(zone) = asked.zone.as_deref().filter(|zone| *zone != zone_name) {
            match domain::TimeZone::get(zone) {
                Ok(_) => wrong(
                    "zone",
                    "not_available",
                    format!("days are counted in {zone_name}, and in no other zone"),
                ),
                Err(_) => wrong(
                    "zone",
                    "unknown_value",
                    "not an IANA time zone, such as Europe/Madrid".to_owned(),
                ),
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
        if asked
            .vertical
            .as_ref()
            .is_some_and(|name| name.trim().is_empty() || name.len() > MAX_VERTICAL)
        {
            wrong("vertical", "invalid", format!("a vertical has 1 to {MAX_VERTICAL} bytes"));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let vertical = asked.vertical.clone();
        Ok(Self { kind: asked.kind, campaign, channel: asked.channel, vertical, currency })
    }

    /// Returns true if the sums over all campaigns answer this filter.
    pub fn covers_all_campaigns(&self) -> bool {
        self.campaign.is_none() && self.channel.is_none() && self.vertical.is_none()
    }

    pub(crate) fn selects_campaign(&self, campaign: &CampaignSummary) -> bool {
        campaign.launched_at.is_some()
            && self.kind.is_none_or(|kind| kind == campaign.kind)
            && self.currency.is_none_or(|currency| currency == campaign.currency)
    }

    pub(crate) fn selects_scope(&self, scope: &CampaignScope) -> bool {
        self.channel.is_none_or(|channel| scope.channels.contains(&channel))
            && self.vertical.as_ref().is_none_or(|vertical| {
                scope.verticals.is_empty() || scope.verticals.contains(vertical)
            })
    }
}

/// The parts of a definition that a filter compares.
#[derive(Debug, Clone)]
pub struct CampaignScope {
    pub channels: Vec<Channel>,
    /// Names of the verticals in which the offer is valid; empty means all of them.
    pub verticals: Vec<String>,
    /// The campaign selects every customer and has no trigger.
    pub everyone: bool,
}

/// A cache of scopes by campaign and number of the definition.
#[derive(Debug, Default)]
pub struct ScopeCache(ProcessCache<(CampaignId, u64), CampaignScope, MAX_CACHED>);

impl ScopeCache {
    pub async fn scope_of(
        &self,
        store: &Store,
        campaign: &CampaignSummary,
    ) -> ApiResult<Option<CampaignScope>> {
        let key = (campaign.id.clone(), campaign.definition);
        if let Some(found) = self.0.find_value(&key) {
            return Ok(Some(found));
        }
        let found = store.definition(&campaign.id, campaign.definition).await;
        let found = found.map_err(|error| Problem::from_failure(&error, error.retryable()))?;
        let Some(definition) = found else {
            return Ok(None);
        };
        let (channels, verticals) = (definition.all_channels(), definition.all_verticals());
        let Definition { audience, trigger, .. } = definition;
        let everyone = trigger.is_none() && audience == AudienceRule::Everyone;
        let scope = CampaignScope { channels, verticals, everyone };
        self.0.keep_value(key, scope.clone());
        Ok(Some(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(change: impl FnOnce(&mut FilterQuery)) -> Result<ReportFilter, Vec<&'static str>> {
        let mut asked = FilterQuery::default();
        change(&mut asked);
        ReportFilter::new(&asked, "Europe/Madrid")
            .map_err(|errors| errors.iter().map(|error| error.code).collect())
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        assert!(asked(|_| {}).is_ok_and(|filter| filter.covers_all_campaigns()));
        assert!(asked(|it| it.zone = Some("Europe/Madrid".into())).is_ok());
        assert_eq!(asked(|it| it.zone = Some("Asia/Tokyo".into())).unwrap_err(), ["not_available"]);
        assert_eq!(
            asked(|it| it.zone = Some("Mars/Crater".into())).unwrap_err(),
            ["unknown_value"]
        );
        let all = asked(|it| {
            it.currency = Some("euro".into());
            it.campaign = Some("no campaign".into());
            it.vertical = Some(" ".into());
        });
        assert_eq!(all.unwrap_err(), ["invalid", "invalid", "invalid"]);
    }

    #[test]
    fn a_campaign_is_of_a_vertical_if_its_offer_is_good_there() {
        let scope = |verticals: &[&str]| CampaignScope {
            channels: vec![Channel::Sms],
            verticals: verticals.iter().map(|name| (*name).to_owned()).collect(),
            everyone: false,
        };
        let food = ReportFilter { vertical: Some("food".into()), ..ReportFilter::default() };
        assert!(
            food.selects_scope(&scope(&[])) && food.selects_scope(&scope(&["food", "pharmacy"]))
        );
        assert!(!food.selects_scope(&scope(&["pharmacy"])));
        let email = ReportFilter { channel: Some(Channel::Email), ..ReportFilter::default() };
        assert!(!email.selects_scope(&scope(&[])));
    }
}
