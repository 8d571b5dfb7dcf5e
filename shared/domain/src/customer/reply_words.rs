//! The words by which a phone leaves and comes back: those of the carriers, and the customary ones of
//! every language that the product speaks. A reply counts if it is one of them and nothing else, or
//! begins with a stop word that means nothing else. What is merely near a stop or a start word is for a
//! person to read.
//!
//! Case, accents, punctuation, width and composition of the letters do not count: both sides are
//! folded alike. Every language has words for both ways.

use crate::kernel::folded_letters::fold_letters;

/// The meaning of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyMeaning {
    /// No more messages to this number.
    Stop,
    /// Messages again to this number.
    Start,
    /// Perhaps a stop or a start, misspelt or in a sentence. A person decides.
    Unclear,
    Other,
}

/// The words of one language.
struct Vocabulary {
    stop: &'static [&'static str],
    start: &'static [&'static str],
}

const VOCABULARIES: [Vocabulary; 13] = [
    // What AWS and the carriers of North America act upon themselves.
    Vocabulary {
        stop: &[
            "ARRET",
            "CANCEL",
            "END",
            "OPT-OUT",
            "OPTOUT",
            "OPT OUT",
            "QUIT",
            "REMOVE",
            "STOP",
            "STOPALL",
            "STOP ALL",
            "REVOKE",
            "TD",
            "UNSUBSCRIBE",
        ],
        start: &["START", "UNSTOP", "OPT-IN", "OPTIN", "OPT IN"],
    },
    // English.
    Vocabulary {
        stop: &[
            "UNSUB",
            "STOP IT",
            "STOP NOW",
            "STOP PLEASE",
            "PLEASE STOP",
            "STOP SMS",
            "STOP MESSAGES",
            "REMOVE ME",
            "UNSUBSCRIBE ME",
            "NO MORE",
        ],
        start: &["SUBSCRIBE", "RESUME", "RESUBSCRIBE"],
    },
    // Spanish.
    Vocabulary {
        stop: &[
            "BAJA",
            "ALTO",
            "PARAR",
            "PARE",
            "CANCELAR",
            "NO MAS",
            "DETENER",
            "DAR DE BAJA",
            "DARME DE BAJA",
            "SALIR",
            "ELIMINAR",
            "TERMINAR",
            "BASTA",
        ],
        start: &[
            "ALTA",
            "INICIAR",
            "INICIO",
            "EMPEZAR",
            "COMENZAR",
            "REANUDAR",
            "SUSCRIBIR",
            "SUSCRIBIRME",
            "VOLVER",
        ],
    },
    // Portuguese.
    Vocabulary {
        stop: &[
            "SAIR",
            "PARAR",
            "PARE",
            "CANCELAR",
            "REMOVER",
            "DESCADASTRAR",
            "DESINSCREVER",
            "NAO QUERO MAIS",
            "CHEGA",
        ],
        start: &["INICIAR", "COMECAR", "VOLTAR", "ASSINAR", "RETOMAR", "ENTRAR"],
    },
    // French.
    Vocabulary {
        stop: &[
            "ARRETER",
            "ARRETEZ",
            "DESABONNER",
            "DESABONNEMENT",
            "ME DESABONNER",
            "DESINSCRIRE",
            "DESINSCRIPTION",
            "ANNULER",
            "FIN",
            "STOP SMS",
        ],
        start: &["DEBUT", "DEBUTER", "COMMENCER", "REPRENDRE", "ABONNER", "REABONNER", "INSCRIRE"],
    },
    // German.
    Vocabulary {
        stop: &[
            "STOPP",
            "ABMELDEN",
            "ABMELDUNG",
            "ENDE",
            "ABBESTELLEN",
            "AUFHÖREN",
            "AUSTRAGEN",
            "BEENDEN",
            "KÜNDIGEN",
            "NICHT MEHR",
        ],
        start: &["STARTEN", "ANMELDEN", "ANMELDUNG", "FORTSETZEN", "ABONNIEREN"],
    },
    // Italian.
    Vocabulary {
        stop: &[
            "CANCELLA",
            "CANCELLAMI",
            "ANNULLA",
            "BASTA",
            "FERMA",
            "FERMARE",
            "DISISCRIVI",
            "DISISCRIVIMI",
            "RIMUOVI",
            "ESCI",
        ],
        start: &["INIZIA", "AVVIA", "RIPRENDI", "ISCRIVI", "ISCRIVIMI", "ATTIVA"],
    },
    // Arabic.
    Vocabulary {
        stop: &[
            "توقف",
            "قف",
            "أوقف",
            "إيقاف",
            "وقف",
            "إلغاء",
            "إلغاء الاشتراك",
            "الغ الاشتراك",
            "انسحاب",
            "كفى",
            "لا أريد",
            "إنهاء",
            "حذف",
        ],
        start: &["ابدأ", "بدء", "اشتراك", "اشترك", "استئناف", "تفعيل", "عودة"],
    },
    // Hindi.
    Vocabulary {
        stop: &[
            "बंद",
            "बंद करो",
            "बंद करें",
            "बन्द",
            "रोको",
            "रोकें",
            "रोकिए",
            "रुको",
            "रुकें",
            "रद्द",
            "रद्द करें",
            "हटाएं",
            "सदस्यता समाप्त",
            "सदस्यता रद्द करें",
            "BAND",
            "BAND KARO",
        ],
        start: &["शुरू", "शुरू करें", "चालू", "चालू करें", "प्रारंभ", "आरंभ", "सदस्यता लें", "SHURU", "CHALU"],
    },
    // Indonesian.
    Vocabulary {
        stop: &[
            "BERHENTI",
            "SETOP",
            "UNREG",
            "KELUAR",
            "HENTIKAN",
            "BATAL",
            "BATALKAN",
            "BERHENTI LANGGANAN",
            "HAPUS",
        ],
        start: &["MULAI", "LANJUT", "LANJUTKAN", "DAFTAR", "LANGGANAN", "REG", "AKTIFKAN"],
    },
    // Turkish.
    Vocabulary {
        stop: &[
            "DUR",
            "DURDUR",
            "İPTAL",
            "İPTAL ET",
            "RET",
            "ÇIK",
            "ÇIKIŞ",
            "ABONELİKTEN ÇIK",
            "BİTİR",
            "YETER",
            "SİL",
        ],
        start: &["BAŞLA", "BAŞLAT", "DEVAM", "DEVAM ET", "ABONE OL", "KATIL"],
    },
    // Chinese, simplified.
    Vocabulary {
        stop: &[
            "停止",
            "停",
            "退订",
            "取消",
            "取消订阅",
            "拒收",
            "不要",
            "退出",
            "结束",
            "不再接收",
        ],
        start: &["开始", "订阅", "恢复", "继续", "重新订阅"],
    },
    // Chinese, traditional.
    Vocabulary {
        stop: &["停止", "退訂", "取消", "取消訂閱", "拒收", "不要", "退出", "結束", "不再接收"],
        start: &["開始", "訂閱", "恢復", "繼續", "重新訂閱"],
    },
];

