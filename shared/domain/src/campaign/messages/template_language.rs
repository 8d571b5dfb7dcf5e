//! The template language: variables with filters, and `if` over optional variables.
//!
//! It is a small part of minijinja's language, kept small on purpose: no loop, no comparison, no
//! `set`, no `include`. The result of a template therefore depends only on *which* variables are
//! filled, never on their values, and trying every combination (`check`) proves that it renders for
//! every customer. This module reads a template's source and writes nothing.

use std::fmt;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, filters, tests};

use super::render::{MessageVariables, RenderError};

/// Variables that are always filled. `way_out` is, with an empty text where there is none.
pub(super) const ALWAYS: [&str; 9] = [
    "offer",
    "full_offer",
    "voucher_id",
    "voucher_link",
    "accept_by",
    "redeem_by",
    "campaign_name",
    "brand",
    WAY_OUT,
];
/// The way out of an SMS. An SMS whose template does not name it has it at its end.
pub(super) const WAY_OUT: &str = "way_out";
/// Variables that are not known for every customer or not part of every offer.
pub(super) const OPTIONAL: [&str; 3] = ["first_name", "last_name", "minimum_basket"];
const FILTERS: [&str; 6] = ["default", "upper", "lower", "title", "capitalize", "trim"];

/// Budget of one rendering, in minijinja's units of work and data. It is about ten times the need
/// of the largest template and takes far below a second.
const FUEL: u64 = 2_000_000;
/// Maximum size of one `{{ ... }}` or `{% ... %}` in bytes. It bounds the nesting of brackets and
/// `not` for minijinja's parser.
const MAX_TAG_BYTES: usize = 300;

/// The escaping of variables: none, or for HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EscapeMode {
    No,
    Html,
}

/// A compiled template that owns its source.
pub(super) struct MessageTemplate(Environment<'static>);

/// The name of the only template in the environment.
const TEMPLATE_NAME: &str = "message";

impl MessageTemplate {
    pub(super) fn new(source: &str, escape: EscapeMode) -> Result<Self, TemplateError> {
        if let Some(mistake) = template_errors(source).into_iter().next() {
            return Err(mistake);
        }
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(move |_| match escape {
            EscapeMode::No => AutoEscape::None,
            EscapeMode::Html => AutoEscape::Html,
        });
        environment.add_filter("default", filters::default);
        environment.add_filter("upper", filters::upper);
        environment.add_filter("lower", filters::lower);
        environment.add_filter("title", filters::title);
        environment.add_filter("capitalize", filters::capitalize);
        environment.add_filter("trim", filters::trim);
        environment.add_test("defined", tests::is_defined);
        let syntax = |error: minijinja::Error| TemplateError::new("syntax", error_sentence(&error));
        environment.add_template_owned(TEMPLATE_NAME, source.to_owned()).map_err(syntax)?;
        // minijinja reads an `and` in a place where no operator can stand as a variable name.
        let mut names: Vec<String> = environment
            .get_template(TEMPLATE_NAME)
            .map_err(syntax)?
            .undeclared_variables(false)
            .into_iter()
            .collect();
        names.sort_unstable();
        names.iter().try_for_each(|name| check_known_name(name, &[&ALWAYS, &OPTIONAL]))?;
        Ok(Self(environment))
    }

    /// Returns true if the template names a variable.
    pub(super) fn mentions(&self, variable: &str) -> bool {
        let template = self.0.get_template(TEMPLATE_NAME);
        template.is_ok_and(|template| template.undeclared_variables(false).contains(variable))
    }

    pub(super) fn render(&self, variables: &MessageVariables) -> Result<String, RenderError> {
        self.render_filled(&FilledVariables::new(variables))
    }

    pub(super) fn render_filled(&self, variables: &FilledVariables) -> Result<String, RenderError> {
        // Only the kind of the error is kept: its text could quote a value.
        let failed = |error: minijinja::Error| RenderError::Template(error.kind().to_string());
        self.0.get_template(TEMPLATE_NAME).map_err(failed)?.render(&variables.0).map_err(failed)
    }
}

/// The variables as minijinja reads them, made once for all parts of a message.
pub(super) struct FilledVariables(Value);

impl FilledVariables {
    pub(super) fn new(variables: &MessageVariables) -> Self {
        Self(Value::from_pairs(variables.filled()))
    }
}

impl fmt::Debug for MessageTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template")
    }
}

