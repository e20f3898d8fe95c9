//! Portable Executables as files. They are read whole: Authenticode allows at most 4 GiB.

use std::path::Path;

use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::authenticode::pe::{Image, InvalidImage};

use super::{ArtifactError, Existing, open};

pub(super) fn read(path: &Path) -> Result<Vec<u8>, ArtifactError> {
    let size = open(path)?.metadata().map_err(ArtifactError::file(path))?.len();
    if size > u64::from(u32::MAX) {
        return Err(invalid(path)(InvalidImage::TooLarge));
    }
    std::fs::read(path).map_err(ArtifactError::file(path))
}

pub(super) fn digest(
    path: &Path,
    bytes: &[u8],
    algorithm: DigestAlgorithm,
    existing: Existing,
) -> Result<Vec<u8>, ArtifactError> {
    let image = Image::parse(bytes).map_err(invalid(path))?;
    let image = match existing {
        Existing::Refuse => image.unsigned().map_err(invalid(path))?,
        Existing::Replace => image,
    };
    Ok(image.digest(algorithm))
}

/// The image with this as its only signature.
pub(super) fn embed(path: &Path, bytes: &[u8], pkcs7: &[u8]) -> Result<Vec<u8>, ArtifactError> {
    let image = Image::parse(bytes).map_err(invalid(path))?;
    image.embed(pkcs7).map_err(invalid(path))
}

pub(super) fn signature(path: &Path) -> Result<Vec<u8>, ArtifactError> {
    let bytes = read(path)?;
    let image = Image::parse(&bytes).map_err(invalid(path))?;
    let signature = image.signature().map_err(invalid(path))?;
    signature.map(<[u8]>::to_vec).ok_or_else(|| invalid(path)(InvalidImage::NoSignature))
}

fn invalid(path: &Path) -> impl Fn(InvalidImage) -> ArtifactError + '_ {
    |source| ArtifactError::Image { path: path.display().to_string(), source }
}
