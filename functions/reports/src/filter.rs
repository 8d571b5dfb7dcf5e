//! Which campaigns a report is about. Kind, campaign, channel and vertical select campaigns: those of the kind, with the channel on their
//! ladder, whose offer is good in the vertical. Without a filter the sums of all campaigns are read, else each campaign's own days.

use std::{collections::HashMap, sync::Mutex};

use domain::{
    Date, campaign::Kind, channel::Channel, definition::Definition, field::FieldError, id::CampaignId, money::Currency,
    report::Counts, report::period::Period,
};
use futures::{StreamExt, TryStreamExt, stream};
use http_api::{Answer, Problem};
use serde::Deserialize;
use store::control::Standing;
use utoipa::IntoParams;

use crate::{Context, failed, views::Format};

/// Campaigns of one report that are not summed up beforehand.
const MAX_CAMPAIGNS: usize = 500;
/// Campaigns of an overview of all.
const MAX_LISTED: usize = 2_000;
/// Campaigns of one page of the list.
const PAGE: usize = 100;
/// Campaigns that are read at once.
const CONCURRENCY: usize = 8;
/// Definitions that are kept; they never change.
const MAX_KEPT: usize = 2_000;
/// Bytes of the name of a vertical.
const MAX_VERTICAL: usize = 64;

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// First day, in the tenant's zone. Default: 30 days up to `to`.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Last day. Default: today.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    pub kind: Option<Kind>,
    /// One campaign.
    #[param(value_type = Option<String>)]
    pub campaign: Option<String>,
    /// Campaigns with this channel on their ladder.
    pub channel: Option<Channel>,
    /// Campaigns whose offer is good in this vertical.
    pub vertical: Option<String>,
    /// Campaigns in this currency. Currencies are never added up.
    #[param(value_type = Option<String>)]
    pub currency: Option<String>,
    /// Only the tenant's own zone is answered: its days are the ones that are counted.
    pub zone: Option<String>,
    /// Of customer-engagement: what one row is. Default `day`.
    #[param(inline)]
    pub by: Option<By>,
    /// `csv` gives the rows as a table.
    #[param(inline)]
    pub format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Day,
    Channel,
    Campaign,
    Vertical,
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
    pub fn new(params: &ReportParams, zone_name: &str) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, code, detail: String| errors.push(FieldError::new(field, code, detail));
        if let Some(zone) = params.zone.as_deref().filter(|zone| *zone != zone_name) {
            match domain::TimeZone::get(zone) {
                Ok(_) => {
                    wrong("zone", "not_available", format!("days are counted in {zone_name}, and in no other zone"))
                }
                Err(_) => wrong("zone", "unknown_value", "not an IANA time zone, such as Europe/Madrid".to_owned()),
            }
        }
        let campaign = params.campaign.as_deref().and_then(|id| match CampaignId::parse(id) {
            Ok(id) => Some(id),
            Err(error) => {
                wrong("campaign", "invalid", error.to_string());
                None
            }
        });
        let currency = params.currency.as_deref().and_then(|code| match Currency::parse(code) {
            Ok(currency) => Some(currency),
            Err(error) => {
                wrong("currency", "invalid", error.to_string());
                None
            }
        });
        if params.vertical.as_ref().is_some_and(|name| name.trim().is_empty() || name.len() > MAX_VERTICAL) {
            wrong("vertical", "invalid", format!("a vertical has 1 to {MAX_VERTICAL} bytes"));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let vertical = params.vertical.clone();
        Ok(Self { kind: params.kind, campaign, channel: params.channel, vertical, currency })
    }

    /// Whether the sums over all campaigns answer it.
    pub fn of_all(&self) -> bool {
        self.campaign.is_none() && self.channel.is_none() && self.vertical.is_none()
    }

    fn wants(&self, standing: &Standing) -> bool {
        standing.launched_at.is_some()
            && self.kind.is_none_or(|kind| kind == standing.kind)
            && self.currency.is_none_or(|currency| currency == standing.currency)
    }

    fn wants_definition(&self, scope: &Scope) -> bool {
        self.channel.is_none_or(|channel| scope.channels.contains(&channel))
            && self
                .vertical
                .as_ref()
                .is_none_or(|vertical| scope.verticals.is_empty() || scope.verticals.contains(vertical))
    }
}

