//! Words of consent. A word that is not known is never a yes.

use domain::customer::consent::ConsentState;

use super::text::unguarded;
use crate::reason::Reason;

/// The meaning of a column of consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A yes in it is a yes.
    Positive,
    /// `Unsubscribed …`: a yes in it is a no, and a no in it says nothing.
    Negative,
    /// Braze's subscription state, in which `subscribed` is where every profile starts.
    BrazeState,
}

enum Word {
    Yes,
    No,
    Subscribed,
    Unsubscribed,
    Nothing,
}

/// Reads a choice. `None` is unknown, which changes nothing that is known.
pub fn read_choice(
    cell: &str,
    meaning: Meaning,
    subscribed_counts: bool,
) -> Result<Option<ConsentState>, Reason> {
    let word = match unguarded(cell).to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "opted_in" => Word::Yes,
        "subscribed" => Word::Subscribed,
        "no" | "n" | "false" | "0" | "opted_out" => Word::No,
        "unsubscribed" => Word::Unsubscribed,
        "" | "never_subscribed" | "unknown" => Word::Nothing,
        "null" | "\\n" | "n/a" | "#n/a" => {
            return Err(Reason::new("empty_word", "text that means nothing is there"));
        }
        _ => return Err(Reason::new("unknown_word", "no known spelling of a yes or a no")),
    };
    let (granted, denied) = (Some(ConsentState::Granted), Some(ConsentState::Denied));
    Ok(match (meaning, word) {
        (_, Word::Nothing) => None,
        (Meaning::Positive | Meaning::BrazeState, Word::Yes)
        | (Meaning::Positive, Word::Subscribed) => granted,
        (Meaning::Positive | Meaning::BrazeState, Word::No | Word::Unsubscribed) => denied,
        (Meaning::BrazeState, Word::Subscribed) => granted.filter(|_| subscribed_counts),
        (Meaning::Negative, Word::Yes | Word::Unsubscribed) => denied,
        (Meaning::Negative, Word::No | Word::Subscribed) => None,
    })
}
