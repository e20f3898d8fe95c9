//! Certificates made on the command line, without a client.

use anyhow::{Context, Result};

use crate::deployment::Deployment;
use crate::openssl;
use crate::process::output;

/// What an attacker would write wherever something can be written.
pub const HOSTILE: &str = "<script>alert(1)</script>";

/// Issues a certificate for these names (`dns:web.test`) and answers with its chain in PEM and its serial number. The request
/// asks for a hostile subject, which a profile may take over.
///
/// # Errors
/// If it is refused.
pub fn issue(deployment: &Deployment, names: &[&str], options: &[&str]) -> Result<(String, String)> {
    let file = deployment.folder().join("request.der");
    let subject = format!("/CN={}", HOSTILE.replace('/', "\\/"));
    let request = openssl::csr(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", &subject])?;
    std::fs::write(&file, request)?;
    let mut arguments = vec!["certificate", "issue", "--csr", file.to_str().context("UTF-8")?];
    names.iter().for_each(|name| arguments.extend(["--san", name]));
    arguments.extend(options);
    let chain = output(&mut deployment.signet(&arguments)?)?;
    let serial = openssl::serial(&chain)?;
    Ok((chain, serial))
}
