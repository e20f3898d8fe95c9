//! Every judge of a server certificate at once.

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::{openssl, pkilint};

/// OpenSSL (strict, for a server, for this name), webpki and pkilint must all accept the chain.
///
/// # Errors
/// With the first judge's objections.
pub fn server_certificate(chain_pem: &str, root: &Path, name: &str) -> Result<()> {
    openssl::verify(chain_pem, root, &["-purpose", "sslserver", "-verify_hostname", name])?.success()?;
    rustls_webpki(chain_pem, root, name)?;
    for certificate in openssl::split(chain_pem) {
        pkilint::certificate(&certificate)?;
    }
    Ok(())
}

/// webpki: path, time, usage and name.
///
/// # Errors
/// If it objects.
pub fn rustls_webpki(chain_pem: &str, root: &Path, name: &str) -> Result<()> {
    let chain = CertificateDer::pem_slice_iter(chain_pem.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    let (leaf, intermediates) = chain.split_first().context("an empty chain")?;
    let root = CertificateDer::from_pem_file(root)?;
    let anchor = anchor_from_trusted_cert(&root).map_err(|e| anyhow!("webpki on the root: {e}"))?;
    let leaf = EndEntityCert::try_from(leaf).map_err(|e| anyhow!("webpki on the certificate: {e}"))?;
    let now = UnixTime::since_unix_epoch(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?);
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &[anchor], intermediates, now, KeyUsage::server_auth(), None, None)
        .map_err(|e| anyhow!("webpki on the path: {e}"))?;
    leaf.verify_is_valid_for_subject_name(&ServerName::try_from(name.to_owned())?)
        .map_err(|e| anyhow!("webpki on the name: {e}"))
}
