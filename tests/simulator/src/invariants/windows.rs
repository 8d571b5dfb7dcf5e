//! Checks that the windows of each customer equal a plain count of their listed orders.

use domain::{
    Timestamp,
    customer::{order_windows::day_number, orders::CountedOrder, profile::Customer},
};

use super::{BrokenInvariant, Invariant, broken_invariant};

/// The windows that rules ask for most.
const WINDOWS: [i64; 4] = [7, 30, 90, 365];

pub(super) fn check_windows(
    customer: &Customer,
    orders: &[CountedOrder],
    now: Timestamp,
) -> Result<(), BrokenInvariant> {
    let broken = |what: String| {
        broken_invariant(Invariant::WindowsAreARecount, format!("{}: {what}", customer.id))
    };
    let Some(windows) = &customer.windows else {
        return broken("no windows were counted".to_owned());
    };
    let first = orders.iter().map(|order| day_number(order.day)).min();
    if windows.first_order_day() != first {
        return broken(format!("first on {:?}, ordered {first:?}", windows.first_order_day()));
    }
    let today = day_number(customer.today(now));
    let names =
        customer.verticals.keys().enumerate().map(|(place, name)| (Some(place), Some(name)));
    for (place, name) in std::iter::once((None, None)).chain(names) {
        for days in WINDOWS {
            let Some(sums) = windows.sums_since(today - days + 1, place) else {
                return broken("the split by vertical was given up".to_owned());
            };
            let since = orders.iter().filter(|order| day_number(order.day) >= sums.starts);
            let nets: Vec<i64> = since
                .filter_map(|order| match name {
                    None => Some(order.net().units()),
                    Some(name) => order.verticals.get(name).map(|net| net.units()),
                })
                .collect();
            let counted = (sums.orders as usize, sums.spend.units());
            if counted != (nets.len(), nets.iter().sum()) {
                return broken(format!("{days} days of {name:?}: {counted:?}, ordered {nets:?}"));
            }
        }
    }
    Ok(())
}
