//! Programs that others verify signatures of code with. Each answers with what it said; whether that is right is the test's
//! to judge.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::environment::tool;
use crate::process::{Finished, output, run};
use crate::samples::java;

/// `osslsigncode verify` of an image, with these roots for signer and timestamp.
///
/// # Errors
/// If it cannot be run.
pub fn osslsigncode(image: &Path, root: &Path) -> Result<Finished> {
    let mut command = Command::new("osslsigncode");
    command.args(["verify", "-in"]).arg(image).arg("-CAfile").arg(root).arg("-TSA-CAfile").arg(root);
    run(&mut command)
}

/// `sbverify`: what UEFI will say.
///
/// # Errors
/// If it cannot be run.
pub fn sbverify(image: &Path, certificate: &Path) -> Result<Finished> {
    run(Command::new("sbverify").arg("--cert").arg(certificate).arg(image))
}

/// `signify`, an implementation of Authenticode in Python. It wants a folder of roots.
///
/// # Errors
/// If it cannot be run.
pub fn signify(image: &Path, root: &Path) -> Result<Finished> {
    let folder = tempfile::tempdir()?;
    std::fs::copy(root, folder.path().join("root.pem"))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("signify_verify.py");
    run(Command::new(tool("python")?).arg(script).arg(image).arg(folder.path()))
}

/// `jarsigner -verify -strict` with a trust store that holds these roots only.
///
/// # Errors
/// If it cannot be run.
pub fn jarsigner(jar: &Path, root: &Path) -> Result<Finished> {
    let folder = tempfile::tempdir()?;
    let store = folder.path().join("trust.p12");
    let mut import = java("keytool");
    import.args(["-importcert", "-noprompt", "-alias", "root", "-storetype", "PKCS12", "-storepass", "changeit"]);
    output(import.arg("-file").arg(root).arg("-keystore").arg(&store))?;
    let mut command = java("jarsigner");
    command.args(["-verify", "-strict", "-verbose", "-certs", "-storepass", "changeit", "-keystore"]);
    run(command.arg(&store).arg(jar))
}

/// `openssl cms -verify` of a detached signature. OpenSSL's default purpose is mail, so any is asked for.
///
/// # Errors
/// If it cannot be run.
pub fn openssl_cms(signature: &Path, content: &Path, root: &Path) -> Result<Finished> {
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-out", "/dev/null", "-in"]);
    run(command.arg(signature).arg("-content").arg(content).arg("-CAfile").arg(root))
}

/// GnuTLS's `certtool --p7-verify` of a detached signature.
///
/// # Errors
/// If it cannot be run.
pub fn certtool(signature: &Path, content: &Path, root: &Path) -> Result<Finished> {
    let mut command = Command::new("certtool");
    command.args(["--p7-verify", "--inder", "--infile"]).arg(signature);
    run(command.arg("--load-ca-certificate").arg(root).arg("--load-data").arg(content))
}

/// `openssl dgst -verify` of a bare signature with the key of the first certificate in a PEM file.
///
/// # Errors
/// If it cannot be run, or there is no certificate.
pub fn openssl_dgst(algorithm: &str, signature: &Path, content: &Path, chain: &Path) -> Result<Finished> {
    let folder = tempfile::tempdir()?;
    let key = folder.path().join("key.pem");
    let public = output(Command::new("openssl").args(["x509", "-noout", "-pubkey", "-in"]).arg(chain))?;
    std::fs::write(&key, public)?;
    let mut command = Command::new("openssl");
    command.args(["dgst", &format!("-{algorithm}"), "-verify"]).arg(&key).arg("-signature").arg(signature).arg(content);
    run(&mut command)
}

/// The Authenticode hash that osslsigncode computes, in lower-case hexadecimal.
///
/// # Errors
/// If it prints none.
pub fn authenticode_hash(image: &Path, algorithm: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let mut command = Command::new("osslsigncode");
    output(command.args(["extract-data", "-h", algorithm, "-in"]).arg(image).arg("-out").arg(&data))?;
    // The last OCTET STRING of SpcIndirectDataContent.
    let parsed = output(Command::new("openssl").args(["asn1parse", "-inform", "DER", "-in"]).arg(&data))?;
    let line = parsed.lines().rev().find(|line| line.contains("OCTET STRING") && line.contains("[HEX DUMP]"));
    let digest = line.and_then(|line| line.rsplit(':').next()).with_context(|| parsed.clone())?;
    Ok(digest.to_ascii_lowercase())
}
