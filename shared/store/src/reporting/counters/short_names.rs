//! Counter names as they lie in a row. DynamoDB bills names along with values, and a busy day has a
//! hundred of them. A known word is one letter, and an unknown one stays as it is, so
//! `took.due.push.31` is stored as `Tup31` and `fault.sms.some_reason` as `Fs.some_reason`.
//!
//! Guarantees: each name has one form and can be read back from it, whatever the name is, and no
//! form is the name of another attribute (`pk`, `day`, `ttl`). The tables are permanent, as the
//! rows are: words may be added, none changed.

/// The first words of counter names. Their letters are in upper case, so that no form begins like
/// another attribute.
const FIRST_WORDS: [(&str, char); 26] = [
    ("issued", 'I'),
    ("exposure", 'X'),
    ("ghost", 'G'),
    ("failed", 'Z'),
    ("skipped", 'K'),
    ("undeliverable", 'U'),
    ("declined", 'N'),
    ("reversed", 'V'),
    ("revenue", 'R'),
    ("discount", 'C'),
    ("sent", 'S'),
    ("delivered", 'D'),
    ("accepted", 'A'),
    ("redeemed", 'E'),
    ("messages", 'M'),
    ("units", 'Q'),
    ("reminded", 'B'),
    ("age", 'Y'),
    ("open", 'O'),
    ("released", 'L'),
    ("took", 'T'),
    ("attempts", 'W'),
    ("attempt", 'P'),
    ("fault", 'F'),
    ("treated", 'J'),
    ("held", 'H'),
];

/// The words that follow the first.
const NEXT_WORDS: [(&str, char); 23] = [
    ("sms", 's'),
    ("email", 'e'),
    ("push", 'p'),
    ("none", 'n'),
    ("due", 'u'),
    ("issued", 'i'),
    ("sent", 'S'),
    ("delivered", 'D'),
    ("accepted", 'a'),
    ("redeemed", 'r'),
    ("claimed", 'c'),
    ("bounced", 'b'),
    ("complained", 'o'),
    ("failed", 'f'),
    ("throttled", 't'),
    ("unknown", 'k'),
    ("orders", 'O'),
    ("spenders", 'P'),
    ("spend", 'M'),
    ("discount", 'd'),
    ("units", 'q'),
    ("no_consent", 'C'),
    ("opted_out", 'X'),
];

/// The mark before a part without a letter, unless that part begins with a digit.
const PLAIN_MARK: char = '.';

pub(super) fn short_name(name: &str) -> String {
    let mut form = String::new();
    let mut rest = Some(name);
    let mut table: &[(&str, char)] = &FIRST_WORDS;
    while let Some(left) = rest {
        let (word, behind) =
            left.split_once('.').map_or((left, None), |(word, behind)| (word, Some(behind)));
        let Some(letter) =
            table.iter().find(|(known, _)| *known == word).map(|(_, letter)| *letter)
        else {
            break;
        };
        form.push(letter);
        rest = behind;
        table = &NEXT_WORDS;
    }
    if let Some(left) = rest {
        if form.is_empty() || !left.starts_with(|first: char| first.is_ascii_digit()) {
            form.push(PLAIN_MARK);
        }
        form.push_str(left);
    }
    form
}

pub(super) fn full_name(form: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut table: &[(&str, char)] = &FIRST_WORDS;
    let mut rest = form;
    while let Some(letter) = rest.chars().next() {
        let Some((word, _)) = table.iter().find(|(_, known)| *known == letter) else {
            break;
        };
        words.push(word);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        table = &NEXT_WORDS;
    }
    if !rest.is_empty() {
        words.push(rest.strip_prefix(PLAIN_MARK).unwrap_or(rest));
    }
    words.join(".")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn check_short_name(name: &str, form: &str) {
        assert_eq!((short_name(name).as_str(), full_name(form).as_str()), (form, name));
    }

    #[test]
    fn known_words_are_letters_and_the_rest_is_plain() {
        check_short_name("issued", "I");
        check_short_name("took.due.push.31", "Tup31");
        check_short_name("treated.spend.19", "JM19");
        check_short_name("age.0", "Y0");
        check_short_name("skipped.no_consent", "KC");
        check_short_name("skipped.cool_down", "K.cool_down");
        check_short_name("fault.sms.some_reason", "Fs.some_reason");
        check_short_name("open.issued", "Oi");
        check_short_name("pk", ".pk");
        check_short_name("push.sms", ".push.sms");
        check_short_name("31", ".31");
    }

    #[test]
    fn every_letter_means_one_word() {
        for table in [&FIRST_WORDS[..], &NEXT_WORDS[..]] {
            let letters: BTreeSet<char> = table.iter().map(|(_, letter)| *letter).collect();
            let words: BTreeSet<&str> = table.iter().map(|(word, _)| *word).collect();
            assert_eq!((letters.len(), words.len()), (table.len(), table.len()));
            assert!(letters.iter().all(char::is_ascii_alphabetic));
        }
    }

    /// Checks the stored form of every counter that a voucher can add to, with a few of its
    /// numbers.
    #[test]
    fn the_stored_names_are_those_that_rows_have() {
        let names = include_str!("../../../../domain/src/reporting/counters/names.txt");
        for (name, form) in names.lines().filter_map(|line| line.split_once(' ')) {
            check_short_name(name, form);
        }
    }

    proptest! {
        #[test]
        fn every_name_survives_its_short_form(words in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(FIRST_WORDS.map(|(word, _)| word.to_owned()).to_vec()),
                proptest::sample::select(NEXT_WORDS.map(|(word, _)| word.to_owned()).to_vec()),
                "[a-zA-Z0-9_]{0,6}",
            ],
            1..6,
        )) {
            let name = words.join(".");
            let form = short_name(&name);
            prop_assert_eq!(full_name(&form), name);
            prop_assert!(!["pk", "day", "ttl"].contains(&form.as_str()));
        }
    }
}
