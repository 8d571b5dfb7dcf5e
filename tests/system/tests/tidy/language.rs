//! Measures the language of the code and holds it to its limits: fragment comments, one-word type
//! names, names defined twice, long lines, and words that the glossary retires.
//! Reads the Rust files of the work tree and `docs/glossary.md`; `make measure-style` prints it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::work_tree::{is_a_test, root, shipped_lines, sources};

/// Doc comments that begin as a fragment, in percent of all. The figure only falls.
const MAX_FRAGMENTS_PERCENT: f64 = 3.0;
/// Type names of one word, in percent of all: the nouns of the glossary may be short.
const MAX_ONE_WORD_PERCENT: f64 = 25.0;
/// Type names that are defined in more than one place.
const MAX_DEFINED_TWICE: usize = 14;
/// Lines over [`COLUMNS`] columns, in percent of all.
const MAX_LONG_PERCENT: f64 = 1.0;
const COLUMNS: usize = 100;

/// First words that make a doc comment a fragment: it has no subject and no verb then.
const FRAGMENT_OPENERS: [&str; 44] = [
    "After", "Among", "As", "At", "Before", "Beside", "Between", "By", "During", "For", "From",
    "How", "If", "In", "Into", "Of", "On", "Since", "So", "Than", "That", "Through", "Till", "To",
    "Under", "Until", "Upon", "What", "Whatever", "When", "Whenever", "Where", "Wherever",
    "Whether", "Which", "While", "Who", "Whoever", "Whom", "Whose", "Why", "With", "Within",
    "Without",
];

struct Style {
    doc_comments: usize,
    fragments: Vec<String>,
    types: BTreeMap<String, Vec<String>>,
    lines: usize,
    long_lines: Vec<String>,
}

impl Style {
    fn one_word(&self) -> Vec<&str> {
        self.types.keys().map(String::as_str).filter(|name| is_one_word(name)).collect()
    }

    fn defined_twice(&self) -> Vec<&str> {
        let twice = self.types.iter().filter(|(_, places)| places.len() > 1);
        twice.map(|(name, _)| name.as_str()).collect()
    }
}

