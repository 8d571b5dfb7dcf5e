//! Reads the work tree for the tidy tests: its Rust files, and which of their lines are shipped.
//! Needs no compiler.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Returns the root of the work tree.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Returns every Rust file of the work tree, by its path from the root.
pub fn sources() -> BTreeMap<String, String> {
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
pub fn shipped_lines(source: &str) -> usize {
    source.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

/// Returns true if the file is a test or belongs to the tests.
pub fn is_a_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}
