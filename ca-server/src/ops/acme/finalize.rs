//! finalize (RFC 8555 §7.4): from a ready order and a CSR to a certificate, once.

use std::sync::Arc;
use std::time::Duration;

use ca_core::acme::order::{AuthorizedNames, FinalizeRequest};
use ca_core::acme::{Problem, ProblemType};
use ca_core::issuance::{CertificateRequest, CertifiedNames, Signer, TbsCertificate};
use ca_core::policy::Permitted;
use ca_core::policy::action::Finalize;
use ca_core::profile::CertificateProfile;
use ca_core::x509::{CertificationRequest, SubjectPublicKeyInfo, Validity};

use super::Requester;
use super::order::{self, OrderView};
use crate::app::App;
use crate::config::AcmeSettings;
use crate::ops::OpError;
use crate::ops::issue::{self, Issuance, Submission, Subscriber};
use crate::store::fields::OrderId;
use crate::store::order::Order;
use crate::store::{self, Connection, blocked_key};

/// Finalizes an order. A second request for an order that is processing or valid answers that order.
///
/// # Errors
/// `orderNotReady`, `badCSR`, `rejectedIdentifier`, `unauthorized`; `serverInternal` with 503 when a part is away.
pub async fn finalize(app: &Arc<App>, who: &Requester, id: OrderId, csr: &[u8]) -> Result<OrderView, OpError> {
    let csr = CertificationRequest::from_der(csr);
    let (view, blocked) = load(app, who, id, csr.as_ref().ok()).await?;
    let facts = view.facts()?;
    if facts.finalize(app.clock.now())? == FinalizeRequest::Show {
        return Ok(view);
    }
    let csr = csr.map_err(|fault| bad_csr(&fault))?;
    let names = facts.authorize(&who.account, &csr.names(), app.clock.now())?;
    refuse(blocked)?;
    let profile = app.profile_versions.load(&app.store, view.order.profile_hash).await?;
    let endpoint = app.endpoint(&who.endpoint).ok_or_else(|| Problem::not_found("ACME endpoint"))?;
    let authority = app.authorities.by_name(&endpoint.issuer)?;
    let permitted = permit(app, who, endpoint, &view.order, &profile, &names, &csr)?;
    let preview = issue::preview(app, authority, csr.public_key());
    let request = CertificateRequest {
        profile: &profile,
        public_key: csr.public_key(),
        subject: &[],
        names: CertifiedNames::authorized(names),
        project_purpose: None,
        serial: preview.serial.clone(),
        now: app.clock.now(),
        not_before: view.order.not_before,
        not_after: view.order.not_after,
        status: app.authorities.status_urls(authority, preview.crl_shard),
    };
    let signer = Signer::Issuer(&authority.issuer);
    let tbs = TbsCertificate::build(&permitted, request, signer)?;
    let summary = tbs.summary().clone();
    let linted = tbs.lint(signer)?;
    let subscriber = Subscriber::of_order(who, &view.order);
    let (origin, profile) = (&who.origin, profile.as_ref());
    let submission =
        Submission { permitted: &permitted, origin, authority, profile, linted, summary, preview, subscriber };
    match issue::issue(app, submission).await? {
        Issuance::Issued(_, certificate) => Ok(view.issued(certificate)),
        Issuance::Lost | Issuance::Pending(_) => order::load(app, who, id).await,
    }
}

/// The order, and why the key of the CSR may not be certified, if so.
async fn load(
    app: &App,
    who: &Requester,
    id: OrderId,
    csr: Option<&CertificationRequest>,
) -> Result<(OrderView, Option<String>), OpError> {
    let (account, key) = (who.account, csr.map(|csr| csr.public_key().sha256()));
    let read = move |c: &mut Connection| {
        let revoked = key.map(|key| blocked_key::by_hash(c, key)).transpose()?.flatten();
        Ok((store::order::by_id(c, account, id)?, revoked))
    };
    let (found, revoked) = app.store.read(read).await?;
    let listed = csr.and_then(|csr| issue::listed_reason(app, csr.public_key()));
    Ok((OrderView::of_requester(found, who, app.clock.now())?, listed.or(revoked.map(|blocked| blocked.reason))))
}

fn bad_csr(fault: &impl std::fmt::Display) -> OpError {
    Problem::new(ProblemType::BadCsr, fault.to_string()).into()
}

/// Keys that were compromised are not certified again, whoever asks.
///
/// # Errors
/// `badCSR` naming the reason.
pub async fn refuse_blocked(app: &App, key: &SubjectPublicKeyInfo) -> Result<(), OpError> {
    refuse(issue::blocked_reason(app, key).await?)
}

fn refuse(blocked: Option<String>) -> Result<(), OpError> {
    match blocked {
        Some(reason) => Err(bad_csr(&format!("the public key is on the list of blocked keys: {reason}"))),
        None => Ok(()),
    }
}

/// The length of the certificate that the order asks for, which policies may look at.
fn validity(app: &App, order: &Order, profile: &CertificateProfile) -> Duration {
    let begins = order.not_before.unwrap_or_else(|| app.clock.now().minus(profile.backdate()));
    let asked = order.not_after.map(|ends| Validity { not_before: begins, not_after: ends }.duration());
    asked.unwrap_or_else(|| profile.default_validity())
}

fn permit(
    app: &App,
    who: &Requester,
    endpoint: &AcmeSettings,
    order: &Order,
    profile: &CertificateProfile,
    names: &AuthorizedNames,
    csr: &CertificationRequest,
) -> Result<Permitted<Finalize>, OpError> {
    let act = Finalize {
        endpoint: who.endpoint.clone(),
        issuer: endpoint.issuer.clone(),
        profile: profile.name().to_owned(),
        identifiers: names.as_slice().to_vec(),
        key_algorithm: csr.public_key().algorithm(),
        validity: validity(app, order, profile),
    };
    Ok(app.policies.load().engine().decide(&who.actor, act)?)
}
