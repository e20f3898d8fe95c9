//! Which job of a CI, or which machine, somebody is.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use ca_core::acme::Problem;
use ca_core::policy::Actor;
use ca_core::signing::profile::trust::{AUDIENCE, ISSUER, OWN_AUDIENCE, SAN};
use ca_core::signing::profile::{CiTrust, Trusted};
use ca_core::x509::{Certificate, GeneralName};
use serde_json::Value;

use super::tokens;
use crate::app::App;
use crate::oidc::{JobIssuer, KeySource, ProviderError, id_token};
use crate::ops::OpError;
use crate::ops::operator::certificate::refused_by_issuer;
use crate::ops::operator::secret_token::SecretToken;
use crate::policies::Policies;
use crate::store::signing_grant;

/// What the text of a request's token begins with, so that scanners of secrets know it.
pub(super) const PREFIX: &str = "sst_";

/// Longest token that is looked at, in octets.
const LONGEST: usize = 16 * 1024;

/// The job of a CI that shows its OIDC token, or the holder of a request's token. Nothing for what is neither.
///
/// # Errors
/// A problem with status 401 for a token of a CI that proves nothing here, 503 when its issuer is away.
pub async fn by_token(app: &App, bearer: &str) -> Result<Option<Actor>, OpError> {
    if let Some(token) = bearer.strip_prefix(PREFIX).and_then(SecretToken::parse) {
        return Ok(tokens::opens(app, &token).await?.map(|id| Actor::SigningToken { request: id.to_string() }));
    }
    if bearer.len() > LONGEST {
        return Ok(None);
    }
    match id_token::claimed_issuer(bearer) {
        Some(issuer) => of_ci(app, &issuer, bearer).await.map(Some),
        None => Ok(None),
    }
}

/// Refuses a job of a CI, or a machine, that proved who it is and has no business here: anybody may have jobs at a public
/// CI. It has some when it fully meets a trust rule of any profile, or a grant is in force for it.
///
/// # Errors
/// A problem with status 403; when the database fails.
pub async fn require_expected(app: &App, actor: &Actor) -> Result<(), OpError> {
    let Actor::CiJob { issuer, subject, claims } = actor else { return Ok(()) };
    if app.policies.load().signing_profiles().any(|profile| profile.trusts(claims)) {
        return Ok(());
    }
    let (grantee, now) = (format!("{issuer}#{subject}"), app.clock.now());
    if app.store.read(move |c| signing_grant::is_granted(c, &grantee, now)).await? {
        return Ok(());
    }
    tracing::warn!(%actor, "nothing is meant for this job");
    let detail = "no trust rule of a signing profile fits this job, and no grant is in force for it";
    Err(Problem::unauthorized(detail).with_status(403).into())
}

async fn of_ci(app: &App, issuer: &str, token: &str) -> Result<Actor, OpError> {
    let own = app.settings.server.public_url.as_str().to_owned();
    let sources = sources(&app.policies.load(), issuer, &own);
    let mut refusal = unauthenticated(format!("no signing profile trusts the issuer {issuer:?}"));
    for (source, audiences) in sources {
        match job_issuer(app, issuer, source)?.verify(token, &audiences).await {
            Ok(claims) => {
                let mut texts = texts(&claims.all);
                let for_us = if claims.audience == own { "true" } else { "false" };
                texts.insert(OWN_AUDIENCE.to_owned(), for_us.to_owned());
                texts.insert(AUDIENCE.to_owned(), claims.audience);
                texts.insert(ISSUER.to_owned(), issuer.to_owned());
                return Ok(Actor::CiJob { issuer: issuer.to_owned(), subject: claims.subject, claims: texts });
            }
            Err(error) => refusal = refused(issuer, &error),
        }
    }
    Err(refusal)
}

