//! What holds for every page: enough contrast in both schemes, nothing inline, nothing unescaped.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::assets::STYLE;

/// Text and what it stands on: 4.5 to 1 (WCAG 2.2 §1.4.3).
const TEXT: [&str; 11] =
    ["ink", "quiet", "accent", "good", "soon", "broken", "revoked", "pending", "production", "staging", "test"];
const GROUNDS: [&str; 3] = ["paper", "surface", "sunken"];

type Colours = HashMap<String, [f64; 3]>;

/// The variables of the light scheme, and those of the dark one.
fn schemes() -> [Colours; 2] {
    let css = std::str::from_utf8(STYLE.bytes).unwrap();
    let (light, rest) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let dark = rest.split_once("\n}\n").unwrap().0;
    [light, dark].map(colours)
}

fn colours(css: &str) -> Colours {
    let variables = css.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
    variables.map(|(name, value)| (name.to_owned(), parse(value.trim_end_matches(';')))).collect()
}

fn parse(hex: &str) -> [f64; 3] {
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0)
}

/// Relative luminance (WCAG 2.2, glossary).
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |part: f64| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
    0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn contrast_is_computed_as_the_guidelines_say() {
    assert!((contrast(parse("000000"), parse("ffffff")) - 21.0).abs() < 0.01);
    assert!((contrast(parse("777777"), parse("ffffff")) - 4.48).abs() < 0.01);
}

#[test]
fn text_can_be_read_in_both_schemes() {
    for colours in schemes() {
        for (text, ground) in TEXT.iter().flat_map(|text| GROUNDS.map(|ground| (*text, ground))) {
            let ratio = contrast(colours[text], colours[ground]);
            assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
        }
        for (text, ground) in [("accent-ink", "accent"), ("paper", "ink"), ("surface", "broken")] {
            let ratio = contrast(colours[text], colours[ground]);
            assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
        }
    }
}

#[test]
fn borders_of_controls_can_be_seen() {
    // WCAG 2.2 §1.4.11: 3 to 1.
    for colours in schemes() {
        for ground in GROUNDS {
            let ratio = contrast(colours["edge"], colours[ground]);
            assert!(ratio >= 3.0, "edge on {ground}: {ratio:.2}");
        }
    }
}

fn templates(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => templates(&path),
            false => vec![(path.clone(), fs::read_to_string(&path).unwrap())],
        })
        .collect()
}

#[test]
fn templates_hold_nothing_inline_and_nothing_unescaped() {
    let templates = templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"));
    assert!(templates.len() > 20);
    for (path, text) in templates {
        for forbidden in [" style=", "<style", "<script>", "javascript:", " hx-on", "|safe", "| safe", "autoescape"] {
            assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
        }
        let handler = text.split([' ', '\n', '"']).find(|word| word.starts_with("on") && word.ends_with('='));
        assert!(handler.is_none(), "{}: {handler:?}", path.display());
    }
}
