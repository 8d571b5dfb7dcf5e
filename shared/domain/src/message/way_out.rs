//! The way out that every marketing e-mail ends with: a line in the reader's language, put under what the operator wrote. The headers
//! that mail programs make a button of are the channel's business.

use super::render::Rendered;
use crate::customer::Locale;

/// In the languages that we know; English else.
fn words(language: &str) -> &'static str {
    match language {
        "de" => "Keine Angebote mehr per E-Mail",
        "es" => "No quiero más ofertas por correo",
        "fr" => "Ne plus recevoir d’offres par e-mail",
        "it" => "Non voglio più offerte via e-mail",
        "pt" => "Não quero mais ofertas por e-mail",
        _ => "No more offers by e-mail",
    }
}

impl Rendered {
    /// An e-mail with `link` at its end; other channels have other ways out, and stay as they are.
    #[must_use]
    pub fn with_way_out(self, link: &str, locale: Option<&Locale>) -> Self {
        match self {
            Rendered::Email { subject, preheader, html, text } => {
                let words = words(locale.map_or("en", Locale::language));
                let line = format!(
                    "<p style=\"margin:24px 0 8px;font:12px/1.5 sans-serif;color:#666\"><a href=\"{}\" style=\"color:#666\">{words}</a></p>",
                    escaped(link)
                );
                let html = under(html, &line);
                let text = format!("{}\n\n{words}: {link}\n", text.trim_end());
                Rendered::Email { subject, preheader, html, text }
            }
            other @ (Rendered::Sms { .. } | Rendered::Push { .. }) => other,
        }
    }
}

/// Inside of the body, if it is a whole document.
pub(super) fn under(html: String, line: &str) -> String {
    let lower = html.to_ascii_lowercase();
    match lower.rfind("</body").and_then(|at| html.split_at_checked(at)) {
        Some((before, after)) => format!("{before}{line}{after}"),
        None => html + line,
    }
}

fn escaped(link: &str) -> String {
    link.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(html: &str) -> Rendered {
        Rendered::Email { subject: "s".into(), preheader: None, html: html.into(), text: "Hello\n".into() }
    }

    #[test]
    fn it_stands_at_the_end_of_both_parts_in_the_readers_language() {
        let locale = Locale::parse("de-AT").unwrap();
        for (html, end) in
            [("<p>Hi</p>", "</a></p>"), ("<html><BODY><p>Hi</p></BODY></html>", "</a></p></BODY></html>")]
        {
            let Rendered::Email { html, text, .. } = email(html).with_way_out("https://a/u/x?a=1&b=\"", Some(&locale))
            else {
                unreachable!("an e-mail stays one")
            };
            assert!(html.ends_with(end), "{html}");
            assert!(html.contains("href=\"https://a/u/x?a=1&amp;b=&quot;\""), "{html}");
            assert_eq!(text, "Hello\n\nKeine Angebote mehr per E-Mail: https://a/u/x?a=1&b=\"\n");
        }
        let Rendered::Email { text, .. } = email("").with_way_out("l", None) else {
            unreachable!("an e-mail stays one")
        };
        assert!(text.contains("No more offers by e-mail: l"));
    }

    #[test]
    fn other_channels_stay_as_they_are() {
        let push = Rendered::Push { title: "t".into(), body: "b".into() };
        assert!(push.clone().with_way_out("l", None) == push);
    }
}
