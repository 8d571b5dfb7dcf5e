//! Compares texts as people who search do: case, accents and the composition of letters do not
//! count, and a word may be misspelt.
//!
//! Pure. Guarantees: folding a folded text changes nothing, and a text contains what it was folded
//! from in every language.

use super::folded_letters::plain_letters;

/// The most letters of a text that are compared with another one.
const MAX_COMPARED: usize = 64;

/// Folds a text for a search: its plain letters, its punctuation as it is, and one space between
/// words.
pub fn fold_text(text: &str) -> String {
    plain_letters(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns how far two folded texts are apart, in letters that have to be added, removed, replaced
/// or swapped with their neighbour.
pub fn edit_distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().take(MAX_COMPARED).collect();
    let other: Vec<char> = other.chars().take(MAX_COMPARED).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, wanted) in other.iter().enumerate() {
            let at =
                |costs: &[usize], index: usize| costs.get(index).copied().unwrap_or(usize::MAX);
            let replaced = at(&last, column) + usize::from(letter != wanted);
            let mut least = replaced.min(at(&last, column + 1) + 1).min(at(&next, column) + 1);
            let is_swap = column > 0
                && row > 0
                && one.get(row - 1) == Some(wanted)
                && other.get(column - 1) == Some(letter);
            if is_swap {
                least = least.min(at(&before_last, column - 1).saturating_add(1));
            }
            next.push(least);
        }
        before_last = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or_default()
}

/// Returns true if one of two folded texts that are so far apart may have been meant by the other:
/// one letter, or a third of those of the longer one. A text of one or two letters is near nothing.
pub fn is_near(one: &str, other: &str, distance: usize) -> bool {
    let letters = [one, other].map(|text| text.chars().count());
    let [shorter, longer] = [letters.iter().min(), letters.iter().max()];
    shorter.is_some_and(|shorter| *shorter > 2)
        && longer.is_some_and(|longer| distance <= (longer / 3).max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_accents_and_composition_do_not_count() {
        for (text, folded) in [
            ("Málaga", "malaga"),
            ("MA\u{301}LAGA", "malaga"),
            ("  Groß  Gerau ", "gross gerau"),
            ("Łódź", "lodz"),
            ("Æbler", "aebler"),
            ("İzmir", "izmir"),
            ("مُطاعِم", "مطاعم"),
            ("ﬁsh", "fish"),
            ("", ""),
        ] {
            assert_eq!(fold_text(text), folded, "{text}");
        }
    }

    #[test]
    fn distances_are_those_of_typing() {
        for (one, other, distance) in [
            ("food", "food", 0),
            ("fodo", "food", 1),
            ("foods", "food", 1),
            ("groceries", "grocries", 1),
            ("", "abc", 3),
            ("madrid", "paris", 3),
        ] {
            assert_eq!(edit_distance(one, other), distance, "{one} {other}");
            assert_eq!(edit_distance(other, one), distance, "{other} {one}");
        }
        assert!(is_near("grocery", "groceries", 3) && !is_near("grocery", "groceries", 4));
        assert!(is_near("fod", "food", 1) && !is_near("fo", "foo", 1));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in ".{0,40}") {
            let folded = fold_text(&text);
            prop_assert_eq!(fold_text(&folded), folded);
        }

        #[test]
        fn a_text_is_as_far_as_its_changes(text in "[a-z]{0,20}", at in 0usize..20, letter in "[a-z]") {
            let mut changed = text.clone();
            changed.insert_str(at.min(text.len()), &letter);
            prop_assert_eq!(edit_distance(&text, &changed), 1);
        }
    }
}
