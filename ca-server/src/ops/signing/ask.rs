//! What is asked for, as it was typed or sent, and as it is understood.

use std::collections::BTreeMap;
use std::time::Duration;

use ca_core::acme::Problem;
use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::{DigestSet, Format, SigningProfile, signature_algorithm};

use crate::ops::OpError;
use crate::store::signing_item::StoredItem;

/// A request for signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Name of the signing profile.
    pub profile: String,
    /// Word of the format.
    pub format: String,
    /// Why; perhaps empty.
    pub reason: String,
    /// The artifacts.
    pub items: Vec<AskedItem>,
    /// How long the request may stand, in seconds.
    pub expires_in: Option<u64>,
    /// Where the artifacts come from: `repository`, `commit`, `ref`, `workflow`, `run_url`.
    pub provenance: BTreeMap<String, String>,
}

/// One artifact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedItem {
    /// What people call it.
    pub name: String,
    /// Word of the hash function.
    pub algorithm: String,
    /// What the format takes the digest of, in hexadecimal.
    pub digest: String,
    /// Octets of the file.
    pub size: Option<i64>,
    /// SHA-256 of the file, in hexadecimal.
    pub file_sha256: Option<String>,
}

/// Characters of a reason.
const LONGEST_REASON: usize = 2000;

/// Characters of a statement about the origin.
const LONGEST_STATEMENT: usize = 512;

/// What is said about the origin.
const STATEMENTS: [&str; 5] = ["repository", "commit", "ref", "workflow", "run_url"];

/// Longest a request may stand.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// A request that was understood. Whether it may be granted is another question.
pub(super) struct Understood {
    pub(super) set: DigestSet,
    pub(super) items: Vec<StoredItem>,
    pub(super) expires_in: Option<Duration>,
}

/// What cannot be asked for, whoever asks.
pub(super) fn refusal(detail: impl std::fmt::Display) -> OpError {
    Problem::malformed(detail.to_string()).with_status(422).into()
}

impl Asked {
    /// Reads everything.
    ///
    /// # Errors
    /// A problem with status 422 for the first rule that it breaks.
    pub(super) fn understand(&self) -> Result<Understood, OpError> {
        let format: Format = self.format.parse().map_err(refusal)?;
        let items = self.items.iter().zip(1..).map(|(item, n)| item.read(n)).collect::<Result<Vec<_>, _>>()?;
        let set = DigestSet::new(format, items.iter().map(StoredItem::item).collect()).map_err(refusal)?;
        self.check_texts()?;
        let expires_in = self.expires_in.map(Duration::from_secs);
        if expires_in.is_some_and(|span| span.as_secs() < 60 || span > LONGEST) {
            return Err(refusal("expires_in is between a minute and 30 days, in seconds"));
        }
        Ok(Understood { set, items, expires_in })
    }

    fn check_texts(&self) -> Result<(), OpError> {
        let control = |c: char| c.is_control() && c != '\n';
        if self.reason.chars().count() > LONGEST_REASON || self.reason.chars().any(control) {
            return Err(refusal(format!(
                "reason has at most {LONGEST_REASON} characters, none of them a control character"
            )));
        }
        for (name, text) in &self.provenance {
            if !STATEMENTS.contains(&name.as_str()) {
                return Err(refusal(format!("provenance has no {name:?}: use {}", STATEMENTS.join(", "))));
            }
            if text.chars().count() > LONGEST_STATEMENT || text.chars().any(char::is_control) {
                return Err(refusal(format!(
                    "provenance.{name} has at most {LONGEST_STATEMENT} characters on one line"
                )));
            }
        }
        // People will follow it.
        let web = |text: &String| url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        match self.provenance.get("run_url") {
            Some(text) if !text.is_empty() && !web(text) => Err(refusal("provenance.run_url is an http or https URL")),
            _ => Ok(()),
        }
    }
}

impl AskedItem {
    fn read(&self, n: i64) -> Result<StoredItem, OpError> {
        let fault = |detail: String| refusal(format!("item {}: {detail}", n - 1));
        let algorithm: DigestAlgorithm =
            self.algorithm.parse().map_err(|error: ca_core::hsm::UnknownDigestAlgorithm| fault(error.to_string()))?;
        let digest = hexadecimal(&self.digest).ok_or_else(|| fault("digest is not hexadecimal".to_owned()))?;
        let file = self.file_sha256.as_deref().filter(|text| !text.is_empty()).map(|text| {
            let octets = hexadecimal(text).filter(|octets| octets.len() == 32);
            octets.ok_or_else(|| fault("file_sha256 is no SHA-256 in hexadecimal".to_owned()))
        });
        if self.size.is_some_and(|size| size < 0) {
            return Err(fault("size is negative".to_owned()));
        }
        Ok(StoredItem {
            n,
            name: self.name.clone(),
            algorithm,
            digest,
            size: self.size,
            file_sha256: file.transpose()?,
        })
    }
}

/// Octets of a text in hexadecimal, either case.
pub(super) fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

/// What the profile has against a digest set, whoever asks.
///
/// # Errors
/// A problem with status 422.
pub(super) fn check_profile(profile: &SigningProfile, set: &DigestSet) -> Result<(), OpError> {
    let name = profile.name();
    if !profile.formats().contains(&set.format()) {
        let known: Vec<&str> = profile.formats().iter().map(|format| format.as_str()).collect();
        return Err(refusal(format!("the profile {name} signs {}, not {}", known.join(", "), set.format())));
    }
    let other = set.items().iter().find(|item| !profile.digests().contains(&item.algorithm));
    if let Some(item) = other {
        let known: Vec<&str> = profile.digests().iter().map(|digest| digest.as_str()).collect();
        let (algorithm, known) = (item.algorithm, known.join(", "));
        return Err(refusal(format!("the profile {name} takes {known} digests, {:?} has {algorithm}", item.name)));
    }
    // Better now than after people have approved it.
    for item in set.items() {
        signature_algorithm(set.format(), profile.key().algorithm(), item.algorithm)?;
    }
    Ok(())
}