fn error_sentence(error: &minijinja::Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}

/// An error in a template: a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TemplateError {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl TemplateError {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Returns everything in the source that is outside the language, in reading order.
pub(super) fn template_errors(source: &str) -> Vec<TemplateError> {
    let mut mistakes = Vec::new();
    let mut rest = source;
    while let Some((opening, after)) = next_opening(rest) {
        let read = match opening {
            TagOpening::Comment => skip_comment(after),
            TagOpening::Print => {
                read_tag(after, "}}").and_then(|(words, after)| check_print(&words).map(|()| after))
            }
            TagOpening::Statement => read_tag(after, "%}")
                .and_then(|(words, after)| check_statement(&words).map(|()| after)),
        };
        match read {
            Ok(after) => rest = after,
            Err(mistake) => {
                if !mistakes.contains(&mistake) {
                    mistakes.push(mistake);
                }
                // Continue after the tag that is wrong. Without an end of the tag, nothing more can
                // be checked.
                let behind = match opening {
                    TagOpening::Print => after.split_once("}}"),
                    TagOpening::Statement => after.split_once("%}"),
                    TagOpening::Comment => None,
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
enum TagOpening {
    Print,
    Statement,
    Comment,
}

fn next_opening(source: &str) -> Option<(TagOpening, &str)> {
    let mut rest = source;
    loop {
        let (_, after) = rest.split_once('{')?;
        for (mark, opening) in
            [("{", TagOpening::Print), ("%", TagOpening::Statement), ("#", TagOpening::Comment)]
        {
            if let Some(inside) = after.strip_prefix(mark) {
                return Some((opening, inside));
            }
        }
        rest = after;
    }
}

fn skip_comment(after: &str) -> Result<&str, TemplateError> {
    after
        .split_once("#}")
        .map(|(_, after)| after)
        .ok_or_else(|| TemplateError::new("syntax", "a comment {# is not closed"))
}

/// A token inside a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TagToken<'s> {
    Name(&'s str),
    Text,
    Mark(char),
}

/// Reads the tokens up to `close` as minijinja does. Any character outside the language is an
/// error.
fn read_tag<'s>(
    after: &'s str,
    close: &str,
) -> Result<(Vec<TagToken<'s>>, &'s str), TemplateError> {
    let mut words = Vec::new();
    let mut rest = after.strip_prefix(['-', '+']).unwrap_or(after);
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if let Some(end) = rest
            .strip_prefix(close)
            .or_else(|| rest.strip_prefix(['-', '+']).and_then(|rest| rest.strip_prefix(close)))
        {
            return Ok((words, end));
        }
        if after.len() - rest.len() > MAX_TAG_BYTES {
            return Err(TemplateError::new(
                "too_large",
                format!("what is inside {{{{ }}}} or {{% %}} has at most {MAX_TAG_BYTES} bytes"),
            ));
        }
        let Some(first) = rest.chars().next() else {
            return Err(TemplateError::new("syntax", format!("a tag is not closed with {close}")));
        };
        let word;
        (word, rest) = match first {
            '\'' | '"' => (TagToken::Text, skip_quoted(rest, first)?),
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let (name, rest) = rest.split_at(end);
                (TagToken::Name(name), rest)
            }
            '|' | '(' | ')' | ',' => {
                (TagToken::Mark(first), rest.strip_prefix(first).unwrap_or_default())
            }
            _ => {
                let detail = format!(
                    "{first} has no meaning here: only variables, filters, texts in quotes and if are understood"
                );
                return Err(TemplateError::new("not_allowed", detail));
            }
        };
        words.push(word);
    }
}

/// Returns the rest of the source after a quoted text.
fn skip_quoted(text: &str, quote: char) -> Result<&str, TemplateError> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return Ok(text.split_at(at + quote.len_utf8()).1),
            _ => {}
        }
    }
    Err(TemplateError::new("syntax", format!("a text in quotes is not closed with {quote}")))
}

