//! The blocks of an e-mail: heading, text, image, button, voucher card and divider.
//!
//! An operator writes blocks instead of HTML. Their texts are templates like those of other
//! messages; `check` proves that they render, `email_design` sets them as HTML, and this module
//! makes the plain part of them. It reads the campaign's definition and the variables of one
//! voucher.
//!
//! Guarantees: what a block says is text, never mark-up, in both parts. Both parts say the same. A
//! link leads to `https`, at a host that no variable chooses.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};

use super::{
    email_design::{DesignValues, EmailDesign},
    link_template::LinkKind,
    render::RenderError,
    template_language::{EscapeMode, FilledVariables, MessageTemplate},
};
use crate::{
    campaign::brand::BrandSettings,
    kernel::{locale::Locale, validation::FieldError},
};

/// Maximum number of blocks in one e-mail. Readers scroll past fewer.
pub const MAX_BLOCKS: usize = 30;
/// Maximum length of a heading, and of a voucher card's title, in characters.
pub const MAX_HEADING: usize = 150;
/// Maximum length of a text in characters.
pub const MAX_BLOCK_TEXT: usize = 2_000;
/// Maximum length of an image's alternative text in characters.
pub const MAX_ALT: usize = 200;
/// Maximum length of a button's words in characters, variables and filters included.
pub const MAX_BUTTON: usize = 100;
/// Maximum size of an image's address, and of a link, in bytes.
pub const MAX_LINK: usize = 500;
/// Width of an image in pixels: from an icon to the whole width of the text.
pub const MIN_IMAGE_WIDTH: u16 = 16;
pub const MAX_IMAGE_WIDTH: u16 = 536;

/// The title of a voucher card that has none of its own.
const VOUCHER_TITLE: &str = "{{ offer }}";
/// Where buttons lead that name no link.
const VOUCHER_LINK: &str = "{{ voucher_link }}";
/// A divider in the plain part.
const PLAIN_RULE: &str = "----------";

