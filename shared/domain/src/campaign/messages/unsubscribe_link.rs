//! The unsubscribe link at the end of every marketing e-mail: a line in the recipient's language,
//! placed under the operator's text.
//!
//! The headers from which mail programs make an unsubscribe button are set in `channels`.

use super::render::escape_html;
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

/// The unsubscribe link of one e-mail, and the language of its words.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnsubscribeLine<'a> {
    pub(super) link: &'a str,
    pub(super) language: Language,
}

impl UnsubscribeLine<'_> {
    /// Returns the line as HTML in a colour.
    pub(super) fn html(&self, color: &str) -> String {
        let words = link_text(self.language);
        let (tag, direction) = (self.language.tag(), self.language.direction().as_str());
        format!(
            "<p lang=\"{tag}\" dir=\"{direction}\" style=\"margin:24px 0 8px;font:12px/1.5 sans-serif;color:{color}\"><a href=\"{}\" style=\"color:{color}\">{words}</a></p>",
            escape_html(self.link)
        )
    }

    /// Returns the plain part with the line at its end.
    pub(super) fn below(&self, text: &str) -> String {
        format!("{}\n\n{}: {}\n", text.trim_end(), link_text(self.language), self.link)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_at_the_end_of_both_parts_in_the_recipients_language() {
        let line = UnsubscribeLine { link: "https://a/u/x?a=1&b=\"", language: Language::German };
        for (html, end) in [
            ("<p>Hi</p>", "</a></p>"),
            ("<html><BODY><p>Hi</p></BODY></html>", "</a></p></BODY></html>"),
        ] {
            let html = append_to_body(html.to_owned(), &line.html("#666666"));
            assert!(html.ends_with(end), "{html}");
            assert!(html.contains("href=\"https://a/u/x?a=1&amp;b=&quot;\""), "{html}");
        }
        assert_eq!(
            line.below("Hello\n"),
            "Hello\n\nKeine Angebote mehr per E-Mail: https://a/u/x?a=1&b=\"\n"
        );
        let line = UnsubscribeLine { link: "l", language: Language::English };
        assert!(line.below("").contains("No more offers by e-mail: l"));
        let line = UnsubscribeLine { link: "l", language: Language::Arabic };
        assert!(line.html("#666666").starts_with("<p lang=\"ar\" dir=\"rtl\""));
    }
}
