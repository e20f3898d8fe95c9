//! Downloading a certificate (RFC 8555 §7.4.2).

use ca_core::acme::Problem;
use ca_core::x509::pem;

use super::Requester;
use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate;
use crate::store::fields::CertificateId;

/// `application/pem-certificate-chain`: the certificate and its issuers without the trust anchor.
///
/// # Errors
/// 404 when the account has no such certificate.
pub async fn chain(app: &App, who: &Requester, id: CertificateId) -> Result<String, OpError> {
    let account = who.account;
    let found = app.store.look_up(move |c| certificate::of_account(c, account, id)).await?;
    let found = found.filter(|found| found.record.endpoint.as_deref() == Some(who.endpoint.as_str()));
    let found = found.ok_or_else(|| Problem::not_found("certificate"))?;
    let authority = app.authorities.by_slug(&found.record.issuer)?;
    Ok(format!("{}{}", pem::encode("CERTIFICATE", &found.der), authority.issuer.chain().to_pem()))
}
