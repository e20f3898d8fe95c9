//! Signed JARs, from the digests of their entries: the manifest, the signature file (`META-INF/NAME.SF`) and the names of
//! both. The JAR File Specification, *JAR Manifest* and *Signed JAR File*. Zip archives are read and written elsewhere.

mod attributes;
mod manifest;
mod signature_file;

pub use attributes::InvalidManifest;
pub use manifest::{DigestedManifest, Manifest};
pub use signature_file::{SignatureFile, SignatureFileMismatch, SignerName, UnusableSignerName};

use crate::hsm::DigestAlgorithm;
use crate::x509::KeyAlgorithm;

/// Where the manifest is: the first entry of a JAR, or the second after the folder.
pub const MANIFEST: &str = "META-INF/MANIFEST.MF";

const FOLDER: &str = "META-INF/";

/// Whether an entry of this name belongs to a signature: `META-INF/*.SF`, `*.RSA`, `*.DSA`, `*.EC` and `META-INF/SIG-*`, in
/// any case.
pub fn is_signature_file(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let Some(inside) = name.strip_prefix(FOLDER).filter(|inside| !inside.contains('/')) else { return false };
    inside.starts_with("SIG-") || [".SF", ".RSA", ".DSA", ".EC"].iter().any(|extension| inside.ends_with(extension))
}

/// Whether a signature covers the entry of this name: all but folders, the manifest and what belongs to signatures.
pub fn is_covered(name: &str) -> bool {
    !name.ends_with('/') && !name.eq_ignore_ascii_case(MANIFEST) && !is_signature_file(name)
}

/// The extension of the signature block that a key's signature is in. The specification knows `.RSA`, `.DSA` and `.EC`; the
/// last is what jarsigner uses for Edwards curves, too.
pub const fn block_extension(key: KeyAlgorithm) -> &'static str {
    match key {
        KeyAlgorithm::Rsa { .. } => "RSA",
        KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521 | KeyAlgorithm::Ed25519 => "EC",
    }
}

/// Java's name of a hash function, as in `SHA-256-Digest`.
const fn java_name(algorithm: DigestAlgorithm) -> &'static str {
    match algorithm {
        DigestAlgorithm::Sha256 => "SHA-256",
        DigestAlgorithm::Sha384 => "SHA-384",
        DigestAlgorithm::Sha512 => "SHA-512",
    }
}

#[cfg(test)]
mod tests;