/// One row of counters.
#[derive(Debug, Clone)]
pub struct Counted {
    pub day: Date,
    pub kind: Kind,
    pub currency: Currency,
    pub counts: Counts,
}

/// What a filter asks of a definition.
#[derive(Debug, Clone)]
pub struct Scope {
    pub channels: Vec<Channel>,
    /// Empty: everywhere.
    pub verticals: Vec<String>,
}

/// Scopes by campaign and number of definition.
#[derive(Debug, Default)]
pub struct Scopes(Mutex<HashMap<(CampaignId, u64), Scope>>);

impl Scopes {
    pub async fn of(&self, context: &Context, standing: &Standing) -> Answer<Option<Scope>> {
        let key = (standing.id.clone(), standing.definition);
        if let Some(found) = self.0.lock().ok().and_then(|kept| kept.get(&key).cloned()) {
            return Ok(Some(found));
        }
        let found = context.store.definition(&standing.id, standing.definition).await.map_err(failed)?;
        let Some(Definition { channels, offer, .. }) = found else { return Ok(None) };
        let scope = Scope { channels: channels.ladder, verticals: offer.scope.verticals };
        if let Ok(mut kept) = self.0.lock() {
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            kept.insert(key, scope.clone());
        }
        Ok(Some(scope))
    }
}

/// Whether a campaign is what was asked for.
pub async fn is_wanted(context: &Context, filter: &Filter, standing: &Standing) -> Answer<bool> {
    if !filter.wants(standing) {
        return Ok(false);
    }
    if filter.channel.is_none() && filter.vertical.is_none() {
        return Ok(true);
    }
    let scope = context.scopes.of(context, standing).await?;
    Ok(scope.is_some_and(|scope| filter.wants_definition(&scope)))
}

/// The launched campaigns that are asked for, newest first.
pub async fn campaigns(context: &Context, filter: &Filter) -> Answer<Vec<Standing>> {
    if let Some(id) = &filter.campaign {
        let standing = context.store.campaign_state(id).await.map_err(failed)?;
        let standing = standing.ok_or_else(|| Problem::not_found("campaign_unknown"))?;
        return Ok(if is_wanted(context, filter, &standing).await? { vec![standing] } else { Vec::new() });
    }
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = context.store.list_campaigns(filter.kind, None, after.as_deref(), PAGE).await.map_err(failed)?;
        for standing in page.campaigns {
            if is_wanted(context, filter, &standing).await? {
                found.push(standing);
            }
        }
        if found.len() > MAX_CAMPAIGNS {
            let detail = format!("more than {MAX_CAMPAIGNS} campaigns: ask for one kind, or for one campaign");
            return Err(Problem::field("campaign", "too_many", detail));
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// The launched campaigns of the kind and currency, newest first, as many as there are up to a bound; and whether there are more.
pub async fn newest(context: &Context, filter: &Filter) -> Answer<(Vec<Standing>, bool)> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = context.store.list_campaigns(filter.kind, None, after.as_deref(), PAGE).await.map_err(failed)?;
        found.extend(page.campaigns.into_iter().filter(|standing| filter.wants(standing)));
        after = page.next;
        if after.is_none() || found.len() >= MAX_LISTED {
            return Ok((found, after.is_some()));
        }
    }
}

/// The rows that answer `filter`, in the order of their days.
pub async fn rows(context: &Context, period: Period, filter: &Filter) -> Answer<Vec<Counted>> {
    if filter.of_all() {
        let rows = context.store.report_rows(ALL, period.from, period.to).await.map_err(failed)?;
        let rows = rows.into_iter().filter_map(|(key, counts)| counted(&key, counts));
        let wanted = |row: &Counted| {
            filter.kind.is_none_or(|kind| kind == row.kind) && filter.currency.is_none_or(|it| it == row.currency)
        };
        return Ok(rows.filter(wanted).collect());
    }
    Ok(merged(by_campaign(context, period, filter).await?.into_iter().flat_map(|(_, rows)| rows).collect()))
}

