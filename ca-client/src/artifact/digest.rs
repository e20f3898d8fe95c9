//! Digests of files of any size, read once in pieces.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use aws_lc_rs::digest::{Algorithm, Context, SHA256, SHA384, SHA512};
use ca_core::hsm::DigestAlgorithm;

/// Octets read at once.
const PIECE: usize = 256 * 1024;

/// What one reading of a file gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digested {
    /// Under the algorithm asked for.
    pub digest: Vec<u8>,
    /// Always.
    pub sha256: [u8; 32],
    /// Octets.
    pub size: u64,
}

/// Reads a file from its beginning to its end.
///
/// # Errors
/// Those of the file.
pub fn digest_file(path: &Path, algorithm: DigestAlgorithm) -> io::Result<Digested> {
    digest_reader(&mut File::open(path)?, algorithm)
}

pub(super) fn digest_reader(reader: &mut impl Read, algorithm: DigestAlgorithm) -> io::Result<Digested> {
    let mut sha256 = Context::new(&SHA256);
    let mut other = (algorithm != DigestAlgorithm::Sha256).then(|| Context::new(engine(algorithm)));
    let mut piece = vec![0; PIECE];
    let mut size = 0;
    loop {
        let length = match reader.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let octets = piece.get(..length).unwrap_or_default();
        sha256.update(octets);
        if let Some(other) = &mut other {
            other.update(octets);
        }
        size += length as u64;
    }
    let mut octets = [0; 32];
    octets.copy_from_slice(sha256.finish().as_ref());
    let digest = other.map_or_else(|| octets.to_vec(), |other| other.finish().as_ref().to_vec());
    Ok(Digested { digest, sha256: octets, size })
}

fn engine(algorithm: DigestAlgorithm) -> &'static Algorithm {
    match algorithm {
        DigestAlgorithm::Sha256 => &SHA256,
        DigestAlgorithm::Sha384 => &SHA384,
        DigestAlgorithm::Sha512 => &SHA512,
    }
}
