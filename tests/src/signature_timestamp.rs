//! The timestamp inside a signature, taken out by asn1crypto and judged by OpenSSL.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::environment::tool;
use crate::process::{Finished, output, run};
use crate::samples;

/// A timestamp with the value of the signature that it is about.
#[derive(Debug)]
pub struct SignatureTimestamp {
    folder: TempDir,
}

impl SignatureTimestamp {
    /// That of a CMS or PKCS #7 message in DER.
    ///
    /// # Errors
    /// If there is not exactly one.
    pub fn of_message(signature: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("signature_timestamp.py");
        output(Command::new(tool("python")?).arg(script).arg(signature).arg(folder.path()))?;
        Ok(Self { folder })
    }

    /// That of a signed program.
    ///
    /// # Errors
    /// If the program is not signed, or has no timestamp.
    pub fn of_program(image: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let message = folder.path().join("signature");
        let mut extract = Command::new("osslsigncode");
        output(extract.args(["extract-signature", "-in"]).arg(image).arg("-out").arg(&message))?;
        Self::of_message(&message)
    }

    /// That of a signed JAR whose signature block is the entry `block`.
    ///
    /// # Errors
    /// If there is no such entry, or it has no timestamp.
    pub fn of_jar(jar: &Path, block: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let message = folder.path().join("signature");
        std::fs::write(&message, samples::entry(jar, block)?)?;
        Self::of_message(&message)
    }

    /// `openssl ts -verify` of the token against the signature's value.
    ///
    /// # Errors
    /// If OpenSSL cannot be run; its verdict is in the answer.
    pub fn verify(&self, root: &Path) -> Result<Finished> {
        self.judge(&self.file("value"), root)
    }

    /// The same against a value of which one bit is another.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_other(&self, root: &Path) -> Result<Finished> {
        let other = self.file("other");
        std::fs::copy(self.file("value"), &other)?;
        samples::damage(&other)?;
        self.judge(&other, root)
    }

    fn judge(&self, value: &Path, root: &Path) -> Result<Finished> {
        let mut command = Command::new("openssl");
        command.args(["ts", "-verify", "-token_in", "-in"]).arg(self.file("token"));
        run(command.arg("-data").arg(value).arg("-CAfile").arg(root))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
