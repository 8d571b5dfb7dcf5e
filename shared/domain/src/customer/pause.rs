//! A pause: a customer wants no message until a day, and then as before. It is no opt-out: consents
//! stay as they are, and the pause ends by itself.
//!
//! Guarantees: the word that was given later counts, in whichever order two arrive; of two at the
//! same moment the longer pause.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kernel::validation::{FieldError, child_pointer};

/// The lengths that the preference page offers, in weeks.
pub const PAUSE_WEEKS: [u8; 4] = [1, 2, 4, 8];
/// Maximum length of a pause in days. Who wants to hear nothing for longer withdraws a consent.
pub const MAX_PAUSE_DAYS: i64 = 366;
/// Maximum number of replaced pauses kept for one customer. The oldest are dropped.
pub const MAX_PAST_PAUSES: usize = 10;

/// A customer's word about messages for some time: none until `until`. One that ends when it was
/// given, or before, takes an earlier pause back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pause {
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: Timestamp,
    /// The place where it was chosen: `preference_page`, `app_settings`, ... 1 to 64 bytes.
    pub source: String,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

impl Pause {
    /// Returns a pause of some weeks that begins now.
    pub fn weeks(weeks: u8, source: &str, now: Timestamp) -> Self {
        let length = SignedDuration::from_hours(i64::from(weeks) * 7 * 24);
        let until = now.checked_add(length).unwrap_or(Timestamp::MAX);
        Self { until, source: source.to_owned(), at: now }
    }

    /// Returns the word that takes a pause back.
    pub fn ended(source: &str, at: Timestamp) -> Self {
        Self { until: at, source: source.to_owned(), at }
    }

    pub fn is_in_force(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Returns the errors of the length, below `place`.
    pub fn check_length(&self, place: &str) -> Option<FieldError> {
        let longest = SignedDuration::from_hours(24 * MAX_PAUSE_DAYS);
        (self.until.duration_since(self.at) > longest).then(|| {
            let detail = format!("a pause ends within {MAX_PAUSE_DAYS} days");
            FieldError::new(child_pointer(place, "until"), "too_late", detail)
        })
    }
}

/// Stores a pause, received now, unless the stored one is newer. The replaced one is kept among those
/// of the past. A time that is ahead counts as now.
pub fn merge_pause(
    stored: &mut Option<Pause>,
    past: &mut Vec<Pause>,
    pause: &Pause,
    now: Timestamp,
) {
    let order = |it: &Pause| (it.at.as_millisecond(), it.until.as_millisecond());
    let pause = Pause { at: pause.at.min(now), ..pause.clone() };
    if stored.as_ref().is_some_and(|it| order(it) >= order(&pause)) {
        return;
    }
    if let Some(replaced) = stored.replace(pause) {
        past.push(replaced);
        let too_many = past.len().saturating_sub(MAX_PAST_PAUSES);
        past.drain(..too_many);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }
    fn pause(until: &str, said: &str) -> Pause {
        Pause { until: at(until), source: "app".into(), at: at(said) }
    }

    #[test]
    fn the_later_word_counts_in_whichever_order_they_come() {
        let words = [
            pause("20T00:00", "10T00:00"),
            pause("12T00:00", "11T00:00"),
            pause("11T12:00", "11T12:00"),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]] {
            let (mut stored, mut past) = (None, Vec::new());
            for index in order {
                let word: &Pause = &words[index];
                merge_pause(&mut stored, &mut past, word, at("13T00:00"));
                merge_pause(&mut stored, &mut past, word, at("13T00:00"));
            }
            assert_eq!(stored.as_ref(), Some(&words[2]), "{order:?}");
            assert!(!words[2].is_in_force(at("11T12:00")));
        }
    }

    #[test]
    fn a_pause_ends_by_itself_and_what_it_replaced_is_kept_up_to_a_bound() {
        let (mut stored, mut past) = (None, Vec::new());
        for minute in 10..40 {
            let now = at(&format!("10T00:{minute}"));
            merge_pause(&mut stored, &mut past, &Pause::weeks(1, "preference_page", now), now);
        }
        let stored = stored.unwrap();
        assert!(stored.is_in_force(at("17T00:38")) && !stored.is_in_force(at("17T00:39")));
        assert_eq!(past.len(), MAX_PAST_PAUSES);
        assert_eq!(past.last().unwrap().at, at("10T00:38"));
    }

    #[test]
    fn of_two_words_at_one_moment_the_longer_pause_counts() {
        for order in [[0, 1], [1, 0]] {
            let words = [pause("20T00:00", "10T00:00"), pause("12T00:00", "10T00:00")];
            let (mut stored, mut past) = (None, Vec::new());
            for index in order {
                let word: &Pause = &words[index];
                merge_pause(&mut stored, &mut past, word, at("13T00:00"));
            }
            assert_eq!(stored.map(|it| it.until), Some(at("20T00:00")));
        }
    }

    #[test]
    fn a_pause_of_more_than_a_year_is_no_pause() {
        let year = |days: i64| {
            let now = at("10T00:00");
            let until = now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
            Pause { until, source: "app".into(), at: now }.check_length("")
        };
        assert!(year(366).is_none());
        assert_eq!(year(367).unwrap().field, "/until");
    }
}
