//! Holds the map of the crates: the domain's and the store's folders lie in layers, and no circle
//! joins modules of the domain, the store or the delivery crate.
//! Reads `crate::` paths of the shipped sources, by file; needs no compiler.

use std::collections::{BTreeMap, BTreeSet};

use crate::work_tree::{is_a_test, shipped_lines, sources};

/// The folders, from the ground up: a folder uses those before it and never one behind it.
const DOMAIN: [&str; 6] = ["kernel", "customer", "campaign", "voucher", "delivery", "reporting"];
const STORE: [&str; 6] = ["customer", "campaign", "voucher", "delivery", "reporting", "webhooks"];

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Modules of a crate and the modules they name, each as `folder::module` or `module`.
fn graph(crate_folder: &str, folders: &[&str]) -> Graph {
    let source_root = format!("{crate_folder}/src/");
    let sources = sources();
    let files =
        sources.iter().filter(|(path, _)| path.starts_with(&source_root) && !is_a_test(path));
    let files: Vec<(String, String)> = files
        .map(|(path, source)| {
            let name = path[source_root.len()..].trim_end_matches(".rs").to_owned();
            let shipped: Vec<&str> = source.lines().take(shipped_lines(source)).collect();
            (name, shipped.join("\n"))
        })
        .filter(|(name, _)| name != "lib" && !folders.contains(&name.as_str()))
        .collect();
    let modules: BTreeSet<String> = files.iter().map(|(name, _)| module(name, folders)).collect();
    let mut graph = Graph::new();
    for (name, source) in &files {
        let from = module(name, folders);
        let uses = used_modules(source, folders).into_iter();
        let uses = uses.filter(|it| *it != from && modules.contains(it));
        graph.entry(from.clone()).or_default().extend(uses);
    }
    assert!(graph.len() > 3, "no modules were found in {source_root}");
    graph
}

/// A file's module: `campaign/audience/parse` belongs to `campaign::audience`.
fn module(file: &str, folders: &[&str]) -> String {
    let mut parts = file.split('/');
    let first = parts.next().unwrap_or_default();
    match parts.next() {
        Some(second) if folders.contains(&first) => format!("{first}::{second}"),
        _ => first.to_owned(),
    }
}

/// Every module that the source names by a `crate::` path, in `use` trees as well.
fn used_modules(source: &str, folders: &[&str]) -> BTreeSet<String> {
    let code: String =
        source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        for path in paths(&code[at + "crate::".len()..]) {
            found.insert(module(&path.replace("::", "/"), folders));
        }
    }
    found
}

/// The paths of a use tree's beginning, two segments deep.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim_start();
    let Some(group) = tree.strip_prefix('{') else { return one_path(tree) };
    branches(group).into_iter().flat_map(one_path).collect()
}

fn one_path(tree: &str) -> Vec<String> {
    let tree = tree.trim_start();
    let end = tree.find(|it: char| !(it.is_alphanumeric() || it == '_')).unwrap_or(tree.len());
    let (name, rest) = tree.split_at(end);
    let Some(rest) = rest.strip_prefix("::") else { return vec![name.to_owned()] };
    let seconds = match rest.trim_start().strip_prefix('{') {
        Some(group) => branches(group),
        None => vec![rest],
    };
    let second = |it: &str| {
        let it = it.trim_start();
        let end = it.find(|it: char| !(it.is_alphanumeric() || it == '_')).unwrap_or(it.len());
        format!("{name}::{}", &it[..end])
    };
    seconds.into_iter().map(second).collect()
}

/// The branches of a group, from behind its opening brace to its closing one.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.retain(|branch| !branch.trim().is_empty());
    found
}

/// Modules that can reach each other, by following what they use.
fn circles(graph: &Graph) -> Vec<String> {
    let reach = |from: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(module) = next.pop() {
            for used in graph.get(&module).into_iter().flatten() {
                if seen.insert(used.clone()) {
                    next.push(used.clone());
                }
            }
        }
        seen
    };
    graph.keys().filter(|module| reach(module).contains(*module)).cloned().collect()
}

fn upward(graph: &Graph, layers: &[&str]) -> Vec<String> {
    let layer = |module: &str| layers.iter().position(|it| module.split("::").next() == Some(*it));
    let edges = graph.iter().flat_map(|(from, uses)| uses.iter().map(move |to| (from, to)));
    let upward = edges.filter(|(from, to)| match (layer(from), layer(to)) {
        (Some(from), Some(to)) => to > from,
        // what lies beside the folders is below them
        (None, Some(_)) => true,
        (_, None) => false,
    });
    upward.map(|(from, to)| format!("{from} uses {to}")).collect()
}

#[test]
fn the_domain_lies_in_layers_without_a_circle() {
    let graph = graph("shared/domain", &DOMAIN);
    assert_eq!(upward(&graph, &DOMAIN), [""; 0], "uses of a folder from one below it");
    assert_eq!(circles(&graph), [""; 0], "modules in a circle");
}

#[test]
fn the_store_lies_in_layers_without_a_circle() {
    let graph = graph("shared/store", &STORE);
    assert_eq!(upward(&graph, &STORE), [""; 0], "uses of a folder from one below it");
    assert_eq!(circles(&graph), [""; 0], "modules in a circle");
}

#[test]
fn no_circle_joins_the_modules_of_delivery() {
    assert_eq!(circles(&graph("shared/delivery", &[])), [""; 0], "modules in a circle");
}

#[test]
fn a_circle_and_an_upward_use_are_found() {
    let source = "use crate::{voucher::{record::Voucher, issue}, keys};\nfn f() { crate::delivery::pending::list() }";
    let used: Vec<String> = used_modules(source, &STORE).into_iter().collect();
    assert_eq!(used, ["delivery::pending", "keys", "voucher::issue", "voucher::record"]);
    let edge = |from: &str, to: &str| (from.to_owned(), BTreeSet::from([to.to_owned()]));
    let graph = Graph::from([edge("voucher::a", "delivery::b"), edge("delivery::b", "voucher::a")]);
    assert_eq!(circles(&graph), ["delivery::b", "voucher::a"]);
    assert_eq!(upward(&graph, &STORE), ["voucher::a uses delivery::b"]);
}
