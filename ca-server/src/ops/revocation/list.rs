//! One list: its scope, its lint and its signature. The first ceremony makes lists before there is an [`App`](crate::app::App).

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use ca_core::hsm::Hsm;
use ca_core::issuance::Issuer;
use ca_core::revocation::{
    CertificateListBuilder, CertificateListIssuer, CertificateScope, IssuingDistributionPoint, LintedCertificateList,
};

use crate::ops::OpError;
use crate::store::fields::IssuerKind;

/// The HSM's time for one list.
const SIGNING_TIME_LIMIT: Duration = Duration::from_secs(60);

/// A root publishes one whole list, and says nothing of scope: a path validator that checks the trust anchor too, which
/// names no distribution point, would take a named list for one of another scope (RFC 5280 §6.3.3 (b)(2)(i)).
pub fn distribution_point(kind: IssuerKind, urls: Vec<String>) -> Option<IssuingDistributionPoint> {
    (kind != IssuerKind::Root).then_some(IssuingDistributionPoint { urls, scope: CertificateScope::All })
}

/// An issuer as the signer of its lists.
pub fn list_issuer(issuer: &Issuer) -> CertificateListIssuer<'_> {
    CertificateListIssuer { certificate: issuer.certificate(), key: issuer.key(), key_state: issuer.key_state() }
}

/// Lints a complete list, has it signed, and answers with its DER. Lint reads every octet of what may be tens of megabytes:
/// not on a thread that serves requests.
///
/// # Errors
/// When lint or the HSM stands against it.
pub async fn sign(builder: CertificateListBuilder, issuer: Arc<Issuer>, hsm: Arc<dyn Hsm>) -> Result<Vec<u8>, OpError> {
    let check = {
        let issuer = Arc::clone(&issuer);
        move || -> Result<LintedCertificateList, OpError> {
            let list = builder.finish().map_err(integrity)?;
            list.lint(list_issuer(&issuer)).map_err(integrity)
        }
    };
    let linted = blocking(check).await??;
    let signature = hsm.sign(linted.sign_request(list_issuer(&issuer), SIGNING_TIME_LIMIT)).await?;
    let assemble = move || linted.assemble(&signature, list_issuer(&issuer)).map_err(integrity);
    Ok(blocking(assemble).await??.into_der())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, OpError> {
    tokio::task::spawn_blocking(work).await.map_err(integrity)
}

/// The hash under which a list is stored.
pub fn sha256(der: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    hash
}

/// A list that cannot be made, or does not hold.
pub fn integrity(fault: impl std::fmt::Display) -> OpError {
    OpError::Integrity(format!("CRL: {fault}"))
}
