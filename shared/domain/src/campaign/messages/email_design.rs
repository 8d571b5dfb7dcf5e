//! The design of an e-mail made of blocks: tables with inline style that mail programs show alike,
//! in the brand's colours, in light and in dark mode, in the reading direction of its language.
//!
//! It reads the kinds of the blocks and the brand's settings, writes MJML, and has it laid out once
//! for a definition's language and the brand's settings (`mrml`). Where a customer's values belong,
//! the layout has slots, which `fill` replaces by escaped text. Before it: `email_blocks`.
//!
//! Guarantees: nothing that an operator or a customer writes is read as MJML or as HTML, and the
//! e-mail loads nothing but the pictures that the operator named.

use std::collections::HashMap;

use mrml::prelude::render::RenderOptions;

use super::{
    email_blocks::{BlockField, BlockValues, EmailBlock, ImageBlock, VoucherBlock},
    render::{RenderError, escape_html},
};
use crate::{
    campaign::brand::{
        BrandSettings,
        color::{Color, SURFACE_CONTRAST, TEXT_CONTRAST},
    },
    kernel::locale::{Locale, TextDirection},
};

/// The first fonts are those of the reader's own system.
const FONTS: &str =
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
/// The colours of light mode, as far as the brand has none of its own.
const PAGE: Color = Color::new(0xf2, 0xf3, 0xf5);
const CARD: Color = Color::WHITE;
const TEXT: Color = Color::new(0x22, 0x26, 0x2a);
const QUIET: Color = Color::new(0x5f, 0x66, 0x6d);
const PANEL: Color = Color::new(0xf6, 0xf7, 0xf9);
const RULE: Color = Color::new(0xe0, 0xe3, 0xe7);
/// The colours of dark mode.
const DARK_PAGE: Color = Color::new(0x11, 0x13, 0x15);
const DARK_CARD: Color = Color::new(0x1c, 0x1f, 0x22);
const DARK_TEXT: Color = Color::new(0xf1, 0xf3, 0xf4);
const DARK_QUIET: Color = Color::new(0xa3, 0xa9, 0xb0);
const DARK_PANEL: Color = Color::new(0x27, 0x2b, 0x2f);
const DARK_RULE: Color = Color::new(0x3a, 0x3f, 0x45);
/// Width of an image above which it fills a phone's screen.
const FLUID_FROM: u16 = 280;
/// The start and the end of a slot in the layout. No text of an operator is in it when it is read.
const SLOT_START: &str = "qzslot";
const SLOT_END: char = 'z';
/// Invisible characters after the preheader, so that mail programs do not show the e-mail's first
/// words behind it.
const PREHEADER_END: &str = "&#847;&zwnj;&nbsp;";
const PREHEADER_ENDS: usize = 40;

/// A place in the layout that is filled for each customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Subject,
    Preheader,
    BrandName,
    Logo,
    DarkLogo,
    Footer,
    Block(usize, BlockField),
}

/// The laid out e-mail of one language in one brand's look.
pub(super) struct EmailDesign {
    brand: BrandSettings,
    /// HTML, each piece followed by a slot, but for the last one.
    pieces: Vec<(String, Option<Slot>)>,
}

/// The values of one e-mail: text, but for the footer, which is HTML.
pub(super) struct DesignValues<'a> {
    pub(super) subject: &'a str,
    pub(super) preheader: Option<&'a str>,
    pub(super) brand_name: &'a str,
    pub(super) footer: &'a str,
    pub(super) blocks: &'a [BlockValues],
}

impl EmailDesign {
    pub(super) fn new(
        blocks: &[EmailBlock],
        locale: &Locale,
        brand: &BrandSettings,
    ) -> Result<Self, RenderError> {
        let mut writer = DesignWriter::new(locale, brand);
        let source = writer.write_document(blocks, locale);
        let failed = |error: String| RenderError::Template(format!("layout: {error}"));
        let parsed = mrml::parse(&source).map_err(|error| failed(error.to_string()))?;
        let html =
            parsed.element.render(&layout_options()).map_err(|error| failed(error.to_string()))?;
        Ok(Self { brand: brand.clone(), pieces: split_at_slots(&html, &writer.slots) })
    }

    /// Returns true if the design is the one for these settings.
    pub(super) fn is_of(&self, brand: &BrandSettings) -> bool {
        self.brand == *brand
    }

    /// Returns the HTML with the values in their slots.
    pub(super) fn fill(&self, values: &DesignValues<'_>) -> String {
        let mut html = String::new();
        for (piece, slot) in &self.pieces {
            html.push_str(piece);
            if let Some(slot) = slot {
                html.push_str(&self.slot_html(*slot, values));
            }
        }
        html
    }

