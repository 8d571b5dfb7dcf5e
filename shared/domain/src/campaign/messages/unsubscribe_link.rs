//! The unsubscribe link at the end of every marketing e-mail: a line in the recipient's language,
//! placed under the operator's text.
//!
//! The headers from which mail programs make an unsubscribe button are set in `channels`.

use super::render::RenderedMessage;
use crate::kernel::language::Language;

fn link_text(language: Language) -> &'static str {
    match language {
        Language::Arabic => "لا أريد مزيدًا من العروض عبر البريد الإلكتروني",
        Language::ChineseSimplified => "不再接收优惠邮件",
        Language::ChineseTraditional => "不再接收優惠電子郵件",
        Language::English => "No more offers by e-mail",
        Language::French => "Ne plus recevoir d’offres par e-mail",
        Language::German => "Keine Angebote mehr per E-Mail",
        Language::Hindi => "ईमेल पर और ऑफ़र नहीं चाहिए",
        Language::Indonesian => "Berhenti menerima penawaran lewat email",
        Language::Italian => "Non voglio più offerte via e-mail",
        Language::PortugueseOfBrazil => "Não quero mais ofertas por e-mail",
        Language::PortugueseOfPortugal => "Não quero mais ofertas por e-mail",
        Language::Spanish => "No quiero más ofertas por correo",
        Language::Turkish => "Artık e-posta ile teklif almak istemiyorum",
    }
}

impl RenderedMessage {
    /// Adds `link` at the end of an e-mail. Messages on other channels stay as they are, because
    /// those channels have other ways to opt out.
    #[must_use]
    pub fn with_unsubscribe_link(self, link: &str, language: Language) -> Self {
        match self {
            RenderedMessage::Email { subject, preheader, html, text } => {
                let words = link_text(language);
                let (tag, direction) = (language.tag(), language.direction().as_str());
                let line = format!(
                    "<p lang=\"{tag}\" dir=\"{direction}\" style=\"margin:24px 0 8px;font:12px/1.5 sans-serif;color:#666\"><a href=\"{}\" style=\"color:#666\">{words}</a></p>",
                    escape_attribute(link)
                );
                let html = append_to_body(html, &line);
                let text = format!("{}\n\n{words}: {link}\n", text.trim_end());
                RenderedMessage::Email { subject, preheader, html, text }
            }
            other @ (RenderedMessage::Sms { .. } | RenderedMessage::Push { .. }) => other,
        }
    }
}

/// Appends the line, inside the body if the HTML is a whole document.
pub(super) fn append_to_body(html: String, line: &str) -> String {
    let lower = html.to_ascii_lowercase();
    match lower.rfind("</body").and_then(|at| html.split_at_checked(at)) {
        Some((before, after)) => format!("{before}{line}{after}"),
        None => html + line,
    }
}

fn escape_attribute(link: &str) -> String {
    link.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(html: &str) -> RenderedMessage {
        RenderedMessage::Email {
            subject: "s".into(),
            preheader: None,
            html: html.into(),
            text: "Hello\n".into(),
        }
    }

    #[test]
    fn the_link_is_at_the_end_of_both_parts_in_the_recipients_language() {
        for (html, end) in [
            ("<p>Hi</p>", "</a></p>"),
            ("<html><BODY><p>Hi</p></BODY></html>", "</a></p></BODY></html>"),
        ] {
            let RenderedMessage::Email { html, text, .. } =
                email(html).with_unsubscribe_link("https://a/u/x?a=1&b=\"", Language::German)
            else {
                unreachable!("an e-mail stays one")
            };
            assert!(html.ends_with(end), "{html}");
            assert!(html.contains("href=\"https://a/u/x?a=1&amp;b=&quot;\""), "{html}");
            assert_eq!(text, "Hello\n\nKeine Angebote mehr per E-Mail: https://a/u/x?a=1&b=\"\n");
        }
        let RenderedMessage::Email { text, .. } =
            email("").with_unsubscribe_link("l", Language::English)
        else {
            unreachable!("an e-mail stays one")
        };
        assert!(text.contains("No more offers by e-mail: l"));
    }

    #[test]
    fn other_channels_stay_as_they_are() {
        let push = RenderedMessage::Push { title: "t".into(), body: "b".into() };
        assert!(push.clone().with_unsubscribe_link("l", Language::English) == push);
    }
}
