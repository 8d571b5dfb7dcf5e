//! The brand settings of a tenant's e-mails: sender's name, reply address, logo, colours, and the
//! footer with postal address and support.
//!
//! They are checked when an operator saves them; none of them is needed to send. After it:
//! `messages::brand_frame` and `messages::email_design`, which put them around a campaign's e-mail,
//! and the e-mail worker, which sends with the sender's name and the reply address.

pub mod color;

use std::fmt;

use serde::{Deserialize, Serialize};

use color::Color;

use crate::{
    customer::profile::Email,
    kernel::{validation::FieldError, web_link::is_picture_url},
};

/// Longest sender name, in characters; mail programs show about thirty.
pub const MAX_SENDER_NAME: usize = 60;
/// Longest logo URL, in bytes. Mail programs fetch the image, so its address is public.
pub const MAX_LOGO_URL: usize = 500;
/// Longest postal address, in characters.
pub const MAX_POSTAL_ADDRESS: usize = 300;
pub const MAX_SUPPORT: usize = 200;

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrandSettings {
    /// Name before the sender's address: `Marketplace <offers@example.com>`. 1 to 60 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = "Marketplace"))]
    pub sender_name: Option<String>,
    /// Address that replies go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = "help@example.com"))]
    pub reply_to: Option<Email>,
    /// An image at a public `https` address, shown above e-mails that bring no design of their own.
    /// It is shown 40 pixels high; one of twice that height is sharp on every screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "https://cdn.example.com/logo.png")
    )]
    pub logo_url: Option<String>,
    /// The same logo for dark mode, in e-mails made of blocks. Without it the logo stands on a white
    /// plate there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "https://cdn.example.com/logo-dark.png")
    )]
    pub logo_dark_url: Option<String>,
    /// Colour of buttons, of the line above such e-mails and of links. The text on a button is
    /// white or black, whichever can be read better.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "#0a7d4b", pattern = "^#[0-9a-fA-F]{6}$")
    )]
    pub color: Option<String>,
    /// Colour around the e-mail's page, in light mode; a light grey if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "#f4f1ea", pattern = "^#[0-9a-fA-F]{6}$")
    )]
    pub background_color: Option<String>,
    /// Postal address in the footer of every e-mail; several countries require one. At most 300
    /// characters, on several lines if needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "Marketplace Ltd, 1 Example Street, 28001 Madrid")
    )]
    pub postal_address: Option<String>,
    /// Support contact in the footer: an e-mail address, an `https` address, or a few words. At
    /// most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "https://example.com/help")
    )]
    pub support: Option<String>,
}

/// Prints the sender's name only. The reply address redacts itself; the rest is printed on every
/// e-mail anyway.
impl fmt::Debug for BrandSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrandSettings")
            .field("sender_name", &self.sender_name)
            .finish_non_exhaustive()
    }
}

impl BrandSettings {
    /// Checks for everything that would break a header, an attribute or a line. Each error has its
    /// pointer.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut require = |field: &str, good: bool, detail: String| {
            if !good {
                errors.push(FieldError::new(field, "invalid", detail));
            }
        };
        if let Some(name) = &self.sender_name {
            let detail = format!(
                "1 to {MAX_SENDER_NAME} characters on one line, without quotes, backslashes, < > and @"
            );
            require(
                "/sender_name",
                is_one_line(name, MAX_SENDER_NAME) && !name.contains(['"', '\\', '<', '>', '@']),
                detail,
            );
        }
        if let Some(reply_to) = &self.reply_to {
            let detail = "the provider sends to mailboxes in ASCII only".to_owned();
            require("/reply_to", reply_to.is_sendable(), detail);
        }
        for (field, url) in [("/logo_url", &self.logo_url), ("/logo_dark_url", &self.logo_dark_url)]
        {
            if let Some(url) = url {
                let detail = format!("an https address of at most {MAX_LOGO_URL} bytes");
                require(field, is_picture_url(url, MAX_LOGO_URL), detail);
            }
        }
        for (field, color) in
            [("/color", &self.color), ("/background_color", &self.background_color)]
        {
            if let Some(color) = color {
                let detail = "six hexadecimal digits after #, such as #0a7d4b".to_owned();
                require(field, Color::parse(color).is_some(), detail);
            }
        }
        if let Some(address) = &self.postal_address {
            let good = address.lines().all(|line| !line.chars().any(char::is_control));
            let good =
                good && !address.trim().is_empty() && address.chars().count() <= MAX_POSTAL_ADDRESS;
            require(
                "/postal_address",
                good,
                format!("1 to {MAX_POSTAL_ADDRESS} characters, on lines"),
            );
        }
        if let Some(support) = &self.support {
            require(
                "/support",
                is_one_line(support, MAX_SUPPORT),
                format!("1 to {MAX_SUPPORT} characters on one line"),
            );
        }
        errors
    }
}

fn is_one_line(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(settings: serde_json::Value) -> Vec<String> {
        let settings: BrandSettings = serde_json::from_value(settings).unwrap();
        settings.check().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn good_settings_and_none_are_kept() {
        let all = json!({
            "sender_name": "Mercado Ñandú", "reply_to": "help@example.com", "logo_url": "https://cdn.example.com/a.png?v=2",
            "logo_dark_url": "https://cdn.example.com/b.png", "background_color": "#f4f1ea",
            "color": "#0A7d4b", "postal_address": "Marketplace Ltd\n1 Example Street", "support": "help@example.com",
        });
        assert_eq!(fields(all), [""; 0]);
        assert_eq!(fields(json!({})), [""; 0]);
    }

    #[test]
    fn what_would_break_a_header_or_an_attribute_is_refused_by_its_field() {
        for (field, values) in [
            ("sender_name", vec!["", " ", "A\r\nBcc: x", "A <a@b.c>", "a\"b", "a\\b"]),
            (
                "logo_url",
                vec![
                    "http://a.b/c",
                    "https://a",
                    "https://a.b/\"onload=",
                    "javascript:x",
                    "https://u@a.b/",
                    "https://a.b/ c",
                ],
            ),
            ("logo_dark_url", vec!["http://a.b/c", "data:image/png;base64,AA"]),
            ("color", vec!["red", "#fff", "#12345g", "#0a7d4b;x"]),
            ("background_color", vec!["", "transparent", "#0a7d4"]),
            ("postal_address", vec!["", "a\u{0}b"]),
            ("support", vec!["", "a\nb"]),
        ] {
            for value in values {
                assert_eq!(fields(json!({field: value})), [format!("/{field}")], "{value:?}");
            }
            assert_eq!(fields(json!({field: "x".repeat(600)})), [format!("/{field}")]);
        }
        assert!(serde_json::from_value::<BrandSettings>(json!({"reply_to": "nobody"})).is_err());
        assert!(serde_json::from_value::<BrandSettings>(json!({"colour": "#ffffff"})).is_err());
    }
}
