//! Nothing pretends: no ignored test, no stub, no path of the machine it was written on.

use crate::rust_text::line_of;
use crate::source::{report, rust_files, text_files};

#[test]
fn no_test_is_ignored_and_nothing_is_a_stub() {
    let marks = ["#[ignore", "todo!(", "unimplemented!(", "#[allow(dead_code"];
    let mut findings = Vec::new();
    for file in rust_files() {
        for mark in marks {
            let found = file
                .code
                .match_indices(mark)
                .map(|(at, _)| format!("{}:{}: {mark}", file.path, line_of(&file.code, at)));
            findings.extend(found);
        }
    }
    report("Stubs and ignored tests:", &findings);
}

/// Home directories and workplaces; written apart so that this list does not find itself.
const PRIVATE_ROOTS: [&str; 6] = ["home", "root", "work", "farm", "Users", "mnt"];

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let mut findings = Vec::new();
    for file in text_files().iter().filter(|f| f.path != "Cargo.lock") {
        let lines = file.text.lines().enumerate().filter(|(_, line)| names_private_place(line));
        findings.extend(lines.map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim())));
    }
    report("Paths of a machine:", &findings);
}

fn names_private_place(line: &str) -> bool {
    PRIVATE_ROOTS.iter().any(|root| {
        let place = format!("/{root}/");
        line.match_indices(&place).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let starts_path = before.is_none_or(|c| !(c.is_alphanumeric() || "_/.-}".contains(c)));
            starts_path && line[at + place.len()..].starts_with(|c: char| c.is_ascii_lowercase() || c == '.')
        })
    })
}

#[test]
fn private_places_are_told_from_urls() {
    let [home, url] = [["see /ho", "me/alice/x"].concat(), ["https://host/ho", "me/alice"].concat()];
    assert!(names_private_place(&home));
    assert!(!names_private_place(&url));
}
