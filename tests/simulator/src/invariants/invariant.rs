//! The invariants by name, and the error of a scenario that breaks one.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// One record per campaign, customer and occurrence, and an issued voucher is never replaced.
    OneVoucher,
    /// A provider accepts at most what the channel's policy declares, and one message per claim.
    SendsPerAttempt,
    /// Nothing is sent unless the voucher and the sender's own claim are in the store.
    ClaimBeforeSend,
    /// Each attempt has one claim, made while the voucher is issued. A later attempt follows only
    /// an open one and is never replaced by an earlier one.
    ClaimedOnce,
    /// Until a lease is over, no other worker judges its claim or leases its dispatch; and a
    /// superseded worker makes no further claim.
    LiveLeases,
    /// A further attempt is planned only after one that was throttled or is unknown, and the next
    /// channel only after one that was refused or is unknown.
    RepeatsOpenAttempts,
    /// A message that a fault of ours stops uses no attempt and goes to no other channel, and at
    /// rest it is sent.
    NobodyPaysForOurs,
    /// Consent and suppressions allowed each send when its worker checked.
    ConsentAtSend,
    /// Nothing is sent to an address that has said no, whichever customer has it, and at rest every
    /// no has reached all of them.
    NoIsHeeded,
    /// A push token is on one customer's record at most.
    OneOwner,
    /// `selected = issued + ghost + skipped + failed + waiting`, and the counters equal the records
    /// and the open work.
    EquationCloses,
    /// A run is `completed` only when no customer waits and nothing is still to be sent.
    NotCompletedEarly,
    /// Vouchers and redeemed amounts stay within their caps, and the remaining quota equals the cap
    /// less what is used.
    CapsHold,
    /// A record is of its customer's variant from first to last, and a voucher's terms are those of
    /// its variant.
    VariantSticks,
    /// A stage that is set never changes.
    StagesOnce,
    /// A provider event never replaces a stronger one, whatever their order.
    AttemptsNeverGoBack,
    /// One redemption in force per voucher, and at most one reversal for each redemption.
    OneRedemption,
    /// Nothing is held or redeemed while redeeming is suspended, and nothing revoked is accepted,
    /// held or redeemed, but by a checkout that holds the voucher.
    StoppedIsNotUsed,
    /// A voucher or a holdout is only for customers who pay in the offer's currency, and the others
    /// are skipped for that reason.
    OffersCurrency,
    /// Report counters equal a recount of all changes once the stream is drained.
    CountersEqualRecount,
    /// A customer's order count equals the orders that were reported.
    OrdersCountOnce,
    /// The windows of a customer are those that a plain count of their orders gives.
    WindowsAreARecount,
    /// The vouchers of an order take no more off a line, the fee or the order than it costs, and
    /// its revenue counts once.
    OrdersHold,
    /// An order changes only with an event that is heard for the first time, or with a redemption.
    EventsCountOnce,
    /// A voucher is redeemed on the order that says so, by its buyer and with its sums, and a set
    /// is redeemed whole.
    OrdersAgree,
    /// Vouchers that a checkout holds can be redeemed until the hold ends.
    HoldsHold,
    /// A voucher is issued again only when it is over, and is not used from then on; its end moves
    /// only to a later time, while it is open; support and customers stay within the tenant's
    /// limits.
    GoodwillHolds,
    /// Every customer who made an autopilot fire has a record of it: an offer, or the reason for
    /// none.
    NoLostMatch,
    /// An autopilot's offer is made while its trigger condition holds, not before its time, and
    /// within its deadline.
    ConditionAtSend,
    /// Two offers of an autopilot to one customer are at least the cool-down apart.
    CoolDownHolds,
    /// A customer gets one offer of an autopilot for an occasion: an order number, a cart, the
    /// birthday of a year, however often it came about.
    OneOfferAnOccasion,
    /// At rest, no customer with an open channel is left without a message because the fate of one
    /// is unknown, where the campaign asks for the next channel.
    NobodyLeftWaiting,
    /// No attempt is claimed in a customer's quiet hours.
    QuietHours,
    /// A customer's offers and messages stay within the caps across campaigns.
    ContactCapsHold,
    /// A customer is reminded of a voucher once, with a claim, while it may be used.
    RemindedOnce,
    /// A voucher is stamped as expired only after its time is over, and only if nobody has used it.
    ExpiredInTime,
    /// A campaign that launches over the threshold, or whose cap is raised over it, was approved by
    /// someone who did not write it.
    SecondPerson,
    /// A campaign that is a draft, also one whose launch was undone, has no voucher, and nobody is
    /// selected for it.
    UndoneSendsNothing,
    /// The spend of customers on both sides of the holdout is kept on their records.
    SpendIsKept,
    /// All work ends within a bounded number of steps once faults stop.
    NothingWaitsForEver,
}

