//! Revocation lists as a relying party finds them: by the URL in the certificate.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::openssl;
use crate::server::Server;
use crate::wait;

/// How soon after a revocation the served list must tell of it.
pub const PUBLISHED_WITHIN: Duration = Duration::from_secs(5);

/// The path of the first distribution point in a certificate, such as `/crl/issuing/0.crl`.
///
/// # Errors
/// If it has none.
pub fn path_in(certificate_pem: &str) -> Result<String> {
    let text = openssl::x509(certificate_pem, &["-ext", "crlDistributionPoints"])?;
    let url = text.split_once("URI:").and_then(|(_, rest)| rest.split_whitespace().next()).context(text.clone())?;
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    Ok(after_scheme.find('/').map_or("/", |slash| &after_scheme[slash..]).to_owned())
}

/// The list that a certificate names, from the status listener, in DER.
///
/// # Errors
/// If it is not served.
pub fn fetch(server: &Server, certificate_pem: &str) -> Result<Vec<u8>> {
    server.status_file(&path_in(certificate_pem)?)
}

/// The lists for every certificate of a chain, as `openssl verify -crl_check_all` wants them.
///
/// # Errors
/// If one is not served.
pub fn fetch_all(server: &Server, chain_pem: &str) -> Result<Vec<Vec<u8>>> {
    openssl::split(chain_pem).iter().map(|certificate| fetch(server, certificate)).collect()
}

/// Waits until the served list holds the first certificate of `chain_pem`, and returns the list as text.
///
/// # Errors
/// If it does not within five seconds.
pub fn wait_until_listed(server: &Server, chain_pem: &str) -> Result<String> {
    let serial = openssl::serial(chain_pem)?.to_uppercase();
    wait::until("the serial in the served CRL", PUBLISHED_WITHIN, || {
        let text = openssl::crl_text(&fetch(server, chain_pem)?, None)?;
        Ok(text.contains(&format!("Serial Number: {serial}")).then_some(text))
    })
}
