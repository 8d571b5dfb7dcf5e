//! The calibration in small, as part of the tests: fewer worlds, and so wider bounds than those
//! that
//! `make calibrate` shows.

use calibration::{Effect, Shares, WorldModel, run_study};

const WORLDS: u32 = 120;

const SMALL: WorldModel = WorldModel {
    days: 40,
    first_day: 40.0,
    growth: 0.5,
    silent: 0.5,
    daily: 0.05,
    median: 2_000.0,
    spread: 0.8,
    refunded: 0.1,
    shares: Shares::Fixed(0.7),
    effect: Effect::Nothing,
};

#[test]
fn daily_looks_call_hardly_any_campaign_without_an_effect() {
    let moving = WorldModel { shares: Shares::FollowsResults, ..SMALL };
    for (name, model) in [("fixed shares", SMALL), ("moving shares", moving)] {
        let found = run_study(model, WORLDS, 2);
        assert!(found.judged > WORLDS / 2, "{name}: hardly any world was judged: {found:?}");
        assert!(found.share_called() <= 0.075, "{name}: {found:?}");
        assert!(found.coverage_every_look() >= 0.925, "{name}: {found:?}");
        assert!(
            found.called_one_look > 2 * found.called && found.share_called_one_look() > 0.1,
            "{name}: an interval for one look errs much more often: {found:?}"
        );
    }
}

#[test]
fn an_effect_is_found_and_the_interval_holds_it() {
    let found = run_study(WorldModel { effect: Effect::MoreOrders(25.0), ..SMALL }, WORLDS, 2);
    assert!(found.share_called() > 0.8, "{found:?}");
    assert!(found.coverage_every_look() >= 0.925, "{found:?}");
}
