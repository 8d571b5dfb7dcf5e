//! The messages of the plays in English and Spanish: an SMS, an e-mail and a push made of the same
//! few sentences.
//!
//! The Spanish SMS uses no letter that would double the number of its segments. A vertical is named
//! as customers of the language call it; an unknown vertical is named by its code.

use serde_json::{Value, json};

/// The locale for customers whose language has no message, or whose locale is unknown.
const DEFAULT_LOCALE: &str = "en";

/// The sentences of one play.
pub(super) struct PlayTexts {
    en: PlaySentences,
    es: PlaySentences,
}

struct PlaySentences {
    /// Subject of the e-mail and title of the push.
    title: &'static str,
    /// Clause before the offer in the SMS.
    clause: &'static str,
    /// Sentence before the offer in the e-mail.
    sentence: &'static str,
}

/// The words that all plays share in one language.
struct LanguagePhrases {
    locale: &'static str,
    hello: &'static str,
    /// Preposition between an offer and its vertical.
    on: &'static str,
    from: &'static str,
    until: &'static str,
    button: &'static str,
    /// Names of verticals that many marketplaces have.
    verticals: [(&'static str, &'static str); 3],
}

const ENGLISH: LanguagePhrases = LanguagePhrases {
    locale: "en",
    hello: "Hi {{ first_name | default('there') }}",
    on: "on",
    from: "from",
    until: "until {{ redeem_by }}",
    button: "See your voucher",
    verticals: [("food", "food"), ("groceries", "groceries"), ("pharmacy", "pharmacy")],
};

const SPANISH: LanguagePhrases = LanguagePhrases {
    locale: "es",
    hello: "Hola {{ first_name | default('de nuevo') }}",
    on: "en",
    from: "desde",
    until: "hasta el {{ redeem_by }}",
    button: "Ver mi vale",
    verticals: [("food", "comida"), ("groceries", "supermercado"), ("pharmacy", "farmacia")],
};

pub(super) const WIN_BACK: PlayTexts = PlayTexts {
    en: PlaySentences {
        title: "We miss you at {{ brand }}",
        clause: "we miss you at {{ brand }}",
        sentence: "It has been a while since your last order. Come back to:",
    },
    es: PlaySentences {
        title: "Te echamos de menos en {{ brand }}",
        clause: "te echamos de menos en {{ brand }}",
        sentence: "Hace tiempo que no haces un pedido. Si vuelves, tienes:",
    },
};

pub(super) const CROSS_VERTICAL_TRIAL: PlayTexts = PlayTexts {
    en: PlaySentences {
        title: "Something new to try at {{ brand }}",
        clause: "try something new at {{ brand }}",
        sentence: "You know {{ brand }}, but not all of it. For your first try:",
    },
    es: PlaySentences {
        title: "Prueba algo nuevo en {{ brand }}",
        clause: "prueba algo nuevo en {{ brand }}",
        sentence: "Conoces {{ brand }}, pero no del todo. Para tu primera vez:",
    },
};

pub(super) const VIP_THANK_YOU: PlayTexts = PlayTexts {
    en: PlaySentences {
        title: "Thank you from {{ brand }}",
        clause: "thank you from {{ brand }}",
        sentence: "You are one of our best customers. As a thank-you:",
    },
    es: PlaySentences {
        title: "Gracias de parte de {{ brand }}",
        clause: "gracias de parte de {{ brand }}",
        sentence: "Eres de nuestros mejores clientes. Para darte las gracias:",
    },
};

pub(super) const VERTICAL_LAUNCH: PlayTexts = PlayTexts {
    en: PlaySentences {
        title: "New near you at {{ brand }}",
        clause: "new near you at {{ brand }}",
        sentence: "There is something new where you are. To start with:",
    },
    es: PlaySentences {
        title: "Novedad cerca de ti en {{ brand }}",
        clause: "novedad cerca de ti en {{ brand }}",
        sentence: "Hay algo nuevo donde vives. Para empezar:",
    },
};

pub(super) const CELEBRATION: PlayTexts = PlayTexts {
    en: PlaySentences {
        title: "Happy birthday from {{ brand }}",
        clause: "happy birthday from {{ brand }}",
        sentence: "Happy birthday! Our present for you:",
    },
    es: PlaySentences {
        title: "{{ brand }} te desea feliz cumpleaños",
        clause: "{{ brand }} te desea feliz cumpleaños",
        sentence: "¡Feliz cumpleaños! Nuestro regalo para ti:",
    },
};

/// Returns the messages of a play. If the offer is valid in one `vertical` only, the messages say
/// so.
pub(super) fn play_messages(play: PlayTexts, vertical: Option<&str>) -> Value {
    json!({"default_locale": DEFAULT_LOCALE, "locales": {
        ENGLISH.locale: ENGLISH.render_messages(&play.en, vertical),
        SPANISH.locale: SPANISH.render_messages(&play.es, vertical),
    }})
}

impl LanguagePhrases {
    fn render_messages(&self, words: &PlaySentences, vertical: Option<&str>) -> Value {
        let LanguagePhrases { hello, until, button, .. } = self;
        let PlaySentences { title, clause, sentence } = words;
        let offer = self.offer_text(vertical);
        json!({
            "sms": {"text": format!("{hello}, {clause}: {offer}, {until}. {{{{ voucher_link }}}}")},
            "push": {"title": title, "body": format!("{offer}, {until}.")},
            "email": {
                "subject": title,
                "preheader": format!("{offer}, {until}."),
                "blocks": [
                    {"heading": {"text": title}},
                    {"text": {"text": format!("{hello},\n{sentence}")}},
                    {"voucher": {"title": offer, "text": capitalized(until), "button": button}},
                ],
            },
        })
    }

    /// Formats the offer with its vertical and its minimum basket.
    fn offer_text(&self, vertical: Option<&str>) -> String {
        let named = |code| {
            self.verticals.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| *name)
        };
        let on = vertical.map(|code| format!(" {} {}", self.on, named(code))).unwrap_or_default();
        let from = self.from;
        format!(
            "{{{{ offer }}}}{on}{{% if minimum_basket %}} {from} {{{{ minimum_basket }}}}{{% endif %}}"
        )
    }
}

/// Returns a phrase as the beginning of a line.
fn capitalized(phrase: &str) -> String {
    let mut letters = phrase.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