/// Checks a print tag: `variable | filter | filter('text')`.
fn check_print(words: &[TagToken<'_>]) -> Result<(), TemplateError> {
    let mut parts = words.split(|word| *word == TagToken::Mark('|'));
    match parts.next() {
        Some([TagToken::Name(name)]) => check_known_name(name, &[&ALWAYS, &OPTIONAL])?,
        Some([TagToken::Text]) => {}
        Some(_) | None => {
            return Err(TemplateError::new(
                "not_allowed",
                "{{ }} holds one variable and its filters; use {% if %} for a choice",
            ));
        }
    }
    parts.try_for_each(check_filter)
}

fn check_filter(words: &[TagToken<'_>]) -> Result<(), TemplateError> {
    let Some((TagToken::Name(name), arguments)) = words.split_first() else {
        return Err(TemplateError::new("syntax", "the name of a filter is missing after |"));
    };
    if !FILTERS.contains(name) {
        return Err(TemplateError::new(
            "unknown_filter",
            format!("there is no filter {name}; there are {}", FILTERS.join(", ")),
        ));
    }
    match (*name, arguments) {
        ("default", [TagToken::Mark('('), TagToken::Text, TagToken::Mark(')')]) => Ok(()),
        (
            "default",
            [
                TagToken::Mark('('),
                TagToken::Text,
                TagToken::Mark(','),
                TagToken::Name("true" | "false"),
                TagToken::Mark(')'),
            ],
        ) => Ok(()),
        ("default", _) => {
            Err(TemplateError::new("syntax", "a default is one text in quotes: default('there')"))
        }
        (_, [] | [TagToken::Mark('('), TagToken::Mark(')')]) => Ok(()),
        (_, _) => Err(TemplateError::new(
            "not_allowed",
            format!("the filter {name} takes nothing in brackets"),
        )),
    }
}

/// Checks a statement tag: `if`, `elif`, `else` or `endif`.
fn check_statement(words: &[TagToken<'_>]) -> Result<(), TemplateError> {
    match words.split_first() {
        Some((TagToken::Name("if" | "elif"), condition)) => self::check_condition(condition),
        Some((TagToken::Name("else" | "endif"), [])) => Ok(()),
        Some((TagToken::Name(name), _)) => Err(TemplateError::new(
            "not_allowed",
            format!("{{% {name} %}} is not understood; there are if, elif, else and endif"),
        )),
        Some((TagToken::Text | TagToken::Mark(_), _)) | None => {
            Err(TemplateError::new("syntax", "a statement starts with its name"))
        }
    }
}

/// Checks a condition: optional variables with `and`, `or`, `not`, brackets and `is defined`.
/// minijinja checks how they combine.
fn check_condition(words: &[TagToken<'_>]) -> Result<(), TemplateError> {
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        match word {
            TagToken::Name("and" | "or" | "not") | TagToken::Mark('(' | ')') => {}
            TagToken::Name("is") => {
                rest = match rest {
                    [TagToken::Name("defined"), after @ ..]
                    | [TagToken::Name("not"), TagToken::Name("defined"), after @ ..] => after,
                    _ => {
                        return Err(TemplateError::new(
                            "not_allowed",
                            "only `is defined` and `is not defined` can be asked",
                        ));
                    }
                };
            }
            TagToken::Name(name) if ALWAYS.contains(name) => {
                return Err(TemplateError::new(
                    "not_allowed",
                    format!("{name} is always filled: it needs no condition"),
                ));
            }
            TagToken::Name(name) => check_known_name(name, &[&OPTIONAL])?,
            TagToken::Text | TagToken::Mark(_) => {
                return Err(TemplateError::new(
                    "not_allowed",
                    "a condition only asks whether variables are filled",
                ));
            }
        }
    }
    Ok(())
}

fn check_known_name(name: &str, lists: &[&[&str]]) -> Result<(), TemplateError> {
    if lists.iter().any(|list| list.contains(&name)) {
        return Ok(());
    }
    let detail = format!("there is no variable {name}; there are {}", lists.concat().join(", "));
    Err(TemplateError::new("unknown_variable", detail))
}
