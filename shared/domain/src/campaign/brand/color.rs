//! A colour of the brand, and what is readable on it.
//!
//! It reads `#rrggbb` and computes contrast as WCAG 2.2 defines it (relative luminance of sRGB).
//! After it: the design of e-mails, which takes the colour of a button's text and of links from
//! here, in light and in dark mode.
//!
//! Guarantee: whatever colour a tenant chooses, the text on it and the text in it can be read.

use std::fmt;

/// The contrast that WCAG asks of text of usual size (level AA).
pub const TEXT_CONTRAST: f64 = 4.5;
/// The contrast of a surface, such as a button, with what is around it: its edge can be seen, and a
/// brand's yellow stays yellow. The words on it have a contrast of their own.
pub const SURFACE_CONTRAST: f64 = 1.5;
/// Steps in which a colour is moved towards black or white until it can be read.
const STEPS: u8 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

impl Color {
    pub const WHITE: Color = Color::new(0xff, 0xff, 0xff);
    pub const BLACK: Color = Color::new(0, 0, 0);

    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads six hexadecimal digits after `#`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let part = |from: usize| u8::from_str_radix(digits.get(from..from + 2)?, 16).ok();
        Some(Self::new(part(0)?, part(2)?, part(4)?))
    }

    /// Returns the ratio of the luminances of two colours, from 1 to 21.
    pub fn contrast(self, other: Color) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Returns the colour of text on this one: white or black, whichever can be read better.
    pub fn text_on(self) -> Color {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// Returns this colour, moved towards black or white as little as is needed for `contrast` with
    /// `background`.
    pub fn readable_on(self, background: Color, contrast: f64) -> Color {
        let end = background.text_on();
        let steps = (0..=STEPS).map(|step| self.mixed_with(end, step));
        steps.into_iter().find(|color| color.contrast(background) >= contrast).unwrap_or(end)
    }

    fn mixed_with(self, other: Color, step: u8) -> Color {
        let mix = |from: u8, to: u8| {
            let (from, to, step) = (u16::from(from), u16::from(to), u16::from(step));
            let mixed = (from * (u16::from(STEPS) - step) + to * step) / u16::from(STEPS);
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Self::new(
            mix(self.red, other.red),
            mix(self.green, other.green),
            mix(self.blue, other.blue),
        )
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn color(text: &str) -> Color {
        Color::parse(text).unwrap()
    }

    #[test]
    fn a_colour_is_six_digits() {
        assert_eq!(color("#0A7d4b").to_string(), "#0a7d4b");
        for bad in ["red", "#fff", "#12345g", "0a7d4b", "#0a7d4b;x", "#+1+1+1", "#０a7d4"] {
            assert_eq!(Color::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let black = color("#000000");
        assert!((Color::WHITE.contrast(black) - 21.0).abs() < 1e-9);
        assert!((color("#777777").contrast(Color::WHITE) - 4.48).abs() < 0.01);
        assert_eq!(color("#ffd500").text_on(), Color::BLACK, "white on yellow cannot be read");
        assert_eq!(color("#0a7d4b").text_on(), Color::WHITE);
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        let brand = color("#0a7d4b");
        assert_eq!(brand.readable_on(Color::WHITE, TEXT_CONTRAST), brand);
        let yellow = color("#ffd500").readable_on(Color::WHITE, TEXT_CONTRAST);
        assert!(yellow != color("#ffd500") && yellow != Color::BLACK, "{yellow}");
    }

    proptest! {
        #[test]
        fn every_colour_has_a_text_that_can_be_read(parts: [u8; 3], behind: [u8; 3]) {
            let [red, green, blue] = parts;
            let brand = Color::new(red, green, blue);
            prop_assert!(brand.contrast(brand.text_on()) >= TEXT_CONTRAST);
            let [red, green, blue] = behind;
            let background = Color::new(red, green, blue);
            let surface = brand.readable_on(background, SURFACE_CONTRAST);
            prop_assert!(surface.contrast(background) >= SURFACE_CONTRAST);
            for card in [Color::WHITE, Color::new(0x1c, 0x1f, 0x22)] {
                let link = brand.readable_on(card, TEXT_CONTRAST);
                prop_assert!(link.contrast(card) >= TEXT_CONTRAST, "{brand} on {card}");
            }
        }
    }
}
