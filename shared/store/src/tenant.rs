//! Reads what the deployment says of the tenant: the zone of customers without one, and the quiet
//! hours until an administrator has set a contact policy.
//!
//! Reads the environment through a lookup, writes nothing. Guarantees: every customer that the store
//! returns has the zone that the domain's rule decides, by the contact policy that this process has
//! read last. Whoever computes a local time reads that policy first, for its quiet hours.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{
    campaign::send_window::{Hours, TimeOfDay},
    customer::{
        profile::{Customer, Zone},
        zone_rule::ZoneRule,
    },
    delivery::contact_policy::ContactPolicy,
};

use crate::error::{Result, StoreError};

/// The value of `QUIET_HOURS` of a stack that begins without.
const NO_QUIET_HOURS: &str = "none";

/// The defaults that the deployment sets. Without any the zone is UTC, and there are no quiet hours.
#[derive(Debug, Clone, Default)]
pub struct TenantDefaults {
    zone: Zone,
    night: Option<Hours>,
    /// The present answer of the contact policy.
    zone_by_phone_country: Arc<AtomicBool>,
}

impl TenantDefaults {
    pub fn new(zone: Zone, night: Option<Hours>) -> Self {
        Self { zone, night, zone_by_phone_country: Arc::default() }
    }

    /// Reads `TENANT_ZONE`, an IANA zone, and `QUIET_HOURS`, such as `21:00-08:00` or `none`, through
    /// `lookup`.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let bad = |name: &str| StoreError::Refused(format!("{name} cannot be read"));
        let zone = match lookup("TENANT_ZONE") {
            Some(name) => Zone::parse(&name).map_err(|_| bad("TENANT_ZONE"))?,
            None => Zone::default(),
        };
        let night = match lookup("QUIET_HOURS") {
            Some(hours) if hours == NO_QUIET_HOURS => None,
            Some(hours) => Some(parse_hours(&hours).ok_or_else(|| bad("QUIET_HOURS"))?),
            None => None,
        };
        Ok(Self::new(zone, night))
    }

    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Returns the contact policy in force while none was set.
    pub fn contact_policy(&self) -> ContactPolicy {
        self.night.map(ContactPolicy::quiet_at_night).unwrap_or_default()
    }

    /// Keeps what the contact policy says of zones.
    pub(crate) fn follow_policy(&self, policy: &ContactPolicy) {
        self.zone_by_phone_country.store(policy.zone_by_phone_country, Ordering::Relaxed);
    }

    /// Gives the customer the zone that the rule decides.
    pub(crate) fn settle_zone(&self, customer: &mut Customer) {
        let by_phone_country = self.zone_by_phone_country.load(Ordering::Relaxed);
        ZoneRule { tenant: self.zone.clone(), by_phone_country }.apply(customer);
    }
}

/// Parses `HH:MM-HH:MM`.
fn parse_hours(text: &str) -> Option<Hours> {
    let (from, to) = text.split_once('-')?;
    let hours = Hours { from: TimeOfDay::parse(from).ok()?, to: TimeOfDay::parse(to).ok()? };
    hours.check("").is_empty().then_some(hours)
}

#[cfg(test)]
mod tests {
    use domain::kernel::channel::Channel;

    use super::*;

    fn read(zone: Option<&str>, night: Option<&str>) -> Result<TenantDefaults> {
        TenantDefaults::from_lookup(|name| match name {
            "TENANT_ZONE" => zone.map(str::to_owned),
            "QUIET_HOURS" => night.map(str::to_owned),
            _ => None,
        })
    }

    #[test]
    fn a_new_stack_is_quiet_in_its_night() {
        let policy = read(Some("Europe/Madrid"), Some("21:00-08:00")).unwrap().contact_policy();
        for channel in Channel::ALL {
            let hours = policy.quiet_hours.get(&channel).unwrap();
            assert_eq!(String::from(hours.from), "21:00", "{channel}");
            assert_eq!(String::from(hours.to), "08:00", "{channel}");
        }
        assert!(!policy.has_caps() && policy.check().is_empty());
        for none in [None, Some("none")] {
            assert_eq!(read(None, none).unwrap().contact_policy(), ContactPolicy::default());
        }
    }

    #[test]
    fn what_cannot_be_read_stops_the_start() {
        assert!(read(Some("Mars/Olympus"), None).is_err());
        for night in ["21:00", "21:00-21:00", "9:00-10:00", "21:00-24:00", "21:00-08:00-09:00"] {
            assert!(read(None, Some(night)).is_err(), "{night}");
        }
    }
}
