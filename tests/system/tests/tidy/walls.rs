//! Holds the walls between crates: which of ours each may depend on, which libraries it must not
//! use, and what the one binary is built from. Reads `cargo metadata` and the template.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use serde_json::Value;

use crate::work_tree::{is_a_test, root, shipped_lines, sources};

/// The dependency rule of a shared crate: which of our crates it may depend on, and what it must
/// not use at all (a prefix of a crate's name).
struct CrateRule {
    name: &'static str,
    ours: &'static [&'static str],
    never: &'static [&'static str],
}

/// The dependency rules from ARCHITECTURE's table. `lambda_http` is allowed in `http-edge`, which
/// is the HTTP edge.
const CRATE_RULES: [CrateRule; 17] = [
    CrateRule {
        name: "domain",
        ours: &[],
        never: &["tokio", "aws", "lambda", "tracing", "rand", "uuid", "reqwest", "hyper"],
    },
    CrateRule {
        name: "store",
        ours: &["domain"],
        never: &[
            "lambda",
            "aws-sdk-sqs",
            "aws-sdk-sns",
            "aws-sdk-pinpointsmsvoicev2",
            "aws-sdk-sesv2",
            "aws-sdk-secretsmanager",
        ],
    },
    // files of others as text and values: pure like the domain
    CrateRule {
        name: "import-files",
        ours: &["domain"],
        never: &["tokio", "aws", "lambda", "tracing", "rand", "uuid", "reqwest", "hyper"],
    },
    // data of ours as files: pure as well
    CrateRule {
        name: "export-files",
        ours: &["domain"],
        never: &["tokio", "aws", "lambda", "tracing", "rand", "uuid", "reqwest", "hyper", "arrow"],
    },
    CrateRule {
        name: "objects",
        ours: &[],
        never: &[
            "lambda",
            "aws-sdk-dynamodb",
            "aws-sdk-sqs",
            "aws-sdk-sns",
            "aws-sdk-pinpointsmsvoicev2",
            "aws-sdk-sesv2",
            "aws-sdk-secretsmanager",
        ],
    },
    CrateRule {
        name: "importing",
        ours: &["domain", "import-files", "store"],
        never: &["aws-sdk", "lambda"],
    },
    CrateRule {
        name: "queue",
        ours: &["domain"],
        never: &[
            "lambda",
            "aws-sdk-dynamodb",
            "aws-sdk-sns",
            "aws-sdk-pinpointsmsvoicev2",
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
        never: &[
            "lambda",
            "aws-sdk-dynamodb",
            "aws-sdk-sqs",
            "aws-sdk-sns",
            "aws-sdk-pinpointsmsvoicev2",
            "aws-sdk-sesv2",
        ],
    },
    // the only crate that speaks S3
    CrateRule {
        name: "pictures",
        ours: &[],
        never: &[
            "lambda",
            "aws-sdk-dynamodb",
            "aws-sdk-sqs",
            "aws-sdk-sns",
            "aws-sdk-pinpointsmsvoicev2",
            "aws-sdk-sesv2",
        ],
    },
    // calls addresses chosen by others, so it must not be able to do anything else
    CrateRule { name: "webhook-client", ours: &[], never: &["aws", "lambda"] },
    CrateRule { name: "http-edge", ours: &["domain"], never: &["aws-sdk"] },
    // the guard before the app backend's routes: it joins the edge with the store and the secrets
    CrateRule {
        name: "api-keys",
        ours: &["domain", "store", "secrets", "http-edge"],
        never: &["aws-sdk", "lambda"],
    },
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

/// One rule decides the zone of a customer's clock. What reads the zone of the profile by itself
/// leaves out the tenant's, and that of the phone's country. An import writes it and decides
/// nothing.
#[test]
fn the_zone_of_a_customer_is_decided_in_one_place() {
    let may = [
        "shared/domain/src/customer/profile.rs",
        "shared/store/src/customer/profiles/item.rs",
        "shared/import-files/src/change.rs",
        // what was told of the customer, as an operator sees it
        "shared/importing/src/preview.rs",
        "functions/operations/src/customer_views.rs",
        // what was told of either record goes into the merged one, and into a file of customers
        "shared/domain/src/customer/merge.rs",
        "shared/export-files/src/rows/customers.rs",
    ];
    let mut breaches = Vec::new();
    for (path, source) in sources().into_iter().filter(|(path, _)| !is_a_test(path)) {
        let lines = source.lines().take(shipped_lines(&source)).enumerate();
        let reads = lines.filter(|(_, line)| line.contains("profile.zone"));
        if !may.contains(&path.as_str()) {
            breaches.extend(reads.map(|(number, _)| format!("{path}:{}", number + 1)));
        }
    }
    assert!(breaches.is_empty(), "ask `Customer::zone`: {breaches:#?}");
}

/// Returns true if the line contains this path, but not merely as the end of a longer word
/// (`brand::` does not contain `rand::`).
fn contains_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    })
}

/// `test = false` spares the build of a library whose tests lie in `tests/`. A test that somebody
/// wrote in its sources would then never run.
#[test]
fn a_library_that_is_not_built_for_tests_holds_none() {
    let sources = sources();
    let mut without_tests = 0;
    for package in packages().into_values() {
        let manifest = root().join(&package.folder).join("Cargo.toml");
        let text = std::fs::read_to_string(manifest).unwrap();
        let library = text.split("[lib]").nth(1).unwrap_or_default();
        if !library.split("\n[").next().unwrap_or_default().contains("test = false") {
            continue;
        }
        without_tests += 1;
        let folder = format!("{}/src/", package.folder);
        let tested = sources
            .iter()
            .filter(|(path, source)| path.starts_with(&folder) && source.contains("#[cfg(test)]"));
        let tested: Vec<&String> = tested.map(|(path, _)| path).collect();
        assert!(tested.is_empty(), "{folder} says `test = false`, but has tests: {tested:#?}");
    }
    assert!(without_tests > 5, "only {without_tests} manifests were read");
}
