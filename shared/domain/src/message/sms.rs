//! How many SMS a text is: GSM 03.38 where its alphabet holds every character, else UCS-2. Networks bill each segment.

/// What a text is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Gsm7,
    Ucs2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    pub encoding: Encoding,
    /// Septets of GSM 7-bit, 16-bit units of UCS-2.
    pub units: u32,
    /// None for an empty text.
    pub count: u32,
}

/// The default alphabet (3GPP TS 23.038, 6.2.1) without its escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension (6.2.1.1): an escape and a septet.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Units of one message, and of each part of a longer one: its header takes 6 of the 140 bytes.
const GSM7: (u32, u32) = (160, 153);
const UCS2: (u32, u32) = (70, 67);

pub fn segments(text: &str) -> Segments {
    let septets: Option<Vec<u32>> = text.chars().map(septets).collect();
    match septets {
        Some(widths) => packed(Encoding::Gsm7, GSM7, widths.into_iter()),
        None => packed(Encoding::Ucs2, UCS2, text.chars().map(|c| if c.len_utf16() == 2 { 2 } else { 1 })),
    }
}

/// The characters, each once, that GSM 7-bit lacks.
pub fn outside_gsm7(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    for character in text.chars().filter(|character| septets(*character).is_none()) {
        if !found.contains(&character) {
            found.push(character);
        }
    }
    found
}

fn septets(character: char) -> Option<u32> {
    if BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// Characters fill one part after the other; an escape pair or a surrogate pair is never split.
fn packed(encoding: Encoding, (single, part): (u32, u32), widths: impl Iterator<Item = u32>) -> Segments {
    let (mut units, mut parts, mut filled) = (0, 0, part);
    for width in widths {
        units += width;
        if filled + width > part {
            parts += 1;
            filled = 0;
        }
        filled += width;
    }
    Segments { encoding, units, count: if units <= single { parts.min(1) } else { parts } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, encoding: Encoding, units: u32, count: u32) {
        assert_eq!(segments(text), Segments { encoding, units, count }, "{text:?}");
    }

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn plain_text_is_gsm() {
        check("", Encoding::Gsm7, 0, 0);
        check("Hello", Encoding::Gsm7, 5, 1);
        check(&"a".repeat(160), Encoding::Gsm7, 160, 1);
        check(&"a".repeat(161), Encoding::Gsm7, 161, 2);
        check(&"a".repeat(306), Encoding::Gsm7, 306, 2);
        check(&"a".repeat(307), Encoding::Gsm7, 307, 3);
        check("¿Qué tal, Ñandú? Ärger à Ω", Encoding::Ucs2, 26, 1);
        check("¿Qué tal, Ñandu? Ärger à Ω", Encoding::Gsm7, 26, 1);
    }

    #[test]
    fn the_extension_takes_two_and_is_not_split() {
        check("5 €", Encoding::Gsm7, 4, 1);
        check(&"€".repeat(80), Encoding::Gsm7, 160, 1);
        check(&format!("{}a", "€".repeat(80)), Encoding::Gsm7, 161, 2);
        // 152 septets, then a pair that does not fit the 153rd place
        check(&format!("{}€{}", "a".repeat(152), "b".repeat(150)), Encoding::Gsm7, 304, 2);
        check(&format!("{}€{}", "a".repeat(152), "b".repeat(152)), Encoding::Gsm7, 306, 3);
    }

    #[test]
    fn one_other_character_makes_it_ucs2() {
        check("ñ", Encoding::Gsm7, 1, 1);
        check("ç", Encoding::Ucs2, 1, 1);
        check(&"я".repeat(70), Encoding::Ucs2, 70, 1);
        check(&"я".repeat(71), Encoding::Ucs2, 71, 2);
        check(&"я".repeat(134), Encoding::Ucs2, 134, 2);
        check(&"я".repeat(135), Encoding::Ucs2, 135, 3);
    }

    #[test]
    fn surrogate_pairs_take_two_and_are_not_split() {
        check(&"🎁".repeat(35), Encoding::Ucs2, 70, 1);
        check(&"🎁".repeat(36), Encoding::Ucs2, 72, 2);
        // 33 pairs to a part of 67 units
        check(&"🎁".repeat(66), Encoding::Ucs2, 132, 2);
        check(&"🎁".repeat(67), Encoding::Ucs2, 134, 3);
    }

    proptest! {
        #[test]
        fn segments_hold_all_units(text in "\\PC{0,400}") {
            let Segments { encoding, units, count } = segments(&text);
            let (single, part) = match encoding { Encoding::Gsm7 => GSM7, Encoding::Ucs2 => UCS2 };
            let room = if count <= 1 { single * count } else { part * count };
            prop_assert!(units <= room, "{} units in {}", units, count);
            prop_assert_eq!(count == 0, text.is_empty());
        }
    }
}
