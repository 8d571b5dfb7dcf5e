//! Distance conditions: is a customer near one of some points?
//!
//! A box around each point refuses most customers with two subtractions; the great-circle distance
//! decides the rest.

use serde::Deserialize;

use crate::customer::profile::GeoPoint;

/// A point of a distance condition, with the name that the operator picked it by: a city or a
/// merchant. The name decides nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedPoint {
    pub lat: f64,
    pub lon: f64,
    #[serde(default)]
    pub name: Option<String>,
}

impl NamedPoint {
    pub fn point(&self) -> GeoPoint {
        GeoPoint { lat: self.lat, lon: self.lon }
    }
}

impl From<GeoPoint> for NamedPoint {
    fn from(GeoPoint { lat, lon }: GeoPoint) -> Self {
        Self { lat, lon, name: None }
    }
}

/// Points and a radius, with the box of each point computed once.
#[derive(Debug, Clone, PartialEq)]
pub struct DistanceCondition {
    km: f64,
    centres: Vec<CircleCentre>,
    /// The names of the centres, in their order.
    names: Vec<Option<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct CircleCentre {
    point: GeoPoint,
    /// Half the height of the box, in degrees north and south; `lon_reach` is half its width, east
    /// and west. Nothing outside the box is near.
    lat_reach: f64,
    lon_reach: f64,
}

/// Mean radius of the earth, the same as in [`GeoPoint::distance_km`].
const EARTH_RADIUS_KM: f64 = 6_371.008_8;
/// Degrees added to each box, about a metre: rounding must never refuse a customer inside the
/// radius.
const BOX_SLACK_DEGREES: f64 = 1e-5;

impl DistanceCondition {
    pub(super) fn new<P: Into<NamedPoint>>(points: impl IntoIterator<Item = P>, km: f64) -> Self {
        let points: Vec<NamedPoint> = points.into_iter().map(Into::into).collect();
        let centre = |point: &NamedPoint| CircleCentre::new(point.point(), km);
        let centres = points.iter().map(centre).collect();
        Self { km, centres, names: points.into_iter().map(|point| point.name).collect() }
    }
    pub fn km(&self) -> f64 {
        self.km
    }
    /// Returns the points with their names, in the given order.
    pub fn points(&self) -> impl Iterator<Item = (GeoPoint, Option<&str>)> + '_ {
        let points = self.centres.iter().map(|centre| centre.point);
        points.zip(self.names.iter().map(Option::as_deref))
    }
    pub fn contains(&self, place: &GeoPoint) -> bool {
        self.centres
            .iter()
            .any(|centre| centre.in_box(place) && centre.point.distance_km(place) <= self.km)
    }
    /// Returns the distance to the nearest of the points.
    pub fn km_to(&self, place: &GeoPoint) -> f64 {
        self.centres
            .iter()
            .map(|centre| centre.point.distance_km(place))
            .fold(f64::INFINITY, f64::min)
    }
}

impl CircleCentre {
    fn new(point: GeoPoint, km: f64) -> Self {
        let angle = km / EARTH_RADIUS_KM;
        let lat_reach = angle.to_degrees() + BOX_SLACK_DEGREES;
        // A circle that contains a pole crosses every meridian.
        let lon_reach = if point.lat.abs() + lat_reach >= 90.0 {
            180.0
        } else {
            (angle.sin() / point.lat.to_radians().cos()).min(1.0).asin().to_degrees()
                + BOX_SLACK_DEGREES
        };
        Self { point, lat_reach, lon_reach }
    }

    fn in_box(&self, place: &GeoPoint) -> bool {
        if (place.lat - self.point.lat).abs() > self.lat_reach {
            return false;
        }
        let east = (place.lon - self.point.lon).abs();
        east.min(360.0 - east) <= self.lon_reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = GeoPoint> {
        (-90.0..=90.0, -180.0..=180.0).prop_map(|(lat, lon)| GeoPoint { lat, lon })
    }

    proptest! {
        #[test]
        fn the_box_never_refuses_who_is_inside(centre in point(), place in point(), km in 0.001..20_000.0) {
            let nearby = DistanceCondition::new([centre], km);
            prop_assert_eq!(nearby.contains(&place), centre.distance_km(&place) <= km);
        }

        #[test]
        fn nor_at_the_edge(centre in point(), share in -1.001..1.001f64, north in -1.001..1.001f64, km in 0.001..500.0) {
            let nearby = DistanceCondition::new([centre], km);
            let lat = (centre.lat + north * (km / EARTH_RADIUS_KM).to_degrees()).clamp(-90.0, 90.0);
            let lon = centre.lon + share * nearby.centres[0].lon_reach;
            let place = GeoPoint { lat, lon: if lon > 180.0 { lon - 360.0 } else if lon < -180.0 { lon + 360.0 } else { lon } };
            prop_assert_eq!(nearby.contains(&place), centre.distance_km(&place) <= km);
        }
    }
}
