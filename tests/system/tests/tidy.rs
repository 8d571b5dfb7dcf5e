//! Checks the house rules that no lint can: which crate may depend on which, how every file begins,
//! how long it is, and which files are at the root. Reads the work tree and `cargo metadata`; needs
//! no stack.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The most lines of a file outside its tests.
const MAX_LINES: usize = 600;
/// The files that may be longer, each with its reason.
const LONGER: [(&str, &str); 3] = [
    (
        "shared/store/src/voucher/records.rs",
        "every write to one item, whose conditions are read against each other",
    ),
    (
        "shared/store/src/campaign/campaigns/write.rs",
        "every write to a campaign, each in one transaction with its audit record",
    ),
    (
        "shared/store/src/delivery/dispatches.rs",
        "a dispatch from planned to done, whose conditions are read against each other",
    ),
];

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

/// The dependency rule of a shared crate: which of our crates it may depend on, and what it must
/// not use at all (a prefix of a crate's name).
struct CrateRule {
    name: &'static str,
    ours: &'static [&'static str],
    never: &'static [&'static str],
}

/// The dependency rules from ARCHITECTURE's table. `lambda_http` is allowed in `http-edge`, which is
/// the HTTP edge.
const CRATE_RULES: [CrateRule; 11] = [
    CrateRule {
        name: "domain",
        ours: &[],
        never: &["tokio", "aws", "lambda", "tracing", "rand", "uuid", "reqwest", "hyper"],
    },
    CrateRule {
        name: "store",
        ours: &["domain"],
        never: &["lambda", "aws-sdk-sqs", "aws-sdk-sns", "aws-sdk-sesv2", "aws-sdk-secretsmanager"],
    },
    CrateRule {
        name: "queue",
        ours: &["domain"],
        never: &[
            "lambda",
            "aws-sdk-dynamodb",
            "aws-sdk-sns",
            "aws-sdk-sesv2",
            "aws-sdk-secretsmanager",
        ],
    },
    CrateRule {
        name: "channels",
        ours: &["domain"],
        never: &["lambda", "aws-sdk-dynamodb", "aws-sdk-sqs", "aws-sdk-secretsmanager"],
    },
    CrateRule {
        name: "secrets",
        ours: &["domain"],
        never: &["lambda", "aws-sdk-dynamodb", "aws-sdk-sqs", "aws-sdk-sns", "aws-sdk-sesv2"],
    },
    // calls addresses chosen by others, so it must not be able to do anything else
    CrateRule { name: "webhook-client", ours: &[], never: &["aws", "lambda"] },
    CrateRule { name: "http-edge", ours: &["domain"], never: &["aws-sdk"] },
    // an AWS for tests: below the SDK, so it knows neither the SDK's clients nor our crates
    CrateRule { name: "fake-aws", ours: &[], never: &["aws-sdk", "lambda", "tokio"] },
    CrateRule { name: "runtime", ours: &["domain"], never: &["aws-sdk"] },
    CrateRule {
        name: "delivery",
        ours: &["domain", "store", "queue", "channels", "secrets", "runtime"],
        never: &["aws-sdk"],
    },
    // answers a part of a request, so it uses the HTTP edge
    CrateRule {
        name: "reporting",
        ours: &["domain", "store", "http-edge", "runtime"],
        never: &["aws-sdk", "lambda"],
    },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// A package of the workspace: its folder, and its dependencies without those of its tests.
struct WorkspacePackage {
    folder: String,
    shipped: BTreeSet<String>,
}

fn packages() -> BTreeMap<String, WorkspacePackage> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let asked = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(asked.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&asked.stderr));
    let metadata: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let package = |package: &Value| {
        let manifest = text(&package["manifest_path"]);
        let folder = Path::new(&manifest)
            .parent()
            .unwrap()
            .strip_prefix(root())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let shipped =
            dependencies.filter(|it| it["kind"] != "dev").map(|it| text(&it["name"])).collect();
        (text(&package["name"]), WorkspacePackage { folder, shipped })
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

#[test]
fn crates_depend_only_on_what_they_may() {
    let packages = packages();
    let mut breaches = Vec::new();
    for (name, package) in &packages {
        let ours: BTreeSet<&str> = package
            .shipped
            .iter()
            .map(String::as_str)
            .filter(|it| packages.contains_key(*it))
            .collect();
        if let Some(function) = package.folder.strip_prefix("functions/") {
            breaches.extend(function_breaches(function, package, &ours, &packages));
        }
        let Some(wall) = CRATE_RULES.iter().find(|wall| wall.name == name) else {
            continue;
        };
        breaches.extend(
            ours.iter()
                .filter(|it| !wall.ours.contains(it))
                .map(|it| format!("{name} must not depend on {it}")),
        );
        let used = package
            .shipped
            .iter()
            .filter(|it| wall.never.iter().any(|never| it.starts_with(never)));
        breaches.extend(used.map(|it| format!("{name} must not use {it}")));
    }
    for (name, package) in
        packages.iter().filter(|(_, package)| package.folder.starts_with("shared/"))
    {
        let known = CRATE_RULES.iter().any(|wall| wall.name == name);
        assert!(known, "{name} in {} has no wall: say here what it may depend on", package.folder);
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}

/// Returns the breaches of a function crate: it must not depend on another function, build SDK
/// requests or ship the test kit. `bootstrap` is exempt, because it is the one binary of all
/// functions.
fn function_breaches(
    name: &str,
    package: &WorkspacePackage,
    ours: &BTreeSet<&str>,
    packages: &BTreeMap<String, WorkspacePackage>,
) -> Vec<String> {
    if name == "bootstrap" {
        return Vec::new();
    }
    let functions = ours.iter().filter(|it| packages[**it].folder.starts_with("functions/"));
    let mut breaches: Vec<String> =
        functions.map(|it| format!("{name} must not depend on the function {it}")).collect();
    let used = package.shipped.iter().filter(|it| it.starts_with("aws-sdk") || *it == "testkit");
    breaches.extend(used.map(|it| format!("{name} must not use {it}")));
    breaches
}

#[test]
fn the_domain_uses_no_clock_environment_or_randomness() {
    let asks = [
        "Timestamp::now",
        "Zoned::now",
        "SystemTime",
        "Instant::now",
        "std::env",
        "env::var",
        "rand::",
        "std::fs",
        "async fn",
    ];
    let mut breaches = Vec::new();
    for (path, source) in
        sources().into_iter().filter(|(path, _)| path.starts_with("shared/domain/src"))
    {
        let shipped = shipped_lines(&source);
        for (number, line) in source
            .lines()
            .take(shipped)
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            breaches.extend(
                asks.iter()
                    .filter(|ask| contains_path(line, ask))
                    .map(|ask| format!("{path}:{}: {ask}", number + 1)),
            );
        }
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}

/// Returns true if the line contains this path, but not merely as the end of a longer word
/// (`brand::` does not contain `rand::`).
fn contains_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    })
}

