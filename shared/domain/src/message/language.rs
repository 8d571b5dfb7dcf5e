//! The language of templates: variables with filters, and `if` over what may be missing. A small part of minijinja's, kept small on
//! purpose: no loop, no comparison, no set, no include. So what a template does depends only on *which* variables are filled, never on
//! their values, and trying it with each of these sets (`check`) proves that it renders for every customer.
//! Reads a template's source, writes nothing.

use std::fmt;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, filters, tests};

use super::render::{RenderError, Variables};

/// Always filled.
pub(super) const ALWAYS: [&str; 6] = ["offer", "voucher_id", "voucher_link", "redeem_by", "campaign_name", "brand"];
/// Not known of every customer or not part of every offer.
pub(super) const OPTIONAL: [&str; 3] = ["first_name", "last_name", "minimum_basket"];
const FILTERS: [&str; 6] = ["default", "upper", "lower", "title", "capitalize", "trim"];

/// Steps and data of one rendering: about ten times what the largest template needs, and far below a second.
const FUEL: u64 = 2_000_000;
/// Bytes of one `{{ ... }}` or `{% ... %}`: bounds the nesting of brackets and `not` for the parser behind.
const MAX_TAG: usize = 300;

/// Whether variables are escaped for HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    No,
    Html,
}

/// A compiled template that owns its source.
pub(super) struct Template(Environment<'static>);

/// Its only template.
const NAME: &str = "message";

impl Template {
    pub(super) fn new(source: &str, escape: Escape) -> Result<Self, Mistake> {
        if let Some(mistake) = mistakes(source).into_iter().next() {
            return Err(mistake);
        }
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(move |_| match escape {
            Escape::No => AutoEscape::None,
            Escape::Html => AutoEscape::Html,
        });
        environment.add_filter("default", filters::default);
        environment.add_filter("upper", filters::upper);
        environment.add_filter("lower", filters::lower);
        environment.add_filter("title", filters::title);
        environment.add_filter("capitalize", filters::capitalize);
        environment.add_filter("trim", filters::trim);
        environment.add_test("defined", tests::is_defined);
        let syntax = |error: minijinja::Error| Mistake::new("syntax", sentence(&error));
        environment.add_template_owned(NAME, source.to_owned()).map_err(syntax)?;
        // minijinja takes an `and` where no operator can stand for a name
        let mut names: Vec<String> =
            environment.get_template(NAME).map_err(syntax)?.undeclared_variables(false).into_iter().collect();
        names.sort_unstable();
        names.iter().try_for_each(|name| known(name, &[&ALWAYS, &OPTIONAL]))?;
        Ok(Self(environment))
    }

    pub(super) fn render(&self, variables: &Variables) -> Result<String, RenderError> {
        let filled = Value::from_pairs(variables.filled());
        // only the kind of the error: its text could quote a value
        let failed = |error: minijinja::Error| RenderError::Template(error.kind().to_string());
        self.0.get_template(NAME).map_err(failed)?.render(filled).map_err(failed)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template")
    }
}

fn sentence(error: &minijinja::Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}

/// What is wrong with a template: a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Mistake {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Everything outside the language, in the order of reading.
pub(super) fn mistakes(source: &str) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut rest = source;
    while let Some((opening, after)) = next_opening(rest) {
        let read = match opening {
            Opening::Comment => skip_comment(after),
            Opening::Print => tag(after, "}}").and_then(|(words, after)| print(&words).map(|()| after)),
            Opening::Statement => tag(after, "%}").and_then(|(words, after)| statement(&words).map(|()| after)),
        };
        match read {
            Ok(after) => rest = after,
            Err(mistake) => {
                if !mistakes.contains(&mistake) {
                    mistakes.push(mistake);
                }
                // go on behind the tag that is wrong; where there is no end, nothing more can be said
                let behind = match opening {
                    Opening::Print => after.split_once("}}"),
                    Opening::Statement => after.split_once("%}"),
                    Opening::Comment => None,
                };
                match behind {
                    Some((_, after)) => rest = after,
                    None => break,
                }
            }
        }
    }
    mistakes
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Print,
    Statement,
    Comment,
}

fn next_opening(source: &str) -> Option<(Opening, &str)> {
    let mut rest = source;
    loop {
        let (_, after) = rest.split_once('{')?;
        for (mark, opening) in [("{", Opening::Print), ("%", Opening::Statement), ("#", Opening::Comment)] {
            if let Some(inside) = after.strip_prefix(mark) {
                return Some((opening, inside));
            }
        }
        rest = after;
    }
}

fn skip_comment(after: &str) -> Result<&str, Mistake> {
    after.split_once("#}").map(|(_, after)| after).ok_or_else(|| Mistake::new("syntax", "a comment {# is not closed"))
}

/// The words of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'s> {
    Name(&'s str),
    Text,
    Mark(char),
}

