//! One e-mail, compiled and rendered: subject, preheader and body, in whichever form the body is
//! written, with the brand's frame and the unsubscribe link.
//!
//! It reads the variables of one voucher and the tenant's settings. Before it: `render`, which chooses
//! the locale. Guarantees: subject and preheader are one line; values are escaped in HTML.

use super::{
    EmailBody, EmailTemplate, brand_frame,
    email_blocks::{CompiledBlocks, EmailSurroundings},
    render::{
        MessageVariables, RenderError, RenderedMessage, compile_part, escape_html, to_one_line,
    },
    template_language::{EscapeMode, FilledVariables, MessageTemplate},
    unsubscribe_link::UnsubscribeLine,
};
use crate::{
    campaign::brand::BrandSettings,
    kernel::{
        locale::{Locale, TextDirection},
        validation::FieldError,
    },
};

#[derive(Debug)]
pub(super) struct CompiledEmail {
    subject: MessageTemplate,
    preheader: Option<MessageTemplate>,
    body: CompiledBody,
}

#[derive(Debug)]
enum CompiledBody {
    Blocks(CompiledBlocks),
    Written(Box<WrittenBody>),
}

/// A body of HTML by hand, with its plain part.
#[derive(Debug)]
struct WrittenBody {
    html: MessageTemplate,
    text: MessageTemplate,
}

/// The frame around the operator's words in an e-mail.
pub(super) struct EmailFrame<'a> {
    pub(super) brand: &'a BrandSettings,
    pub(super) direction: TextDirection,
    pub(super) unsubscribe: Option<UnsubscribeLine<'a>>,
}

impl CompiledEmail {
    pub(super) fn new(
        email: &EmailTemplate,
        locale: &Locale,
        at: &str,
    ) -> Result<Self, FieldError> {
        let plain = |part: &str, source: &str| compile_part(at, part, source, EscapeMode::No);
        let preheader = email.preheader.as_deref();
        Ok(Self {
            subject: plain("email/subject", &email.subject)?,
            preheader: preheader.map(|text| plain("email/preheader", text)).transpose()?,
            body: CompiledBody::new(email.body(), locale, at)?,
        })
    }

    pub(super) fn render(
        &self,
        variables: &MessageVariables,
        frame: &EmailFrame<'_>,
    ) -> Result<RenderedMessage, RenderError> {
        let filled = FilledVariables::new(variables);
        let subject = to_one_line(&self.subject.render_filled(&filled)?);
        let preheader = match &self.preheader {
            Some(template) => {
                Some(to_one_line(&template.render_filled(&filled)?)).filter(|text| !text.is_empty())
            }
            None => None,
        };
        let (html, text) = match &self.body {
            CompiledBody::Blocks(blocks) => {
                let footer = brand_frame::footer_html(frame.brand, frame.unsubscribe);
                let around = EmailSurroundings {
                    subject: &subject,
                    preheader: preheader.as_deref(),
                    brand_name: &variables.brand,
                    brand: frame.brand,
                    footer: &footer,
                };
                let (html, text) = blocks.render(&filled, &around)?;
                (html, brand_frame::with_text_footer(text, frame.brand, frame.unsubscribe))
            }
            CompiledBody::Written(body) => {
                let html = body.html.render_filled(&filled)?;
                let html = frame_html(html, preheader.as_deref(), &variables.brand, frame);
                let text = body.text.render_filled(&filled)?;
                brand_frame::frame_written((html, text), frame.brand, frame.unsubscribe)
            }
        };
        Ok(RenderedMessage::Email { subject, preheader, html, text })
    }
}

/// Puts direction, brand and preheader around HTML that is written by hand.
fn frame_html(
    html: String,
    preheader: Option<&str>,
    brand_name: &str,
    frame: &EmailFrame<'_>,
) -> String {
    let html = brand_frame::in_direction(html, frame.direction);
    let html = brand_frame::with_brand_header(html, frame.brand, brand_name);
    match preheader {
        Some(preheader) => insert_preheader(&html, preheader),
        None => html,
    }
}

impl CompiledBody {
    fn new(
        body: Result<EmailBody<'_>, (&str, &'static str, &str)>,
        locale: &Locale,
        at: &str,
    ) -> Result<Self, FieldError> {
        match body {
            Ok(EmailBody::Blocks(blocks)) => {
                Ok(Self::Blocks(CompiledBlocks::new(blocks, locale, at)?))
            }
            Ok(EmailBody::Written { html, text }) => Ok(Self::Written(Box::new(WrittenBody {
                html: compile_part(at, "email/html", html, EscapeMode::Html)?,
                text: compile_part(at, "email/text", text, EscapeMode::No)?,
            }))),
            Err((part, code, detail)) => Err(FieldError::new(format!("{at}/{part}"), code, detail)),
        }
    }
}

/// Inserts the preheader, hidden, at the start of the body, where mail programs look for it.
fn insert_preheader(html: &str, preheader: &str) -> String {
    let (head, body) = html.split_at(body_start(html));
    let text = escape_html(preheader);
    format!(
        "{head}<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">{text}</div>{body}"
    )
}

/// Returns the offset at which the content of `<body ...>` starts, or 0 if the HTML has no body
/// tag.
fn body_start(html: &str) -> usize {
    const TAG: &str = "<body";
    // Lower-casing ASCII only keeps every byte offset.
    let lower = html.to_ascii_lowercase();
    for (start, _) in lower.match_indices(TAG) {
        let Some(attributes) = lower.get(start + TAG.len()..) else {
            continue;
        };
        if !attributes.starts_with(|c: char| c == '>' || c.is_ascii_whitespace()) {
            continue;
        }
        let mut quote = None;
        for (at, character) in attributes.char_indices() {
            match (quote, character) {
                (None, '>') => return start + TAG.len() + at + 1,
                (None, '"' | '\'') => quote = Some(character),
                (Some(open), _) if open == character => quote = None,
                (None | Some(_), _) => {}
            }
        }
    }
    0
}
