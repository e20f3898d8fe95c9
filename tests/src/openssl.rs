//! OpenSSL's judgement.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tempfile::TempDir;

use crate::process::{Finished, output, run};

/// `openssl verify -x509_strict` of a chain as an ACME server sends it: the first certificate is judged, the others help.
/// `options` are further ones, such as `-verify_hostname NAME`.
///
/// # Errors
/// If OpenSSL cannot be run; its verdict is in the answer.
pub fn verify(chain_pem: &str, root: &Path, options: &[&str]) -> Result<Finished> {
    let chain = Chain::write(chain_pem)?;
    let mut command = Command::new("openssl");
    command.args(["verify", "-x509_strict", "-CAfile"]).arg(root).args(options);
    chain.add_to(&mut command);
    run(&mut command)
}

/// The same with revocation checked on the whole chain against these CRLs in DER.
///
/// # Errors
/// If OpenSSL cannot be run; its verdict is in the answer.
pub fn verify_with_crls(chain_pem: &str, root: &Path, crls: &[Vec<u8>]) -> Result<Finished> {
    let chain = Chain::write(chain_pem)?;
    let pem: String = crls.iter().map(|der| to_pem("X509 CRL", der)).collect();
    let file = chain.folder.path().join("crls.pem");
    std::fs::write(&file, pem)?;
    let mut command = Command::new("openssl");
    command.args(["verify", "-x509_strict", "-crl_check_all", "-CAfile"]).arg(root).arg("-CRLfile").arg(file);
    chain.add_to(&mut command);
    run(&mut command)
}

/// A chain in files, as the command line wants it.
struct Chain {
    folder: TempDir,
    leaf: PathBuf,
    untrusted: Option<PathBuf>,
}

impl Chain {
    fn write(chain_pem: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let certificates = split(chain_pem);
        let (leaf, rest) = certificates.split_first().context("an empty chain")?;
        let (leaf_file, rest_file) = (folder.path().join("leaf.pem"), folder.path().join("rest.pem"));
        std::fs::write(&leaf_file, leaf)?;
        std::fs::write(&rest_file, rest.concat())?;
        Ok(Self { folder, leaf: leaf_file, untrusted: (!rest.is_empty()).then_some(rest_file) })
    }

    fn add_to(&self, command: &mut Command) {
        if let Some(untrusted) = &self.untrusted {
            command.arg("-untrusted").arg(untrusted);
        }
        command.arg(&self.leaf);
    }
}

/// The PEM blocks of a text, one each.
pub fn split(pem: &str) -> Vec<String> {
    let end = "-----END CERTIFICATE-----";
    pem.split_inclusive(end).filter(|part| part.contains(end)).map(|part| format!("{}\n", part.trim())).collect()
}

/// The first certificate of a PEM text in DER.
///
/// # Errors
/// If there is none.
pub fn to_der(pem: &str) -> Result<Vec<u8>> {
    Ok(CertificateDer::from_pem_slice(pem.as_bytes())?.to_vec())
}

/// DER as PEM.
pub fn to_pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// `openssl x509` over the first certificate of a PEM text, with options such as `-text`.
///
/// # Errors
/// If it is not a certificate.
pub fn x509(pem: &str, options: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, pem)?;
    output(Command::new("openssl").args(["x509", "-noout", "-in"]).arg(&file).args(options))
}

/// The serial number in lower-case hex.
///
/// # Errors
/// If it is not a certificate.
pub fn serial(pem: &str) -> Result<String> {
    let text = x509(pem, &["-serial"])?;
    Ok(text.trim().trim_start_matches("serial=").to_lowercase())
}

/// The SHA-256 fingerprint, upper-case pairs between colons.
///
/// # Errors
/// If it is not a certificate.
pub fn fingerprint(pem: &str) -> Result<String> {
    let text = x509(pem, &["-fingerprint", "-sha256"])?;
    Ok(text.trim().rsplit('=').next().unwrap_or_default().to_owned())
}

/// The subjects of the certificates in a PKCS#7 file in DER, a line each.
///
/// # Errors
/// If it is none.
pub fn pkcs7_subjects(der: &[u8]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bundle.p7b");
    std::fs::write(&file, der)?;
    let printed =
        output(Command::new("openssl").args(["pkcs7", "-inform", "DER", "-print_certs", "-noout", "-in"]).arg(&file))?;
    Ok(printed.lines().filter(|line| line.starts_with("subject")).collect::<Vec<_>>().join("\n"))
}

/// `openssl crl -text` over a CRL in DER, its signature checked with a certificate if one is given.
///
/// # Errors
/// If it is not a CRL, or the signature is not that certificate's.
pub fn crl_text(der: &[u8], issuer: Option<&Path>) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("list.crl");
    std::fs::write(&file, der)?;
    let mut command = Command::new("openssl");
    command.args(["crl", "-inform", "DER", "-noout", "-text", "-in"]).arg(&file);
    if let Some(issuer) = issuer {
        command.arg("-CAfile").arg(issuer);
    }
    let said = run(&mut command)?.success()?;
    anyhow::ensure!(issuer.is_none() || said.words().contains("verify OK"), "{}", said.words());
    Ok(said.stdout)
}

/// A private key and a CSR in DER made by `openssl req` with these options (`-newkey rsa:1024`, `-subj /CN=x`, ...).
///
/// # Errors
/// If OpenSSL refuses the options.
pub fn csr(options: &[&str]) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let (key, csr) = (folder.path().join("key.pem"), folder.path().join("csr.der"));
    let mut command = Command::new("openssl");
    command.args(["req", "-new", "-nodes", "-outform", "DER", "-keyout"]).arg(key).arg("-out").arg(&csr).args(options);
    output(&mut command)?;
    Ok(std::fs::read(csr)?)
}
