//! `/signing/verify`: what verifiers will say of a signature.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ca_core::hsm::DigestAlgorithm;
use ca_core::policy::action::VerifySignature;
use ca_core::signing::Format;
use ca_core::signing::verification::{Finding, Report, TimestampFinding, Verdict};
use ca_core::x509::{Certificate, pem};
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::signing::{FamilyView, FindingView, ReportView, VerifyForm, VerifyPage};

use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page as answer, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::signing::ledger;
use crate::ops::signing::verify::{self, Asked, Judged};

pub(super) async fn page(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    let permitted = app.policies.load().engine().decide(&me.actor, VerifySignature);
    let _ = permitted.map_err(OpError::from)?;
    answer(blank(&app, &me, VerifyForm::default()).render())
}

fn blank(app: &App, me: &SignedIn, form: VerifyForm) -> VerifyPage {
    VerifyPage {
        frame: me.frame(app, Section::Signing),
        formats: Format::ALL.iter().map(ToString::to_string).collect(),
        algorithms: DigestAlgorithm::ALL.iter().map(ToString::to_string).collect(),
        form,
        problem: None,
        report: None,
    }
}

#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    format: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    algorithm: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    certificate: String,
}

pub(super) async fn judge(
    State(app): State<Arc<App>>,
    SignedForm(me, sent): SignedForm<Sent>,
) -> Result<Response, Failure> {
    let form = VerifyForm {
        format: sent.format.clone(),
        signature: sent.signature.clone(),
        algorithm: sent.algorithm.clone(),
        digest: sent.digest.clone(),
        certificate: sent.certificate.clone(),
    };
    let mut view = blank(&app, &me, form);
    let octets = octets(&sent.signature);
    let is_readable = octets.is_some();
    let asked = Asked {
        certificate: certificate(&sent),
        format: sent.format,
        signature: octets.unwrap_or_default(),
        algorithm: sent.algorithm,
        digest: sent.digest.trim().to_owned(),
    };
    match verify::verify(&app, &me.actor, &asked).await {
        Ok(judged) => {
            view.report = Some(report(&app, judged).await?);
            answer(view.render())
        }
        Err(OpError::Problem(problem)) if problem.status() == 422 => {
            let fault = if is_readable { problem.detail() } else { "The signature is neither PEM nor base64" };
            view.problem = Some(format!("{fault}."));
            page_with(StatusCode::UNPROCESSABLE_ENTITY, view.render())
        }
        Err(error) => Err(error.into()),
    }
}

/// The certificate that came along with a bare signature; every other form has its own inside.
fn certificate(sent: &Sent) -> Option<Vec<u8>> {
    let text = sent.certificate.trim();
    if text.is_empty() || sent.format != Format::Raw.as_str() {
        return None;
    }
    let first = pem::certificates(text).ok().and_then(|all| all.into_iter().next());
    // What is neither is refused as the certificate that it is not.
    first.or_else(|| octets(text)).or_else(|| Some(text.as_bytes().to_vec()))
}

/// The octets of PEM, whatever its label, or of base64.
fn octets(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    STANDARD.decode(lines.collect::<String>()).ok()
}

async fn report(app: &App, judged: Judged) -> Result<ReportView, Failure> {
    let report = &judged.report;
    let record = match &report.signer {
        Some(signer) => ledger::certificate(app, signer).await?,
        None => None,
    };
    let (signed_at, says_when) = match (report.proved_time(), report.claimed_time) {
        (Some(at), _) => (Some(at), "the timestamp"),
        (None, at) => (at, "the signer, and nobody else"),
    };
    Ok(ReportView {
        findings: findings(report),
        families: vec![
            family("OpenSSL, osslsigncode, sbverify", &report.openssl),
            family("Java, Windows", &report.signing_time_aware),
        ],
        signer: report.signer.as_ref().map(said),
        certificate: record.map(|found| (found.id.to_string(), found.serial.to_string())),
        signed_at: signed_at.map(|at| at.seconds()),
        says_when: says_when.to_owned(),
        request: judged.ledger.iter().find_map(|line| line.record.request_id).map(|id| id.to_string()),
    })
}

/// The subject, or the names of one without.
fn said(signer: &Certificate) -> String {
    let subject = signer.subject().to_string();
    let names = || signer.names().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if subject.is_empty() { names() } else { subject }
}

fn family(name: &str, verdict: &Verdict) -> FamilyView {
    let (accepts, why) = match verdict {
        Verdict::Accepts => (true, "nothing stands against it".to_owned()),
        Verdict::Rejects(reason) => (false, reason.clone()),
    };
    FamilyView { name: name.to_owned(), accepts, why }
}

fn findings(report: &Report) -> Vec<FindingView> {
    let seen = |what: &str, finding: &Finding, good: &str| {
        let (holds, detail) = match finding {
            Finding::Holds => (Some(true), good.to_owned()),
            Finding::Fails(reason) => (Some(false), reason.clone()),
            Finding::Unknown => (None, "could not be looked at: something before it fails".to_owned()),
        };
        FindingView { what: what.to_owned(), good: holds, detail }
    };
    vec![
        seen("Format", &report.format, "the octets are a signature of this form"),
        seen("Digest", &report.digest, "it covers this digest"),
        seen("Signature", &report.signature, "made with the key of the signer's certificate"),
        seen("Purpose", &report.purpose, "the certificate is for code signing"),
        seen("Path now", &report.chain_now, "leads to a root of this server"),
        seen("Path then", &report.chain_then, "led to a root of this server at the proved time"),
        timestamp(report),
        revocation(report),
    ]
}

fn timestamp(report: &Report) -> FindingView {
    let (good, detail) = match &report.timestamp {
        TimestampFinding::Absent => (None, "there is none".to_owned()),
        TimestampFinding::Proved { .. } => (Some(true), "proves when it was signed".to_owned()),
        TimestampFinding::Worthless(reason) => (Some(false), reason.clone()),
    };
    FindingView { what: "Timestamp".to_owned(), good, detail }
}

fn revocation(report: &Report) -> FindingView {
    let (good, detail) = match (&report.revocation, &report.revoked_authority) {
        (Some(revoked), _) => {
            (Some(false), format!("the signer's certificate is revoked since {}: {}", revoked.at, revoked.reason))
        }
        (None, Some(authority)) => (Some(false), authority.to_string()),
        (None, None) => {
            (Some(true), "no certificate from the signer to the root is revoked, as far as is known here".to_owned())
        }
    };
    FindingView { what: "Revocation".to_owned(), good, detail }
}