/// The letters of a reply that are read. A stop word is shorter; a longer text is a sentence.
const MAX_LETTERS: usize = 400;
/// The most words of a sentence in which a word is looked for that may mean something else in a longer
/// one: to cancel an order, the end of a street.
const MAX_WORDS: usize = 8;
/// The fewest letters of a word that is recognised with a mistake in it: below that, any two words
/// are near each other.
const MIN_MISSPELT: usize = 4;

/// Words that mean nothing else. A sentence that begins with one of them is a stop, as it is to the
/// carriers, and one that has it anywhere is for a person, however long it is.
const UNMISTAKABLE: &[&str] = &[
    "STOP",
    "STOPALL",
    "STOPP",
    "UNSUBSCRIBE",
    "UNSUB",
    "ARRET",
    "OPTOUT",
    "OPT OUT",
    "QUIT",
    "TD",
    "BAJA",
    "DESCADASTRAR",
    "DESABONNER",
    "ABMELDEN",
    "ABBESTELLEN",
    "DISISCRIVI",
    "DISISCRIVIMI",
    "توقف",
    "إيقاف",
    "إلغاء الاشتراك",
    "बंद करो",
    "बंद करें",
    "BERHENTI",
    "UNREG",
    "İPTAL",
    "退订",
    "取消订阅",
    "退訂",
    "取消訂閱",
];

