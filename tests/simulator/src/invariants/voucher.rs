//! Checks what must hold for one voucher from each of its changes to the next.

use domain::{
    delivery::feedback::FeedbackType,
    kernel::channel::Channel,
    voucher::{attempt::Attempt, record::Voucher},
};

use super::{BrokenInvariant, Invariant, broken_invariant};

/// Checks that what was written once stays.
pub(super) fn check_change(old: &Voucher, new: &Voucher) -> Result<(), BrokenInvariant> {
    if (old.issued_at, &old.dispatch, &old.id) != (new.issued_at, &new.dispatch, &new.id) {
        return broken_invariant(
            Invariant::OneVoucher,
            format!("{} was issued again", new.customer),
        );
    }
    if old.variant != new.variant {
        let what = format!("{}: {:?} became {:?}", new.customer, old.variant, new.variant);
        return broken_invariant(Invariant::VariantSticks, what);
    }
    let stages = |voucher: &Voucher| {
        let stages = &voucher.stages;
        [
            ("sent", stages.sent_at),
            ("delivered", stages.delivered_at),
            ("accepted", stages.accepted_at),
            ("declined", stages.declined_at),
            ("reversed", stages.reversed_at),
            ("tapped by SMS", voucher.taps.get(&Channel::Sms).copied()),
            ("tapped by e-mail", voucher.taps.get(&Channel::Email).copied()),
            ("tapped by push", voucher.taps.get(&Channel::Push).copied()),
        ]
    };
    for ((name, before), (_, after)) in stages(old).into_iter().zip(stages(new)) {
        if before.is_some() && before != after {
            return broken_invariant(
                Invariant::StagesOnce,
                format!("{} {name}: {before:?} became {after:?}", new.customer),
            );
        }
    }
    // the acceptance sets how long the voucher may be used; only a reversal or support changes it
    if old.redeem_by.is_some()
        && old.redeem_by != new.redeem_by
        && old.reversals == new.reversals
        && !is_extension(old, new)
    {
        let what =
            format!("{} redeem by: {:?} became {:?}", new.customer, old.redeem_by, new.redeem_by);
        return broken_invariant(Invariant::StagesOnce, what);
    }
    check_attempts(old, new)
}

/// Checks that the state of each attempt only becomes stronger. A further attempt begins anew.
fn check_attempts(old: &Voucher, new: &Voucher) -> Result<(), BrokenInvariant> {
    let attempts = |voucher: &Voucher| -> Vec<Attempt> {
        voucher.attempts.values().chain(&voucher.reminder).cloned().collect()
    };
    for after in attempts(new) {
        let same = |before: &&Attempt| {
            (before.channel, before.number, before.fence)
                == (after.channel, after.number, after.fence)
                && before.at == after.at
        };
        let earlier = attempts(old);
        let Some(before) = earlier.iter().find(same) else { continue };
        if feedback_strength(before) > feedback_strength(&after) {
            return broken_invariant(
                Invariant::AttemptsNeverGoBack,
                format!(
                    "{} {}: {} ({:?}) became {} ({:?})",
                    new.customer,
                    after.channel,
                    before.state.as_str(),
                    before.reason,
                    after.state.as_str(),
                    after.reason
                ),
            );
        }
    }
    Ok(())
}

/// Returns true if nothing but the voucher's end has changed.
pub(super) fn is_extension(old: &Voucher, new: &Voucher) -> bool {
    let moved = Voucher { accept_by: new.accept_by, redeem_by: new.redeem_by, ..old.clone() };
    moved == *new && moved != *old
}

/// Returns the strength of the provider event that gave the attempt its state, or 0 without one.
fn feedback_strength(attempt: &Attempt) -> u8 {
    let reason = attempt.reason.as_deref();
    let by_event = |event: &&FeedbackType| {
        event.state() == attempt.state && (event.reason() == reason || event.proves_delivery())
    };
    FeedbackType::ALL.iter().find(by_event).map_or(0, |event| event.strength())
}

pub(super) fn check_redemptions(
    old: Option<&Voucher>,
    new: &Voucher,
) -> Result<(), BrokenInvariant> {
    let (before, after) = (old.map_or(0, |old| old.redemptions), new.redemptions);
    if new.reversals > new.redemptions {
        return broken_invariant(
            Invariant::OneRedemption,
            format!("{} of {} redemptions reversed", new.reversals, new.redemptions),
        );
    }
    if new.redemptions > new.reversals + 1 {
        return broken_invariant(
            Invariant::OneRedemption,
            format!(
                "{} has {} redemptions in force",
                new.customer,
                new.redemptions - new.reversals
            ),
        );
    }
    let order =
        |voucher: &Voucher| voucher.redemption.as_ref().map(|redemption| redemption.order.clone());
    if after == before && old.is_some_and(|old| old.redemptions > 0 && order(old) != order(new)) {
        return broken_invariant(
            Invariant::OneRedemption,
            format!("{} went to another order", new.customer),
        );
    }
    Ok(())
}
