//! What the profiles are, and what was signed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::{Timestamp, hexadecimal};
use crate::app::App;
use crate::http::api::{ApiResult, Caller, Filters, Instant};
use crate::ops::signing::ledger::{self, FoundBy, LedgerLine};
use crate::ops::signing::profiles::{self, ProfileView};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(search))
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
    /// What the format takes the digest of, or SHA-256 of the whole file before it was signed, in hexadecimal
    #[param(example = "6a9cf9e52744ca3f27e7fcdae316d942c35cfeb39bb7a7edb5f728ab29b31644")]
    digest: Option<String>,
}

/// A signature that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Signature {
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
    /// Found by the hash of the whole file, which whoever asked for the signature named: the signature does not cover it
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_file: bool,
}

impl From<LedgerLine> for Signature {
    fn from(line: LedgerLine) -> Self {
        let LedgerLine { record, withdrawn_at, found_by } = line;
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
            by_file: found_by == FoundBy::File,
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
/// By the digest that the format takes: of the file, of the image for Authenticode, of the signature file of a JAR. Or by
/// SHA-256 of the whole file as it was before it was signed, if whoever asked named it, as `signet-sign` does.
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
