//! The words of an expression.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An attribute's name, a keyword or a function.
    Word(String),
    /// `#name`
    Name(String),
    /// `:value`
    Value(String),
    /// Index into a list.
    Number(usize),
    Symbol(&'static str),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) | Self::Name(text) | Self::Value(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Symbol(text) => f.write_str(text),
        }
    }
}

/// Longer ones first: the first that fits is taken.
const SYMBOLS: [&str; 14] = ["<>", "<=", ">=", "<", ">", "=", "(", ")", ",", ".", "[", "]", "+", "-"];

/// An error is what could not be read.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |next: char| next.is_ascii_alphanumeric() || next == '_';
        let (token, length) = match first {
            '#' | ':' => {
                let word = taken(rest, 1, is_word);
                let token = if first == '#' { Token::Name(word.to_owned()) } else { Token::Value(word.to_owned()) };
                if word.len() < 2 {
                    return Err(word.to_owned());
                }
                (token, word.len())
            }
            '0'..='9' => {
                let digits = taken(rest, 0, |next| next.is_ascii_digit());
                (Token::Number(digits.parse().map_err(|_| digits.to_owned())?), digits.len())
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let word = taken(rest, 0, is_word);
                (Token::Word(word.to_owned()), word.len())
            }
            other => {
                let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)).ok_or(other.to_string())?;
                (Token::Symbol(symbol), symbol.len())
            }
        };
        found.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(found)
}

/// The first `skip` bytes of `text` and the characters after them that fit.
fn taken(text: &str, skip: usize, fits: impl Fn(char) -> bool) -> &str {
    let tail = text.get(skip..).unwrap_or_default();
    let length = tail.find(|next| !fits(next)).unwrap_or(tail.len());
    text.get(..skip + length).unwrap_or(text)
}
