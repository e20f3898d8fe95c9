//! Signing in with a client certificate, which the TLS listener has verified up to a configured root.

use ca_core::x509::Certificate;
use ca_core::x509::certificate::InvalidCertificate;
use rustls_pki_types::CertificateDer;

use super::provision::{self, Unwelcome, Vouched};
use super::secret_token::SecretToken;
use super::session::{self, Proof, Session, Visitor};
use super::{is_active, name, sign_in};
use crate::app::App;
use crate::authorities::Authority;
use crate::config::{CertificateIssuer, Holder, OperatorCertificateRule};
use crate::ops::OpError;
use crate::store::certificate;
use crate::store::fields::IssuerState;
use crate::store::operator::{self, Operator};

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

/// The provider of operators who exist because of a certificate: the rule that vouches. The same name under another rule,
/// which trusts another issuer perhaps, is another person.
fn vouched_by(rule: &OperatorCertificateRule) -> String {
    format!("certificate/{}", rule.name)
}

/// Signs in with the certificate of the connection.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn sign_in(app: &App, visitor: &Visitor, shown: &ShownChain<'_>) -> Result<Outcome, OpError> {
    match holder(app, visitor, shown).await? {
        Ok((operator, proof)) => sign_in::begin(app, &operator, proof, visitor).await.map(Outcome::SignedIn),
        Err(refusal) => {
            metrics::counter!("signet_sign_ins_total", "outcome" => "refused").increment(1);
            tracing::warn!(address = %visitor.origin.address, %refusal, "a client certificate was refused");
            Ok(Outcome::Refused(refusal))
        }
    }
}

/// The person of a session proves themself again by the certificate of the connection: the token by which the session goes
/// on, if they do.
///
/// # Errors
/// When the database fails.
pub async fn prove_again(
    app: &App,
    session: &Session,
    visitor: &Visitor,
    shown: &ShownChain<'_>,
) -> Result<Option<SecretToken>, OpError> {
    match holder(app, visitor, shown).await? {
        Ok((operator, _)) if operator.id == session.operator.id => {
            session::renew(app, session, app.clock.now()).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// What the peer of a connection showed: TLS has verified that it is theirs and leads to a root.
#[derive(Clone, Copy, Debug)]
pub struct ShownChain<'a> {
    /// Its own certificate in DER.
    pub end_entity: &'a [u8],
    /// Those above it, as far as they were shown.
    pub above: &'a [CertificateDer<'static>],
}

type Found = Result<(Operator, Proof), Refusal>;

async fn holder(app: &App, visitor: &Visitor, shown: &ShownChain<'_>) -> Result<Found, OpError> {
    let certificate = match Certificate::from_der(shown.end_entity) {
        Ok(certificate) => certificate,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let (validity, now) = (certificate.validity(), app.clock.now());
    if now < validity.not_before || now > validity.not_after {
        return Ok(Err(Refusal::NotValidNow));
    }
    if let Some(refusal) = refused_by_chain(app, &certificate, shown.above).await? {
        return Ok(Err(refusal));
    }
    let Some((rule, subject)) = rule(app, &certificate) else { return Ok(Err(Refusal::NoRule)) };
    tracing::info!(rule = rule.name, subject, "a client certificate fits");
    let (until, fingerprint) = (Some(validity.not_after), Some(certificate.fingerprint()));
    let proof = Proof { until, certificate: fingerprint, ..Proof::by("certificate") };
    Ok(operator(app, visitor, rule, &subject).await?.map(|operator| (operator, proof)))
}

/// The certificate, and each of those that the connection shows above it. Between a foreign issuer and a root of ours stands
/// a certificate of a CA that we issued, and may have revoked.
async fn refused_by_chain(
    app: &App,
    certificate: &Certificate,
    above: &[CertificateDer<'static>],
) -> Result<Option<Refusal>, OpError> {
    if let Some(refusal) = refused_by_issuer(app, certificate).await? {
        return Ok(Some(refusal));
    }
    for der in above {
        let refusal = match Certificate::from_der(der.as_ref()) {
            Ok(certificate) if is_own(app, &certificate) => None,
            Ok(certificate) => refused_by_issuer(app, &certificate).await?,
            Err(fault) => Some(fault.into()),
        };
        if refusal.is_some() {
            return Ok(refusal);
        }
    }
    Ok(None)
}

/// The certificate of an authority that still stands: what it issued is looked up by the one below it.
fn is_own(app: &App, shown: &Certificate) -> bool {
    let own = |authority: &Authority| authority.issuer.certificate().fingerprint() == shown.fingerprint();
    app.authorities.all().iter().any(|authority| own(authority) && authority.state() != IssuerState::Revoked)
}

/// What an authority of ours issued is in the database, with its revocation.
async fn refused_by_issuer(app: &App, shown: &Certificate) -> Result<Option<Refusal>, OpError> {
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
            let provider = vouched_by(rule);
            let vouched = Vouched { provider: &provider, subject, name: subject, roles: roles.clone() };
            Ok(provision::ensure(app, visitor, vouched).await?.map_err(Refusal::from))
        }
    }
}
