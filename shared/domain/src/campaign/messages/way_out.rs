//! The way out that an SMS offers: a reply, or a link, in words of the message's language.
//!
//! Guarantees: the words of languages in Latin script are within GSM 7-bit, so that no way out makes
//! a message cost twice; STOP, which every language understands (`customer::reply_words`), is the
//! word to reply.

use crate::kernel::language::Language;

/// The characters of a link by which somebody leaves, below its base: see
/// [`leaving_link`](crate::customer::leaving_link).
pub use crate::customer::leaving_link::CODE_LENGTH as LINK_CODE_LENGTH;

/// The longest number that replies go to, in characters.
pub const MAX_REPLY_NUMBER: usize = 16;

/// The way out of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayOut {
    /// A reply, to another number than the message comes from if one is named.
    Reply {
        number: Option<String>,
    },
    Link(String),
    /// The tenant offers none, for a reason that it has written down.
    Nothing,
}

impl WayOut {
    /// Returns the words that stand in the message; none are an empty text.
    pub fn text(&self, language: Language) -> String {
        let words = words(language);
        match self {
            Self::Reply { number: None } => words.reply.to_owned(),
            Self::Reply { number: Some(number) } => words.reply_to.replace("{}", number),
            Self::Link(link) => words.link.replace("{}", link),
            Self::Nothing => String::new(),
        }
    }

    /// Returns a way out of each kind, with the longest number, and the longest link below a base of
    /// `base` characters.
    pub(super) fn longest(base: usize) -> [Self; 3] {
        [
            Self::Reply { number: None },
            Self::Reply { number: Some("9".repeat(MAX_REPLY_NUMBER)) },
            Self::Link("x".repeat(base + 1 + LINK_CODE_LENGTH)),
        ]
    }
}

/// The words of one language; `{}` is the number or the link.
struct WayOutWords {
    reply: &'static str,
    reply_to: &'static str,
    link: &'static str,
}

const fn say(reply: &'static str, reply_to: &'static str, link: &'static str) -> WayOutWords {
    WayOutWords { reply, reply_to, link }
}

fn words(language: Language) -> WayOutWords {
    match language {
        Language::Arabic => say("للإيقاف أرسل STOP", "للإيقاف أرسل STOP إلى {}", "للإيقاف: {}"),
        Language::ChineseSimplified => say("退订请回复 STOP", "退订请发送 STOP 至 {}", "退订：{}"),
        Language::ChineseTraditional => say("退訂請回覆 STOP", "退訂請傳送 STOP 至 {}", "退訂：{}"),
        Language::English => say("Reply STOP to end", "To end, text STOP to {}", "End: {}"),
        Language::French => say("Pour sortir, répondez STOP", "STOP au {}", "Stop SMS : {}"),
        Language::German => say("Abmelden: STOP antworten", "Abmelden: STOP an {}", "Abmelden: {}"),
        Language::Hindi => say("बंद करने के लिए STOP भेजें", "बंद करने के लिए {} पर STOP भेजें", "बंद करें: {}"),
        Language::Indonesian => {
            say("Berhenti: balas STOP", "Berhenti: kirim STOP ke {}", "Berhenti: {}")
        }
        Language::Italian => {
            say("Per uscire rispondi STOP", "Per uscire: STOP al {}", "Stop SMS: {}")
        }
        Language::PortugueseOfBrazil => {
            say("Para sair, responda STOP", "Para sair, envie STOP para {}", "Sair: {}")
        }
        Language::PortugueseOfPortugal => {
            say("Para sair, responda STOP", "Para sair, envie STOP para {}", "Sair: {}")
        }
        Language::Spanish => say("Baja: responde STOP", "Baja: STOP al {}", "Baja: {}"),
        Language::Turkish => say("SMS ret: STOP yaz", "SMS ret: STOP yaz {}", "SMS ret: {}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::messages::sms;

    #[test]
    fn a_way_out_names_what_to_do_in_every_language() {
        for language in Language::ALL {
            let reply = WayOut::Reply { number: None }.text(language);
            assert!(reply.contains("STOP"), "{reply}");
            let to = WayOut::Reply { number: Some("36200".into()) }.text(language);
            assert!(to.contains("STOP") && to.contains("36200"), "{to}");
            let link = WayOut::Link("https://a.b/u/1".into()).text(language);
            assert!(link.contains("https://a.b/u/1") && !link.contains("STOP"), "{link}");
            assert_eq!(WayOut::Nothing.text(language), "");
        }
    }

    #[test]
    fn no_way_out_in_latin_letters_makes_a_message_cost_twice() {
        for language in Language::ALL {
            for way_out in WayOut::longest(20) {
                let text = way_out.text(language);
                let is_latin = text.chars().all(|letter| letter < '\u{250}');
                if is_latin {
                    assert!(sms::characters_outside_gsm7(&text).is_empty(), "{text}");
                }
            }
        }
    }

    #[test]
    fn the_words_in_full() {
        let texts: Vec<String> = [Language::English, Language::French, Language::Spanish]
            .into_iter()
            .flat_map(|language| {
                [WayOut::Reply { number: None }, WayOut::Reply { number: Some("+34600".into()) }]
                    .map(|way_out| way_out.text(language))
            })
            .collect();
        assert_eq!(
            texts,
            [
                "Reply STOP to end",
                "To end, text STOP to +34600",
                "Pour sortir, répondez STOP",
                "STOP au +34600",
                "Baja: responde STOP",
                "Baja: STOP al +34600",
            ]
        );
    }
}
