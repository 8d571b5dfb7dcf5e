//! SMS segmentation: GSM 03.38 if its alphabet has every character of the text, UCS-2 otherwise.
//! Networks bill each segment.

/// The character encoding of an SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentEncoding {
    Gsm7,
    Ucs2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsSegments {
    pub encoding: SegmentEncoding,
    /// Length in encoding units: septets of GSM 7-bit, or 16-bit units of UCS-2.
    pub units: u32,
    /// The number of segments. It is 0 for an empty text.
    pub count: u32,
}

/// The GSM default alphabet (3GPP TS 23.038, 6.2.1) without its escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The GSM extension table (6.2.1.1). Each character takes an escape and a septet.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Units of a single message, and of each part of a longer one. The header of a part takes 6 of the
/// 140 bytes.
const GSM7: (u32, u32) = (160, 153);
const UCS2: (u32, u32) = (70, 67);

pub fn count_segments(text: &str) -> SmsSegments {
    let septets: Option<Vec<u32>> = text.chars().map(gsm_septets).collect();
    match septets {
        Some(widths) => pack_segments(SegmentEncoding::Gsm7, GSM7, widths.into_iter()),
        None => pack_segments(
            SegmentEncoding::Ucs2,
            UCS2,
            text.chars().map(|c| if c.len_utf16() == 2 { 2 } else { 1 }),
        ),
    }
}

/// Counts the segments of the text as if each part but the last wasted a unit, as it does where a
/// pair would be split. No text with at most as many units takes more.
pub fn most_segments(text: &str) -> SmsSegments {
    let counted = count_segments(text);
    let (single, part) = match counted.encoding {
        SegmentEncoding::Gsm7 => GSM7,
        SegmentEncoding::Ucs2 => UCS2,
    };
    let count =
        if counted.units <= single { counted.count } else { counted.units.div_ceil(part - 1) };
    SmsSegments { count, ..counted }
}

/// Returns the characters that GSM 7-bit lacks, each once.
pub fn characters_outside_gsm7(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    for character in text.chars().filter(|character| gsm_septets(*character).is_none()) {
        if !found.contains(&character) {
            found.push(character);
        }
    }
    found
}

/// Returns the septets of a character, or `None` if the alphabet lacks it. ASCII, nearly every
/// character of a text, is told by its range: searching the tables took a hundredth of the work of
/// sending an SMS.
fn gsm_septets(character: char) -> Option<u32> {
    match character {
        '\n' | '\r' | ' '..='Z' | '_' | 'a'..='z' => Some(1),
        '\u{c}' | '['..='^' | '{'..='~' => Some(2),
        '\0'..='\u{7f}' => None,
        _ => table_septets(character),
    }
}

fn table_septets(character: char) -> Option<u32> {
    if BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// Packs characters into one part after the other. An escape pair or a surrogate pair is never
/// split.
fn pack_segments(
    encoding: SegmentEncoding,
    (single, part): (u32, u32),
    widths: impl Iterator<Item = u32>,
) -> SmsSegments {
    let (mut units, mut parts, mut filled) = (0, 0, part);
    for width in widths {
        units += width;
        if filled + width > part {
            parts += 1;
            filled = 0;
        }
        filled += width;
    }
    SmsSegments { encoding, units, count: if units <= single { parts.min(1) } else { parts } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, encoding: SegmentEncoding, units: u32, count: u32) {
        assert_eq!(count_segments(text), SmsSegments { encoding, units, count }, "{text:?}");
    }

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn the_ranges_of_ascii_say_what_the_tables_say() {
        for character in '\0'..='\u{ff}' {
            assert_eq!(gsm_septets(character), table_septets(character), "{character:?}");
        }
    }

    #[test]
    fn plain_text_is_gsm() {
        check("", SegmentEncoding::Gsm7, 0, 0);
        check("Hello", SegmentEncoding::Gsm7, 5, 1);
        check(&"a".repeat(160), SegmentEncoding::Gsm7, 160, 1);
        check(&"a".repeat(161), SegmentEncoding::Gsm7, 161, 2);
        check(&"a".repeat(306), SegmentEncoding::Gsm7, 306, 2);
        check(&"a".repeat(307), SegmentEncoding::Gsm7, 307, 3);
        check("¿Qué tal, Ñandú? Ärger à Ω", SegmentEncoding::Ucs2, 26, 1);
        check("¿Qué tal, Ñandu? Ärger à Ω", SegmentEncoding::Gsm7, 26, 1);
    }

    #[test]
    fn the_extension_takes_two_and_is_not_split() {
        check("5 €", SegmentEncoding::Gsm7, 4, 1);
        check(&"€".repeat(80), SegmentEncoding::Gsm7, 160, 1);
        check(&format!("{}a", "€".repeat(80)), SegmentEncoding::Gsm7, 161, 2);
        // 152 septets, then a pair that does not fit the 153rd place.
        check(&format!("{}€{}", "a".repeat(152), "b".repeat(150)), SegmentEncoding::Gsm7, 304, 2);
        check(&format!("{}€{}", "a".repeat(152), "b".repeat(152)), SegmentEncoding::Gsm7, 306, 3);
    }

    #[test]
    fn one_other_character_makes_it_ucs2() {
        check("ñ", SegmentEncoding::Gsm7, 1, 1);
        check("ç", SegmentEncoding::Ucs2, 1, 1);
        check(&"я".repeat(70), SegmentEncoding::Ucs2, 70, 1);
        check(&"я".repeat(71), SegmentEncoding::Ucs2, 71, 2);
        check(&"я".repeat(134), SegmentEncoding::Ucs2, 134, 2);
        check(&"я".repeat(135), SegmentEncoding::Ucs2, 135, 3);
    }

    #[test]
    fn surrogate_pairs_take_two_and_are_not_split() {
        check(&"🎁".repeat(35), SegmentEncoding::Ucs2, 70, 1);
        check(&"🎁".repeat(36), SegmentEncoding::Ucs2, 72, 2);
        // A part of 67 units holds 33 pairs.
        check(&"🎁".repeat(66), SegmentEncoding::Ucs2, 132, 2);
        check(&"🎁".repeat(67), SegmentEncoding::Ucs2, 134, 3);
    }

    proptest! {
        #[test]
        fn segments_hold_all_units(text in "\\PC{0,400}") {
            let SmsSegments { encoding, units, count } = count_segments(&text);
            let (single, part) = match encoding { SegmentEncoding::Gsm7 => GSM7, SegmentEncoding::Ucs2 => UCS2 };
            let room = if count <= 1 { single * count } else { part * count };
            prop_assert!(units <= room, "{} units in {}", units, count);
            prop_assert_eq!(count == 0, text.is_empty());
        }
    }
}
