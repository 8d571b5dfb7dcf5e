//! Spellings of one locale, and what readers are given when their own locale is not there.

use proptest::prelude::*;

use super::*;

fn locale(text: &str) -> Locale {
    Locale::parse(text).unwrap()
}

#[track_caller]
fn chosen(wanted: &str, offered: &[&str]) -> Option<String> {
    let offered: Vec<Locale> = offered.iter().map(|tag| locale(tag)).collect();
    locale(wanted).choose(&offered, offered.first()).map(|(chosen, _)| chosen.as_str().to_owned())
}

#[test]
fn every_spelling_of_a_locale_is_the_same_locale() {
    for (spelled, canonical) in [
        ("pt-br", "pt-BR"),
        ("PT_br", "pt-BR"),
        ("ES", "es"),
        ("es-419", "es-419"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("ZH_HANT_HK", "zh-Hant-HK"),
        ("in", "id"),
        ("in-ID", "id-ID"),
        ("iw", "he"),
        ("iw_IL", "he-IL"),
        ("ji", "yi"),
        ("jw", "jv"),
        ("mo", "ro"),
        ("tl-PH", "fil-PH"),
        ("sh", "sr-Latn"),
        ("cmn-Hans", "zh-Hans"),
        ("zh-cmn-Hans-CN", "zh-Hans-CN"),
        ("zh-yue-HK", "yue-HK"),
        ("ZH_YUE_hk", "yue-HK"),
        ("ar-arz-EG", "arz-EG"),
        ("sw-swc-CD", "sw-CD"),
        ("en-UK", "en-GB"),
        ("sr-YU", "sr-RS"),
        ("no", "no"),
        ("nb", "nb"),
        ("ca-valencia", "ca-valencia"),
        ("ar-u-nu-latn", "ar-u-nu-latn"),
    ] {
        assert_eq!(locale(spelled).as_str(), canonical, "{spelled}");
        assert_eq!(locale(canonical).as_str(), canonical, "{canonical} stays as it is");
    }
}

#[test]
fn what_is_no_tag_is_refused() {
    for bad in [
        "",
        "-",
        "e",
        "english",
        "klingon",
        "i-klingon",
        "und",
        "und-ES",
        "root",
        "C",
        "es-",
        "-es",
        "es--ES",
        "es ES",
        "es-ESP-x",
        // a country is two letters, or three digits
        "es-ESP",
        "es_ESP",
        "pt-BRA",
        "es-MEX",
        "en-USA",
        "spa-ESP",
        "zh-CHN",
        "ar-EGY",
        "en-yue",
        "zh-yue-cmn",
        // too long by the form that would be stored
        "tl-PH-x-aaaaaaaa-bbbbbbbb-ccccccc-d",
        "sh-x-aaaaaaaa-bbbbbbbb-cccccccc-dd",
        "español",
        "es-ES.UTF-8",
        "es;q=1",
        "12",
        "en-x0",
        "en-GB-oxendict-aaaaaaaa-bbbbbbbb-cccccccc",
    ] {
        assert_eq!(Locale::parse(bad), Err(BadLocale), "{bad}");
    }
    let longest = "tl-PH-x-aaaaaaaa-bbbbbbbb-cccccccc";
    assert_eq!(locale(longest).as_str().len(), MAX_LOCALE);
}

proptest! {
    #[test]
    fn a_locale_that_was_parsed_is_parsed_again_as_it_is(
        language in "(tl|sh|iw|in|mo|no|zh|zh-yue|zh-cmn|sr|cmn|ar-arz|[a-z]{2,3})",
        script in "(-[A-Z][a-z]{3})?",
        region in "(-(PH|YU|UK|SU|419|[A-Z]{2,3}))?",
        private in "(-x(-[a-z0-9]{1,8}){1,4})?",
    ) {
        if let Ok(once) = Locale::parse(&format!("{language}{script}{region}{private}")) {
            prop_assert!(once.as_str().len() <= MAX_LOCALE);
            prop_assert_eq!(Locale::parse(once.as_str()), Ok(once.clone()));
        }
    }
}

#[test]
fn readers_get_what_is_nearest_to_their_locale() {
    for (wanted, offered, expected) in [
        // itself, in whatever spelling
        ("pt-br", &["en", "pt-BR", "pt-PT"][..], Some("pt-BR")),
        ("zh-Hant-TW", &["en", "zh-TW"], Some("zh-TW")),
        ("zh-TW", &["zh", "zh-Hant"], Some("zh-Hant")),
        ("in", &["en", "id"], Some("id")),
        ("he", &["en", "iw"], Some("he")),
        // its parents, nearest first
        ("es-MX", &["en", "es", "es-419"], Some("es-419")),
        ("es-MX", &["en", "es"], Some("es")),
        ("es-DE", &["en", "es-419", "es"], Some("es")),
        ("pt-AO", &["pt", "pt-PT"], Some("pt-PT")),
        ("pt-MZ", &["en", "pt"], Some("pt")),
        ("en-IN", &["en", "en-001"], Some("en-001")),
        ("en-AT", &["en", "en-GB", "en-150"], Some("en-150")),
        ("zh-MO", &["zh", "zh-TW", "zh-HK"], Some("zh-HK")),
        ("nb", &["en", "no"], Some("no")),
        ("de-CH-1996", &["en", "de-CH", "de"], Some("de-CH")),
        ("ar-EG", &["en", "ar"], Some("ar")),
        ("hi-IN", &["en", "hi"], Some("hi")),
        ("sr-Latn-RS", &["sr", "sr-Latn"], Some("sr-Latn")),
        // the same by likely subtags
        ("pt-PT", &["en", "pt-BR"], Some("pt-BR")),
        ("es", &["en", "es-ES", "es-MX"], Some("es-ES")),
        ("zh-CN", &["en", "zh-Hans"], Some("zh-Hans")),
        ("zh-SG", &["zh-Hant", "zh"], Some("zh")),
        // a sibling, of which the default is the first
        ("es-AR", &["en", "es-ES", "es-MX"], Some("es-MX")),
        ("pt-BR", &["en", "pt-PT"], Some("pt-PT")),
        ("es", &["en", "es-MX"], Some("es-MX")),
        ("en", &["en-GB", "en-AU"], Some("en-GB")),
        ("en-US", &["en-AU", "en-GB"], Some("en-AU")),
        ("nn", &["en", "nb"], Some("nb")),
        ("no", &["en", "nb"], Some("nb")),
        ("fr-CA", &["en", "fr-FR"], Some("fr-FR")),
        ("ar-AE-u-nu-arab", &["en", "ar-EG"], Some("ar-EG")),
        // Hindi in Latin letters is written among readers of English, and not the other way round
        ("hi-Latn", &["hi", "en"], Some("en")),
        ("en", &["hi-Latn"], None),
        // never another script, never another language
        ("zh-TW", &["en", "zh"], None),
        ("zh-Hant-HK", &["zh-CN"], None),
        ("zh", &["zh-TW"], None),
        ("sr-Latn", &["sr"], None),
        ("az-Cyrl", &["az"], None),
        ("pa-Arab", &["pa"], None),
        ("ca", &["es"], None),
        ("id", &["ms"], None),
    ] {
        assert_eq!(chosen(wanted, offered).as_deref(), expected, "{wanted} of {offered:?}");
    }
}

#[test]
fn a_locale_covers_its_children() {
    for (locale_, other, expected) in [
        ("es", "es-MX", true),
        ("es-419", "es-MX", true),
        ("es-419", "es-ES", false),
        ("es-ES", "es", false),
        ("zh", "zh-TW", true),
        ("zh-Hant", "zh-TW", true),
        ("zh-Hans", "zh-TW", false),
        ("no", "nb-NO", true),
        ("pt-PT", "pt-AO", true),
        ("en", "hi-Latn", false),
        ("iw", "he-IL", true),
    ] {
        assert_eq!(locale(locale_).covers(&locale(other)), expected, "{locale_} {other}");
    }
}

#[test]
fn the_direction_is_that_of_the_script() {
    for (tag, direction) in [
        ("ar", "rtl"),
        ("ar-MA", "rtl"),
        ("iw", "rtl"),
        ("fa", "rtl"),
        ("ur-PK", "rtl"),
        ("ckb", "rtl"),
        ("pa-Arab", "rtl"),
        ("pa", "ltr"),
        ("az", "ltr"),
        ("en", "ltr"),
        ("zh-Hant", "ltr"),
        ("hi", "ltr"),
        ("ar-Latn", "ltr"),
    ] {
        assert_eq!(locale(tag).direction().as_str(), direction, "{tag}");
    }
}