/// Returns true for a name with one capital hump (`Voucher`); `SmsEncoding` has two.
fn is_one_word(name: &str) -> bool {
    name.chars().filter(char::is_ascii_uppercase).count() == 1
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn measured() -> Style {
    let mut style = Style {
        doc_comments: 0,
        fragments: Vec::new(),
        types: BTreeMap::new(),
        lines: 0,
        long_lines: Vec::new(),
    };
    for (path, source) in sources().iter().filter(|(path, _)| !is_a_test(path)) {
        measure_file(&mut style, path, source);
    }
    style
}

fn measure_file(style: &mut Style, path: &str, source: &str) {
    let mut inside = false;
    for (number, line) in source.lines().take(shipped_lines(source)).enumerate() {
        let place = format!("{path}:{}", number + 1);
        style.lines += 1;
        if line.chars().count() > COLUMNS {
            style.long_lines.push(place.clone());
        }
        if let Some(name) = type_name(line) {
            style.types.entry(name.to_owned()).or_default().push(place.clone());
        }
        let comment = doc_text(line);
        if let (Some(text), false) = (comment, inside) {
            style.doc_comments += 1;
            let first = text.split(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
            if FRAGMENT_OPENERS.contains(&first) {
                style.fragments.push(format!("{place}: {text}"));
            }
        }
        inside = comment.is_some();
    }
}

fn doc_text(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).map(str::trim)
}

/// The name that a line defines as a struct, enum, trait, union or free type alias.
fn type_name(line: &str) -> Option<&str> {
    let mut words = line.split(|it: char| !(it.is_alphanumeric() || it == '_')).peekable();
    let indented = line.starts_with(' ');
    let mut kind = words.next()?;
    while kind.is_empty() || ["pub", "crate", "super", "in"].contains(&kind) {
        kind = words.next()?;
    }
    let defines =
        ["struct", "enum", "trait", "union"].contains(&kind) || kind == "type" && !indented;
    let name = words.next()?;
    (defines && name.starts_with(|it: char| it.is_ascii_uppercase())).then_some(name)
}

fn table(style: &Style) -> String {
    let types = style.types.len();
    let mut text = String::new();
    let mut row = |what: &str, found: String, limit: String| {
        writeln!(text, "{what:<44}{found:>24}   {limit}").unwrap();
    };
    let share =
        |part: usize, whole: usize| format!("{part} of {whole}, {:.1} %", percent(part, whole));
    row(
        "doc comments that begin as a fragment",
        share(style.fragments.len(), style.doc_comments),
        format!("under {MAX_FRAGMENTS_PERCENT} %"),
    );
    row(
        "type names of one word",
        share(style.one_word().len(), types),
        format!("under {MAX_ONE_WORD_PERCENT} %"),
    );
    row(
        "type names defined more than once",
        style.defined_twice().len().to_string(),
        format!("at most {MAX_DEFINED_TWICE}"),
    );
    row(
        "lines over 100 columns",
        share(style.long_lines.len(), style.lines),
        format!("under {MAX_LONG_PERCENT} %"),
    );
    text
}

#[test]
#[expect(clippy::print_stdout, reason = "`make measure-style` shows the figures")]
fn the_code_speaks_in_whole_sentences_and_telling_names() {
    let style = measured();
    println!("{}", table(&style));
    let fragments = percent(style.fragments.len(), style.doc_comments);
    assert!(fragments < MAX_FRAGMENTS_PERCENT, "fragments: {:#?}", style.fragments);
    let one_word = percent(style.one_word().len(), style.types.len());
    assert!(one_word < MAX_ONE_WORD_PERCENT, "one-word types: {:?}", style.one_word());
    let twice = style.defined_twice();
    assert!(twice.len() <= MAX_DEFINED_TWICE, "types defined more than once: {twice:?}");
    let long = percent(style.long_lines.len(), style.lines);
    assert!(long < MAX_LONG_PERCENT, "long lines: {:#?}", style.long_lines);
}

/// The words of the glossary's last table: a word that is not used, and the one that is.
fn retired_words() -> BTreeMap<String, String> {
    let glossary = std::fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let table = glossary.split("## Words that are not used").nth(1).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let words: BTreeMap<String, String> = rows
        .filter_map(|row| row.split_once("` | "))
        .map(|(word, instead)| (word.to_owned(), instead.trim_end_matches(['|', ' ']).to_owned()))
        .collect();
    assert!(words.len() > 10, "the glossary's table of retired words was not found");
    words
}

/// The words of an identifier: `DeadLetterView` and `dead_letter_view` alike are dead, letter, view.
fn words_of(identifier: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in identifier.chars() {
        if letter == '_' || letter.is_ascii_uppercase() {
            words.push(String::new());
        }
        if letter != '_' {
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The identifiers of a line of code, without its comment and its strings.
fn identifiers(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    let outside_strings = code.split('"').step_by(2);
    let words = outside_strings
        .flat_map(|part| part.split(|it: char| !(it.is_alphanumeric() || it == '_')));
    words.filter(|word| word.starts_with(|it: char| it.is_alphabetic() || it == '_')).collect()
}

#[test]
fn identifiers_use_the_words_of_the_glossary() {
    let retired = retired_words();
    let mut found = BTreeSet::new();
    for (path, source) in sources().iter().filter(|(path, _)| !is_a_test(path)) {
        for (number, line) in source.lines().take(shipped_lines(source)).enumerate() {
            for identifier in identifiers(line) {
                let words = words_of(identifier);
                let word = words.iter().find(|word| retired.contains_key(*word));
                if let Some(word) = word {
                    let instead = &retired[word];
                    found.insert(format!(
                        "{path}:{}: {identifier}: not {word} but {instead}",
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn an_identifier_is_split_into_its_words() {
    assert_eq!(words_of("DeadLetterView"), ["dead", "letter", "view"]);
    assert_eq!(words_of("MAX_ROWS").concat(), "maxrows");
    assert_eq!(type_name("pub(crate) struct ReportRow {"), Some("ReportRow"));
    assert_eq!(type_name("    type Rejection = Problem;"), None);
}
