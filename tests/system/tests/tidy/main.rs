//! Checks the house rules that no lint can: walls between crates, layers of modules, the form of
//! files, and the language of the code. Reads the work tree and `cargo metadata`; needs no stack.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod work_tree;
mod walls;
mod layers;
mod files;
mod language;
mod docs;
