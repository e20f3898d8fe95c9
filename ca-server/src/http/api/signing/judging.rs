//! What a signature is worth.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ca_core::signing::verification::{self, Finding, Report, TimestampFinding, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::checks::Signature;
use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller, Instant};
use crate::ops::signing::verify as verify_op;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(verify))
}

/// A signature that is to be judged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewVerification {
    /// `raw`, `cms-detached`, `authenticode-pe` or `jar-sf`
    #[schema(example = "cms-detached")]
    format: String,
    /// Base64 of the signature: DER of the SignedData, or the bare signature
    #[schema(example = "MAA=")]
    signature: String,
    /// `sha256`, `sha384` or `sha512`
    #[schema(example = "sha256")]
    alg: String,
    /// What the format takes the digest of, in hexadecimal
    #[schema(example = "6a9cf9e52744ca3f27e7fcdae316d942c35cfeb39bb7a7edb5f728ab29b31644")]
    digest: String,
    /// For `raw`: base64 of the DER of the certificate that should have signed
    #[schema(example = "MAA=")]
    certificate: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
struct Verification {
    /// Whether both families of verifiers accept it
    accepted: bool,
    /// What OpenSSL, osslsigncode and their kind say: a revoked signer, or a revoked authority above it, is bad, whatever the
    /// timestamp says
    openssl: Judgement,
    /// What Java, Windows and their kind say: whether the signer, or an authority above it, was revoked when it signed; one
    /// whose key is compromised is bad at any time
    signing_time_aware: Judgement,
    /// Each thing that was looked at
    findings: Findings,
    /// When the signer says that it signed: nobody else vouches for that
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_time: Option<Instant>,
    /// The time that the timestamp proves
    #[serde(skip_serializing_if = "Option::is_none")]
    proved_time: Option<Instant>,
    /// Since when the signer's certificate is revoked
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Instant>,
    /// The authority above the signer that is revoked, and without which no path leads to a root
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_authority: Option<RevokedAuthority>,
    /// The signer's certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<Signer>,
    /// What this server has signed with that digest
    signatures: Vec<Signature>,
}

/// Who signed.
#[derive(Debug, Serialize, ToSchema)]
struct Signer {
    /// Subject
    #[schema(example = "CN=Releases")]
    subject: String,
    /// Serial number in hexadecimal
    serial: String,
    /// Alternative names
    names: Vec<String>,
}

/// An authority that is revoked.
#[derive(Debug, Serialize, ToSchema)]
struct RevokedAuthority {
    /// Subject
    #[schema(example = "CN=Example Issuing CA")]
    subject: String,
    /// Since when
    at: Instant,
    /// Why
    #[schema(example = "superseded")]
    reason: String,
}

impl From<verification::RevokedAuthority> for RevokedAuthority {
    fn from(found: verification::RevokedAuthority) -> Self {
        Self {
            subject: found.certificate.subject().to_string(),
            at: found.revocation.at.into(),
            reason: found.revocation.reason.to_string(),
        }
    }
}

/// What a family of verifiers says.
#[derive(Debug, Serialize, ToSchema)]
struct Judgement {
    /// Whether it accepts the signature
    accepts: bool,
    /// The first reason why not
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Each is `holds`, `unknown` because something before it fails, or what is wrong.
#[derive(Debug, Serialize, ToSchema)]
struct Findings {
    /// The octets are a signature of that form
    #[schema(example = "holds")]
    format: String,
    /// It is about the artifact
    digest: String,
    /// The signer's key made it
    signature: String,
    /// The signer's certificate is for code signing
    purpose: String,
    /// A path leads to a root of this server now
    chain_now: String,
    /// One did at the time that the timestamp proves
    chain_then: String,
    /// `absent`, `proved`, or what is wrong with it
    timestamp: String,
}

impl From<Verdict> for Judgement {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Accepts => Self { accepts: true, reason: None },
            Verdict::Rejects(reason) => Self { accepts: false, reason: Some(reason) },
        }
    }
}

impl Findings {
    fn of(report: &Report) -> Self {
        let text = |finding: &Finding| match finding {
            Finding::Holds => "holds".to_owned(),
            Finding::Unknown => "unknown".to_owned(),
            Finding::Fails(reason) => reason.clone(),
        };
        let timestamp = match &report.timestamp {
            TimestampFinding::Absent => "absent".to_owned(),
            TimestampFinding::Proved { .. } => "proved".to_owned(),
            TimestampFinding::Worthless(reason) => reason.clone(),
        };
        Self {
            format: text(&report.format),
            digest: text(&report.digest),
            signature: text(&report.signature),
            purpose: text(&report.purpose),
            chain_now: text(&report.chain_now),
            chain_then: text(&report.chain_then),
            timestamp,
        }
    }
}

/// Judge a signature
///
/// Whether it is about that digest, whether the signer's key made it, whether the path leads to a root of this server, what
/// the timestamp proves, and what the two families of verifiers will say of it.
#[utoipa::path(
    post, path = "/api/v1/signing/verify", tag = "signing", operation_id = "verify",
    request_body = NewVerification,
    responses((status = 200, body = Verification))
)]
async fn verify(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(new): Json<NewVerification>,
) -> ApiResult<Json<Verification>> {
    let decode = |text: &str, member: &str| {
        let octets = STANDARD.decode(text.trim());
        octets.map_err(|_| ApiError::refused("base64", format!("{member} is not base64")))
    };
    let asked = verify_op::Asked {
        signature: decode(&new.signature, "signature")?,
        certificate: new.certificate.as_deref().map(|text| decode(text, "certificate")).transpose()?,
        format: new.format,
        algorithm: new.alg,
        digest: new.digest,
    };
    let judged = verify_op::verify(&app, &caller.actor, &asked).await?;
    let report = judged.report;
    let signer = report.signer.as_ref().map(|signer| Signer {
        subject: signer.subject().to_string(),
        serial: signer.serial().to_string(),
        names: signer.names().iter().map(ToString::to_string).collect(),
    });
    let (openssl, aware) =
        (Judgement::from(report.openssl.clone()), Judgement::from(report.signing_time_aware.clone()));
    Ok(Json(Verification {
        accepted: openssl.accepts && aware.accepts,
        openssl,
        signing_time_aware: aware,
        findings: Findings::of(&report),
        claimed_time: report.claimed_time.map(Instant::from),
        proved_time: report.proved_time().map(Instant::from),
        revoked_at: report.revocation.map(|revoked| revoked.at.into()),
        revoked_authority: report.revoked_authority.map(RevokedAuthority::from),
        signer,
        signatures: judged.ledger.into_iter().map(Signature::from).collect(),
    }))
}