/// One row for each day, kind and currency.
pub fn merged(mut rows: Vec<Counted>) -> Vec<Counted> {
    rows.sort_by_key(|row| (row.day, row.kind, row.currency));
    rows.dedup_by(|next, kept| {
        let same = (next.day, next.kind, next.currency) == (kept.day, kept.kind, kept.currency);
        if same {
            add(&mut kept.counts, &next.counts);
        }
        same
    });
    rows
}

/// The days of each campaign that is asked for.
pub async fn by_campaign(context: &Context, period: Period, filter: &Filter) -> Answer<Vec<(Standing, Vec<Counted>)>> {
    days_of_each(context, period, campaigns(context, filter).await?).await
}

pub async fn days_of_each(
    context: &Context,
    period: Period,
    campaigns: Vec<Standing>,
) -> Answer<Vec<(Standing, Vec<Counted>)>> {
    let reads: Vec<_> = campaigns.into_iter().map(|standing| days_of(context, period, standing)).collect();
    stream::iter(reads).buffered(CONCURRENCY).try_collect().await
}

async fn days_of(context: &Context, period: Period, standing: Standing) -> Answer<(Standing, Vec<Counted>)> {
    let found = context.store.report_rows(standing.id.as_str(), period.from, period.to).await.map_err(failed)?;
    let (kind, currency) = (standing.kind, standing.currency);
    let row = |(day, counts): (String, Counts)| Some(Counted { day: day.parse().ok()?, kind, currency, counts });
    let rows = found.into_iter().filter_map(row).collect();
    Ok((standing, rows))
}

/// Partition of the rows of all campaigns together.
const ALL: &str = "ALL";

/// `2026-11-22#promotion#EUR`; a row that this version does not know is left out.
pub fn counted(key: &str, counts: Counts) -> Option<Counted> {
    let mut parts = key.split('#');
    let (day, kind, currency) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Counted {
        day: day.parse().ok()?,
        kind: Kind::parse(kind)?,
        currency: Currency::parse(currency).ok()?,
        counts,
    })
}

pub fn add(sum: &mut Counts, counts: &Counts) {
    for (name, by) in counts {
        *sum.entry(name.clone()).or_default() += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(change: impl FnOnce(&mut ReportParams)) -> Result<Filter, Vec<&'static str>> {
        let mut params: ReportParams = serde_json::from_value(serde_json::json!({})).unwrap();
        change(&mut params);
        Filter::new(&params, "Europe/Madrid").map_err(|errors| errors.iter().map(|error| error.code).collect())
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        assert!(params(|_| {}).is_ok_and(|filter| filter.of_all()));
        assert!(params(|it| it.zone = Some("Europe/Madrid".into())).is_ok());
        assert_eq!(params(|it| it.zone = Some("Asia/Tokyo".into())).unwrap_err(), ["not_available"]);
        assert_eq!(params(|it| it.zone = Some("Mars/Crater".into())).unwrap_err(), ["unknown_value"]);
        let all = params(|it| {
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
        };
        let food = Filter { vertical: Some("food".into()), ..Filter::default() };
        assert!(food.wants_definition(&scope(&[])) && food.wants_definition(&scope(&["food", "pharmacy"])));
        assert!(!food.wants_definition(&scope(&["pharmacy"])));
        let email = Filter { channel: Some(Channel::Email), ..Filter::default() };
        assert!(!email.wants_definition(&scope(&[])));
    }

    #[test]
    fn a_row_of_another_shape_is_left_out() {
        assert!(counted("2026-11-01#promotion#EUR", Counts::new()).is_some());
        assert!(counted("2026-11-01", Counts::new()).is_none());
        assert!(counted("2026-11-01#raffle#EUR", Counts::new()).is_none());
    }
}
