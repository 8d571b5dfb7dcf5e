//! The page of an offer: what it gives, until when, and one button; or what became of it. It is in
//! the reader's language and loads nothing from anywhere.

mod texts;

use axum::response::{IntoResponse, Response};
use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        messages::{
            last_day,
            wording::{Typesetting, Wording},
        },
    },
    customer::profile::Customer,
    kernel::{language::Language, locale::Locale},
    voucher::record::Voucher,
};
use http::{HeaderMap, StatusCode, header};
use http_edge::reader_language::browser_language;
use texts::{OfferPageTexts, page_texts};

/// Seconds for which the page that says "accepted" stands before it leads to the app.
const READING_SECONDS: u32 = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LinkPage {
    /// Shows the offer with a button that accepts it.
    Offer,
    /// Says that the offer is accepted, and leads to the app if there is one.
    Accepted { app: Option<String> },
    /// Says that the voucher was used.
    Used,
    /// Says that the customer declined it.
    Declined,
    /// Says that it is over, or was taken back.
    Over,
    /// Reports that the link is not ours or was cut off.
    BadLink,
}

/// Whom the page speaks to, and what it can tell them.
pub(super) struct PageReader {
    language: Language,
    offer: String,
    accept_by: String,
    redeem_by: Option<String>,
}

impl PageReader {
    /// Describes somebody of whom no more than the browser's languages is known.
    pub(super) fn stranger(headers: &HeaderMap) -> Self {
        let language = browser_language(headers).unwrap_or(Language::English);
        Self { language, offer: String::new(), accept_by: String::new(), redeem_by: None }
    }

    /// Describes the customer of a voucher. Days are the last ones where the customer lives.
    pub(super) fn customer(
        customer: &Customer,
        voucher: &Voucher,
        definition: &Definition,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Self {
        let own = customer.profile.locale.as_ref().filter(|it| Language::of(it).is_some());
        let language = own
            .and_then(Language::of)
            .or_else(|| browser_language(headers))
            .unwrap_or(Language::English);
        let locale = own.cloned().or_else(|| Locale::parse(language.tag()).ok());
        let locale = locale.unwrap_or_else(|| definition.messages.default_locale.clone());
        let wording = Wording::new(&locale);
        let zone = customer.zone();
        let today = zone.local_day(now);
        let day = |end| wording.day(last_day(zone, end), today, Typesetting::Full);
        Self {
            language,
            offer: wording.full_offer(&definition.offer, Typesetting::Full),
            accept_by: day(voucher.accept_by),
            redeem_by: voucher.redeem_by.map(day),
        }
    }
}

const STYLE: &str = "body{margin:0;font:17px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#f6f6f4}\
main{max-width:26rem;margin:18vh auto 0;padding:0 1.5rem}\
.brand{margin:0 0 1.5rem;font-size:.85rem;color:#666}\
h1{margin:0 0 1rem;font-size:1.6rem;line-height:1.3}\
button,.app{display:inline-block;font:inherit;padding:.7rem 1.2rem;border:0;border-radius:.5rem;background:#1a1a1a;color:#fff;cursor:pointer;text-decoration:none}\
button:focus-visible,.app:focus-visible{outline:3px solid #4b8bf5;outline-offset:2px}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}.brand{color:#999}button,.app{background:#eee;color:#161616}}";

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(super) fn page_response(brand: &str, shown: &LinkPage, reader: &PageReader) -> Response {
    let status = match shown {
        LinkPage::BadLink => StatusCode::NOT_FOUND,
        LinkPage::Offer
        | LinkPage::Accepted { .. }
        | LinkPage::Used
        | LinkPage::Declined
        | LinkPage::Over => StatusCode::OK,
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (status, headers, render_html(brand, shown, reader)).into_response()
}

fn render_html(brand: &str, shown: &LinkPage, reader: &PageReader) -> String {
    let words = page_texts(reader.language);
    let (title, rest) = content(shown, reader, words);
    let lead = match shown {
        LinkPage::Accepted { app: Some(app) } => {
            let app = escape_html(app);
            format!("<meta http-equiv=\"refresh\" content=\"{READING_SECONDS};url={app}\">")
        }
        LinkPage::Accepted { app: None }
        | LinkPage::Offer
        | LinkPage::Used
        | LinkPage::Declined
        | LinkPage::Over
        | LinkPage::BadLink => String::new(),
    };
    let (tag, direction) = (reader.language.tag(), reader.language.direction().as_str());
    let brand = escape_html(brand);
    format!(
        "<!doctype html>\n<html lang=\"{tag}\" dir=\"{direction}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\">{lead}<title>{title}</title><style>{STYLE}</style></head>\
         <body><main><p class=\"brand\" dir=\"auto\">{brand}</p><h1>{title}</h1>{rest}</main></body></html>\n"
    )
}

/// Returns the title and what stands below it, as HTML.
fn content(shown: &LinkPage, reader: &PageReader, words: &OfferPageTexts) -> (String, String) {
    let until = |text: &str, day: &str| format!("<p>{}</p>", escape_html(&text.replace("{}", day)));
    match shown {
        LinkPage::Offer => {
            let button = format!("<form method=\"post\"><button>{}</button></form>", words.accept);
            let last_day = until(words.accept_until, &reader.accept_by);
            (escape_html(&reader.offer), last_day + &button)
        }
        LinkPage::Accepted { app } => {
            let offer = format!("<p>{}</p>", escape_html(&reader.offer));
            let last_day = reader.redeem_by.as_deref().map(|day| until(words.use_until, day));
            let button = app.as_deref().map(|app| {
                format!(
                    "<p><a class=\"app\" href=\"{}\">{}</a></p>",
                    escape_html(app),
                    words.open_app
                )
            });
            let rest = [Some(offer), last_day, button].into_iter().flatten().collect();
            (words.accepted.to_owned(), rest)
        }
        LinkPage::Used => (words.used.to_owned(), String::new()),
        LinkPage::Declined => (words.declined.to_owned(), String::new()),
        LinkPage::Over => (words.over.to_owned(), String::new()),
        LinkPage::BadLink => (words.bad.to_owned(), String::new()),
    }
}

fn escape_html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#x27;")
}