/// Returns every Rust file of the work tree, by its path from the root.
fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect_sources(&root(), &mut found);
    assert!(found.len() > 50, "the work tree was not found: {} files", found.len());
    found
}

fn collect_sources(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                collect_sources(&path, found);
            }
        } else if name.ends_with(".rs") {
            let key = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            found.insert(key, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Counts the lines before the tests at a file's end.
fn shipped_lines(source: &str) -> usize {
    source.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

fn is_a_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

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
        let excused = LONGER.iter().any(|(name, _)| name == path);
        if (lines > MAX_LINES) != excused {
            long.push(format!(
                "{path}: {lines} lines, {}",
                if excused { "and need not be excused any more" } else { "too long" }
            ));
        }
    }
    assert!(long.is_empty(), "{long:#?}");
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

#[test]
fn every_function_of_the_template_is_in_the_one_binary_and_the_other_way_round() {
    let packages = packages();
    let built: BTreeSet<&str> = packages["bootstrap"]
        .shipped
        .iter()
        .map(String::as_str)
        .filter(|it| packages.contains_key(*it) && packages[*it].folder.starts_with("functions/"))
        .collect();
    let folders: BTreeSet<&str> = packages
        .iter()
        .filter(|(name, it)| it.folder.starts_with("functions/") && *name != "bootstrap")
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(built, folders, "what bootstrap is built from, against functions/");
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let binary = std::fs::read_to_string(root().join("functions/bootstrap/src/main.rs")).unwrap();
    let arms = binary.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"));
    let arms: BTreeSet<&str> = arms.map(|(handler, _)| handler).collect();
    let handlers = template.lines().filter_map(|line| line.trim().strip_prefix("Handler: "));
    assert_eq!(
        handlers.collect::<BTreeSet<&str>>(),
        arms,
        "the template's handlers, and the binary's"
    );
}
