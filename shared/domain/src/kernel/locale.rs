//! Locales: BCP 47 tags in their canonical form, and the rule that chooses between them.
//!
//! A tag is parsed when it enters the system, from any spelling that people and phones use
//! (`pt-br`, `zh_Hant_TW`, `iw`). It is compared by CLDR: its parents (`es-MX`, `es-419`, `es`) and
//! its likely subtags (`zh-TW` is `zh-Hant-TW`).
//!
//! Guarantees: two spellings of one locale are equal; a locale that was parsed is parsed again as it is;
//! a reader of one script is never given another one, unless there is nothing but the default.

use icu_locale::{
    LanguageIdentifier, LocaleCanonicalizer, LocaleDirectionality, LocaleExpander,
    LocaleFallbacker, fallback::LocaleFallbackConfig,
};
use serde::{Deserialize, Serialize};

/// Maximum length of a tag in characters. RFC 5646, 4.4.1, asks for room for 35.
pub const MAX_LOCALE: usize = 35;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a locale is a BCP 47 tag such as es or es-ES")]
pub struct BadLocale;

/// A BCP 47 language tag in canonical form: `es` or `es-ES`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, example = "es-ES"))]
pub struct Locale(String);

/// The direction in which a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextDirection {
    LeftToRight,
    RightToLeft,
}

impl TextDirection {
    /// Returns the value of the HTML attribute `dir`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// How a chosen locale is related to the one that was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocaleMatch {
    /// It is the same locale.
    Same,
    /// It is one of its parents, or another locale of its language and script.
    Relative,
}

impl Locale {
    /// Parses a tag in any case, with `-` or `_`, and replaces what is deprecated: `iw` becomes
    /// `he`, `en-UK` becomes `en-GB`.
    pub fn parse(text: &str) -> Result<Self, BadLocale> {
        if text.len() > MAX_LOCALE {
            return Err(BadLocale);
        }
        let spelled = text.replace('_', "-");
        let mut locale: icu_locale::Locale =
            without_prefix(&spelled).parse().map_err(|_| BadLocale)?;
        LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
        // A tag without a language chooses no words; CLDR has none of four letters or more.
        if locale.id.language.is_unknown() || locale.id.language.as_str().len() > 3 {
            return Err(BadLocale);
        }
        let tag = locale.to_string();
        // `tl` is one letter longer as `fil`, `sh` five as `sr-Latn`.
        if tag.len() > MAX_LOCALE {
            return Err(BadLocale);
        }
        Ok(Self(tag))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// Returns true if this locale includes the other: `es` covers `es-ES`, `es-419` covers
    /// `es-MX`, `zh-Hant` covers `zh-TW`; `es-ES` covers only itself. A bare language covers all
    /// its scripts.
    pub fn covers(&self, other: &Locale) -> bool {
        self == other
            || (!self.0.contains('-') && self.0 == other.language())
            || self.shares_language(other)
                && other.lineage().contains(&self.identifier().to_string())
    }

    /// Returns the direction of the locale's script.
    pub fn direction(&self) -> TextDirection {
        if LocaleDirectionality::new_extended().is_right_to_left(&self.identifier()) {
            TextDirection::RightToLeft
        } else {
            TextDirection::LeftToRight
        }
    }

    /// Chooses the one of `offered` that a reader of this locale understands best: this very
    /// locale, or else what is nearest on the way through its CLDR parents. On each step of that
    /// way the parent itself comes before its other children; of these `preferred` comes first.
    pub fn choose<'a>(
        &self,
        offered: impl IntoIterator<Item = &'a Locale>,
        preferred: Option<&Locale>,
    ) -> Option<(&'a Locale, LocaleMatch)> {
        let relatives: Vec<Relative<'a>> =
            offered.into_iter().filter_map(|locale| Relative::new(self, locale)).collect();
        let own = self.identifier().to_string();
        if let Some(same) = relatives.iter().find(|it| it.lineage.first() == Some(&own)) {
            return Some((same.locale, LocaleMatch::Same));
        }
        let lineage = self.lineage();
        let chosen = lineage.iter().find_map(|step| nearest(&relatives, step, preferred))?;
        Some((chosen, LocaleMatch::Relative))
    }

    /// Returns true if both have the same language and script, so that values in one fit a text in
    /// the other: `es-MX` and `es`, not `zh-Hant` and `zh`.
    pub fn shares_language(&self, other: &Locale) -> bool {
        let (own, other) = (self.maximized(), other.maximized());
        family(own.language.as_str()) == family(other.language.as_str())
            && own.script == other.script
    }

    /// Returns true if `parent` is the locale or one of its CLDR parents.
    pub(super) fn descends_from(&self, parent: &str) -> bool {
        self.lineage().iter().any(|step| step == parent)
    }

    /// Returns the script that the locale is written in: `Hant` for `zh-TW`.
    pub(super) fn script(&self) -> String {
        self.maximized().script.map(|script| script.to_string()).unwrap_or_default()
    }

