//! The page: one question or one answer, in the customer's language. It loads nothing from
//! anywhere.

mod shared_note;

use axum::response::{IntoResponse, Response};
use domain::kernel::channel::Channel;
use http::header;
use shared_note::shared_note;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsubscribePage {
    /// Asks whether to unsubscribe from the channel.
    Ask(Channel),
    /// Confirms that the customer gets no more messages on the channel.
    Done(Channel),
    /// Reports that the link is not ours or was cut off.
    BadLink,
}

struct PageTexts {
    language: &'static str,
    ask: [&'static str; 3],
    button: &'static str,
    done: [&'static str; 3],
    later: &'static str,
    bad: &'static str,
}

/// The English texts. Arrays are in the order SMS, e-mail, push.
const ENGLISH: PageTexts = PageTexts {
    language: "en",
    ask: ["No more offers by SMS?", "No more offers by e-mail?", "No more offers by push message?"],
    button: "No more offers",
    done: [
        "You get no more offers by SMS.",
        "You get no more offers by e-mail.",
        "You get no more offers by push message.",
    ],
    later: "You can change this in the app at any time.",
    bad: "This link is not complete. Please open it from the message again.",
};
const TRANSLATIONS: [PageTexts; 5] = [
    PageTexts {
        language: "de",
        ask: [
            "Keine Angebote mehr per SMS?",
            "Keine Angebote mehr per E-Mail?",
            "Keine Angebote mehr als Push-Nachricht?",
        ],
        button: "Keine Angebote mehr",
        done: [
            "Du bekommst keine Angebote mehr per SMS.",
            "Du bekommst keine Angebote mehr per E-Mail.",
            "Du bekommst keine Angebote mehr als Push-Nachricht.",
        ],
        later: "In der App kannst du das jederzeit ändern.",
        bad: "Dieser Link ist nicht vollständig. Öffne ihn bitte noch einmal aus der Nachricht.",
    },
    PageTexts {
        language: "es",
        ask: [
            "¿No quieres más ofertas por SMS?",
            "¿No quieres más ofertas por correo?",
            "¿No quieres más ofertas por notificación?",
        ],
        button: "No quiero más ofertas",
        done: [
            "Ya no recibirás ofertas por SMS.",
            "Ya no recibirás ofertas por correo.",
            "Ya no recibirás ofertas por notificación.",
        ],
        later: "Puedes cambiarlo en la app cuando quieras.",
        bad: "Este enlace no está completo. Ábrelo de nuevo desde el mensaje.",
    },
    PageTexts {
        language: "fr",
        ask: [
            "Ne plus recevoir d’offres par SMS ?",
            "Ne plus recevoir d’offres par e-mail ?",
            "Ne plus recevoir d’offres par notification ?",
        ],
        button: "Ne plus recevoir d’offres",
        done: [
            "Vous ne recevrez plus d’offres par SMS.",
            "Vous ne recevrez plus d’offres par e-mail.",
            "Vous ne recevrez plus d’offres par notification.",
        ],
        later: "Vous pouvez changer d’avis à tout moment dans l’application.",
        bad: "Ce lien n’est pas complet. Ouvrez-le de nouveau depuis le message.",
    },
    PageTexts {
        language: "it",
        ask: [
            "Non vuoi più offerte via SMS?",
            "Non vuoi più offerte via e-mail?",
            "Non vuoi più offerte via notifica?",
        ],
        button: "Non voglio più offerte",
        done: [
            "Non riceverai più offerte via SMS.",
            "Non riceverai più offerte via e-mail.",
            "Non riceverai più offerte via notifica.",
        ],
        later: "Puoi cambiare idea nell’app in qualsiasi momento.",
        bad: "Questo link non è completo. Aprilo di nuovo dal messaggio.",
    },
    PageTexts {
        language: "pt",
        ask: [
            "Não quer mais ofertas por SMS?",
            "Não quer mais ofertas por e-mail?",
            "Não quer mais ofertas por notificação?",
        ],
        button: "Não quero mais ofertas",
        done: [
            "Não vai receber mais ofertas por SMS.",
            "Não vai receber mais ofertas por e-mail.",
            "Não vai receber mais ofertas por notificação.",
        ],
        later: "Pode mudar isto na app a qualquer momento.",
        bad: "Este link não está completo. Abra-o de novo a partir da mensagem.",
    },
];

const STYLE: &str = "body{margin:0;font:17px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#f6f6f4}\
main{max-width:26rem;margin:18vh auto 0;padding:0 1.5rem}\
.brand{margin:0 0 1.5rem;font-size:.85rem;color:#666}\
h1{margin:0 0 1rem;font-size:1.4rem;line-height:1.3}\
button{font:inherit;padding:.7rem 1.2rem;border:0;border-radius:.5rem;background:#1a1a1a;color:#fff;cursor:pointer}\
button:focus-visible{outline:3px solid #4b8bf5;outline-offset:2px}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}.brand{color:#999}button{background:#eee;color:#161616}}";

pub fn page_response(brand: &str, shown: &UnsubscribePage, language: Option<&str>) -> Response {
    let words =
        TRANSLATIONS.iter().find(|words| Some(words.language) == language).unwrap_or(&ENGLISH);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (shown.status(), headers, render_html(brand, shown, words)).into_response()
}

fn render_html(brand: &str, shown: &UnsubscribePage, words: &PageTexts) -> String {
    let (title, rest) = match shown {
        UnsubscribePage::Ask(channel) => (
            text_for(&words.ask, *channel),
            format!("<form method=\"post\"><button>{}</button></form>", words.button),
        ),
        UnsubscribePage::Done(channel) => {
            (text_for(&words.done, *channel), format!("<p>{}</p>", words.later))
        }
        UnsubscribePage::BadLink => (words.bad, String::new()),
    };
    let note = match shown {
        UnsubscribePage::Ask(channel) | UnsubscribePage::Done(channel) => {
            shared_note(words.language, *channel)
        }
        UnsubscribePage::BadLink => None,
    };
    let note = note.map(|note| format!("<p class=\"brand\">{note}</p>")).unwrap_or_default();
    let (language, brand) = (words.language, escape_html(brand));
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><p class=\"brand\">{brand}</p><h1>{title}</h1>{rest}{note}</main></body></html>\n"
    )
}

fn text_for(words: &[&'static str; 3], channel: Channel) -> &'static str {
    let [sms, email, push] = words;
    match channel {
        Channel::Sms => sms,
        Channel::Email => email,
        Channel::Push => push,
    }
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
