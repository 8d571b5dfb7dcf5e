//! Near one of some points: a box around each point refuses most customers with two subtractions, the great circle decides the rest.

use crate::customer::Point;

/// Points and a radius, with the box of each point worked out once.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearby {
    km: f64,
    centres: Vec<Centre>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Centre {
    point: Point,
    /// Degrees north and south, east and west, beyond which nothing is near.
    lat_reach: f64,
    lon_reach: f64,
}

/// Mean radius, the same as in [`Point::km_to`].
const EARTH_KM: f64 = 6_371.008_8;
/// Degrees added to each box, about a metre: rounding must never refuse who is inside.
const SLACK: f64 = 1e-5;

impl Nearby {
    pub(super) fn new(points: impl IntoIterator<Item = Point>, km: f64) -> Self {
        Self { km, centres: points.into_iter().map(|point| Centre::new(point, km)).collect() }
    }
    pub fn km(&self) -> f64 {
        self.km
    }
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.centres.iter().map(|centre| centre.point)
    }
    pub fn contains(&self, place: &Point) -> bool {
        self.centres.iter().any(|centre| centre.in_box(place) && centre.point.km_to(place) <= self.km)
    }
    /// Distance to the nearest of the points.
    pub fn km_to(&self, place: &Point) -> f64 {
        self.centres.iter().map(|centre| centre.point.km_to(place)).fold(f64::INFINITY, f64::min)
    }
}

impl Centre {
    fn new(point: Point, km: f64) -> Self {
        let angle = km / EARTH_KM;
        let lat_reach = angle.to_degrees() + SLACK;
        // a circle that holds a pole meets every meridian
        let lon_reach = if point.lat.abs() + lat_reach >= 90.0 {
            180.0
        } else {
            (angle.sin() / point.lat.to_radians().cos()).min(1.0).asin().to_degrees() + SLACK
        };
        Self { point, lat_reach, lon_reach }
    }

    fn in_box(&self, place: &Point) -> bool {
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

    fn point() -> impl Strategy<Value = Point> {
        (-90.0..=90.0, -180.0..=180.0).prop_map(|(lat, lon)| Point { lat, lon })
    }

    proptest! {
        #[test]
        fn the_box_never_refuses_who_is_inside(centre in point(), place in point(), km in 0.001..20_000.0) {
            let nearby = Nearby::new([centre], km);
            prop_assert_eq!(nearby.contains(&place), centre.km_to(&place) <= km);
        }

        #[test]
        fn nor_at_the_edge(centre in point(), share in -1.001..1.001f64, north in -1.001..1.001f64, km in 0.001..500.0) {
            let nearby = Nearby::new([centre], km);
            let lat = (centre.lat + north * (km / EARTH_KM).to_degrees()).clamp(-90.0, 90.0);
            let lon = centre.lon + share * nearby.centres[0].lon_reach;
            let place = Point { lat, lon: if lon > 180.0 { lon - 360.0 } else if lon < -180.0 { lon + 360.0 } else { lon } };
            prop_assert_eq!(nearby.contains(&place), centre.km_to(&place) <= km);
        }
    }
}
