//! Sections of attributes, as in manifests and signature files: `Name: value`, continued on lines that begin with a space,
//! ended by an empty line.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Octets of a line without its end, at most: "No line may be longer than 72 bytes".
const LONGEST_LINE: usize = 72;

/// Text that is no manifest, or cannot become part of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidManifest {
    /// A line that is neither an attribute nor a continuation.
    #[error("line {line} of the manifest is no attribute such as \"Name: value\"")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// Not UTF-8.
    #[error("the manifest is not UTF-8")]
    Encoding,
    /// A section after the first that does not say whose it is.
    #[error("a section of the manifest does not begin with \"Name:\"")]
    Unnamed,
    /// A name that would be more than a name once it stands in a manifest.
    #[error("the entry {0:?} cannot be named in a manifest: control characters are not allowed")]
    Name(String),
    /// There is no manifest that begins with its version.
    #[error("the manifest does not begin with Manifest-Version")]
    Version,
}

/// Attributes in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section(Vec<(String, String)>);

impl Section {
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn with_digest(self, name: &str, digest: &[u8]) -> Self {
        self.with(name, &STANDARD.encode(digest))
    }

    /// The value of an attribute; names have no case.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The octets of an attribute in Base64.
    pub(super) fn digest(&self, name: &str) -> Option<Vec<u8>> {
        STANDARD.decode(self.value(name)?).ok()
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(self.0.remove(place).1)
    }

    pub(super) fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| wanted(name));
    }

    /// Adds what another section of the same name says; the later value counts.
    pub(super) fn merge(&mut self, other: Self) {
        self.append(other);
        self.settle();
    }

    /// Adds it behind the rest; [`Section::settle`] is for when all is there.
    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Of several values of an attribute, the last one stays: in one pass, since others write these files.
    pub(super) fn settle(&mut self) {
        let mut seen = HashSet::with_capacity(self.0.len());
        let mut kept: Vec<bool> = self.0.iter().rev().map(|(name, _)| seen.insert(name.to_ascii_lowercase())).collect();
        // From behind, as they were looked at.
        self.0.retain(|_| kept.pop().unwrap_or_default());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With the empty line that ends it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            fold(&format!("{name}: {value}"), out);
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// Breaks between characters, so that each line is UTF-8 of its own.
fn fold(line: &str, out: &mut Vec<u8>) {
    let mut used = 0;
    for character in line.chars() {
        if used + character.len_utf8() > LONGEST_LINE {
            out.extend_from_slice(b"\r\n ");
            used = 1;
        }
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        used += character.len_utf8();
    }
    out.extend_from_slice(b"\r\n");
}

/// Every section, the first one even if it is empty. Lines end in CR LF, LF or CR.
pub(super) fn sections(bytes: &[u8]) -> Result<Vec<Section>, InvalidManifest> {
    let mut sections = vec![Section::default()];
    let mut open = true;
    for (index, line) in unfolded(bytes).into_iter().enumerate() {
        let line = String::from_utf8(line).map_err(|_| InvalidManifest::Encoding)?;
        if line.is_empty() {
            open = false;
            continue;
        }
        if !open {
            sections.push(Section::default());
            open = true;
        }
        let attribute = line.split_once(": ").or_else(|| line.split_once(':').filter(|(_, value)| value.is_empty()));
        let (name, value) =
            attribute.filter(|(name, _)| is_name(name)).ok_or(InvalidManifest::Line { line: index + 1 })?;
        if let Some(section) = sections.last_mut() {
            section.append(Section::default().with(name, value));
        }
    }
    sections.iter_mut().for_each(Section::settle);
    Ok(sections)
}

/// Lines with their continuations; empty lines as they are.
fn unfolded(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(rest.len());
        let (line, after) = rest.split_at(length);
        rest = after.strip_prefix(b"\r\n").or_else(|| after.get(1..)).unwrap_or_default();
        match (line.strip_prefix(b" "), lines.last_mut()) {
            (Some(continuation), Some(previous)) if !previous.is_empty() => previous.extend_from_slice(continuation),
            _ => lines.push(line.to_vec()),
        }
    }
    lines
}

/// alphanum *headerchar
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.len() <= 70
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