/// Reads up to `close` as minijinja does; any character that is not of the language is a mistake.
fn tag<'s>(after: &'s str, close: &str) -> Result<(Vec<Word<'s>>, &'s str), Mistake> {
    let mut words = Vec::new();
    let mut rest = after.strip_prefix(['-', '+']).unwrap_or(after);
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if let Some(end) =
            rest.strip_prefix(close).or_else(|| rest.strip_prefix(['-', '+']).and_then(|rest| rest.strip_prefix(close)))
        {
            return Ok((words, end));
        }
        if after.len() - rest.len() > MAX_TAG {
            return Err(Mistake::new(
                "too_large",
                format!("what is inside {{{{ }}}} or {{% %}} has at most {MAX_TAG} bytes"),
            ));
        }
        let Some(first) = rest.chars().next() else {
            return Err(Mistake::new("syntax", format!("a tag is not closed with {close}")));
        };
        let word;
        (word, rest) = match first {
            '\'' | '"' => (Word::Text, quoted(rest, first)?),
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                let (name, rest) = rest.split_at(end);
                (Word::Name(name), rest)
            }
            '|' | '(' | ')' | ',' => (Word::Mark(first), rest.strip_prefix(first).unwrap_or_default()),
            _ => {
                let detail = format!(
                    "{first} has no meaning here: only variables, filters, texts in quotes and if are understood"
                );
                return Err(Mistake::new("not_allowed", detail));
            }
        };
        words.push(word);
    }
}

/// What follows a text in quotes.
fn quoted(text: &str, quote: char) -> Result<&str, Mistake> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return Ok(text.split_at(at + quote.len_utf8()).1),
            _ => {}
        }
    }
    Err(Mistake::new("syntax", format!("a text in quotes is not closed with {quote}")))
}

/// `variable | filter | filter('text')`
fn print(words: &[Word<'_>]) -> Result<(), Mistake> {
    let mut parts = words.split(|word| *word == Word::Mark('|'));
    match parts.next() {
        Some([Word::Name(name)]) => known(name, &[&ALWAYS, &OPTIONAL])?,
        Some([Word::Text]) => {}
        Some(_) | None => {
            return Err(Mistake::new(
                "not_allowed",
                "{{ }} holds one variable and its filters; use {% if %} for a choice",
            ));
        }
    }
    parts.try_for_each(filter)
}

fn filter(words: &[Word<'_>]) -> Result<(), Mistake> {
    let Some((Word::Name(name), arguments)) = words.split_first() else {
        return Err(Mistake::new("syntax", "the name of a filter is missing after |"));
    };
    if !FILTERS.contains(name) {
        return Err(Mistake::new(
            "unknown_filter",
            format!("there is no filter {name}; there are {}", FILTERS.join(", ")),
        ));
    }
    match (*name, arguments) {
        ("default", [Word::Mark('('), Word::Text, Word::Mark(')')]) => Ok(()),
        ("default", [Word::Mark('('), Word::Text, Word::Mark(','), Word::Name("true" | "false"), Word::Mark(')')]) => {
            Ok(())
        }
        ("default", _) => Err(Mistake::new("syntax", "a default is one text in quotes: default('there')")),
        (_, [] | [Word::Mark('('), Word::Mark(')')]) => Ok(()),
        (_, _) => Err(Mistake::new("not_allowed", format!("the filter {name} takes nothing in brackets"))),
    }
}

/// `if`, `elif`, `else`, `endif`.
fn statement(words: &[Word<'_>]) -> Result<(), Mistake> {
    match words.split_first() {
        Some((Word::Name("if" | "elif"), condition)) => self::condition(condition),
        Some((Word::Name("else" | "endif"), [])) => Ok(()),
        Some((Word::Name(name), _)) => Err(Mistake::new(
            "not_allowed",
            format!("{{% {name} %}} is not understood; there are if, elif, else and endif"),
        )),
        Some((Word::Text | Word::Mark(_), _)) | None => Err(Mistake::new("syntax", "a statement starts with its name")),
    }
}

/// Optional variables with `and`, `or`, `not`, brackets and `is defined`. minijinja checks how they stand together.
fn condition(words: &[Word<'_>]) -> Result<(), Mistake> {
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        match word {
            Word::Name("and" | "or" | "not") | Word::Mark('(' | ')') => {}
            Word::Name("is") => {
                rest = match rest {
                    [Word::Name("defined"), after @ ..] | [Word::Name("not"), Word::Name("defined"), after @ ..] => {
                        after
                    }
                    _ => {
                        return Err(Mistake::new("not_allowed", "only `is defined` and `is not defined` can be asked"));
                    }
                };
            }
            Word::Name(name) if ALWAYS.contains(name) => {
                return Err(Mistake::new("not_allowed", format!("{name} is always filled: it needs no condition")));
            }
            Word::Name(name) => known(name, &[&OPTIONAL])?,
            Word::Text | Word::Mark(_) => {
                return Err(Mistake::new("not_allowed", "a condition only asks whether variables are filled"));
            }
        }
    }
    Ok(())
}

fn known(name: &str, lists: &[&[&str]]) -> Result<(), Mistake> {
    if lists.iter().any(|list| list.contains(&name)) {
        return Ok(());
    }
    let detail = format!("there is no variable {name}; there are {}", lists.concat().join(", "));
    Err(Mistake::new("unknown_variable", detail))
}