/// Reads a reply. `keyword` is the word on which the carrier has acted, if it names one: what begins
/// with it means that word here too.
pub fn read_reply(text: &str, keyword: Option<&str>) -> ReplyMeaning {
    let said = fold(text);
    let begins_with = |word: &str| {
        said.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let keyword = keyword.map(fold).filter(|word| !word.is_empty() && begins_with(word));
    match keyword.map_or(ReplyMeaning::Other, |word| read_folded(&word)) {
        acted @ (ReplyMeaning::Stop | ReplyMeaning::Start) => acted,
        ReplyMeaning::Unclear | ReplyMeaning::Other => match read_folded(&said) {
            ReplyMeaning::Unclear if UNMISTAKABLE.iter().any(|word| begins_with(&fold(word))) => {
                ReplyMeaning::Stop
            }
            meaning @ (ReplyMeaning::Stop
            | ReplyMeaning::Start
            | ReplyMeaning::Unclear
            | ReplyMeaning::Other) => meaning,
        },
    }
}

fn read_folded(said: &str) -> ReplyMeaning {
    if said.is_empty() {
        return ReplyMeaning::Other;
    }
    if any_word(|vocabulary| vocabulary.stop, |word| word == said) {
        return ReplyMeaning::Stop;
    }
    if any_word(|vocabulary| vocabulary.start, |word| word == said) {
        return ReplyMeaning::Start;
    }
    let is_near = |word: &str| is_near(said, word);
    if any_word(|vocabulary| vocabulary.stop, is_near)
        || any_word(|vocabulary| vocabulary.start, is_near)
    {
        ReplyMeaning::Unclear
    } else {
        ReplyMeaning::Other
    }
}

fn any_word(
    list: impl Fn(&Vocabulary) -> &'static [&'static str],
    matches: impl Fn(&str) -> bool,
) -> bool {
    VOCABULARIES.iter().flat_map(list).any(|word| matches(&fold(word)))
}

/// Returns true if a reply has a word among its words, or is it with a single mistake. Where words are
/// written without spaces, it is looked for anywhere.
fn is_near(said: &str, word: &str) -> bool {
    let words = said.split(' ').count();
    let among = format!(" {said} ").contains(&format!(" {word} "))
        && (words <= MAX_WORDS || said.starts_with(word) || is_unmistakable(word));
    let is_joined = is_ideographic(word) || (words == 1 && !word.is_ascii());
    let inside = is_joined && word.chars().count() > 1 && said.contains(word);
    among || inside || (word.chars().count() >= MIN_MISSPELT && is_one_mistake_away(said, word))
}

