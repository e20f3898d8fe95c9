//! Names: no module that could hold anything, no `get_`.

use crate::rust_text::{self, is_word, line_of, words};
use crate::source::{report, rust_files};

const SHAPELESS: [&str; 12] = [
    "util", "utils", "common", "helper", "helpers", "misc", "manager", "managers", "service", "services", "types",
    "stuff",
];

#[test]
fn modules_are_named_for_what_they_hold() {
    let mut findings = Vec::new();
    for file in rust_files() {
        let in_path = file.path.trim_end_matches(".rs").split('/').filter(|part| SHAPELESS.contains(part));
        findings.extend(in_path.map(|part| format!("{}: {part}", file.path)));
        let inline = words(&file.code, "mod").filter(|&at| SHAPELESS.contains(&word_after(&file.code, at + 3)));
        findings.extend(inline.map(|at| format!("{}:{}", file.path, line_of(&file.code, at))));
    }
    report("These module names say nothing:", &findings);
}

#[test]
fn accessors_have_no_prefix() {
    let mut findings = Vec::new();
    for file in rust_files() {
        // A trait of somebody else's may impose the name.
        let imposed = rust_text::trait_implementations(&file.code);
        let getters = words(&file.code, "fn")
            .filter(|&at| word_after(&file.code, at + 2).starts_with("get_"))
            .filter(|at| !imposed.iter().any(|block| block.contains(at)));
        findings.extend(getters.map(|at| format!("{}:{}", file.path, line_of(&file.code, at))));
    }
    report("An accessor is named for what it returns, without get_:", &findings);
}

fn word_after(code: &str, at: usize) -> &str {
    let rest = code[at..].trim_start();
    let length = rest.bytes().take_while(|&b| is_word(b)).count();
    &rest[..length]
}
