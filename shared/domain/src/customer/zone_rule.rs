//! The zone of a customer's clock: one rule for quiet hours, send windows, triggers, audiences and
//! the days that messages name.
//!
//! The store applies it to each customer that it reads, so that whoever has a customer asks
//! [`Customer::zone`] and decides nothing. Guarantees: the customer's own zone comes first, the
//! tenant's last, and nobody is in a zone that the app backend, the phone or the deployment has not
//! named.

use crate::customer::profile::{Contacts, Customer, Zone};

mod phone_zones;

/// The settings that decide the zone of customers who have none of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZoneRule {
    /// The tenant's zone, which the deployment sets.
    pub tenant: Zone,
    /// The tenant lets the country of a phone number decide, where all clocks of that country show
    /// the same time.
    pub by_phone_country: bool,
}

impl ZoneRule {
    /// Returns the zone of customers with these contacts who have no zone of their own: that of the
    /// phone's country if the tenant allows it and the country has one clock, else the tenant's.
    pub fn fallback(&self, contacts: &Contacts) -> Zone {
        let phone = contacts.phone.as_ref().filter(|_| self.by_phone_country);
        phone
            .and_then(|phone| phone_zones::country_zone(phone.expose()))
            .unwrap_or_else(|| self.tenant.clone())
    }

    /// Gives the customer the zone that the rule decides, for when they have none of their own.
    pub fn apply(&self, customer: &mut Customer) {
        customer.fallback_zone = self.fallback(&customer.contacts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{customer::profile::Phone, kernel::id::CustomerId};

    fn zone_of(rule: &ZoneRule, own: Option<&str>, phone: Option<&str>) -> String {
        let mut customer = Customer::new(CustomerId::parse("c-1").unwrap());
        customer.profile.zone = own.map(|zone| Zone::parse(zone).unwrap());
        customer.contacts.phone = phone.map(|phone| Phone::parse(phone).unwrap());
        rule.apply(&mut customer);
        customer.zone().as_str().to_owned()
    }

    #[test]
    fn the_own_zone_comes_before_the_phones_and_that_before_the_tenants() {
        let tenant = Zone::parse("Europe/Madrid").unwrap();
        let strict = ZoneRule { tenant: tenant.clone(), by_phone_country: false };
        let by_phone = ZoneRule { tenant, by_phone_country: true };
        let own = Some("America/Lima");
        let phone = Some("+573001234567");
        assert_eq!(zone_of(&strict, own, phone), "America/Lima");
        assert_eq!(zone_of(&strict, None, phone), "Europe/Madrid", "not allowed");
        assert_eq!(zone_of(&by_phone, own, phone), "America/Lima");
        assert_eq!(zone_of(&by_phone, None, phone), "America/Bogota");
        assert_eq!(zone_of(&by_phone, None, None), "Europe/Madrid");
        assert_eq!(zone_of(&ZoneRule::default(), None, None), "UTC");
    }

    #[test]
    fn a_country_with_several_clocks_leaves_the_tenants_zone() {
        let rule = ZoneRule { tenant: Zone::parse("Asia/Riyadh").unwrap(), by_phone_country: true };
        for several in [
            "+34612345678",
            "+12025550123",
            "+14165550123",
            "+5511912345678",
            "+525512345678",
            "+79161234567",
            "+61412345678",
            "+628123456789",
            "+351912345678",
            "+262692123456",
            "+903921234567",
        ] {
            assert_eq!(zone_of(&rule, None, Some(several)), "Asia/Riyadh", "{several}");
        }
    }

    #[test]
    fn a_country_with_one_clock_gives_its_zone() {
        let rule = ZoneRule { tenant: Zone::default(), by_phone_country: true };
        for (phone, zone) in [
            ("+447911123456", "Europe/London"),
            ("+33612345678", "Europe/Paris"),
            ("+4915112345678", "Europe/Berlin"),
            ("+5491123456789", "America/Argentina/Buenos_Aires"),
            ("+77011234567", "Asia/Almaty"),
            ("+18765551234", "America/Jamaica"),
            ("+919812345678", "Asia/Kolkata"),
            ("+9779812345678", "Asia/Kathmandu"),
            ("+966512345678", "Asia/Riyadh"),
            ("+905321234567", "Europe/Istanbul"),
            ("+81312345678", "Asia/Tokyo"),
        ] {
            assert_eq!(zone_of(&rule, None, Some(phone)), zone, "{phone}");
        }
    }
}