/// Where the keys of an issuer are, as the profiles say, each with the audiences that tokens may be for.
fn sources(policies: &Policies, issuer: &str, own: &str) -> HashMap<KeySource, Vec<String>> {
    let mut found: HashMap<KeySource, Vec<String>> = HashMap::new();
    let rules = policies.signing_profiles().flat_map(|profile| profile.trust());
    for rule in rules {
        let Trusted::Ci(ci) = rule.who() else { continue };
        if ci.issuer == issuer {
            let audience = ci.audience.clone().unwrap_or_else(|| own.to_owned());
            found.entry(source(policies, ci)).or_default().push(audience);
        }
    }
    found
}

fn source(policies: &Policies, ci: &CiTrust) -> KeySource {
    match (&ci.jwks_file, &ci.ca_file) {
        (Some(file), _) => KeySource::File(policies.signing_path(file)),
        (None, file) => KeySource::Discovery(file.as_deref().map(|file| policies.signing_path(file))),
    }
}

/// The issuer with what it said lately.
fn job_issuer(app: &App, issuer: &str, source: KeySource) -> Result<Arc<JobIssuer>, OpError> {
    let mut known = app.signing.issuers.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (issuer.to_owned(), source);
    if let Some(found) = known.get(&key) {
        return Ok(Arc::clone(found));
    }
    let made = JobIssuer::new(issuer, key.1.clone(), app.clock.clone()).map_err(|error| refused(issuer, &error))?;
    let made = Arc::new(made);
    known.insert(key, Arc::clone(&made));
    Ok(made)
}

fn refused(issuer: &str, error: &ProviderError) -> OpError {
    if error.is_transient() || error.is_misconfiguration() {
        tracing::error!(issuer, %error, "the tokens of a CI cannot be verified");
        return Problem::unavailable(format!("the issuer {issuer} of your token")).into();
    }
    unauthenticated(format!("the token of {issuer} proves nothing here: {error}"))
}

fn unauthenticated(detail: String) -> OpError {
    Problem::unauthorized(detail).with_status(401).into()
}

/// Claims as rules compare them: texts, numbers and truth values. What is none of these cannot be compared.
fn texts(claims: &serde_json::Map<String, Value>) -> BTreeMap<String, String> {
    let text = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        // A claim cannot pretend to be a finding of ours.
        (!name.starts_with("signet:")).then(|| (name.clone(), text))
    };
    claims.iter().filter_map(text).collect()
}

/// The machine that shows a client certificate, which TLS has verified up to a configured root. Nothing when no signing
/// profile trusts machines with certificates of its issuer.
///
/// # Errors
/// A problem with status 401 for a certificate that is not valid now or was revoked.
pub async fn by_certificate(app: &App, der: &[u8]) -> Result<Option<Actor>, OpError> {
    let Ok(certificate) = Certificate::from_der(der) else { return Ok(None) };
    let named = |rule: &Trusted, name: &str| matches!(rule, Trusted::Mtls(mtls) if mtls.issuer == name);
    let policies = app.policies.load_full();
    let trusted = |name: &str| {
        policies.signing_profiles().flat_map(|profile| profile.trust()).any(|rule| named(rule.who(), name))
    };
    let issued = |subject| app.authorities.all().iter().find(|one| one.issuer.certificate().subject() == subject);
    let Some(authority) = issued(certificate.issuer()).filter(|authority| trusted(&authority.name)) else {
        return Ok(None);
    };
    if !certificate.validity().contains(app.clock.now()) {
        return Err(unauthenticated("your client certificate is not valid at this time".to_owned()));
    }
    if let Some(refusal) = refused_by_issuer(app, &certificate).await? {
        return Err(unauthenticated(refusal.to_string()));
    }
    let uri = certificate.names().iter().find(|name| matches!(name, GeneralName::Uri(_)));
    let Some(san) = uri.or_else(|| certificate.names().first()).map(|name| format!("{}:{}", name.kind(), name.value()))
    else {
        return Ok(None);
    };
    let issuer = format!("mtls:{}", authority.name);
    let claims = [(ISSUER.to_owned(), issuer.clone()), (SAN.to_owned(), san.clone())].into();
    Ok(Some(Actor::CiJob { issuer, subject: san, claims }))
}
