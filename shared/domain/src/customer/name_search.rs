//! Finds customers by the beginning of a name: the folded key under which the index of names keeps a
//! customer, and the ranges of that index which a search reads.
//!
//! One entry a customer serves both names: the index is divided into 32 buckets by the initial of the
//! given name, and ordered by family name within each. A family name is looked up in every bucket; a
//! given name in one bucket, whose other entries are passed over. Pure. Guarantees: a customer whose
//! name matches is met in a range of the search, and counts in the first such range only.

use crate::{customer::profile::Profile, kernel::folded_letters::fold_letters};

/// Parts of the index: one for each letter from a to z, and six for other initials.
pub const NAME_BUCKETS: u8 = 32;
const LATIN_INITIALS: u8 = 26;
/// Separates the family name from the given name in a key; folded texts do not contain it.
const SEPARATOR: char = '\u{1f}';
/// The longest search, in letters: a given and a family name of the longest form.
const MAX_QUERY_LETTERS: usize = 160;
/// Places at which a search is divided into a given and a family name.
const MAX_DIVISIONS: usize = 3;

/// The folded names of a customer, as the index has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameKey {
    last: String,
    first: String,
}

impl NameKey {
    /// Returns the key of a profile, or `None` if it has no name with a letter in it.
    pub fn of_profile(profile: &Profile) -> Option<Self> {
        let fold = |name: &Option<crate::customer::profile::Name>| {
            name.as_ref().map(|name| fold_letters(name.expose())).unwrap_or_default()
        };
        let key = Self { last: fold(&profile.last_name), first: fold(&profile.first_name) };
        (!key.last.is_empty() || !key.first.is_empty()).then_some(key)
    }

    /// Returns the bucket: by the initial of the given name, or of the family name if that is all.
    pub fn bucket(&self) -> u8 {
        bucket_of(if self.first.is_empty() { &self.last } else { &self.first })
    }

    /// Returns the key as text, by which the entries of a bucket are ordered.
    pub fn as_text(&self) -> String {
        format!("{}{SEPARATOR}{}", self.last, self.first)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (last, first) = text.split_once(SEPARATOR)?;
        Some(Self { last: last.to_owned(), first: first.to_owned() })
    }
}

fn bucket_of(name: &str) -> u8 {
    match name.chars().next() {
        Some(letter @ 'a'..='z') => letter as u8 - b'a',
        other => {
            let code = u32::from(other.unwrap_or('0'));
            let others = u32::from(NAME_BUCKETS - LATIN_INITIALS);
            LATIN_INITIALS + u8::try_from(code % others).unwrap_or_default()
        }
    }
}

/// A part of the index that a search reads: the entries of a bucket that begin with a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRange {
    pub bucket: u8,
    pub prefix: String,
    /// The beginning of the given name, where the order of the entries does not tell it.
    first: String,
}

impl NameRange {
    fn covers(&self, key: &NameKey) -> bool {
        key.bucket() == self.bucket
            && key.as_text().starts_with(&self.prefix)
            && key.first.starts_with(&self.first)
    }

    /// Tells whether the range has entries that do not match.
    pub fn is_filtered(&self) -> bool {
        !self.first.is_empty()
    }
}

/// A search for the beginning of a name, in the form that the index has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameSearch {
    ranges: Vec<NameRange>,
}