/// One block of an e-mail. Its texts may have variables, and line breaks are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EmailBlock {
    /// A title. The first one of an e-mail is its main heading.
    Heading(HeadingBlock),
    Text(TextBlock),
    Image(ImageBlock),
    Button(ButtonBlock),
    /// A card that shows what the voucher gives.
    Voucher(VoucherBlock),
    /// A thin line.
    Divider(DividerBlock),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeadingBlock {
    /// At most 150 characters.
    #[cfg_attr(feature = "openapi", schema(example = "{{ offer }}, only for you"))]
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TextBlock {
    /// At most 2,000 characters.
    #[cfg_attr(feature = "openapi", schema(example = "Hi {{ first_name | default('there') }},"))]
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageBlock {
    /// A public `https` address of at most 500 bytes. It has no variables, because every customer's
    /// mail program would fetch another file.
    #[cfg_attr(feature = "openapi", schema(example = "https://cdn.example.com/basket.png"))]
    pub url: String,
    /// The words for who does not see the image: many mail programs show none at first. At most 200
    /// characters.
    #[cfg_attr(feature = "openapi", schema(example = "A basket of fruit"))]
    pub alt: String,
    /// Width in pixels, 16 to 536; the width of the text if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, minimum = 16, maximum = 536))]
    pub width: Option<u16>,
    /// Where a tap on the image leads: an `https` address, which may have `{{ voucher_id }}` after
    /// its host, or `{{ voucher_link }}`. Without it the image is no link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = "{{ voucher_link }}"))]
    pub link: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ButtonBlock {
    /// At most 100 characters.
    #[cfg_attr(feature = "openapi", schema(example = "See your voucher"))]
    pub text: String,
    /// Where the button leads, as in an image; the voucher's link if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub link: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoucherBlock {
    /// The large words of the card; `{{ offer }}` if not given. At most 150 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = "{{ offer }}"))]
    pub title: Option<String>,
    /// The small words below, such as the conditions and the last day. At most 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = "Until {{ accept_by }}"))]
    pub text: Option<String>,
    /// The words of a button in the card, which leads to the voucher. At most 100 characters.
    /// Without it the card has no button.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, example = "Accept the offer"))]
    pub button: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DividerBlock {}

/// The parts of a block that are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BlockField {
    Title,
    Text,
    Button,
    Alt,
    Image,
    Link,
}

/// The rule for one part of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockRule {
    /// A template of at most this many characters.
    Text(usize),
    Link(LinkKind),
    ImageUrl,
}

/// One part of a block: a template, or an address.
pub(super) struct BlockPart<'a> {
    pub(super) field: BlockField,
    /// JSON pointer below the block.
    pub(super) name: &'static str,
    pub(super) source: &'a str,
    pub(super) rule: BlockRule,
}

impl EmailBlock {
    /// Returns the parts of the block that are filled for each customer.
    pub(super) fn parts(&self) -> Vec<BlockPart<'_>> {
        let words = |field, name, source, most| {
            Some(BlockPart { field, name, source, rule: BlockRule::Text(most) })
        };
        let link = |name, source| {
            let rule = BlockRule::Link(LinkKind::Web);
            Some(BlockPart { field: BlockField::Link, name, source, rule })
        };
        let parts: Vec<Option<BlockPart<'_>>> = match self {
            Self::Heading(HeadingBlock { text }) => {
                vec![words(BlockField::Text, "heading/text", text, MAX_HEADING)]
            }
            Self::Text(TextBlock { text }) => {
                vec![words(BlockField::Text, "text/text", text, MAX_BLOCK_TEXT)]
            }
            Self::Image(ImageBlock { url, alt, link: target, .. }) => {
                let image = BlockPart {
                    field: BlockField::Image,
                    name: "image/url",
                    source: url,
                    rule: BlockRule::ImageUrl,
                };
                vec![
                    Some(image),
                    words(BlockField::Alt, "image/alt", alt, MAX_ALT),
                    target.as_deref().and_then(|target| link("image/link", target)),
                ]
            }
            Self::Button(ButtonBlock { text, link: target }) => vec![
                words(BlockField::Button, "button/text", text, MAX_BUTTON),
                link("button/link", target.as_deref().unwrap_or(VOUCHER_LINK)),
            ],
            Self::Voucher(VoucherBlock { title, text, button }) => {
                let title = title.as_deref().unwrap_or(VOUCHER_TITLE);
                let text = text.as_deref();
                let button = button.as_deref();
                vec![
                    words(BlockField::Title, "voucher/title", title, MAX_HEADING),
                    text.and_then(|text| {
                        words(BlockField::Text, "voucher/text", text, MAX_BLOCK_TEXT)
                    }),
                    button.and_then(|text| {
                        words(BlockField::Button, "voucher/button", text, MAX_BUTTON)
                    }),
                    button.and_then(|_| link("voucher/button", VOUCHER_LINK)),
                ]
            }
            Self::Divider(DividerBlock {}) => Vec::new(),
        };
        parts.into_iter().flatten().collect()
    }

    /// Returns an error for what is wrong with the block beside its parts.
    pub(super) fn check(&self, at: &str) -> Option<FieldError> {
        let Self::Image(ImageBlock { width: Some(width), .. }) = self else {
            return None;
        };
        (!(MIN_IMAGE_WIDTH..=MAX_IMAGE_WIDTH).contains(width)).then(|| {
            let detail = format!("{MIN_IMAGE_WIDTH} to {MAX_IMAGE_WIDTH} pixels");
            FieldError::new(format!("{at}/image/width"), "out_of_range", detail)
        })
    }
}

/// The values of one block for one customer. They are text, not HTML.
pub(super) type BlockValues = BTreeMap<BlockField, String>;

/// The blocks of one e-mail, compiled.
pub(super) struct CompiledBlocks {
    blocks: Vec<EmailBlock>,
    templates: Vec<BTreeMap<BlockField, MessageTemplate>>,
    locale: Locale,
    /// The design with the brand's present settings. It is made once for them, because only the
    /// values differ from customer to customer.
    design: RwLock<Option<Arc<EmailDesign>>>,
}

