//! What the profiles are, what was signed, and what a signature is worth.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ca_core::signing::verification::{Finding, Report, TimestampFinding, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::{Timestamp, hexadecimal};
use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller, Filters, Instant};
use crate::ops::signing::ledger::{self, LedgerLine};
use crate::ops::signing::profiles::{self, ProfileView};
use crate::ops::signing::verify as verify_op;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(search)).routes(routes!(verify))
}

/// A signing profile.
#[derive(Debug, Serialize, ToSchema)]
struct Profile {
    /// Name
    #[schema(example = "release")]
    name: String,
    /// What people call it
    #[schema(example = "Releases")]
    label: String,
    /// `test` or `release`
    #[schema(example = "release")]
    environment: &'static str,
    /// Kinds of signature
    #[schema(example = json!(["cms-detached"]))]
    formats: Vec<&'static str>,
    /// Hash functions
    #[schema(example = json!(["sha256"]))]
    digests: Vec<&'static str>,
    /// Type of the key
    #[schema(example = "ecdsa-p256")]
    key: String,
    /// Who must agree, one stage after the other; empty when nobody has to
    stages: Vec<ProfileStage>,
    /// Most artifacts in one request
    items: usize,
    /// Whether nothing is released without a timestamp
    timestamp: bool,
    /// Whether nothing is taken at the moment
    frozen: bool,
    /// Whether the caller may ask under it
    usable: bool,
    /// SHA-256 of its version
    version: String,
    /// PEM of the CA certificates above the signer's, the root last
    #[schema(example = "https://ca.example.org:8443/roots.pem")]
    roots: String,
}

/// So many people of a group.
#[derive(Debug, Serialize, ToSchema)]
struct ProfileStage {
    /// The role that they hold
    #[schema(example = "approver")]
    group: String,
    /// How many of them
    #[schema(example = 1)]
    required: u32,
}

impl Profile {
    fn of(app: &App, view: &ProfileView) -> Self {
        let profile = &view.profile;
        let stage = |stage: &ca_core::signing::profile::StageConfig| ProfileStage {
            group: stage.group.clone(),
            required: stage.required,
        };
        Self {
            name: profile.name().to_owned(),
            label: profile.label().to_owned(),
            environment: profile.environment().as_str(),
            formats: profile.formats().iter().map(|format| format.as_str()).collect(),
            digests: profile.digests().iter().map(|digest| digest.as_str()).collect(),
            key: profile.key().to_string(),
            stages: profile.stages().iter().map(stage).collect(),
            items: profile.limits().items,
            timestamp: profile.timestamp_required(),
            frozen: profile.limits().frozen,
            usable: view.usable,
            version: hexadecimal(profile.hash().as_bytes()),
            roots: app.settings.server.public_url.join("/roots.pem"),
        }
    }
}

/// Every profile that is shown.
#[derive(Debug, Serialize, ToSchema)]
struct Profiles {
    /// By name
    items: Vec<Profile>,
}

/// List signing profiles
///
/// Machines see those that they may ask under, people all of them.
#[utoipa::path(
    get, path = "/api/v1/signing/profiles", tag = "signing", operation_id = "list_profiles",
    responses((status = 200, body = Profiles))
)]
async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult<Json<Profiles>> {
    let found = profiles::list(&app, &caller.actor)?;
    Ok(Json(Profiles { items: found.iter().map(|view| Profile::of(&app, view)).collect() }))
}

/// Which digest is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// What the format takes the digest of, in hexadecimal
    #[param(example = "6a9cf9e52744ca3f27e7fcdae316d942c35cfeb39bb7a7edb5f728ab29b31644")]
    digest: Option<String>,
}

/// A signature that was made.
#[derive(Debug, Serialize, ToSchema)]
struct Signature {
    /// Id
    #[schema(format = "uuid")]
    id: String,
    /// The request that it was made for
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    /// Number of the artifact in it
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<i64>,
    /// Or the grant
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<String>,
    /// Signing profile
    profile: String,
    /// Its form
    format: &'static str,
    /// What the artifact was called
    name: String,
    /// Hash function
    alg: &'static str,
    /// Digest in hexadecimal
    digest: String,
    /// Who asked
    subject: String,
    /// Id of the certificate that verifies it
    certificate: String,
    /// The timestamp in it
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    /// When it was made
    created_at: Instant,
    /// When the certificate was revoked: the signature is withdrawn
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<Instant>,
}

impl From<LedgerLine> for Signature {
    fn from(line: LedgerLine) -> Self {
        let LedgerLine { record, withdrawn_at } = line;
        Self {
            timestamp: Timestamp::of(&record),
            id: record.id.to_string(),
            request: record.request_id.map(|id| id.to_string()),
            n: record.n,
            grant: record.grant_id.map(|id| id.to_string()),
            profile: record.profile,
            format: record.format.as_str(),
            name: record.name,
            alg: record.algorithm.as_str(),
            digest: hexadecimal(&record.digest),
            subject: record.subject,
            certificate: record.certificate_id.to_string(),
            created_at: record.created_at.into(),
            withdrawn: withdrawn_at.map(Instant::from),
        }
    }
}

/// Signatures over a digest.
#[derive(Debug, Serialize, ToSchema)]
struct Signatures {
    /// Newest first; at most 200
    items: Vec<Signature>,
}

/// Did we sign this file?
///
/// By the digest that the format takes: of the file, of the image for Authenticode, of the signature file of a JAR.
#[utoipa::path(
    get, path = "/api/v1/signing/signatures", tag = "signing", operation_id = "search_signatures",
    params(Wanted),
    responses((status = 200, body = Signatures), (status = 422))
)]
async fn search(
    State(app): State<Arc<App>>,
    caller: Caller,
    Filters(wanted): Filters<Wanted>,
) -> ApiResult<Json<Signatures>> {
    let found = ledger::of_digest(&app, &caller.actor, &wanted.digest.unwrap_or_default()).await?;
    Ok(Json(Signatures { items: found.into_iter().map(Signature::from).collect() }))
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
    /// What OpenSSL, osslsigncode and their kind say: a revoked signer is bad, whatever the timestamp says
    openssl: Judgement,
    /// What Java, Windows and their kind say: whether the signer was revoked when it signed
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
    /// The signer's certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<Signer>,
    /// What this server has signed with that digest; empty for jobs of a CI, which may not read the ledger
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
        signer,
        signatures: judged.ledger.into_iter().map(Signature::from).collect(),
    }))
}