    fn slot_html(&self, slot: Slot, values: &DesignValues<'_>) -> String {
        let url = |url: &Option<String>| escape_html(url.as_deref().unwrap_or_default());
        match slot {
            Slot::Subject => escape_html(values.subject),
            Slot::Preheader => values.preheader.map(preheader_html).unwrap_or_default(),
            Slot::BrandName => escape_html(values.brand_name),
            Slot::Logo => url(&self.brand.logo_url),
            Slot::DarkLogo => url(&self.brand.logo_dark_url),
            Slot::Footer => values.footer.to_owned(),
            Slot::Block(place, field) => {
                let value = values.blocks.get(place).and_then(|values| values.get(&field));
                let value = value.map(String::as_str).unwrap_or_default();
                match field {
                    BlockField::Title | BlockField::Text | BlockField::Button => {
                        escape_html(value).replace('\n', "<br>")
                    }
                    BlockField::Alt => escape_html(&value.replace('\n', " ")),
                    BlockField::Image | BlockField::Link => escape_html(value),
                }
            }
        }
    }
}

fn preheader_html(text: &str) -> String {
    format!("{}{}", escape_html(text), PREHEADER_END.repeat(PREHEADER_ENDS))
}

/// Cuts the laid out HTML at its slots.
fn split_at_slots(html: &str, slots: &[Slot]) -> Vec<(String, Option<Slot>)> {
    let mut parts = html.split(SLOT_START);
    let mut pieces = Vec::new();
    let mut piece = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let found = part
            .split_once(SLOT_END)
            .and_then(|(number, after)| Some((*slots.get(number.parse::<usize>().ok()?)?, after)));
        if let Some((slot, after)) = found {
            pieces.push((std::mem::take(&mut piece), Some(slot)));
            after.clone_into(&mut piece);
        }
    }
    pieces.push((piece, None));
    pieces
}

/// Returns the options of the layout: no font is loaded, because the reader's program would tell its
/// host who opens the e-mail, and when.
fn layout_options() -> RenderOptions {
    RenderOptions { fonts: HashMap::new(), ..RenderOptions::default() }
}

/// The colours of one brand, each readable where it stands.
struct Palette {
    page: Color,
    page_quiet: Color,
    button: Color,
    dark_button: Color,
    accent: Color,
    dark_accent: Color,
}

impl Palette {
    fn of(brand: &BrandSettings) -> Self {
        let parse = |color: &Option<String>| color.as_deref().and_then(Color::parse);
        let chosen = parse(&brand.color);
        // without a colour of the brand, buttons and titles are as dark as texts, and as light in dark
        let (button, dark) = (chosen.unwrap_or(TEXT), chosen.unwrap_or(DARK_TEXT));
        let page = parse(&brand.background_color).unwrap_or(PAGE);
        Self {
            page,
            page_quiet: QUIET.readable_on(page, TEXT_CONTRAST),
            button: button.readable_on(CARD, SURFACE_CONTRAST),
            dark_button: dark.readable_on(DARK_PANEL, SURFACE_CONTRAST),
            accent: button.readable_on(PANEL, TEXT_CONTRAST),
            dark_accent: dark.readable_on(DARK_PANEL, TEXT_CONTRAST),
        }
    }
}

/// Writes the MJML of one e-mail, with a slot for each value.
struct DesignWriter {
    palette: Palette,
    direction: TextDirection,
    has_logo: bool,
    has_dark_logo: bool,
    slots: Vec<Slot>,
}

impl DesignWriter {
    fn new(locale: &Locale, brand: &BrandSettings) -> Self {
        Self {
            palette: Palette::of(brand),
            direction: locale.direction(),
            has_logo: brand.logo_url.is_some(),
            has_dark_logo: brand.logo_url.is_some() && brand.logo_dark_url.is_some(),
            slots: Vec::new(),
        }
    }

    fn slot(&mut self, slot: Slot) -> String {
        self.slots.push(slot);
        format!("{SLOT_START}{}{SLOT_END}", self.slots.len() - 1)
    }

