//! Signing in with a client certificate, which the TLS listener has verified up to a configured root.

use ca_core::x509::Certificate;
use ca_core::x509::certificate::InvalidCertificate;

use super::provision::{self, Unwelcome, Vouched};
use super::secret_token::SecretToken;
use super::session::{Proof, Session, Visitor};
use super::{is_active, name, sign_in};
use crate::app::App;
use crate::authorities::Authority;
use crate::config::{CertificateIssuer, Holder, OperatorCertificateRule};
use crate::ops::OpError;
use crate::store::fields::IssuerState;
use crate::store::operator::{self, Operator};
use crate::store::{certificate, operator_session};

/// What came of showing a certificate.
#[derive(Debug)]
pub enum Outcome {
    /// A session has begun: its cookie.
    SignedIn(SecretToken),
    /// It lets nobody in. Its holder may know why: TLS has proved that it is theirs.
    Refused(Refusal),
}

/// Why a certificate lets nobody in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] InvalidCertificate),
    /// It is not valid yet, or not any more.
    #[error("the certificate is not valid at this time")]
    NotValidNow,
    /// It was revoked, or the certificate of its issuer.
    #[error("the certificate was revoked, or that of its issuer")]
    Revoked,
    /// It names an authority of ours, which knows nothing of it.
    #[error("the certificate was not issued here, although it names an authority of this server")]
    NotRecorded,
    /// No rule fits.
    #[error("no [[operator_certificate]] of the configuration fits the certificate's issuer and names")]
    NoRule,
    /// The rule names an operator who is not there or is kept out.
    #[error("the operator {0:?} of the rule that fits may not sign in")]
    NoOperator(String),
    /// Whoever was vouched for is not let in.
    #[error(transparent)]
    Unwelcome(#[from] Unwelcome),
}

/// Provider of operators who exist because of a certificate.
const PROVIDER: &str = "certificate";

/// Signs in with the certificate of the connection.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn sign_in(app: &App, visitor: &Visitor, der: &[u8]) -> Result<Outcome, OpError> {
    match holder(app, visitor, der).await? {
        Ok((operator, proof)) => sign_in::begin(app, &operator, proof, visitor).await.map(Outcome::SignedIn),
        Err(refusal) => {
            metrics::counter!("signet_sign_ins_total", "outcome" => "refused").increment(1);
            tracing::warn!(address = %visitor.origin.address, %refusal, "a client certificate was refused");
            Ok(Outcome::Refused(refusal))
        }
    }
}

/// The person of a session proves themself again by the certificate of the connection.
///
/// # Errors
/// When the database fails.
pub async fn prove_again(app: &App, session: &Session, visitor: &Visitor, der: &[u8]) -> Result<bool, OpError> {
    let holder = holder(app, visitor, der).await?;
    let right = holder.is_ok_and(|(operator, _)| operator.id == session.operator.id);
    if right {
        let (id, now) = (session.id, app.clock.now());
        app.store.write(move |c| operator_session::proved(c, id, now)).await?;
    }
    Ok(right)
}

type Found = Result<(Operator, Proof), Refusal>;

async fn holder(app: &App, visitor: &Visitor, der: &[u8]) -> Result<Found, OpError> {
    let certificate = match Certificate::from_der(der) {
        Ok(certificate) => certificate,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let (validity, now) = (certificate.validity(), app.clock.now());
    if now < validity.not_before || now > validity.not_after {
        return Ok(Err(Refusal::NotValidNow));
    }
    if let Some(refusal) = refused_by_issuer(app, &certificate).await? {
        return Ok(Err(refusal));
    }
    let Some((rule, subject)) = rule(app, &certificate) else { return Ok(Err(Refusal::NoRule)) };
    tracing::info!(rule = rule.name, subject, "a client certificate fits");
    let (until, fingerprint) = (Some(validity.not_after), Some(certificate.fingerprint()));
    let proof = Proof { until, certificate: fingerprint, ..Proof::by("certificate") };
    Ok(operator(app, visitor, rule, &subject).await?.map(|operator| (operator, proof)))
}

/// What an authority of ours issued is in the database, with its revocation.
pub(in crate::ops) async fn refused_by_issuer(app: &App, shown: &Certificate) -> Result<Option<Refusal>, OpError> {
    if !app.authorities.all().iter().any(|authority| has_issued(authority, shown)) {
        return Ok(None);
    }
    let fingerprint = shown.fingerprint();
    let found = app.store.read(move |c| certificate::by_fingerprint(c, fingerprint)).await?;
    let Some(record) = found.map(|row| row.record) else { return Ok(Some(Refusal::NotRecorded)) };
    let issuer = app.authorities.by_slug(&record.issuer)?;
    let revoked = record.revoked_at.is_some() || issuer.state() == IssuerState::Revoked;
    Ok(revoked.then_some(Refusal::Revoked))
}

fn has_issued(authority: &Authority, shown: &Certificate) -> bool {
    authority.issuer.certificate().subject() == shown.issuer()
}

/// The first rule that fits, and the name that it fits by.
fn rule<'a>(app: &'a App, shown: &Certificate) -> Option<(&'a OperatorCertificateRule, String)> {
    app.settings.operator_certificates.iter().find_map(|rule| {
        let issued = match &rule.issuer {
            CertificateIssuer::Authority(name) => {
                app.authorities.all().iter().any(|authority| authority.name == *name && has_issued(authority, shown))
            }
            CertificateIssuer::Subject(text) => shown.issuer().to_string() == *text,
        };
        let fits = shown.names().iter().find(|name| issued && rule.san.fits(name.kind(), &name.value()));
        fits.map(|name| (rule, name.value().to_ascii_lowercase()))
    })
}

async fn operator(
    app: &App,
    visitor: &Visitor,
    rule: &OperatorCertificateRule,
    subject: &str,
) -> Result<Result<Operator, Refusal>, OpError> {
    match &rule.holder {
        Holder::Operator(named) => {
            let found = match name::parse(named) {
                Ok(name) => app.store.read(move |c| operator::by_name(c, &name)).await?,
                Err(_) => None,
            };
            Ok(found.filter(is_active).ok_or_else(|| Refusal::NoOperator(named.clone())))
        }
        Holder::Roles(roles) => {
            let vouched = Vouched { provider: PROVIDER, subject, name: subject, roles: roles.clone() };
            Ok(provision::ensure(app, visitor, vouched).await?.map_err(Refusal::from))
        }
    }
}
