//! What the plays say, in English and in Spanish: an SMS, an e-mail and a push made of the same few sentences. The Spanish has no letter
//! that an SMS could only carry in twice the segments. A vertical is named as customers of that language would; an unknown one as it is.

use serde_json::{Value, json};

/// Of customers whose language has no message, and where no locale is known.
const DEFAULT_LOCALE: &str = "en";

/// The sentences of one play.
pub(super) struct Play {
    en: Words,
    es: Words,
}

struct Words {
    /// Subject of the e-mail and title of the push.
    title: &'static str,
    /// Before the offer, in the SMS: a clause.
    clause: &'static str,
    /// Before the offer, in the e-mail.
    sentence: &'static str,
}

/// What all plays share in one language.
struct Language {
    locale: &'static str,
    hello: &'static str,
    /// Between an offer and its vertical.
    on: &'static str,
    from: &'static str,
    until: &'static str,
    button: &'static str,
    /// Names of verticals that many marketplaces have.
    verticals: [(&'static str, &'static str); 3],
}

const ENGLISH: Language = Language {
    locale: "en",
    hello: "Hi {{ first_name | default('there') }}",
    on: "on",
    from: "from",
    until: "until {{ redeem_by }}",
    button: "See your voucher",
    verticals: [("food", "food"), ("groceries", "groceries"), ("pharmacy", "pharmacy")],
};

const SPANISH: Language = Language {
    locale: "es",
    hello: "Hola {{ first_name | default('de nuevo') }}",
    on: "en",
    from: "desde",
    until: "hasta el {{ redeem_by }}",
    button: "Ver mi vale",
    verticals: [("food", "comida"), ("groceries", "supermercado"), ("pharmacy", "farmacia")],
};

pub(super) const WIN_BACK: Play = Play {
    en: Words {
        title: "We miss you at {{ brand }}",
        clause: "we miss you at {{ brand }}",
        sentence: "It has been a while since your last order. Come back to:",
    },
    es: Words {
        title: "Te echamos de menos en {{ brand }}",
        clause: "te echamos de menos en {{ brand }}",
        sentence: "Hace tiempo que no haces un pedido. Si vuelves, tienes:",
    },
};

pub(super) const CROSS_VERTICAL_TRIAL: Play = Play {
    en: Words {
        title: "Something new to try at {{ brand }}",
        clause: "try something new at {{ brand }}",
        sentence: "You know {{ brand }}, but not all of it. For your first try:",
    },
    es: Words {
        title: "Prueba algo nuevo en {{ brand }}",
        clause: "prueba algo nuevo en {{ brand }}",
        sentence: "Conoces {{ brand }}, pero no del todo. Para tu primera vez:",
    },
};

pub(super) const VIP_THANK_YOU: Play = Play {
    en: Words {
        title: "Thank you from {{ brand }}",
        clause: "thank you from {{ brand }}",
        sentence: "You are one of our best customers. As a thank-you:",
    },
    es: Words {
        title: "Gracias de parte de {{ brand }}",
        clause: "gracias de parte de {{ brand }}",
        sentence: "Eres de nuestros mejores clientes. Para darte las gracias:",
    },
};

pub(super) const VERTICAL_LAUNCH: Play = Play {
    en: Words {
        title: "New near you at {{ brand }}",
        clause: "new near you at {{ brand }}",
        sentence: "There is something new where you are. To start with:",
    },
    es: Words {
        title: "Novedad cerca de ti en {{ brand }}",
        clause: "novedad cerca de ti en {{ brand }}",
        sentence: "Hay algo nuevo donde vives. Para empezar:",
    },
};

pub(super) const CELEBRATION: Play = Play {
    en: Words {
        title: "Happy birthday from {{ brand }}",
        clause: "happy birthday from {{ brand }}",
        sentence: "Happy birthday! Our present for you:",
    },
    es: Words {
        title: "{{ brand }} te desea feliz cumpleaños",
        clause: "{{ brand }} te desea feliz cumpleaños",
        sentence: "¡Feliz cumpleaños! Nuestro regalo para ti:",
    },
};

/// The offer holds in `vertical` only, if one is given: the messages then say so.
pub(super) fn messages(play: Play, vertical: Option<&str>) -> Value {
    json!({"default_locale": DEFAULT_LOCALE, "locales": {
        ENGLISH.locale: ENGLISH.say(&play.en, vertical),
        SPANISH.locale: SPANISH.say(&play.es, vertical),
    }})
}

impl Language {
    fn say(&self, words: &Words, vertical: Option<&str>) -> Value {
        let Language { hello, until, button, .. } = self;
        let Words { title, clause, sentence } = words;
        let (offer, offer_in_html) = (self.offer(vertical, str::to_owned), self.offer(vertical, escaped));
        json!({
            "sms": {"text": format!("{hello}, {clause}: {offer}, {until}. {{{{ voucher_link }}}}")},
            "push": {"title": title, "body": format!("{offer}, {until}.")},
            "email": {
                "subject": title,
                "preheader": format!("{offer}, {until}."),
                "html": format!(
                    "<html><body style=\"font-family:sans-serif;max-width:36em;margin:auto\">\n<p>{hello},</p>\n<p>{sentence}</p>\n\
                     <p><strong>{offer_in_html}</strong>, {until}.</p>\n<p><a href=\"{{{{ voucher_link }}}}\">{button}</a></p>\n\
                     <p>{{{{ brand }}}}</p>\n</body></html>"
                ),
                "text": format!("{hello},\n\n{sentence}\n{offer}, {until}.\n\n{button}: {{{{ voucher_link }}}}\n\n{{{{ brand }}}}\n"),
            },
        })
    }

    /// The offer with what it asks for.
    fn offer(&self, vertical: Option<&str>, write: impl Fn(&str) -> String) -> String {
        let named = |code: &str| {
            let known = self.verticals.iter().find(|(known, _)| *known == code);
            write(known.map_or(code, |(_, name)| name))
        };
        let on = vertical.map(|code| format!(" {} {}", self.on, named(code))).unwrap_or_default();
        let from = self.from;
        format!("{{{{ offer }}}}{on}{{% if minimum_basket %}} {from} {{{{ minimum_basket }}}}{{% endif %}}")
    }
}

fn escaped(text: &str) -> String {
    minijinja::HtmlEscape(text).to_string()
}