impl Invariant {
    pub fn name(self) -> &'static str {
        match self {
            Invariant::OneVoucher => "one voucher",
            Invariant::SendsPerAttempt => "sends per attempt",
            Invariant::ClaimBeforeSend => "claim before send",
            Invariant::ClaimedOnce => "claimed once",
            Invariant::LiveLeases => "a live lease is left alone",
            Invariant::RepeatsOpenAttempts => "repeats follow open attempts",
            Invariant::NobodyPaysForOurs => "nobody pays for a fault of ours",
            Invariant::ConsentAtSend => "consent at send",
            Invariant::NoIsHeeded => "no message to an address that said no",
            Invariant::OneOwner => "a token has one owner",
            Invariant::EquationCloses => "the equation closes",
            Invariant::NotCompletedEarly => "not completed early",
            Invariant::CapsHold => "caps hold",
            Invariant::VariantSticks => "a variant sticks",
            Invariant::StagesOnce => "stages are set once",
            Invariant::AttemptsNeverGoBack => "an attempt never goes back",
            Invariant::OneRedemption => "one redemption",
            Invariant::StoppedIsNotUsed => "what is stopped is not used",
            Invariant::OffersCurrency => "the offer is in the customer's currency",
            Invariant::CountersEqualRecount => "counters equal a recount",
            Invariant::OrdersCountOnce => "orders count once",
            Invariant::WindowsAreARecount => "windows are a recount",
            Invariant::OrdersHold => "an order gives what it costs at most",
            Invariant::EventsCountOnce => "an order's event counts once",
            Invariant::OrdersAgree => "orders and vouchers agree",
            Invariant::HoldsHold => "a granted hold is redeemable",
            Invariant::GoodwillHolds => "goodwill gives one voucher for another",
            Invariant::NoLostMatch => "no lost match",
            Invariant::ConditionAtSend => "condition at send",
            Invariant::CoolDownHolds => "cool-down holds",
            Invariant::OneOfferAnOccasion => "one offer an occasion",
            Invariant::NobodyLeftWaiting => "nobody is left without a message",
            Invariant::QuietHours => "quiet hours are kept",
            Invariant::ContactCapsHold => "caps across offers hold",
            Invariant::RemindedOnce => "reminded once",
            Invariant::ExpiredInTime => "ended in time",
            Invariant::SecondPerson => "a second person agrees",
            Invariant::UndoneSendsNothing => "an undone launch sends nothing",
            Invariant::SpendIsKept => "what was spent is kept",
            Invariant::NothingWaitsForEver => "nothing waits for ever",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenInvariant {
    pub invariant: Invariant,
    pub what: String,
}

impl fmt::Display for BrokenInvariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant.name(), self.what)
    }
}

pub(super) fn broken_invariant(
    invariant: Invariant,
    what: impl Into<String>,
) -> Result<(), BrokenInvariant> {
    Err(BrokenInvariant { invariant, what: what.into() })
}
