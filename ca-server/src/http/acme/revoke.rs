//! revokeCert (RFC 8555 §7.6).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ca_core::acme::message::RevokeCertificate;
use ca_core::acme::revocation::requested_reason;
use ca_core::acme::{Problem, VerifiedJws};
use ca_core::revocation::RevocationReason;
use ca_core::x509::Certificate;

use super::answer::Refusal;
use super::authenticated::Authenticated;
use super::posted::Posted;
use crate::ops::acme;

pub(super) async fn revoke(posted: Posted) -> Result<Response, Refusal> {
    if acme::request::has_embedded_key(&posted.body)? {
        by_key(&posted).await?;
    } else {
        let request = Authenticated::from(&posted).await?;
        let (certificate, reason) = read(&request.jws)?;
        acme::revoke::by_account(&posted.app, &request.who, &certificate, reason).await?;
    }
    Ok(StatusCode::OK.into_response())
}

async fn by_key(posted: &Posted) -> Result<(), Refusal> {
    let (key, jws) = acme::request::by_embedded_key(&posted.app, &posted.url, &posted.body).await?;
    let (certificate, reason) = read(&jws)?;
    let (app, endpoint, origin) = (&posted.app, &posted.endpoint, posted.origin());
    acme::revoke::by_certificate_key(app, endpoint, &origin, key.public_key(), &certificate, reason).await?;
    Ok(())
}

fn read(jws: &VerifiedJws) -> Result<(Certificate, RevocationReason), Refusal> {
    let message: RevokeCertificate = jws.message()?;
    let der = message.certificate_der()?;
    let certificate = Certificate::from_der(&der)
        .map_err(|fault| Problem::malformed(format!("the certificate cannot be read: {fault}")))?;
    Ok((certificate, requested_reason(message.reason)?))
}
