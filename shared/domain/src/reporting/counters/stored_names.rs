//! Counter names as they lie in a row. DynamoDB bills names along with values, and a busy day has a
//! hundred of them. A known word is one letter, and an unknown one stays as it is, so
//! `took.due.push.31` is stored as `Tup31` and `fault.sms.some_reason` as `Fs.some_reason`.
//!
//! Once the letters are used up, the code of a word is `_` and a letter. Guarantees: each name has
//! one form and can be read back from it, whatever the name is, and no form is the name of another
//! attribute (`pk`, `day`, `ttl`). The codes are permanent, as the rows are: words may be added,
//! none changed.

/// A word of a name, and the code that stands for it: a letter, or `_` and a letter.
pub(super) type CodedWord = (&'static str, &'static str);

/// The words that follow the first.
pub(super) const NEXT_WORDS: &[CodedWord] = &[
    ("sms", "s"),
    ("email", "e"),
    ("push", "p"),
    ("none", "n"),
    ("due", "u"),
    ("issued", "i"),
    ("sent", "S"),
    ("delivered", "D"),
    ("accepted", "a"),
    ("redeemed", "r"),
    ("claimed", "c"),
    ("bounced", "b"),
    ("complained", "o"),
    ("failed", "f"),
    ("throttled", "t"),
    ("unknown", "k"),
    ("orders", "O"),
    ("spenders", "P"),
    ("spend", "M"),
    ("discount", "d"),
    ("units", "q"),
    ("no_consent", "C"),
    ("opted_out", "X"),
    ("repeats", "R"),
    ("revenue", "v"),
    ("exposure", "x"),
];

/// The mark before a part without a code, unless that part begins with a digit.
const PLAIN_MARK: char = '.';
/// The mark before the letter of a code of two characters.
const PAIR_MARK: char = '_';

/// The codes of the words of names.
pub(super) struct NameCodes<'a> {
    /// Their letters are in upper case, so that no form begins like another attribute.
    pub(super) first: &'a [CodedWord],
    pub(super) next: &'a [CodedWord],
}

impl NameCodes<'_> {
    /// Returns the form in which a name is stored.
    pub(super) fn shorten(&self, name: &str) -> String {
        let mut form = String::new();
        let mut rest = Some(name);
        let mut table = self.first;
        while let Some(left) = rest {
            let (word, behind) =
                left.split_once('.').map_or((left, None), |(word, behind)| (word, Some(behind)));
            let Some((_, code)) = table.iter().find(|(known, _)| *known == word) else {
                break;
            };
            form.push_str(code);
            rest = behind;
            table = self.next;
        }
        if let Some(left) = rest {
            if form.is_empty() || !left.starts_with(|first: char| first.is_ascii_digit()) {
                form.push(PLAIN_MARK);
            }
            form.push_str(left);
        }
        form
    }

    /// Returns the name whose form this is.
    pub(super) fn expand(&self, form: &str) -> String {
        let mut name = String::new();
        let mut rest = form;
        let mut table = self.first;
        while let Some((word, behind)) = split_word(table, rest) {
            if rest.len() < form.len() {
                name.push('.');
            }
            name.push_str(word);
            rest = behind;
            table = self.next;
        }
        if !rest.is_empty() {
            if rest.len() < form.len() {
                name.push('.');
            }
            name.push_str(rest.strip_prefix(PLAIN_MARK).unwrap_or(rest));
        }
        name
    }

    /// Returns the first word of the name whose form this is.
    pub(super) fn first_word<'a>(&self, form: &'a str) -> &'a str {
        match split_word(self.first, form) {
            Some((word, _)) => word,
            None => {
                let name = form.strip_prefix(PLAIN_MARK).unwrap_or(form);
                name.split_once('.').map_or(name, |(word, _)| word)
            }
        }
    }
}

