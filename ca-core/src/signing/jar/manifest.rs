//! `META-INF/MANIFEST.MF`: what was there stays, digests of the entries come in.

use std::collections::BTreeMap;
use std::ops::Range;

use super::attributes::{InvalidManifest, Section, sections};
use super::java_name;
use crate::hsm::DigestAlgorithm;

const VERSION: &str = "Manifest-Version";
const NAME: &str = "Name";

/// A manifest as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    main: Section,
    /// By name, in their order.
    entries: Vec<(String, Section)>,
}

/// A manifest with the digest of every entry, in the octets that a signature file refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestedManifest {
    bytes: Vec<u8>,
    main: Range<usize>,
    entries: Vec<(String, Range<usize>)>,
}

impl Manifest {
    /// The manifest of a JAR that has none.
    pub fn empty() -> Self {
        let main = Section::default().with(VERSION, "1.0").with("Created-By", super::signature_file::CREATED_BY);
        Self { main, entries: Vec::new() }
    }

    /// Reads one. Sections of the same name become one.
    ///
    /// # Errors
    /// [`InvalidManifest`].
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidManifest> {
        let mut all = sections(bytes)?.into_iter();
        let main = all.next().filter(|main| main.value(VERSION).is_some()).ok_or(InvalidManifest::Version)?;
        let mut entries: Vec<(String, Section)> = Vec::new();
        let mut places = BTreeMap::new();
        for mut section in all {
            let name = section.remove(NAME).ok_or(InvalidManifest::Unnamed)?;
            match places.get(&name).and_then(|place: &usize| entries.get_mut(*place)) {
                Some((_, known)) => known.append(section),
                None => {
                    places.insert(name.clone(), entries.len());
                    entries.push((name, section));
                }
            }
        }
        entries.iter_mut().for_each(|(_, section)| section.settle());
        Ok(Self { main, entries })
    }

    /// The digest of an entry under this algorithm; none when the manifest does not have it.
    pub fn digest(&self, name: &str, algorithm: DigestAlgorithm) -> Option<Vec<u8>> {
        let (_, section) = self.entries.iter().find(|(known, _)| known == name)?;
        section.digest(&attribute(algorithm))
    }

    /// The digests of all entries under this algorithm, by name.
    pub fn digests(&self, algorithm: DigestAlgorithm) -> BTreeMap<&str, Vec<u8>> {
        let attribute = attribute(algorithm);
        let digests = self.entries.iter().map(|(name, section)| Some((name.as_str(), section.digest(&attribute)?)));
        digests.flatten().collect()
    }

    /// The same manifest with these digests and no others: main attributes and what entries say otherwise stay, in their
    /// order; entries that it does not have yet follow in the order given.
    ///
    /// # Errors
    /// [`InvalidManifest::Name`] for a name with control characters, which would be read as attributes.
    pub fn with_digests(
        mut self,
        algorithm: DigestAlgorithm,
        digests: &[(String, Vec<u8>)],
    ) -> Result<DigestedManifest, InvalidManifest> {
        if let Some((name, _)) = digests.iter().find(|(name, _)| name.chars().any(char::is_control)) {
            return Err(InvalidManifest::Name(name.clone()));
        }
        self.entries.iter_mut().for_each(|(_, section)| section.retain(|name| !is_digest(name)));
        let places: BTreeMap<String, usize> =
            self.entries.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
        for (name, digest) in digests {
            let addition = Section::default().with_digest(&attribute(algorithm), digest);
            match places.get(name).and_then(|place| self.entries.get_mut(*place)) {
                Some((_, section)) => section.merge(addition),
                None => self.entries.push((name.clone(), addition)),
            }
        }
        self.entries.retain(|(_, section)| !section.is_empty());
        Ok(self.write())
    }

    fn write(mut self) -> DigestedManifest {
        // The specification wants the version first.
        let version = self.main.remove(VERSION).unwrap_or_else(|| "1.0".to_owned());
        let mut main = Section::default().with(VERSION, &version);
        main.merge(self.main);
        let mut bytes = Vec::new();
        main.write(&mut bytes);
        let main = 0..bytes.len();
        let mut entries = Vec::with_capacity(self.entries.len());
        for (name, section) in self.entries {
            let start = bytes.len();
            let mut named = Section::default().with(NAME, &name);
            named.merge(section);
            named.write(&mut bytes);
            entries.push((name, start..bytes.len()));
        }
        DigestedManifest { bytes, main, entries }
    }
}

impl DigestedManifest {
    /// What `META-INF/MANIFEST.MF` holds.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn main(&self) -> &[u8] {
        self.bytes.get(self.main.clone()).unwrap_or_default()
    }

    /// Each entry's name and section, with the empty line that ends it.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.iter().map(|(name, place)| (name.as_str(), self.bytes.get(place.clone()).unwrap_or_default()))
    }
}

fn attribute(algorithm: DigestAlgorithm) -> String {
    format!("{}-Digest", java_name(algorithm))
}

/// `SHA-256-Digest`, and `SHA-256-Digest-fr` for a language.
fn is_digest(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("-digest") || name.contains("-digest-")
}