    /// Returns the tag without extensions, as ICU reads it. A canonical tag always parses.
    pub(crate) fn identifier(&self) -> LanguageIdentifier {
        self.0.parse::<icu_locale::Locale>().map_or(LanguageIdentifier::UNKNOWN, |locale| locale.id)
    }

    fn maximized(&self) -> LanguageIdentifier {
        maximize(self.identifier())
    }

    /// Returns the locale and its parents by CLDR, nearest first: `es-MX`, `es-419`, `es`.
    fn lineage(&self) -> Vec<String> {
        let fallbacker = LocaleFallbacker::new().for_config(LocaleFallbackConfig::default());
        let own = self.identifier();
        let mut steps = fallbacker.fallback_for((&own).into());
        let mut lineage = vec![own.to_string()];
        while !steps.get().is_unknown() {
            let step = steps.get().to_string();
            let is_macao = step == MACAO;
            if lineage.last() != Some(&step) {
                lineage.push(step);
            }
            if is_macao {
                lineage.push(HONG_KONG.to_owned());
            }
            steps.step();
        }
        lineage
    }
}

/// CLDR has Hong Kong as the parent of Macao. ICU4X does not find it, since it looks for the tag
/// with its script.
const MACAO: &str = "zh-MO";
const HONG_KONG: &str = "zh-HK";

/// One of the offered locales that a reader can be given.
struct Relative<'a> {
    locale: &'a Locale,
    likely: LanguageIdentifier,
    lineage: Vec<String>,
    /// It has the reader's language and script. The others are reached only as CLDR parents.
    is_close: bool,
}

impl<'a> Relative<'a> {
    fn new(reader: &Locale, locale: &'a Locale) -> Option<Self> {
        let (likely, wanted) = (locale.maximized(), reader.maximized());
        let lineage = locale.lineage();
        let is_close = reader.shares_language(locale);
        let is_parent = likely.script == wanted.script;
        (is_close || is_parent).then_some(Self { locale, likely, lineage, is_close })
    }
}

/// Returns what is nearest to `step`: the locale itself, one with the same likely subtags, or one
/// of its children.
fn nearest<'a>(
    relatives: &[Relative<'a>],
    step: &str,
    preferred: Option<&Locale>,
) -> Option<&'a Locale> {
    let likely = step.parse().map(maximize).ok();
    let distance = |it: &Relative<'_>| {
        let at = it.lineage.iter().position(|parent| parent == step);
        match at {
            Some(0) => Some((0, 0)),
            Some(_) | None if Some(&it.likely) == likely.as_ref() => Some((1, 0)),
            Some(generations) if it.is_close => {
                Some(if preferred == Some(it.locale) { (2, 0) } else { (3, generations) })
            }
            Some(_) | None => None,
        }
    };
    let found = relatives.iter().filter_map(|it| Some((distance(it)?, it.locale)));
    found.min().map(|(_, locale)| locale)
}

fn maximize(mut identifier: LanguageIdentifier) -> LanguageIdentifier {
    LocaleExpander::new_extended().maximize(&mut identifier);
    identifier
}

/// Returns the language under which CLDR keeps this one: Norwegian is `no`, `nb` and `nn`.
fn family(language: &str) -> &str {
    match language {
        "nb" | "nn" => "no",
        other => other,
    }
}

/// The extended languages that are registered, each behind the language that may stand before it (IANA
/// Language Subtag Registry). Sign languages are left out: nothing is written in them.
const EXTENDED: [(&str, &str); 7] = [
    (
        "ar",
        "aao abh abv acm acq acw acx acy adf aeb aec afb ajp apc apd arb arq ars ary arz auz avl ayh ayl ayn \
         ayp bbz pga shu ssh",
    ),
    ("kok", "gom knn"),
    ("lv", "ltg lvs"),
    (
        "ms",
        "bjn btj bve bvu coa dup hji jak jax kvb kvr kxd lce lcf liw max meo mfa mfb min mqg msi mui orn ors \
         pel pse tmw urk vkk vkt xmm zlm zmi zsm",
    ),
    ("sw", "swc swh"),
    ("uz", "uzn uzs"),
    ("zh", "cdo cjy cmn cnp cpx csp czh czo gan hak hnm hsn luh lzh mnp nan sjc wuu yue"),
];

/// Returns the tag without the language before an extended one: `zh-yue-HK` is `yue-HK` (RFC 5646,
/// 4.5). Three other letters are no extended language: the country of `es-ESP` is misspelt.
fn without_prefix(tag: &str) -> &str {
    let Some((language, rest)) = tag.split_once('-') else {
        return tag;
    };
    let part = rest.split('-').next().unwrap_or_default();
    let is_extended = EXTENDED.iter().any(|(before, parts)| {
        before.eq_ignore_ascii_case(language)
            && parts.split(' ').any(|extended| extended.eq_ignore_ascii_case(part))
    });
    if is_extended { rest } else { tag }
}

impl TryFrom<String> for Locale {
    type Error = BadLocale;
    fn try_from(text: String) -> Result<Self, BadLocale> {
        Self::parse(&text)
    }
}
impl From<Locale> for String {
    fn from(locale: Locale) -> String {
        locale.0
    }
}

#[cfg(test)]
mod tests;
