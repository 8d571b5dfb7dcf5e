//! Splits an expression into tokens.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionToken {
    /// An attribute's name, a keyword or a function.
    Word(String),
    /// A placeholder of a name: `#name`.
    Name(String),
    /// A placeholder of a value: `:value`.
    Value(String),
    /// An index into a list.
    Number(usize),
    Symbol(&'static str),
}

impl fmt::Display for ExpressionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) | Self::Name(text) | Self::Value(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Symbol(text) => f.write_str(text),
        }
    }
}

/// Symbols, longer ones first, because the first match is used.
const SYMBOLS: [&str; 14] =
    ["<>", "<=", ">=", "<", ">", "=", "(", ")", ",", ".", "[", "]", "+", "-"];

/// Returns the tokens, or as an error the text that is not a token.
pub fn tokenize(text: &str) -> Result<Vec<ExpressionToken>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |next: char| next.is_ascii_alphanumeric() || next == '_';
        let (token, length) = match first {
            '#' | ':' => {
                let word = matching_prefix(rest, 1, is_word);
                let token = if first == '#' {
                    ExpressionToken::Name(word.to_owned())
                } else {
                    ExpressionToken::Value(word.to_owned())
                };
                if word.len() < 2 {
                    return Err(word.to_owned());
                }
                (token, word.len())
            }
            '0'..='9' => {
                let digits = matching_prefix(rest, 0, |next| next.is_ascii_digit());
                (
                    ExpressionToken::Number(digits.parse().map_err(|_| digits.to_owned())?),
                    digits.len(),
                )
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let word = matching_prefix(rest, 0, is_word);
                (ExpressionToken::Word(word.to_owned()), word.len())
            }
            other => {
                let symbol = SYMBOLS
                    .into_iter()
                    .find(|symbol| rest.starts_with(symbol))
                    .ok_or(other.to_string())?;
                (ExpressionToken::Symbol(symbol), symbol.len())
            }
        };
        found.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(found)
}

/// Returns the first `skip` bytes of `text` and the matching characters after them.
fn matching_prefix(text: &str, skip: usize, fits: impl Fn(char) -> bool) -> &str {
    let tail = text.get(skip..).unwrap_or_default();
    let length = tail.find(|next| !fits(next)).unwrap_or(tail.len());
    text.get(..skip + length).unwrap_or(text)
}
