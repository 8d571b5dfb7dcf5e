//! Folds texts, so that two spellings of one word are the same text: case, accents, punctuation, width
//! and the composition of letters do not count.
//!
//! Used for the words of replies and for the names of customers. Guarantees: folding a folded text
//! changes nothing.

use icu_normalizer::{
    DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed,
};

/// Letters that Unicode does not decompose and that people type without their stroke.
const PLAIN_LETTERS: [(char, &str); 9] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ð', "d"),
    ('þ', "th"),
    ('ı', "i"),
];

/// Returns the letters of a text: compatible forms decomposed, marks of accent and vowel left out, in
/// lower case and without strokes.
pub(super) fn plain_letters(text: &str) -> String {
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text).into_owned();
    let mut plain = String::with_capacity(decomposed.len());
    // The lower case of a capital may have a mark of its own.
    for letter in decomposed.chars().flat_map(char::to_lowercase) {
        match PLAIN_LETTERS.iter().find(|(stroked, _)| *stroked == letter) {
            Some((_, letters)) => plain.push_str(letters),
            None if classes.get_u8(letter) == 0 => plain.push(letter),
            None => {}
        }
    }
    plain
}

/// Folds a text: compatible forms decomposed, marks of accent and vowel left out, in lower case, and
/// anything but letters and digits as one space.
pub fn fold_letters(text: &str) -> String {
    let letters = plain_letters(text);
    let folded: String =
        letters.chars().filter(|letter| !is_invisible(*letter)).map(folded_letter).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Joins letters, stretches a word, or turns its direction, and is no part of it.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | 'ـ')
}

fn folded_letter(letter: char) -> char {
    match letter {
        'ى' => 'ي',
        'ة' => 'ه',
        // The vowel signs of Hindi are no letters to `is_alphanumeric`, and tell words apart.
        letter
            if letter.is_alphanumeric()
                || ('\u{900}'..='\u{97f}').contains(&letter) && letter != '।' =>
        {
            letter
        }
        _ => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_text() {
        for (spellings, folded) in [
            (&["García", "GARCIA", "Garci\u{301}a", " garcía "][..], "garcia"),
            (&["Strauß", "strauss", "STRAUSS"], "strauss"),
            (&["O'Neill", "o neill", "O’Neill"], "o neill"),
            (&["أحمد", "احمد", "أَحْمَد", "احـــمد"], "احمد"),
            (&["فاطمة", "فاطمه"], "فاطمه"),
        ] {
            for spelling in spellings {
                assert_eq!(fold_letters(spelling), folded, "{spelling}");
            }
        }
    }
}
