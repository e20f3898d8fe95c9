//! The walls of `ARCHITECTURE.md` as tests over the source tree, the manifests and the resolved dependency graph.
//!
//! Nothing here compiles or runs the program: each test reads the tree and names the file and line that breaks a rule.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tree that cannot be read fails the test, and the size report is printed"
)]

mod clock;
mod dependencies;
mod documents;
mod honesty;
mod manifest;
mod migrations;
mod names;
mod paths;
mod profiles;
mod rust_text;
mod size;
mod source;
mod sql;
mod walls;
