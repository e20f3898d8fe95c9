//! `bundle.zip`: the signatures of a request and the chain of its certificate.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::{ZipError, ZipResult};

/// Octets of one file, at most: a signature with a chain and a timestamp has about 10 KiB.
const LARGEST: u64 = 1024 * 1024;

/// A bundle in memory.
#[derive(Debug)]
pub(crate) struct Bundle(ZipArchive<Cursor<Vec<u8>>>);

impl Bundle {
    pub(super) fn read(bytes: Vec<u8>) -> ZipResult<Self> {
        Ok(Self(ZipArchive::new(Cursor::new(bytes))?))
    }

    /// The signature of the artifact with this number, whatever its kind.
    pub(crate) fn signature(&mut self, n: u64) -> ZipResult<Vec<u8>> {
        match self.file(&format!("signatures/{n:04}.p7s")) {
            Err(ZipError::FileNotFound) => self.file(&format!("signatures/{n:04}.sig")),
            other => other,
        }
    }

    /// The signer's certificate and those above it, in PEM.
    pub(crate) fn chain(&mut self) -> ZipResult<Vec<u8>> {
        self.file("chain.pem")
    }

    fn file(&mut self, name: &str) -> ZipResult<Vec<u8>> {
        let mut contents = Vec::new();
        self.0.by_name(name)?.take(LARGEST + 1).read_to_end(&mut contents)?;
        if contents.len() as u64 > LARGEST {
            return Err(ZipError::InvalidArchive("a file of the bundle is larger than 1 MiB".into()));
        }
        Ok(contents)
    }
}
