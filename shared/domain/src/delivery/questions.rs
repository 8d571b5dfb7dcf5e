//! The rule of what is asked again before a message, and what is not: one table, by the kind of
//! message.
//!
//! Selection decides who is meant. Between selection and message there may be seconds or, with a
//! delay, quiet hours or a pause, days. What protects the customer is asked before every message.
//! What decides if a customer should have the offer at all is asked once more before the first
//! message, in the moment in which the voucher is issued, and never after it: a voucher that exists
//! is not taken back because a fact has changed.
//!
//! `eligibility::decide_send` asks before the first message, and `check_still_sendable` with the
//! hours, the frequency cap and the voucher's own state before later ones. The tests of this file
//! hold the table and those functions together.

/// A question that is asked when a customer is selected, when a message is sent, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SendQuestion {
    /// Is the campaign cancelled? A paused campaign's messages wait.
    Campaign,
    /// Does the customer still exist?
    Customer,
    /// Is the campaign's end, or the offer's validity, over?
    Offer,
    /// Is the customer in a segment that is kept out of every campaign?
    Exclusion,
    /// Does the customer pay in the offer's currency?
    Currency,
    /// Does what made the autopilot fire still hold?
    Trigger,
    /// Does the audience rule still select the customer?
    Audience,
    /// Is the firing's deadline over?
    Deadline,
    /// Has the customer had a voucher within the cool-down, or for this occasion?
    CoolDown,
    /// Do consent, suppressions and addresses allow the channel?
    Reach,
    /// Has the customer said no to the campaign's topic, or not the yes that it needs?
    Topic,
    /// Does the customer want no messages for some time?
    Pause,
    /// Do quiet hours and the send window allow this hour?
    Hours,
    /// Is the frequency cap reached?
    FrequencyCap,
    /// Is the open-offer cap, or the campaign's own cap, reached?
    OfferCaps,
    /// Is the customer held out?
    Holdout,
    /// Can the customer still use the voucher?
    Voucher,
}

/// The kinds of message that differ in what is asked before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// The message with which the voucher is issued.
    First,
    /// Another message about an issued voucher: a further channel, a fallback, a retry.
    Later,
    /// The reminder before the voucher's end.
    Reminder,
}

impl SendQuestion {
    pub const ALL: [SendQuestion; 17] = [
        SendQuestion::Campaign,
        SendQuestion::Customer,
        SendQuestion::Offer,
        SendQuestion::Exclusion,
        SendQuestion::Currency,
        SendQuestion::Trigger,
        SendQuestion::Audience,
        SendQuestion::Deadline,
        SendQuestion::CoolDown,
        SendQuestion::Reach,
        SendQuestion::Topic,
        SendQuestion::Pause,
        SendQuestion::Hours,
        SendQuestion::FrequencyCap,
        SendQuestion::OfferCaps,
        SendQuestion::Holdout,
        SendQuestion::Voucher,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            SendQuestion::Campaign => "campaign",
            SendQuestion::Customer => "customer",
            SendQuestion::Offer => "offer",
            SendQuestion::Exclusion => "exclusion",
            SendQuestion::Currency => "currency",
            SendQuestion::Trigger => "trigger",
            SendQuestion::Audience => "audience",
            SendQuestion::Deadline => "deadline",
            SendQuestion::CoolDown => "cool_down",
            SendQuestion::Reach => "reach",
            SendQuestion::Topic => "topic",
            SendQuestion::Pause => "pause",
            SendQuestion::Hours => "hours",
            SendQuestion::FrequencyCap => "frequency_cap",
            SendQuestion::OfferCaps => "offer_caps",
            SendQuestion::Holdout => "holdout",
            SendQuestion::Voucher => "voucher",
        }
    }

    /// Returns true if the question is asked before each message of this kind.
    pub fn is_asked_before(self, message: MessageKind) -> bool {
        match (self, message) {
            (
                SendQuestion::Campaign
                | SendQuestion::Customer
                | SendQuestion::Reach
                | SendQuestion::Topic
                | SendQuestion::Pause
                | SendQuestion::Hours
                | SendQuestion::FrequencyCap,
                MessageKind::First | MessageKind::Later | MessageKind::Reminder,
            )
            | (SendQuestion::Voucher, MessageKind::Later | MessageKind::Reminder)
            | (
                SendQuestion::Offer
                | SendQuestion::Exclusion
                | SendQuestion::Currency
                | SendQuestion::Trigger
                | SendQuestion::Audience
                | SendQuestion::Deadline
                | SendQuestion::CoolDown
                | SendQuestion::OfferCaps
                | SendQuestion::Holdout,
                MessageKind::First,
            ) => true,
            // a new voucher can be used
            (SendQuestion::Voucher, MessageKind::First)
            | (
                SendQuestion::Offer
                | SendQuestion::Exclusion
                | SendQuestion::Currency
                | SendQuestion::Trigger
                | SendQuestion::Audience
                | SendQuestion::Deadline
                | SendQuestion::CoolDown
                | SendQuestion::OfferCaps
                | SendQuestion::Holdout,
                MessageKind::Later | MessageKind::Reminder,
            ) => false,
        }
    }
}

#[cfg(test)]
mod tests;
