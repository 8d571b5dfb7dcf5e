//! Typed configuration from the environment, read once at start. A missing or unreadable value
//! stops the function with the name of the variable.

use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("the environment variable {0} is missing or empty")]
    Missing(&'static str),
    #[error("the environment variable {name} is not {expected}")]
    Unreadable { name: &'static str, expected: &'static str },
}

/// Returns the value of `name`; an empty value counts as missing.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

/// Returns the value of `name`, or `None` if it is missing or empty.
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns a number, or `default` if the variable is not set. A value that is not a number is an
/// error.
pub fn number<N: FromStr>(name: &'static str, default: N) -> Result<N, ConfigError> {
    parsed(name, default, "a number in range", |text| text.parse().ok())
}

/// Returns a value that `parse` understands, or `default` if the variable is not set.
pub fn parsed<T>(
    name: &'static str,
    default: T,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, ConfigError> {
    match optional(name) {
        None => Ok(default),
        Some(text) => parse(&text).ok_or(ConfigError::Unreadable { name, expected }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_named() {
        assert_eq!(required("SURELY_NOT_SET"), Err(ConfigError::Missing("SURELY_NOT_SET")));
        assert_eq!(number("SURELY_NOT_SET", 7u32), Ok(7));
    }

    #[test]
    fn nonsense_is_an_error_and_not_the_default() {
        let expected = "a number in range";
        assert_eq!(number("PATH", 7u32), Err(ConfigError::Unreadable { name: "PATH", expected }));
    }
}
