//! Documents: what they point at is there, and every key of the configuration is explained.

use std::path::{Component, Path, PathBuf};

use crate::source::{TextFile, report, root, text_files};

fn documents() -> impl Iterator<Item = &'static TextFile> {
    text_files().iter().filter(|file| file.path.ends_with(".md"))
}

#[test]
fn links_lead_somewhere() {
    let mut findings = Vec::new();
    for document in documents() {
        let broken = links(&document.text).filter(|link| !leads_somewhere(document, link));
        findings.extend(broken.map(|link| format!("{}: {link}", document.path)));
    }
    report("These links lead nowhere:", &findings);
}

/// The targets of `[text](target)` that are no URLs.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.match_indices("](").filter_map(|(at, _)| text[at + 2..].split(')').next());
    targets.filter(|target| !target.contains("://"))
}

fn leads_somewhere(document: &TextFile, link: &str) -> bool {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = Path::new(&document.path).parent().unwrap_or(Path::new(""));
    let target = if path.is_empty() { PathBuf::from(&document.path) } else { normal(&folder.join(path)) };
    let Some(target) = target.to_str() else { return false };
    match text_files().iter().find(|file| file.path == target) {
        Some(file) => anchor.is_empty() || file.text.lines().any(|line| anchor_of(line).as_deref() == Some(anchor)),
        None => anchor.is_empty() && root().join(target).is_dir(),
    }
}

fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// The anchor that readers of Markdown give a heading.
fn anchor_of(line: &str) -> Option<String> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect())
}

#[test]
fn every_key_of_the_configuration_is_explained() {
    let text = |path: &str| text_files().iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
    let manual = text("docs/configuration.md");
    let keys = text("docs/signet.toml").lines().filter_map(|line| line.trim_start_matches('#').split_once(" = "));
    let unexplained: Vec<String> = keys
        .map(|(key, _)| key)
        .filter(|key| !key.contains(' ') && !manual.contains(&format!("| `{key}` |")))
        .map(str::to_owned)
        .collect();
    report("docs/configuration.md says nothing of these keys of docs/signet.toml:", &unexplained);
}

#[test]
fn anchors_are_those_of_markdown() {
    assert_eq!(anchor_of("### The HSM is away").as_deref(), Some("the-hsm-is-away"));
    assert_eq!(anchor_of("## `[server.tls]`").as_deref(), Some("servertls"));
    assert_eq!(anchor_of("text"), None);
    assert_eq!(links("[a](b.md#c) and [d](https://e)").collect::<Vec<_>>(), ["b.md#c"]);
}
