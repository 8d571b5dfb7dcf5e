//! Holds the docs to the work tree: every path that they name exists, the map answers its ten
//! questions with files that are there, and the list of files that name a channel is the code's.

use std::collections::BTreeSet;

use crate::work_tree::{is_a_test, root, shipped_lines, sources};

/// The folders at the root. A word in backticks that begins with one of them is a path.
const FOLDERS: [&str; 9] = [
    ".ci/",
    ".config/",
    "benches/",
    "console/",
    "docs/",
    "functions/",
    "infra/",
    "shared/",
    "tests/",
];

/// Paths that the docs name and that a build or an install writes: a fresh clone lacks them.
const WRITTEN_LATER: [&str; 5] = [
    "console/dist",
    "console/node_modules",
    "console/screenshots",
    "console/e2e/screenshots",
    "console/test-results",
];

/// Returns every page for people, by its path from the root.
fn pages() -> Vec<(String, String)> {
    let at_the_root =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"].map(String::from);
    let folder = std::fs::read_dir(root().join("docs")).unwrap();
    let in_docs = folder.map(|entry| format!("docs/{}", entry.unwrap().file_name().display()));
    let decisions = std::fs::read_dir(root().join("docs/decisions")).unwrap();
    let decisions =
        decisions.map(|entry| format!("docs/decisions/{}", entry.unwrap().file_name().display()));
    let names = at_the_root.into_iter().chain(in_docs).chain(decisions);
    let pages = names.filter(|name| name.ends_with(".md"));
    pages.map(|name| (name.clone(), std::fs::read_to_string(root().join(name)).unwrap())).collect()
}

/// The words in single backticks of a page, outside its blocks of code.
fn quoted(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

/// The paths that a page names. A pattern or a placeholder is none.
fn paths(page: &str) -> Vec<&str> {
    let words = quoted(page).into_iter().filter_map(|words| words.split_whitespace().next());
    words
        .map(|word| word.split(':').next().unwrap_or_default())
        .filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)))
        .filter(|word| !word.contains(['*', '<', '{', '…', '(']) && !word.contains("..."))
        .filter(|word| !WRITTEN_LATER.iter().any(|later| word.starts_with(later)))
        .collect()
}

#[test]
fn every_path_in_the_docs_exists() {
    let mut missing = Vec::new();
    let mut found = 0;
    for (page, text) in pages() {
        for path in paths(&text) {
            found += 1;
            if !root().join(path).exists() {
                missing.push(format!("{page}: {path}"));
            }
        }
    }
    assert!(found > 100, "only {found} paths were found in the docs");
    assert!(missing.is_empty(), "these are not in the work tree: {missing:#?}");
}

#[test]
fn the_map_answers_ten_questions_with_one_file_each() {
    let map = std::fs::read_to_string(root().join("docs/map.md")).unwrap();
    let rows: Vec<&str> =
        map.lines().filter(|line| line.starts_with("| ") && line.contains("? | `")).collect();
    assert_eq!(rows.len(), 10, "{rows:#?}");
    for row in rows {
        assert_eq!(paths(row).len(), 1, "not one file: {row}");
    }
}

/// Returns true if the shipped part of a source names a variant of `Channel`.
fn names_a_channel(source: &str) -> bool {
    let shipped = source.lines().take(shipped_lines(source));
    shipped.filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        ["Sms", "Email", "Push"].iter().any(|name| {
            line.match_indices(&format!("Channel::{name}")).any(|(at, found)| {
                let before = line[..at].chars().next_back();
                let after = line[at + found.len()..].chars().next();
                !before.is_some_and(char::is_alphanumeric)
                    && !after.is_some_and(char::is_alphanumeric)
            })
        })
    })
}

#[test]
fn the_page_about_channels_lists_every_file_that_names_one() {
    let page = std::fs::read_to_string(root().join("docs/adding-a-channel.md")).unwrap();
    let list = page.split("<!-- channel-files -->").nth(1).unwrap();
    let list = list.split("<!-- end -->").next().unwrap();
    let listed: BTreeSet<String> = list.lines().flat_map(paths).map(str::to_owned).collect();
    let production = sources().into_iter().filter(|(path, _)| {
        (path.starts_with("shared/") || path.starts_with("functions/")) && !is_a_test(path)
    });
    let in_code: BTreeSet<String> = production
        .filter(|(path, source)| path.ends_with("kernel/channel.rs") || names_a_channel(source))
        .map(|(path, _)| path)
        .collect();
    let forgotten: Vec<&String> = in_code.difference(&listed).collect();
    let gone: Vec<&String> = listed.difference(&in_code).collect();
    assert!(
        forgotten.is_empty() && gone.is_empty(),
        "docs/adding-a-channel.md forgets {forgotten:#?} and lists for nothing {gone:#?}"
    );
}

#[test]
fn a_path_and_a_channel_are_recognised() {
    let page = "See `shared/store/src/keys.rs:12`, `make test`, `tests/*` and\n```\n`docs/no`\n```\n`infra/local/stack.py up`.";
    assert_eq!(paths(page), ["shared/store/src/keys.rs", "infra/local/stack.py"]);
    assert!(names_a_channel("    match channel { Channel::Sms => 1, _ => 2 }"));
    assert!(!names_a_channel("    NamedChannel::Sms\n// Channel::Push"));
}
