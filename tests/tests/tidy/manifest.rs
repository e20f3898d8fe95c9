//! The resolved graph as Cargo sees it, and `Cargo.lock` as it lies there.

use std::collections::BTreeSet;
use std::process::Command;

use crate::source::root;

/// Names of the packages that `cargo tree` with these arguments prints.
pub(crate) fn packages(arguments: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    // Whoever unifies features over the whole workspace would make `-p` mean every package.
    command.env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION");
    command
        .current_dir(root())
        .args(["tree", "--locked", "--target", "all", "--prefix", "none", "--format", "{p}"])
        .args(arguments);
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Every package name in `Cargo.lock`, once per version.
pub(crate) fn locked() -> Vec<String> {
    let lock: toml::Table = toml_file("Cargo.lock");
    let packages = lock["package"].as_array().expect("the lock lists packages");
    packages.iter().filter_map(|package| package.get("name")?.as_str()).map(str::to_owned).collect()
}

/// A TOML file of the repository.
pub(crate) fn toml_file(path: &str) -> toml::Table {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    text.parse().unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Whether the workspace has this member.
pub(crate) fn has_member(name: &str) -> bool {
    let members = &toml_file("Cargo.toml")["workspace"]["members"];
    members.as_array().is_some_and(|list| list.iter().any(|member| member.as_str() == Some(name)))
}
