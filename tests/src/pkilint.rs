//! pkilint's judgement: RFC 5280 findings are errors.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::environment::tool;
use crate::process::{Finished, run};

/// A CRL for end-entity or for CA certificates.
#[derive(Clone, Copy, Debug)]
pub enum CrlKind {
    /// Lists end-entity certificates.
    Crl,
    /// Lists CA certificates.
    Arl,
}

/// Lints one certificate.
///
/// # Errors
/// If there is a finding of severity error or worse, with all of them.
pub fn certificate(pem: &str) -> Result<()> {
    lint("lint_pkix_cert", &[], &[pem.as_bytes()])
}

/// Lints what issuer and subject must agree on.
///
/// # Errors
/// If there is a finding of severity error or worse, with all of them.
pub fn issuer_and_subject(issuer_pem: &str, subject_pem: &str) -> Result<()> {
    lint("lint_pkix_signer_signee_cert_chain", &[], &[issuer_pem.as_bytes(), subject_pem.as_bytes()])
}

/// Lints a CRL in DER.
///
/// # Errors
/// If there is a finding of severity error or worse, with all of them.
pub fn crl(der: &[u8], kind: CrlKind) -> Result<()> {
    let kind = match kind {
        CrlKind::Crl => "CRL",
        CrlKind::Arl => "ARL",
    };
    lint("lint_crl", &["-t", kind, "-p", "PKIX"], &[der])
}

fn lint(program: &str, options: &[&str], files: &[&[u8]]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(tool(program)?);
    command.args(["lint", "-s", "ERROR"]).args(options);
    for (number, bytes) in files.iter().enumerate() {
        let path = folder.path().join(number.to_string());
        std::fs::write(&path, bytes)?;
        command.arg(&path);
    }
    let said = run(&mut command)?;
    // The exit status counts the findings.
    if said.status.code().is_some_and(|findings| findings > 0) && only_wildcards(&said.stdout) {
        return Ok(());
    }
    said.success().map(drop)
}

/// RFC 5280 §4.2.1.6 knows no wildcards, RFC 6125 §6.4.3 and RFC 8555 §7.1.3 do: pkilint reports them, we want them.
fn only_wildcards(report: &str) -> bool {
    let findings = ["(ERROR)", "(FATAL)"].map(|severity| report.matches(severity).count()).iter().sum::<usize>();
    findings > 0 && findings == report.matches("Invalid domain name syntax: \"*.").count()
}

#[test]
fn only_the_finding_about_wildcards_is_forgiven() {
    let wildcard = "pkix.invalid_domain_name_syntax (ERROR): Invalid domain name syntax: \"*.a.test\"\n";
    assert!(only_wildcards(wildcard));
    assert!(!only_wildcards(&format!("{wildcard}pkix.other (ERROR): something else\n")));
    assert!(!only_wildcards("pkix.invalid_domain_name_syntax (ERROR): Invalid domain name syntax: \"a_b.test\"\n"));
}

/// Whether the tool is there at all, for a clear failure before a long test.
///
/// # Errors
/// If it is not.
pub fn version() -> Result<Finished> {
    run(Command::new(tool("pip")?).args(["show", "pkilint"]))?.success()
}

/// Lints a certificate in a file.
///
/// # Errors
/// As [`certificate`].
pub fn certificate_file(path: &Path) -> Result<()> {
    certificate(&std::fs::read_to_string(path)?)
}
