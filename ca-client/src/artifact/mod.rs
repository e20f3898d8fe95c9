//! Files to be signed: what they are, what is taken the digest of, where the signature goes.

mod destination;
mod digest;
mod guess;
mod jar;
mod name;
mod pe;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest as hash};
use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::authenticode::pe::InvalidImage;
use ca_core::signing::jar::{InvalidManifest, SignatureFileMismatch, SignerName};
use ca_core::signing::{DigestItem, Format};
use tempfile::NamedTempFile;

pub use destination::{Collision, Destination, is_among};
pub use digest::{Digested, digest_file};
pub use guess::guess;
pub use name::{UnusableName, name_of, path_of};

/// What may be done with files that are signed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They are refused.
    Refuse,
    /// Their signature makes place for the new one.
    Replace,
}

/// A file and what the server is told of it.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Where it is.
    pub path: PathBuf,
    /// Name, algorithm and digest as the format wants it.
    pub item: DigestItem,
    /// Octets of the file.
    pub size: u64,
    /// SHA-256 of the file as it lies there.
    pub file_sha256: [u8; 32],
}

/// Why a file cannot be signed, or its signature not be used.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// It is no image that can be signed.
    #[error("{path}: {source}")]
    Image {
        /// Which one.
        path: String,
        /// Why not.
        source: InvalidImage,
    },
    /// It is no zip archive.
    #[error("{path}: this is no JAR: {source}")]
    Zip {
        /// Which one.
        path: String,
        /// Why not.
        source: zip::result::ZipError,
    },
    /// Its manifest cannot be signed.
    #[error("{path}: {source}")]
    Manifest {
        /// Which one.
        path: String,
        /// Why not.
        source: InvalidManifest,
    },
    /// Its signature file is for another manifest.
    #[error("{path}: {source}")]
    SignatureFile {
        /// Which one.
        path: String,
        /// Why not.
        source: SignatureFileMismatch,
    },
    /// It is a JAR with something that no signed JAR may have.
    #[error("{path}: {reason}")]
    Jar {
        /// Which one.
        path: String,
        /// What it has.
        reason: String,
    },
    /// It has no name that a request could have.
    #[error(transparent)]
    Name(#[from] UnusableName),
    /// The signature that came back does not fit into the file.
    #[error("{path}: the signature is not one of this format: {reason}")]
    Signature {
        /// Which one.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

impl ArtifactError {
    /// Whether the file is refused only because it is signed.
    pub fn is_already_signed(&self) -> bool {
        match self {
            Self::Image { source, .. } => *source == InvalidImage::AlreadySigned,
            Self::Jar { reason, .. } => reason.as_str() == jar::ALREADY_SIGNED,
            _ => false,
        }
    }

    fn file(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |source| Self::File { path: path.display().to_string(), source }
    }
}

/// Takes a file's digest as the format wants it.
///
/// # Errors
/// [`ArtifactError`].
pub fn prepare(
    path: &Path,
    format: Format,
    algorithm: DigestAlgorithm,
    existing: Existing,
) -> Result<Artifact, ArtifactError> {
    let name = name_of(path)?;
    let (digest, size, file_sha256) = match format {
        Format::Raw | Format::CmsDetached => {
            let digested = digest_file(path, algorithm).map_err(ArtifactError::file(path))?;
            (digested.digest, digested.size, digested.sha256)
        }
        Format::AuthenticodePe => {
            let bytes = pe::read(path)?;
            let mut file_sha256 = [0; 32];
            file_sha256.copy_from_slice(hash(&SHA256, &bytes).as_ref());
            (pe::digest(path, &bytes, algorithm, existing)?, bytes.len() as u64, file_sha256)
        }
        Format::JarSf => {
            let digested = digest_file(path, algorithm).map_err(ArtifactError::file(path))?;
            (jar::digest(path, algorithm, existing)?, digested.size, digested.sha256)
        }
    };
    Ok(Artifact { path: path.to_owned(), item: DigestItem { name, algorithm, digest }, size, file_sha256 })
}

/// Writes the signed file, or the signature beside it, and has it judged before anybody sees it: the destination holds
/// either what it held before or what `judge` accepted.
///
/// # Errors
/// [`ArtifactError`], or what `judge` says.
pub fn embed<E: From<ArtifactError>>(
    path: &Path,
    format: Format,
    algorithm: DigestAlgorithm,
    signature: &[u8],
    signer: &SignerName,
    destination: &Path,
    judge: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let destination = &destination::resolved(path, destination)?;
    let mut file = destination::temporary(destination)?;
    match format {
        Format::Raw | Format::CmsDetached => destination::write(&mut file, signature, destination)?,
        Format::AuthenticodePe => {
            destination::write(&mut file, &pe::embed(path, &pe::read(path)?, signature)?, destination)?;
        }
        Format::JarSf => jar::embed(path, algorithm, signature, signer, file.as_file_mut())?,
    }
    if matches!(format, Format::AuthenticodePe | Format::JarSf) {
        destination::keep_permissions(&file, path)?;
    }
    judge(file.path())?;
    Ok(destination::persist(file, destination)?)
}

/// The signature that a file holds, and the digest it has to be for under this algorithm.
///
/// # Errors
/// [`ArtifactError`], also for a file without a signature.
pub fn signature_within(path: &Path, format: Format) -> Result<Vec<u8>, ArtifactError> {
    match format {
        Format::AuthenticodePe => pe::signature(path),
        _ => jar::signature(path),
    }
}

/// The digest that a signature within the file has to be for.
///
/// # Errors
/// [`ArtifactError`], also for a JAR whose entries are not those of its manifest.
pub fn signed_digest(path: &Path, format: Format, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ArtifactError> {
    match format {
        Format::Raw | Format::CmsDetached => {
            Ok(digest_file(path, algorithm).map_err(ArtifactError::file(path))?.digest)
        }
        Format::AuthenticodePe => pe::digest(path, &pe::read(path)?, algorithm, Existing::Replace),
        Format::JarSf => jar::signed_digest(path, algorithm),
    }
}

/// How many octets of the file no signature of this format covers, although a system may run them: what lies in front of a
/// JAR.
///
/// # Errors
/// [`ArtifactError`].
pub fn unsigned_prefix(path: &Path, format: Format) -> Result<u64, ArtifactError> {
    if format == Format::JarSf { jar::prefix(path) } else { Ok(0) }
}

fn open(path: &Path) -> Result<File, ArtifactError> {
    File::open(path).map_err(ArtifactError::file(path))
}

/// A file that is not there yet, in the folder of its destination.
type Temporary = NamedTempFile;
