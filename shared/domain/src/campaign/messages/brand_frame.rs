//! The brand frame around an e-mail whose HTML is written by hand, and the footer of every e-mail.
//!
//! It adds logo and colour above a body that has no design of its own. Under every e-mail it adds
//! the sender's postal address and the support contact, if they are set, and then the unsubscribe
//! link (`unsubscribe_link`). It reads the tenant's settings. Everything it inserts is escaped text
//! and two checked attributes.

use super::{
    render::escape_html,
    unsubscribe_link::{UnsubscribeLine, append_to_body},
};
use crate::{campaign::brand::BrandSettings, kernel::locale::TextDirection};

const GREY: &str = "#666666";

/// Puts the whole frame around a body that is written by hand.
pub(super) fn frame_written(
    (html, text): (String, String),
    brand: &BrandSettings,
    unsubscribe: Option<UnsubscribeLine<'_>>,
) -> (String, String) {
    let (html, text) = with_brand_footer(html, text, brand);
    match unsubscribe {
        Some(line) => (append_to_body(html, &line.html(GREY)), line.below(&text)),
        None => (html, text),
    }
}

/// Returns what stands below an e-mail made of blocks, as HTML that inherits its colour.
pub(super) fn footer_html(
    brand: &BrandSettings,
    unsubscribe: Option<UnsubscribeLine<'_>>,
) -> String {
    let line = unsubscribe.map(|line| line.html("inherit")).unwrap_or_default();
    footer_lines(brand, "inherit").join("<br>") + &line
}

/// Returns a plain part with the footer below it.
pub(super) fn with_text_footer(
    text: String,
    brand: &BrandSettings,
    unsubscribe: Option<UnsubscribeLine<'_>>,
) -> String {
    let (_, text) = with_brand_footer(String::new(), text, brand);
    unsubscribe.map_or_else(|| text.clone(), |line| line.below(&text))
}

/// Puts logo and colour at the top of the body. A whole HTML document stays as it is, because it
/// has a design of its own.
pub(super) fn with_brand_header(html: String, brand: &BrandSettings, name: &str) -> String {
    if is_document(&html) || (brand.logo_url.is_none() && brand.color.is_none()) {
        return html;
    }
    let border =
        brand.color.as_deref().map(|color| format!("border-top:4px solid {};", escape_html(color)));
    let logo = brand.logo_url.as_deref().map(|url| {
        let (url, name) = (escape_html(url), escape_html(name));
        format!("<img src=\"{url}\" alt=\"{name}\" height=\"40\" style=\"display:block;height:40px;border:0\">")
    });
    let (border, logo) = (border.unwrap_or_default(), logo.unwrap_or_default());
    format!("<div style=\"{border}padding:16px 0\">{logo}</div>{html}")
}

/// Adds postal address and support contact under the HTML part and the text part.
fn with_brand_footer(html: String, text: String, brand: &BrandSettings) -> (String, String) {
    let shown = footer_lines(brand, brand.color.as_deref().unwrap_or(GREY));
    if shown.is_empty() {
        return (html, text);
    }
    let footer = format!(
        "<p style=\"margin:24px 0 0;font:12px/1.5 sans-serif;color:{GREY}\">{}</p>",
        shown.join("<br>")
    );
    let plain: Vec<&str> = address_lines(brand).chain(brand.support.as_deref()).collect();
    (append_to_body(html, &footer), format!("{}\n\n-- \n{}\n", text.trim_end(), plain.join("\n")))
}

fn address_lines(brand: &BrandSettings) -> impl Iterator<Item = &str> {
    brand.postal_address.iter().flat_map(|address| address.lines()).map(str::trim)
}

/// Returns postal address and support contact as lines of HTML. Each is read in its own direction:
/// an address in Latin letters keeps its order below an Arabic text.
fn footer_lines(brand: &BrandSettings, color: &str) -> Vec<String> {
    let support = brand.support.as_deref().map(|support| support_link(support, color));
    let lines = address_lines(brand).map(escape_html).chain(support);
    lines.map(|line| format!("<span dir=\"auto\">{line}</span>")).collect()
}

/// Renders the support contact: a link if it is a URL or an e-mail address, plain text otherwise.
fn support_link(support: &str, color: &str) -> String {
    let link = if support.starts_with("https://") && !support.contains(char::is_whitespace) {
        support.to_owned()
    } else if crate::customer::profile::Email::parse(support).is_ok() {
        format!("mailto:{support}")
    } else {
        return escape_html(support);
    };
    format!(
        "<a href=\"{}\" style=\"color:{}\">{}</a>",
        escape_html(&link),
        escape_html(color),
        escape_html(support)
    )
}

/// Sets the reading direction of a body that has no design of its own. Left to right is what mail
/// programs assume.
pub(super) fn in_direction(html: String, direction: TextDirection) -> String {
    match direction {
        TextDirection::RightToLeft if !is_document(&html) => {
            format!("<div dir=\"rtl\">{html}</div>")
        }
        TextDirection::LeftToRight | TextDirection::RightToLeft => html,
    }
}

fn is_document(html: &str) -> bool {
    let lower = html.to_ascii_lowercase();
    ["<html", "<body", "<!doctype"].iter().any(|tag| lower.contains(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand() -> BrandSettings {
        BrandSettings {
            logo_url: Some("https://cdn.example.com/l.png?a=1&b=2".into()),
            color: Some("#0a7d4b".into()),
            postal_address: Some("Fish & <Chips> Ltd\n1 Example Street".into()),
            support: Some("help@example.com".into()),
            ..BrandSettings::default()
        }
    }

    #[test]
    fn logo_and_colour_are_above_a_plain_body_and_not_above_a_design() {
        let html = with_brand_header("<p>Hi</p>".into(), &brand(), "Marketplace \"1\"");
        assert!(html.starts_with("<div style=\"border-top:4px solid #0a7d4b;padding:16px 0\"><img src=\"https://cdn.example.com/l.png?a=1&amp;b=2\" alt=\"Marketplace &quot;1&quot;\""), "{html}");
        assert!(html.ends_with("</div><p>Hi</p>"), "{html}");
        for own in ["<!doctype html><p>", "<HTML><p>", "<body class=x><p>"] {
            assert_eq!(with_brand_header(own.into(), &brand(), "M"), own);
        }
        assert_eq!(with_brand_header("<p>".into(), &BrandSettings::default(), "M"), "<p>");
    }

    #[test]
    fn the_footer_is_in_both_parts_and_is_text() {
        let (html, text) =
            with_brand_footer("<body><p>Hi</p></body>".into(), "Hi\n".into(), &brand());
        assert!(
            html.contains("<span dir=\"auto\">Fish &amp; &lt;Chips&gt; Ltd</span><br><span dir=\"auto\">1 Example Street</span><br><span dir=\"auto\"><a href=\"mailto:help@example.com\""),
            "{html}"
        );
        assert!(html.ends_with("</p></body>"), "{html}");
        assert_eq!(text, "Hi\n\n-- \nFish & <Chips> Ltd\n1 Example Street\nhelp@example.com\n");
        let words = BrandSettings { support: Some("Call <us>".into()), ..BrandSettings::default() };
        assert!(
            with_brand_footer(String::new(), String::new(), &words)
                .0
                .contains("Call &lt;us&gt;</span></p>")
        );
        let none = with_brand_footer("a".into(), "b".into(), &BrandSettings::default());
        assert_eq!(none, ("a".to_owned(), "b".to_owned()));
    }
}