/// Splits a form into the word whose code it begins with, and what follows.
fn split_word<'a>(table: &[CodedWord], form: &'a str) -> Option<(&'static str, &'a str)> {
    let length = if form.starts_with(PAIR_MARK) { 2 } else { 1 };
    let (code, behind) = form.split_at_checked(length)?;
    let (word, _) = table.iter().find(|(_, known)| *known == code)?;
    Some((word, behind))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::reporting::counters::counter::{COUNTER_CODES, FIRST_WORDS};

    #[track_caller]
    fn check_form(name: &str, form: &str) {
        let (found, back) = (COUNTER_CODES.shorten(name), COUNTER_CODES.expand(form));
        assert_eq!((found.as_str(), back.as_str()), (form, name));
    }

    #[test]
    fn known_words_are_letters_and_the_rest_is_plain() {
        check_form("issued", "I");
        check_form("took.due.push.31", "Tup31");
        check_form("treated.spend.19", "JM19");
        check_form("age.0", "Y0");
        check_form("skipped.no_consent", "KC");
        check_form("skipped.cool_down", "K.cool_down");
        check_form("fault.sms.some_reason", "Fs.some_reason");
        check_form("open.issued", "Oi");
        check_form("pk", ".pk");
        check_form("push.sms", ".push.sms");
        check_form("31", ".31");
        check_form("_a", "._a");
        check_form("skipped._a", "K._a");
    }

    /// Codes can be told apart without a mark between them if each is a letter, or `_` and a
    /// letter.
    #[test]
    fn every_code_means_one_word() {
        for (table, is_letter) in [
            (FIRST_WORDS, char::is_ascii_uppercase as fn(&char) -> bool),
            (NEXT_WORDS, char::is_ascii_alphabetic),
        ] {
            let codes: BTreeSet<&str> = table.iter().map(|(_, code)| *code).collect();
            let words: BTreeSet<&str> = table.iter().map(|(word, _)| *word).collect();
            assert_eq!((codes.len(), words.len()), (table.len(), table.len()));
            for code in codes {
                let letter = code.strip_prefix(PAIR_MARK).unwrap_or(code);
                let letters: Vec<char> = letter.chars().collect();
                assert!(letters.len() == 1 && letters.iter().all(is_letter), "{code}");
            }
            assert!(words.iter().all(|word| !word.is_empty() && !word.contains('.')));
        }
    }

    #[test]
    fn a_27th_first_word_has_a_code_of_two_characters() {
        let first = [FIRST_WORDS, &[("shared", "_A"), ("gifted", "_I")]].concat();
        let next = [NEXT_WORDS, &[("friend", "_s")]].concat();
        let codes = NameCodes { first: &first, next: &next };
        for (name, form) in [
            ("shared", "_A"),
            ("shared.sms", "_As"),
            ("shared.sms.31", "_As31"),
            ("shared.friend.push", "_A_sp"),
            ("shared.some_reason", "_A.some_reason"),
            ("shared._A", "_A._A"),
            ("gifted.friend", "_I_s"),
            ("sent.friend", "S_s"),
            ("_A", "._A"),
        ] {
            assert_eq!((codes.shorten(name).as_str(), codes.expand(form).as_str()), (form, name));
        }
        // A word that gets its code later leaves every other form as it is.
        for (name, form) in [("issued", "I"), ("took.due.push.31", "Tup31"), ("skipped._s", "K._s")]
        {
            assert_eq!(codes.shorten(name), COUNTER_CODES.shorten(name));
            assert_eq!(codes.expand(form), name);
        }
        // Rows from before it had a code are still read as the same name.
        assert_eq!(codes.expand(".shared.sms"), "shared.sms");
    }

    fn words(codes: &NameCodes<'_>) -> impl Strategy<Value = Vec<String>> + use<> {
        let known = |table: &[CodedWord]| {
            let words: Vec<String> = table.iter().map(|(word, _)| (*word).to_owned()).collect();
            prop::sample::select(words)
        };
        let word = prop_oneof![known(codes.first), known(codes.next), "[a-zA-Z0-9_]{0,6}"];
        prop::collection::vec(word, 1..6)
    }

    proptest! {
        #[test]
        fn every_name_survives_its_stored_form(words in words(&COUNTER_CODES)) {
            let name = words.join(".");
            let form = COUNTER_CODES.shorten(&name);
            prop_assert_eq!(COUNTER_CODES.expand(&form), name);
            prop_assert!(!["pk", "day", "ttl"].contains(&form.as_str()));
        }

        #[test]
        fn every_name_survives_with_codes_of_two_characters(
            words in words(&NameCodes {
                first: &[("shared", "_A"), ("sent", "S")],
                next: &[("friend", "_s"), ("sms", "s")],
            }),
        ) {
            let codes = NameCodes {
                first: &[("shared", "_A"), ("sent", "S")],
                next: &[("friend", "_s"), ("sms", "s")],
            };
            let name = words.join(".");
            prop_assert_eq!(codes.expand(&codes.shorten(&name)), name);
        }
    }
}
