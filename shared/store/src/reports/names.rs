//! Counter names as they lie in a row: DynamoDB bills names along with values, and a busy day has a hundred of them. A known word is one
//! letter and what is not known stays as it is, so `took.due.push.31` lies there as `Tup31` and `fault.sms.some_reason` as `Fs.some_reason`.
//! Guarantees: each name has one form and comes back from it, whatever it is, and no form is the name of another attribute (`pk`, `day`,
//! `ttl`). The tables are for ever, as the rows are: words may be added, none changed.

/// How a counter's name begins. Upper case, so that no form begins like another attribute.
const FIRST: [(&str, char); 26] = [
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

/// What follows it.
const NEXT: [(&str, char); 23] = [
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

/// Stands before what has no letter, unless it begins with a digit.
const PLAIN: char = '.';

pub(super) fn written(name: &str) -> String {
    let mut form = String::new();
    let mut rest = Some(name);
    let mut table: &[(&str, char)] = &FIRST;
    while let Some(left) = rest {
        let (word, behind) = left.split_once('.').map_or((left, None), |(word, behind)| (word, Some(behind)));
        let Some(letter) = table.iter().find(|(known, _)| *known == word).map(|(_, letter)| *letter) else { break };
        form.push(letter);
        rest = behind;
        table = &NEXT;
    }
    if let Some(left) = rest {
        if form.is_empty() || !left.starts_with(|first: char| first.is_ascii_digit()) {
            form.push(PLAIN);
        }
        form.push_str(left);
    }
    form
}

pub(super) fn read(form: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut table: &[(&str, char)] = &FIRST;
    let mut rest = form;
    while let Some(letter) = rest.chars().next() {
        let Some((word, _)) = table.iter().find(|(_, known)| *known == letter) else { break };
        words.push(word);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        table = &NEXT;
    }
    if !rest.is_empty() {
        words.push(rest.strip_prefix(PLAIN).unwrap_or(rest));
    }
    words.join(".")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn check(name: &str, form: &str) {
        assert_eq!((written(name).as_str(), read(form).as_str()), (form, name));
    }

    #[test]
    fn known_words_are_letters_and_the_rest_is_plain() {
        check("issued", "I");
        check("took.due.push.31", "Tup31");
        check("treated.spend.19", "JM19");
        check("age.0", "Y0");
        check("skipped.no_consent", "KC");
        check("skipped.cool_down", "K.cool_down");
        check("fault.sms.some_reason", "Fs.some_reason");
        check("open.issued", "Oi");
        check("pk", ".pk");
        check("push.sms", ".push.sms");
        check("31", ".31");
    }

    #[test]
    fn no_letter_stands_for_two_words() {
        for table in [&FIRST[..], &NEXT[..]] {
            let letters: BTreeSet<char> = table.iter().map(|(_, letter)| *letter).collect();
            let words: BTreeSet<&str> = table.iter().map(|(word, _)| *word).collect();
            assert_eq!((letters.len(), words.len()), (table.len(), table.len()));
            assert!(letters.iter().all(char::is_ascii_alphabetic));
        }
    }

    proptest! {
        #[test]
        fn whatever_a_name_is_it_comes_back(words in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(FIRST.map(|(word, _)| word.to_owned()).to_vec()),
                proptest::sample::select(NEXT.map(|(word, _)| word.to_owned()).to_vec()),
                "[a-zA-Z0-9_]{0,6}",
            ],
            1..6,
        )) {
            let name = words.join(".");
            let form = written(&name);
            prop_assert_eq!(read(&form), name);
            prop_assert!(!["pk", "day", "ttl"].contains(&form.as_str()));
        }
    }
}
