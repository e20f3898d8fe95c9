//! A CA with a certificate for code signing made by `openssl` alone, for signatures that are not ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::process::output;

const EXTENSIONS: &str = "\
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

/// Root, signer and the signer's key in files.
#[derive(Debug)]
pub struct LocalSigner {
    folder: TempDir,
}

impl LocalSigner {
    /// Makes both with keys such as `rsa:2048` or `ec -pkeyopt ec_paramgen_curve:P-256`.
    ///
    /// # Errors
    /// If OpenSSL refuses.
    pub fn create(key: &str) -> Result<Self> {
        let signer = Self { folder: tempfile::tempdir()? };
        let place = signer.folder.path();
        std::fs::write(place.join("extensions"), EXTENSIONS)?;
        signer.openssl(&format!("req -new -newkey {key} -nodes -keyout root.key -out root.csr -subj /CN=Root"))?;
        signer.openssl(
            "x509 -req -in root.csr -key root.key -days 30 -extfile extensions -extensions root -out root.pem",
        )?;
        signer.openssl(&format!("req -new -newkey {key} -nodes -keyout key.pem -out csr.pem -subj /CN=Signer"))?;
        signer.openssl(
            "x509 -req -in csr.pem -CA root.pem -CAkey root.key -days 10 -extfile extensions -extensions signer -out signer.pem",
        )?;
        Ok(signer)
    }

    /// A command line of `openssl` in the folder of the files.
    ///
    /// # Errors
    /// If it fails.
    pub fn openssl(&self, arguments: &str) -> Result<()> {
        let mut command = Command::new("openssl");
        output(command.current_dir(self.folder.path()).args(arguments.split_whitespace())).map(drop)
    }

    /// One of `root.pem`, `signer.pem`, `key.pem`, or what a command wrote.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A detached CMS SignedData over a file, with the signer's and the root's certificate, in DER.
    ///
    /// # Errors
    /// If OpenSSL fails.
    pub fn cms(&self, content: &Path) -> Result<Vec<u8>> {
        let out = self.file("signature.p7s");
        let mut command = Command::new("openssl");
        command.args(["cms", "-sign", "-binary", "-md", "sha256", "-outform", "DER", "-in"]).arg(content);
        command.arg("-signer").arg(self.file("signer.pem")).arg("-inkey").arg(self.file("key.pem"));
        output(command.arg("-certfile").arg(self.file("root.pem")).arg("-out").arg(&out))?;
        Ok(std::fs::read(out)?)
    }

    /// The PKCS #7 signature that osslsigncode makes of an image, in DER.
    ///
    /// # Errors
    /// If osslsigncode fails.
    pub fn authenticode(&self, image: &Path) -> Result<Vec<u8>> {
        let (signed, signature) = (self.file("signed"), self.file("signature.der"));
        for old in [&signed, &signature] {
            // The first time there is none.
            let _ = std::fs::remove_file(old);
        }
        let mut sign = Command::new("osslsigncode");
        sign.args(["sign", "-h", "sha256", "-certs"])
            .arg(self.file("signer.pem"))
            .arg("-ac")
            .arg(self.file("root.pem"));
        output(sign.arg("-key").arg(self.file("key.pem")).arg("-in").arg(image).arg("-out").arg(&signed))?;
        let mut extract = Command::new("osslsigncode");
        output(extract.args(["extract-signature", "-in"]).arg(&signed).arg("-out").arg(&signature))?;
        Ok(std::fs::read(signature)?)
    }
}
