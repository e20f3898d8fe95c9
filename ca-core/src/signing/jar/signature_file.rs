//! `META-INF/NAME.SF`: the digests of the manifest and its sections. This file is what the signature block signs.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

use super::attributes::{InvalidManifest, Section, sections};
use super::manifest::DigestedManifest;
use super::{FOLDER, java_name};
use crate::hsm::DigestAlgorithm;

/// Without a version: jobs with different ones make the same file of the same JAR.
pub(super) const CREATED_BY: &str = "signet-sign";

/// The content of a signature file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureFile(Vec<u8>);

/// A manifest that a signature file does not vouch for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFileMismatch {
    /// It is no signature file.
    #[error("the signature file is damaged: {0}")]
    Damaged(#[from] InvalidManifest),
    /// It has no digest of the whole manifest that we know.
    #[error("the signature file has no SHA-256, SHA-384 or SHA-512 digest of the whole manifest")]
    NoDigest,
    /// The manifest has another digest.
    #[error("the manifest is not the one that was signed: its digest differs from the signature file's")]
    OtherManifest,
}

impl SignatureFile {
    /// Writes one for a manifest.
    pub fn of(manifest: &DigestedManifest, algorithm: DigestAlgorithm) -> Self {
        let name = java_name(algorithm);
        let hash = |bytes: &[u8]| digest::digest(algorithm.engine(), bytes);
        let main = Section::default()
            .with("Signature-Version", "1.0")
            .with("Created-By", CREATED_BY)
            .with_digest(&format!("{name}-Digest-Manifest-Main-Attributes"), hash(manifest.main()).as_ref())
            .with_digest(&whole_manifest(algorithm), hash(manifest.as_bytes()).as_ref());
        let mut bytes = Vec::new();
        main.write(&mut bytes);
        for (entry, section) in manifest.entries() {
            let digest = hash(section);
            Section::default()
                .with("Name", entry)
                .with_digest(&format!("{name}-Digest"), digest.as_ref())
                .write(&mut bytes);
        }
        Self(bytes)
    }

    /// One that was read from a JAR.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What the file holds.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What is signed: the digest of the file.
    pub fn digest(&self, algorithm: DigestAlgorithm) -> Vec<u8> {
        digest::digest(algorithm.engine(), &self.0).as_ref().to_vec()
    }

    /// Compares the manifest with the digest of the whole of it. The digests of single sections are for verifiers of JARs
    /// that were added to since; such a JAR is refused here.
    ///
    /// # Errors
    /// [`SignatureFileMismatch`].
    pub fn check(&self, manifest: &[u8]) -> Result<(), SignatureFileMismatch> {
        let all = sections(&self.0)?;
        let main = all.first().ok_or(SignatureFileMismatch::NoDigest)?;
        let known = DigestAlgorithm::ALL.iter().filter_map(|algorithm| {
            let expected = main.digest(&whole_manifest(*algorithm))?;
            Some(expected == digest::digest(algorithm.engine(), manifest).as_ref())
        });
        let verdicts: Vec<bool> = known.collect();
        match verdicts.as_slice() {
            [] => Err(SignatureFileMismatch::NoDigest),
            all if all.iter().all(|same| *same) => Ok(()),
            _ => Err(SignatureFileMismatch::OtherManifest),
        }
    }
}

fn whole_manifest(algorithm: DigestAlgorithm) -> String {
    format!("{}-Digest-Manifest", java_name(algorithm))
}

/// What the files of a signature are called: 1 to 8 of A-Z, 0-9, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerName(String);

/// Text that is no [`SignerName`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no signature file: use 1 to 8 of A-Z, 0-9, _ and -")]
pub struct UnusableSignerName(String);

impl SignerName {
    /// `META-INF/NAME.SF`.
    pub fn signature_file(&self) -> String {
        format!("{FOLDER}{}.SF", self.0)
    }

    /// `META-INF/NAME.EXTENSION`, see [`block_extension`](super::block_extension).
    pub fn block(&self, extension: &str) -> String {
        format!("{FOLDER}{}.{extension}", self.0)
    }
}

impl Default for SignerName {
    fn default() -> Self {
        Self("SIGNET".to_owned())
    }
}

impl fmt::Display for SignerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SignerName {
    type Err = UnusableSignerName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_ascii_uppercase();
        let fits = (1..=8).contains(&upper.len())
            && upper.bytes().all(|octet| matches!(octet, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'))
            && !upper.starts_with("SIG-");
        if fits { Ok(Self(upper)) } else { Err(UnusableSignerName(text.chars().take(40).collect())) }
    }
}
