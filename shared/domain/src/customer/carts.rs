//! A customer's shopping carts, each by its own id: which of them are open, and what ends one.
//!
//! Written by the API for carts and by orders, read by the trigger for carts that were left. Pure.
//! Guarantees: reports in any order end in the same state, because a report older than the stored one
//! changes nothing; and what happens to one cart leaves the others as they are.

use jiff::{SignedDuration, Timestamp};

/// The most carts that are remembered of one customer: those that were changed last, open ones
/// first.
pub const MAX_CARTS: usize = 10;
/// The most by which a cart's end and its order are apart, as the app backend reports them.
const ORDER_SLACK: SignedDuration = SignedDuration::from_mins(10);

/// The state of a cart, in the order in which one wins over another at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CartState {
    Open,
    Emptied,
    /// It was reported as ordered, and its order is not known yet.
    Ordered,
    /// Its order is known.
    Placed,
}

impl CartState {
    pub const ALL: [CartState; 4] =
        [CartState::Open, CartState::Emptied, CartState::Ordered, CartState::Placed];

    pub fn as_str(self) -> &'static str {
        match self {
            CartState::Open => "open",
            CartState::Emptied => "emptied",
            CartState::Ordered => "ordered",
            CartState::Placed => "placed",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One of the customer's shopping carts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShoppingCart {
    pub id: String,
    /// The time at which the cart was last changed, ordered or emptied.
    pub at: Timestamp,
    pub state: CartState,
}

impl ShoppingCart {
    pub fn is_open(&self) -> bool {
        self.state == CartState::Open
    }
    /// Compares as the store keeps times, in milliseconds.
    fn rank(&self) -> (i64, CartState) {
        (self.at.as_millisecond(), self.state)
    }
}

/// Records a reported cart: changed, ordered or emptied.
pub fn record_cart(carts: &mut Vec<ShoppingCart>, reported: &ShoppingCart) {
    match carts.iter_mut().find(|cart| cart.id == reported.id) {
        Some(known) if known.rank() < reported.rank() => {
            let has_order =
                known.state == CartState::Placed && reported.state == CartState::Ordered;
            let state = if has_order { CartState::Placed } else { reported.state };
            *known = ShoppingCart { state, ..reported.clone() };
        }
        Some(_) => {}
        None => {
            carts.push(reported.clone());
            forget_oldest(carts);
        }
    }
}

/// Ends the cart of an order that was placed at `ordered_at`. If the order names its cart, that one
/// ends and no other. Otherwise it is the order of the cart that was changed last before it, or of
/// one that was reported as ended with it, unless that cart has its order already.
pub fn end_ordered_cart(carts: &mut Vec<ShoppingCart>, named: Option<&str>, ordered_at: Timestamp) {
    let found = match named {
        Some(id) => carts.iter_mut().find(|cart| cart.id == id),
        None => cart_of_order(carts, ordered_at),
    };
    match (found, named) {
        // It was filled again after the order.
        (Some(cart), _) if cart.is_open() && is_before(ordered_at, cart.at) => {}
        (Some(cart), _) => {
            cart.state = CartState::Placed;
            cart.at = cart.at.max(ordered_at);
        }
        (None, Some(id)) => {
            let ended =
                ShoppingCart { id: id.to_owned(), at: ordered_at, state: CartState::Placed };
            carts.push(ended);
            forget_oldest(carts);
        }
        (None, None) => {}
    }
}

/// Returns the cart that an order without a cart is taken for.
fn cart_of_order(carts: &mut [ShoppingCart], ordered_at: Timestamp) -> Option<&mut ShoppingCart> {
    let may_be_its_own = |cart: &&mut ShoppingCart| {
        let apart = cart.at.duration_since(ordered_at);
        match cart.state {
            CartState::Open => !is_before(ordered_at, cart.at),
            CartState::Ordered => apart <= ORDER_SLACK,
            CartState::Emptied => apart.abs() <= ORDER_SLACK,
            CartState::Placed => false,
        }
    };
    carts.iter_mut().filter(may_be_its_own).max_by_key(|cart| cart.rank())
}

fn is_before(one: Timestamp, other: Timestamp) -> bool {
    one.as_millisecond() < other.as_millisecond()
}

fn forget_oldest(carts: &mut Vec<ShoppingCart>) {
    while carts.len() > MAX_CARTS {
        let least = |(_, cart): &(usize, &ShoppingCart)| (cart.is_open(), cart.at.as_millisecond());
        let Some((oldest, _)) = carts.iter().enumerate().min_by_key(least) else {
            return;
        };
        carts.remove(oldest);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minute(number: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * number).unwrap()
    }
    fn cart(id: &str, at: i64, state: CartState) -> ShoppingCart {
        ShoppingCart { id: id.to_owned(), at: minute(at), state }
    }
    fn recorded(reports: &[ShoppingCart]) -> Vec<ShoppingCart> {
        let mut carts = Vec::new();
        for report in reports {
            record_cart(&mut carts, report);
        }
        carts
    }
    /// Returns the ids of the carts that are open after an order at that minute.
    fn open_after(reports: &[ShoppingCart], named: Option<&str>, at: i64) -> Vec<String> {
        let mut carts = recorded(reports);
        end_ordered_cart(&mut carts, named, minute(at));
        carts.into_iter().filter(ShoppingCart::is_open).map(|cart| cart.id).collect()
    }
    use CartState::{Emptied, Open, Ordered, Placed};

    #[test]
    fn an_order_that_names_its_cart_ends_no_other() {
        let three = [cart("a", 0, Open), cart("b", 1, Open), cart("c", 2, Open)];
        assert_eq!(open_after(&three, Some("a"), 5), ["b", "c"]);
        assert_eq!(open_after(&three, Some("b"), 5), ["a", "c"]);
        assert_eq!(open_after(&three, Some("unknown"), 5), ["a", "b", "c"]);
        assert_eq!(open_after(&three, Some("c"), 1), ["a", "b", "c"], "it was filled again");
    }

    #[test]
    fn an_order_without_a_cart_ends_the_one_changed_last_before_it() {
        let two = [cart("a", 0, Open), cart("b", 1, Open)];
        assert_eq!(open_after(&two, None, 5), ["a"]);
        assert_eq!(open_after(&two[..1], None, 5), Vec::<String>::new(), "the only one");
        assert_eq!(
            open_after(&[two[0].clone(), cart("b", 6, Open)], None, 5),
            ["b"],
            "filled after"
        );
        assert_eq!(open_after(&[cart("a", 6, Open)], None, 5), ["a"]);
    }

    #[test]
    fn a_cart_that_was_reported_as_ended_is_that_of_the_order() {
        for ended in [
            cart("a", 5, Ordered),
            cart("a", 6, Ordered),
            cart("a", 4, Ordered),
            cart("a", 6, Emptied),
        ] {
            assert_eq!(
                open_after(&[cart("b", 3, Open), ended.clone()], None, 5),
                ["b"],
                "{ended:?}"
            );
        }
        let long_ago = [cart("a", 0, Emptied), cart("b", 20, Open)];
        assert_eq!(open_after(&long_ago, None, 25), Vec::<String>::new());
        let other_order = [cart("a", 4, Placed), cart("b", 3, Open)];
        assert_eq!(
            open_after(&other_order, None, 5),
            Vec::<String>::new(),
            "that one has its order"
        );
    }

    #[test]
    fn two_orders_end_two_carts_whatever_they_name() {
        for first in [None, Some("b")] {
            let mut carts = recorded(&[cart("a", 0, Open), cart("b", 1, Open)]);
            end_ordered_cart(&mut carts, first, minute(2));
            record_cart(&mut carts, &cart("b", 3, Ordered));
            end_ordered_cart(&mut carts, None, minute(4));
            assert!(carts.iter().all(|cart| cart.state == Placed), "{first:?}: {carts:?}");
        }
    }

    #[test]
    fn a_late_report_does_not_open_a_cart_that_its_order_has_ended() {
        let mut carts = Vec::new();
        end_ordered_cart(&mut carts, Some("a"), minute(5));
        record_cart(&mut carts, &cart("a", 4, Open));
        assert!(!carts[0].is_open());
        record_cart(&mut carts, &cart("a", 6, Open));
        assert!(carts[0].is_open(), "filled again after the order");
    }

    #[test]
    fn open_carts_are_remembered_before_ended_ones() {
        let mut reports: Vec<ShoppingCart> =
            (0..8).map(|number| cart(&format!("open{number}"), number, Open)).collect();
        reports.extend((0..20).map(|number| cart(&format!("over{number}"), 100 + number, Emptied)));
        let carts = recorded(&reports);
        assert_eq!(carts.len(), MAX_CARTS);
        assert_eq!(carts.iter().filter(|cart| cart.is_open()).count(), 8);
    }

    proptest! {
        #[test]
        fn reports_in_any_order_end_in_the_same_state(
            reports in proptest::collection::vec((0..3u8, 0..20i64, 0..3usize), 0..12), seed: u64,
        ) {
            let states = [Open, Emptied, Ordered];
            let mut reports: Vec<ShoppingCart> = reports
                .into_iter()
                .map(|(id, at, state)| cart(&id.to_string(), at, states[state]))
                .collect();
            let sorted = |mut carts: Vec<ShoppingCart>| {
                carts.sort_by(|one, other| one.id.cmp(&other.id));
                carts
            };
            let one = sorted(recorded(&reports));
            let turn = usize::try_from(seed % 13).unwrap() % reports.len().max(1);
            reports.rotate_left(turn);
            reports.reverse();
            prop_assert_eq!(one, sorted(recorded(&reports)));
        }
    }
}