/// The frame around the blocks of one e-mail.
pub(super) struct EmailSurroundings<'a> {
    pub(super) subject: &'a str,
    pub(super) preheader: Option<&'a str>,
    pub(super) brand_name: &'a str,
    pub(super) brand: &'a BrandSettings,
    /// The lines below the blocks, as HTML.
    pub(super) footer: &'a str,
}

impl CompiledBlocks {
    pub(super) fn new(
        blocks: &[EmailBlock],
        locale: &Locale,
        at: &str,
    ) -> Result<Self, FieldError> {
        let templates = blocks.iter().enumerate().map(|(place, block)| {
            let compiled = block.parts().into_iter().map(|part| {
                let template = MessageTemplate::new(part.source, EscapeMode::No);
                let template = template.map_err(|mistake| {
                    let field = format!("{at}/email/blocks/{place}/{}", part.name);
                    FieldError::new(field, mistake.code, mistake.detail)
                })?;
                Ok((part.field, template))
            });
            compiled.collect::<Result<_, FieldError>>()
        });
        Ok(Self {
            templates: templates.collect::<Result<_, _>>()?,
            blocks: blocks.to_vec(),
            locale: locale.clone(),
            design: RwLock::default(),
        })
    }

    /// Renders the HTML part and the plain part.
    pub(super) fn render(
        &self,
        variables: &FilledVariables,
        around: &EmailSurroundings<'_>,
    ) -> Result<(String, String), RenderError> {
        let values = self.templates.iter().map(|templates| {
            let filled = templates.iter().map(|(field, template)| {
                Ok((*field, template.render_filled(variables)?.trim().to_owned()))
            });
            filled.collect::<Result<BlockValues, RenderError>>()
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let design = self.design_for(around.brand)?;
        let html = design.fill(&DesignValues {
            subject: around.subject,
            preheader: around.preheader,
            brand_name: around.brand_name,
            footer: around.footer,
            blocks: &values,
        });
        let plain =
            self.blocks.iter().zip(&values).map(|(block, values)| plain_block(block, values));
        Ok((html, plain.collect::<Vec<_>>().join("\n\n") + "\n"))
    }

    fn design_for(&self, brand: &BrandSettings) -> Result<Arc<EmailDesign>, RenderError> {
        let kept = self.design.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.filter(|design| design.is_of(brand)) {
            return Ok(kept);
        }
        let design = Arc::new(EmailDesign::new(&self.blocks, &self.locale, brand)?);
        *self.design.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&design));
        Ok(design)
    }
}

impl fmt::Debug for CompiledBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompiledBlocks({})", self.blocks.len())
    }
}

/// Returns the block as plain text.
fn plain_block(block: &EmailBlock, values: &BlockValues) -> String {
    let value = |field| values.get(&field).map(String::as_str).filter(|text| !text.is_empty());
    let link = |words: Option<&str>| match (words, value(BlockField::Link)) {
        (Some(words), Some(link)) => Some(format!("{words}: {link}")),
        (Some(words), None) => Some(words.to_owned()),
        (None, link) => link.map(str::to_owned),
    };
    let owned = |field| value(field).map(str::to_owned);
    let lines = match block {
        EmailBlock::Heading(_) | EmailBlock::Text(_) => vec![owned(BlockField::Text)],
        EmailBlock::Image(_) => {
            vec![link(value(BlockField::Alt).map(|alt| format!("[{alt}]")).as_deref())]
        }
        EmailBlock::Button(_) => vec![link(value(BlockField::Button))],
        EmailBlock::Voucher(VoucherBlock { button, .. }) => vec![
            owned(BlockField::Title),
            owned(BlockField::Text),
            button.as_ref().and_then(|_| link(value(BlockField::Button))),
        ],
        EmailBlock::Divider(_) => vec![Some(PLAIN_RULE.to_owned())],
    };
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}
