//! Holds the form of the files: how each begins, how long it is, what it is called, which lints it
//! may expect, and which files are at the root.

use crate::work_tree::{is_a_test, root, shipped_lines, sources};

/// The most lines of a file outside its tests.
const MAX_LINES: usize = 600;

const AT_THE_ROOT: [&str; 14] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "template.yaml",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "clippy.toml",
    "deny.toml",
    ".config/nextest.toml",
    ".ci/run",
];

#[test]
fn every_file_opens_with_its_purpose() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, source)| !source.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "these do not open with `//!`: {silent:#?}");
}

#[test]
fn files_stay_short() {
    let mut long = Vec::new();
    let sources = sources();
    for (path, source) in sources.iter().filter(|(path, _)| !is_a_test(path)) {
        let lines = shipped_lines(source);
        if lines > MAX_LINES {
            long.push(format!("{path}: {lines} lines"));
        }
    }
    assert!(long.is_empty(), "these have more than {MAX_LINES} lines: {long:#?}");
}

#[test]
fn lints_are_expected_with_a_reason_and_nothing_is_left_to_do() {
    // split into pieces, so that this file does not match itself
    let forbidden = [
        ["#[", "allow("].concat(),
        ["#![", "allow("].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
        ["#[", "ignore"].concat(),
    ];
    let mut found = Vec::new();
    for (path, source) in sources() {
        for (number, line) in source.lines().enumerate() {
            found.extend(
                forbidden
                    .iter()
                    .filter(|it| line.contains(*it))
                    .map(|it| format!("{path}:{}: {it}", number + 1)),
            );
        }
        for (number, _) in source.match_indices(&["[", "expect("].concat()) {
            let ends = source[number..].find(")]").map_or(source.len(), |end| number + end);
            if !source[number..ends].contains("reason = ") {
                found.push(format!(
                    "{path}: an expectation without a reason: {}",
                    &source[number..ends]
                ));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_module_is_named_after_nothing() {
    let nothing = ["utils", "util", "common", "helpers", "helper", "manager", "service", "misc"];
    let names = sources()
        .into_keys()
        .filter(|path| path.trim_end_matches(".rs").split('/').any(|part| nothing.contains(&part)));
    let found: Vec<String> = names.collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn expected_files_are_at_the_root() {
    let missing: Vec<&str> =
        AT_THE_ROOT.into_iter().filter(|name| !root().join(name).is_file()).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    let license = std::fs::read_to_string(root().join("LICENSE")).unwrap();
    assert!(
        license.contains("Apache License") && license.contains("Version 2.0"),
        "LICENSE is Apache-2.0, as Cargo.toml says"
    );
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let words = architecture.split_whitespace().count();
    assert!(words <= 2_500, "ARCHITECTURE.md is a walk of at most 2,500 words, not {words}");
}