/// Returns true for a word of Chinese, which no space parts from the next.
fn is_ideographic(word: &str) -> bool {
    word.chars().all(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

/// Returns true for a folded word that means nothing else.
fn is_unmistakable(word: &str) -> bool {
    UNMISTAKABLE.iter().any(|known| fold(known) == word)
}

/// Returns true if one letter was left out, added, replaced, or changed places with the next.
fn is_one_mistake_away(said: &str, word: &str) -> bool {
    let (said, word): (Vec<char>, Vec<char>) = (said.chars().collect(), word.chars().collect());
    if said.len().abs_diff(word.len()) > 1 {
        return false;
    }
    let same_start = said.iter().zip(&word).take_while(|(one, other)| one == other).count();
    let rest = |text: &[char], skip: usize| text.get(same_start + skip..).map(<[char]>::to_vec);
    match (rest(&said, 0), rest(&word, 0)) {
        (Some(one), Some(other)) => {
            let swapped = matches!((one.as_slice(), other.as_slice()), ([a, b, one @ ..], [c, d, other @ ..]) if a == d && b == c && one == other);
            swapped
                || one.get(1..) == other.get(1..)
                || one.get(1..) == Some(&other)
                || other.get(1..) == Some(&one)
        }
        _ => false,
    }
}

/// Folds the beginning of a reply, as the words are folded.
fn fold(text: &str) -> String {
    fold_letters(&text.chars().take(MAX_LETTERS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(replies: &[&str], expected: ReplyMeaning) {
        for reply in replies {
            assert_eq!(read_reply(reply, None), expected, "{reply}");
        }
    }

    #[test]
    fn every_word_of_every_language_is_read_in_any_case_and_form() {
        use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
        for Vocabulary { stop, start } in &VOCABULARIES {
            for (words, expected) in [(stop, ReplyMeaning::Stop), (start, ReplyMeaning::Start)] {
                assert!(!words.is_empty(), "a language has a way out and a way back");
                for word in *words {
                    let composed =
                        ComposingNormalizerBorrowed::new_nfc().normalize(word).into_owned();
                    let decomposed =
                        DecomposingNormalizerBorrowed::new_nfd().normalize(word).into_owned();
                    check(
                        &[
                            word,
                            &composed,
                            &decomposed,
                            &word.to_lowercase(),
                            &format!(" {word}! "),
                            &format!("\u{200f}«{word}»."),
                        ],
                        expected,
                    );
                }
            }
        }
    }

    #[test]
    fn no_word_means_both() {
        let all = |list: fn(&Vocabulary) -> &'static [&'static str]| -> BTreeSet<String> {
            VOCABULARIES.iter().flat_map(list).map(|word| fold(word)).collect()
        };
        let (stop, start) = (all(|it| it.stop), all(|it| it.start));
        assert_eq!(stop.intersection(&start).collect::<Vec<_>>(), Vec::<&String>::new());
    }

    #[test]
    fn every_language_has_a_stop_word_that_means_nothing_else() {
        for Vocabulary { stop, .. } in &VOCABULARIES {
            assert!(stop.iter().any(|word| is_unmistakable(&fold(word))), "{stop:?}");
        }
        check(UNMISTAKABLE, ReplyMeaning::Stop);
    }

    #[test]
    fn the_carriers_words_stop() {
        check(
            &[
                "ARRET",
                "CANCEL",
                "END",
                "OPT-OUT",
                "OPTOUT",
                "QUIT",
                "REMOVE",
                "STOP",
                "TD",
                "UNSUBSCRIBE",
                "StopAll",
                "opt out",
                "ＳＴＯＰ",
                "s\u{200b}top",
            ],
            ReplyMeaning::Stop,
        );
        check(&["START", "unstop", "Start.", "ＳＴＡＲＴ"], ReplyMeaning::Start);
    }

    #[test]
    fn letters_that_are_written_otherwise_are_the_same() {
        check(
            &[
                "ARRÊT",
                "arre\u{302}t",
                "no más",
                "no ma\u{301}s",
                "désabonner",
                "iptal",
                "IPTAL",
                "ıptal",
                "İptal",
                "aufhoren",
            ],
            ReplyMeaning::Stop,
        );
        check(&["الغاء", "إِلْغَاء", "ايقاف", "كفي", "توقـــف"], ReplyMeaning::Stop);
        check(&["başla", "BASLA", "ابدا", "शुरू।"], ReplyMeaning::Start);
    }

    #[test]
    fn what_is_near_a_word_is_for_a_person() {
        check(
            &[
                "START please",
                "please start again",
                "I want to subscribe",
                "strat",
                "quiero el alta por favor",
                "abone ol lütfen",
                "请恢复吧",
                "Hola, por favor quiero que me den de baja de estos mensajes",
                "hello I would really like you to please unsubscribe me from this list",
                "Guten Tag, ich möchte mich bitte so bald wie möglich von diesen Nachrichten abmelden",
                "مرحبا أريد من فضلكم إلغاء الاشتراك في كل هذه الرسائل التي تصلني كل يوم",
                "您好，我已经搬家了，不再去你们的店，请帮我退订这些短信，谢谢你们的帮助",
                "Please do not stop sending these",
                "do not stop",
                "SOTP",
                "stpo",
                "stoop",
                "unsubscibe",
                "I want to cancel",
                "por favor baja",
                "请退订吧",
                "你好，请取消",
                "je veux arreter",
            ],
            ReplyMeaning::Unclear,
        );
    }

    #[test]
    fn a_sentence_that_begins_with_a_stop_means_it() {
        check(
            &[
                "stop it, I beg you",
                "Stop please, no more of this",
                "UNSUBSCRIBE me now",
                "BAJA, por favor",
                "TD please",
                "Quit sending me this",
                "disiscrivimi per favore",
                "descadastrar, por favor",
                "توقف من فضلك",
                "إيقاف الرسائل لو سمحت",
                "إلغاء الاشتراك من فضلك",
                "बंद करो, कृपया",
                "İPTAL lütfen",
                "退订 谢谢",
                "退訂，謝謝",
                "stop it right now, I have told you so many times that I do not want these",
            ],
            ReplyMeaning::Stop,
        );
        for (text, keyword, expected) in [
            ("End this please", Some("END"), ReplyMeaning::Stop),
            ("End this please", Some("KEYWORD_DEFAULT"), ReplyMeaning::Unclear),
            ("start again", Some("START"), ReplyMeaning::Start),
            ("Please do not stop", Some("STOP"), ReplyMeaning::Unclear),
            ("thanks", Some("STOP"), ReplyMeaning::Other),
            ("stopover", Some("STOP"), ReplyMeaning::Other),
        ] {
            assert_eq!(read_reply(text, keyword), expected, "{text}");
        }
    }

    #[test]
    fn other_replies_mean_nothing() {
        check(
            &[
                "",
                "  ",
                "!!!",
                "ja",
                "thanks!",
                "ok",
                "fine",
                "yes",
                "no",
                "stopwatch",
                "the bus stopover",
                "I stood in line to the very end and then they had to cancel my order",
                "we will resume our walks along the river once the weather gets a bit better",
                "🎁",
                "12345",
                "謝謝",
                "شكرا",
                "धन्यवाद",
            ],
            ReplyMeaning::Other,
        );
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,30}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }
    }
}