impl NameSearch {
    /// Parses what a person types: the beginning of a given or a family name, or of both in either
    /// order. Returns `None` if there is no letter in it.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = fold_letters(&text.chars().take(MAX_QUERY_LETTERS).collect::<String>());
        if folded.is_empty() {
            return None;
        }
        let mut ranges = Vec::new();
        for (place, _) in folded.match_indices(' ').take(MAX_DIVISIONS) {
            let (head, rest) = (folded.get(..place)?, folded.get(place + 1..)?);
            ranges.push(NameRange {
                bucket: bucket_of(rest),
                prefix: format!("{head}{SEPARATOR}{rest}"),
                first: String::new(),
            });
            ranges.push(NameRange {
                bucket: bucket_of(head),
                prefix: rest.to_owned(),
                first: head.to_owned(),
            });
        }
        ranges.extend((0..NAME_BUCKETS).map(|bucket| NameRange {
            bucket,
            prefix: folded.clone(),
            first: String::new(),
        }));
        ranges.push(NameRange { bucket: bucket_of(&folded), prefix: String::new(), first: folded });
        Some(Self { ranges })
    }

    /// Returns the ranges to read, in order.
    pub fn ranges(&self) -> &[NameRange] {
        &self.ranges
    }

    /// Tells whether an entry that was met in a range is a match that no earlier range has met.
    pub fn is_first_met_in(&self, range: usize, key: &NameKey) -> bool {
        self.ranges.iter().position(|it| it.covers(key)) == Some(range)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::customer::profile::Name;

    fn key(first: &str, last: &str) -> NameKey {
        let name = |text: &str| Name::parse(text).ok();
        let profile =
            Profile { first_name: name(first), last_name: name(last), ..Profile::default() };
        NameKey::of_profile(&profile).unwrap()
    }

    /// Returns how often a walk of all ranges meets the key as a match.
    fn times_met(search: &NameSearch, key: &NameKey) -> usize {
        let in_range = |range: &NameRange| {
            range.bucket == key.bucket() && key.as_text().starts_with(&range.prefix)
        };
        let ranges = search.ranges().iter().enumerate();
        ranges
            .filter(|(number, range)| in_range(range) && search.is_first_met_in(*number, key))
            .count()
    }

    #[test]
    fn a_beginning_of_either_name_or_of_both_finds_the_customer_once() {
        let ana = key("Ana María", "García López");
        for typed in [
            "gar",
            "García",
            "garcia lopez",
            "an",
            "ANA",
            "ana maría",
            "ana gar",
            "garcía lópez ana",
            "ana maria garcia",
            "garcia lopez ana mar",
        ] {
            assert_eq!(times_met(&NameSearch::parse(typed).unwrap(), &ana), 1, "{typed}");
        }
        for typed in ["lopez", "maria", "arcia", "gar ana", "ana garcias", "b"] {
            assert_eq!(times_met(&NameSearch::parse(typed).unwrap(), &ana), 0, "{typed}");
        }
    }

    #[test]
    fn other_scripts_and_single_names_are_found() {
        for (first, last, typed) in [
            ("أحمد", "الهاشمي", "احمد"),
            ("أحمد", "الهاشمي", "الها"),
            ("Ольга", "", "оль"),
            ("", "Müller", "mull"),
            ("Ana", "Ana", "ana"),
        ] {
            assert_eq!(
                times_met(&NameSearch::parse(typed).unwrap(), &key(first, last)),
                1,
                "{typed}"
            );
        }
    }

    #[test]
    fn a_search_without_a_letter_is_none() {
        assert_eq!(NameSearch::parse(" .- "), None);
        assert_eq!(NameKey::of_profile(&Profile::default()), None);
    }

    proptest! {
        #[test]
        fn any_beginning_of_any_name_is_met_exactly_once(
            first in "[a-zA-ZÀ-ÿ]{1,8}( [a-z]{1,5})?", last in "[a-zA-ZÀ-ÿ]{1,8}", cut in 1..8usize,
        ) {
            let key = key(&first, &last);
            for name in [&first, &last] {
                let typed: String = name.chars().take(cut).collect();
                if let Some(search) = NameSearch::parse(&typed) {
                    prop_assert_eq!(times_met(&search, &key), 1, "{} of {} {}", typed, first, last);
                }
            }
        }

        #[test]
        fn a_key_survives_its_text(first in "\\PC{1,20}", last in "\\PC{1,20}") {
            let name = |text: &str| Name::parse(text).ok();
            let profile = Profile { first_name: name(&first), last_name: name(&last), ..Profile::default() };
            if let Some(key) = NameKey::of_profile(&profile) {
                prop_assert_eq!(NameKey::parse(&key.as_text()), Some(key.clone()));
                prop_assert!(key.bucket() < NAME_BUCKETS);
            }
        }
    }
}