    /// The side at which lines start.
    fn start(&self) -> &'static str {
        match self.direction {
            TextDirection::LeftToRight => "left",
            TextDirection::RightToLeft => "right",
        }
    }

    fn write_document(&mut self, blocks: &[EmailBlock], locale: &Locale) -> String {
        let (subject, preheader) = (self.slot(Slot::Subject), self.slot(Slot::Preheader));
        let (header, body, footer) =
            (self.write_header(), self.write_blocks(blocks), self.slot(Slot::Footer));
        let (lang, direction) = (escape_html(locale.as_str()), self.direction.as_str());
        let style = self.write_style();
        let Palette { page, page_quiet, button, .. } = self.palette;
        let start = self.start();
        format!(
            r#"<mjml lang="{lang}" dir="{direction}"><mj-head><mj-title>{subject}</mj-title><mj-preview>{preheader}</mj-preview>
<mj-attributes><mj-all font-family="{FONTS}" /><mj-text font-size="16px" line-height="1.55" color="{TEXT}" align="{start}" padding="0 0 16px" /><mj-section direction="{direction}" padding="0" /><mj-column direction="{direction}" /><mj-button align="{start}" padding="4px 0 20px" inner-padding="14px 28px" font-size="16px" line-height="1.3" font-weight="600" border-radius="8px" /></mj-attributes>
<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></mj-raw><mj-style>{style}</mj-style></mj-head>
<mj-body width="600px" background-color="{page}" css-class="page"><mj-section><mj-column><mj-spacer height="24px" /></mj-column></mj-section>
<mj-wrapper css-class="card" background-color="{CARD}" border-top="4px solid {button}" border-radius="10px" padding="28px 32px 16px" direction="{direction}">{header}{body}</mj-wrapper>
<mj-section css-class="foot" padding="16px 32px 32px"><mj-column><mj-text css-class="quiet" font-size="12px" line-height="1.6" color="{page_quiet}" padding="0">{footer}</mj-text></mj-column></mj-section></mj-body></mjml>"#
        )
    }

    /// Writes the logo, or the brand's name in its colour.
    fn write_header(&mut self) -> String {
        let name = self.slot(Slot::BrandName);
        let mark = if self.has_logo {
            let logo = self.slot(Slot::Logo);
            let image = |class: &str, source: &str| {
                format!(
                    r#"<img class="{class}" src="{source}" alt="{name}" height="40" style="display:inline-block;height:40px;width:auto;max-width:240px;border:0" />"#
                )
            };
            if self.has_dark_logo {
                let dark = self.slot(Slot::DarkLogo);
                format!(
                    r#"{}<span class="logo-dark-box" style="display:none;max-height:0;overflow:hidden;mso-hide:all">{}</span>"#,
                    image("logo-light", &logo),
                    image("logo-dark", &dark)
                )
            } else {
                image("logo-plate", &logo)
            }
        } else {
            name
        };
        let accent = self.palette.accent;
        format!(
            r#"<mj-section><mj-column><mj-text css-class="mark" font-size="20px" line-height="1.3" font-weight="700" color="{accent}" padding="0 0 24px">{mark}</mj-text></mj-column></mj-section>"#
        )
    }

    /// Writes the blocks: each voucher card is a section of its own, all between two of them share
    /// one.
    fn write_blocks(&mut self, blocks: &[EmailBlock]) -> String {
        let (mut written, mut column) = (String::new(), String::new());
        let mut is_first_heading = true;
        for (place, block) in blocks.iter().enumerate() {
            match block {
                EmailBlock::Voucher(card) => {
                    written.push_str(&section(&std::mem::take(&mut column)));
                    written.push_str(&self.write_voucher(place, card));
                }
                EmailBlock::Heading(_) => {
                    let level = if is_first_heading { 1 } else { 2 };
                    is_first_heading = false;
                    column.push_str(&self.write_heading(place, level));
                }
                EmailBlock::Text(_) => {
                    let text = self.slot(Slot::Block(place, BlockField::Text));
                    column.push_str(&format!(r#"<mj-text css-class="words">{text}</mj-text>"#));
                }
                EmailBlock::Image(image) => column.push_str(&self.write_image(place, image)),
                EmailBlock::Button(_) => column.push_str(&self.write_button(place)),
                EmailBlock::Divider(_) => column.push_str(&format!(
                    r#"<mj-divider css-class="rule" border-width="1px" border-color="{RULE}" padding="8px 0 24px" />"#
                )),
            }
        }
        written + &section(&column)
    }

    fn write_heading(&mut self, place: usize, level: u8) -> String {
        let text = self.slot(Slot::Block(place, BlockField::Text));
        let size = if level == 1 { 28 } else { 20 };
        format!(
            r#"<mj-text css-class="words" padding="0 0 12px"><h{level} style="margin:0;font-size:{size}px;line-height:1.25;font-weight:700;">{text}</h{level}></mj-text>"#
        )
    }

    fn write_image(&mut self, place: usize, image: &ImageBlock) -> String {
        let (source, alt) = (
            self.slot(Slot::Block(place, BlockField::Image)),
            self.slot(Slot::Block(place, BlockField::Alt)),
        );
        let link = match &image.link {
            Some(_) => format!(r#" href="{}""#, self.slot(Slot::Block(place, BlockField::Link))),
            None => String::new(),
        };
        let width = image.width.map(|width| format!(r#" width="{width}px""#)).unwrap_or_default();
        let is_fluid = image.width.is_none_or(|width| width >= FLUID_FROM);
        let fluid = if is_fluid { r#" fluid-on-mobile="true""# } else { "" };
        let start = self.start();
        format!(
            r#"<mj-image css-class="words" src="{source}" alt="{alt}"{link}{width}{fluid} align="{start}" border-radius="8px" font-size="14px" padding="0 0 20px" />"#
        )
    }

    fn write_button(&mut self, place: usize) -> String {
        let (words, link) = (
            self.slot(Slot::Block(place, BlockField::Button)),
            self.slot(Slot::Block(place, BlockField::Link)),
        );
        let color = self.palette.button;
        let text = color.text_on();
        format!(
            r#"<mj-button css-class="button" href="{link}" background-color="{color}" color="{text}">{words}</mj-button>"#
        )
    }

    fn write_voucher(&mut self, place: usize, card: &VoucherBlock) -> String {
        let Palette { accent, button, .. } = self.palette;
        let title = self.slot(Slot::Block(place, BlockField::Title));
        let mut inside = format!(
            r#"<mj-text css-class="offer" font-size="26px" line-height="1.25" font-weight="700" color="{accent}" padding="24px 24px 8px">{title}</mj-text>"#
        );
        if card.text.is_some() {
            let text = self.slot(Slot::Block(place, BlockField::Text));
            inside.push_str(&format!(
                r#"<mj-text css-class="quiet" font-size="14px" color="{QUIET}" padding="0 24px 16px">{text}</mj-text>"#
            ));
        }
        if card.button.is_some() {
            inside.push_str(
                &self
                    .write_button(place)
                    .replace("<mj-button ", r#"<mj-button padding="4px 24px 24px" "#),
            );
        } else {
            inside.push_str(r#"<mj-spacer height="12px" />"#);
        }
        format!(
            r#"<mj-section padding="0 0 20px"><mj-column css-class="voucher" background-color="{PANEL}" border="2px dashed {button}" border-radius="10px">{inside}</mj-column></mj-section>"#
        )
    }

    /// Writes the rules that inline style cannot say: dark mode, as Apple's and Google's programs
    /// ask for it (`prefers-color-scheme`) and as Outlook marks it (`data-ogsc`, `data-ogsb`).
    fn write_style(&self) -> String {
        let Palette { dark_button, dark_accent, .. } = self.palette;
        let dark_words = dark_button.text_on();
        let mut dark = String::new();
        let mut outlook = String::new();
        for (selectors, rule) in [
            ("body,.page", format!("background-color:{DARK_PAGE}!important")),
            (".card,.card>table", format!("background:{DARK_CARD}!important;background-color:{DARK_CARD}!important")),
            (".card>table>tbody>tr>td", format!("border-top-color:{dark_button}!important")),
            (".words div,.words h1,.words h2,.words img", format!("color:{DARK_TEXT}!important")),
            (".quiet div,.quiet p,.quiet a", format!("color:{DARK_QUIET}!important")),
            (".mark div,.offer div", format!("color:{dark_accent}!important")),
            (".voucher>table", format!("background-color:{DARK_PANEL}!important;border-color:{dark_button}!important")),
            (".button table td,.button a", format!("background:{dark_button}!important;color:{dark_words}!important")),
            (".rule p", format!("border-top-color:{DARK_RULE}!important")),
            (".logo-plate", "background:#ffffff!important;padding:6px 10px!important;border-radius:8px!important".to_owned()),
            (".logo-light", "display:none!important".to_owned()),
            (".logo-dark-box", "display:inline!important;max-height:none!important".to_owned()),
        ] {
            dark.push_str(&format!("{selectors}{{{rule}}}"));
            let marked: Vec<String> =
                selectors.split(',').map(|one| format!("[data-ogsc] {one}")).collect();
            outlook.push_str(&format!("{}{{{rule}}}", marked.join(",")));
        }
        format!(
            ":root{{color-scheme:light dark;supported-color-schemes:light dark}}.voucher>table{{border-collapse:separate!important}}h1,h2{{margin:0}}@media (max-width:479px){{.card>table>tbody>tr>td,.foot>table>tbody>tr>td{{padding-left:20px!important;padding-right:20px!important}}}}@media (prefers-color-scheme:dark){{{dark}}}{outlook}"
        )
    }
}

fn section(column: &str) -> String {
    if column.is_empty() {
        return String::new();
    }
    format!("<mj-section><mj-column>{column}</mj-column></mj-section>")
}
