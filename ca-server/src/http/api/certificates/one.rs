//! `/api/v1/certificates/{id}`: one certificate, by its id, serial number or fingerprint.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use ca_core::policy::action::RevocationGround;
use ca_core::revocation::RevocationReason;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::description::Description;
use super::wire::Certificate;
use crate::app::App;
use crate::http::api::kind::Kind;
use crate::http::api::{ApiError, ApiResult, Caller, Instant};
use crate::ops::certificate::detail::{AuditEvent, Detail, detail};
use crate::ops::certificate::revoke::{Revocation, revoke};
use crate::ops::certificate::revoke_authority::is_authority;
use crate::ops::certificate::{care, find};
use crate::ops::instant;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(one))
        .routes(routes!(revoke_one))
        .routes(routes!(assign_owner))
        .routes(routes!(ask_for_renewal))
}

/// One certificate with everything that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
struct CertificateDetail {
    #[serde(flatten)]
    certificate: Certificate,
    /// Name of the authority that issued it
    #[schema(example = "issuing")]
    authority: String,
    /// What it says
    description: Description,
    /// PEM of the certificates above it, without the root
    chain_pem: String,
    /// Id of the certificate before it for the same names
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
    /// Id of the newest certificate for the same names, if that is another
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<String>,
    /// Ids of other certificates of the same key, newest first, at most 20
    same_key: Vec<String>,
    /// The list that names it once it is revoked
    revocation_list: RevocationList,
    /// Why its key is never certified again
    #[serde(skip_serializing_if = "Option::is_none")]
    key_blocked: Option<String>,
    /// What happened to it and to its order, newest first
    history: Vec<HistoryEvent>,
}

/// The revocation list of a certificate.
#[derive(Debug, Serialize, ToSchema)]
struct RevocationList {
    /// Where it is published
    url: String,
    /// Its shard
    shard: i64,
    /// When the one that is served was made
    #[serde(skip_serializing_if = "Option::is_none")]
    this_update: Option<Instant>,
    /// Until when that may be used
    #[serde(skip_serializing_if = "Option::is_none")]
    next_update: Option<Instant>,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
struct HistoryEvent {
    /// Id in the audit trail
    id: String,
    /// When
    at: Instant,
    /// What was done
    #[schema(example = "RevokeCertificate")]
    action: String,
    /// Who did it
    #[schema(example = "Operator:ann")]
    actor: String,
    /// Where from
    origin: String,
    /// The request it belongs to
    request_id: String,
    /// The policies that permitted it
    #[schema(example = json!(["role-operator"]))]
    policies: Vec<String>,
}

impl CertificateDetail {
    fn of(found: &Detail, now: ca_core::time::UnixTime) -> Self {
        Self {
            certificate: Certificate::of(&found.record, now),
            authority: found.authority.clone(),
            description: Description::of_certificate(&found.description),
            chain_pem: found.chain.iter().map(ca_core::x509::Certificate::to_pem).collect(),
            replaces: found.lineage.before.as_ref().map(|other| other.id.to_string()),
            replaced_by: found.lineage.newest.as_ref().map(|other| other.id.to_string()),
            same_key: found.same_key.iter().map(|other| other.id.to_string()).collect(),
            revocation_list: RevocationList {
                url: found.list.url.clone(),
                shard: found.list.shard,
                this_update: found.list.this_update.map(Instant),
                next_update: found.list.next_update.map(Instant),
            },
            key_blocked: found.blocked.as_ref().map(|blocked| blocked.reason.clone()),
            history: found.history.iter().map(event).collect(),
        }
    }
}

fn event(found: &AuditEvent) -> HistoryEvent {
    let decision: Value = serde_json::from_str(&found.decision).unwrap_or_default();
    let policies = decision["policies"].as_array().into_iter().flatten();
    HistoryEvent {
        id: found.id.to_string(),
        at: found.at.to_unix_time().into(),
        action: found.action.clone(),
        actor: found.actor.clone(),
        origin: found.origin.clone(),
        request_id: found.request_id.clone(),
        policies: policies.filter_map(|id| id.as_str().map(str::to_owned)).collect(),
    }
}

/// One certificate
#[utoipa::path(
    get, path = "/api/v1/certificates/{id}", tag = "certificates", operation_id = "read_certificate",
    params(("id" = String, Path, description = "Id, serial number or SHA-256 fingerprint")),
    responses((status = 200, body = CertificateDetail), (status = 409))
)]
async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> ApiResult<Json<CertificateDetail>> {
    let found = detail(&app, &caller.actor, &id).await?;
    Ok(Json(CertificateDetail::of(&found, app.clock.now())))
}

/// A revocation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRevocation {
    /// Why, by the name in RFC 5280 §5.3.1
    #[schema(example = "superseded")]
    reason: String,
    /// Whether the key is never certified again; keyCompromise always does that
    #[serde(default)]
    block_key: bool,
    /// Only for the certificate of a CA, where a policy of yours lets a program revoke one: its authority's name, or its serial
    /// number, to confirm that everything below it is refused too
    confirm: Option<String>,
}

/// Revoke a certificate
///
/// It cannot be taken back. The list that names it is published within seconds. One that is revoked already is a conflict.
#[utoipa::path(
    post, path = "/api/v1/certificates/{id}/revoke", tag = "certificates", operation_id = "revoke_certificate",
    params(("id" = String, Path, description = "Id, serial number or SHA-256 fingerprint")),
    request_body = NewRevocation,
    responses((status = 200, body = Certificate))
)]
async fn revoke_one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(asked): Json<NewRevocation>,
) -> ApiResult<Json<Certificate>> {
    let reason: RevocationReason =
        asked.reason.parse().map_err(|fault| ApiError::refused("revocation-reason", format!("{fault}")))?;
    let (record, certificate) = find::one(&app, &caller.actor, &id, None).await?;
    if record.revoked_at.is_some() {
        return Err(ApiError::new(Kind::Conflict, "the certificate is revoked already"));
    }
    if !reason.applies_to(certificate.basic_constraints()) {
        return Err(ApiError::refused("revocation-reason", format!("{reason} is no reason for this certificate")));
    }
    if is_authority(&certificate) {
        caller.require_recent_proof()?;
    }
    let ground = RevocationGround::Administration;
    let asked = Revocation { reason, block_key: asked.block_key, ground, confirmed: asked.confirm };
    revoke(&app, &caller.actor, &caller.origin, (&record, &certificate), asked).await?;
    let (record, _) = find::one(&app, &caller.actor, &record.id.to_string(), None).await?;
    Ok(Json(Certificate::of(&record, app.clock.now())))
}

/// An owner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOwner {
    /// Who answers for the certificate; empty to take the owner away
    #[schema(example = "team payments", max_length = 200)]
    owner: String,
}

/// Say who answers for a certificate
#[utoipa::path(
    put, path = "/api/v1/certificates/{id}/owner", tag = "certificates", operation_id = "assign_certificate_owner",
    params(("id" = String, Path, description = "Id, serial number or SHA-256 fingerprint")),
    request_body = NewOwner,
    responses((status = 200, body = Certificate))
)]
async fn assign_owner(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewOwner>,
) -> ApiResult<Json<Certificate>> {
    let owner = care::owner(&new.owner).map_err(|fault| ApiError::refused("owner", fault.to_string()))?;
    let (record, _) = find::one(&app, &caller.actor, &id, None).await?;
    care::assign_owner(&app, &caller.actor, &caller.origin, &record, owner).await?;
    let (record, _) = find::one(&app, &caller.actor, &record.id.to_string(), None).await?;
    Ok(Json(Certificate::of(&record, app.clock.now())))
}

/// A request to renew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRenewal {
    /// Until when it should be replaced: a date, an RFC 3339 time, or a duration from now; absent to take the request back
    #[schema(example = "7d")]
    by: Option<String>,
}

/// Ask the holder of a certificate to renew it
///
/// Marks the certificate: lists can be narrowed to it, and its page says so. ACME clients are not told by the server yet.
#[utoipa::path(
    put, path = "/api/v1/certificates/{id}/renewal", tag = "certificates", operation_id = "ask_for_certificate_renewal",
    params(("id" = String, Path, description = "Id, serial number or SHA-256 fingerprint")),
    request_body = NewRenewal,
    responses((status = 200, body = Certificate))
)]
async fn ask_for_renewal(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewRenewal>,
) -> ApiResult<Json<Certificate>> {
    let by = new.by.as_deref().map(|text| instant::parse(text, app.clock.now())).transpose();
    let by = by.map_err(|fault| ApiError::refused("instant", fault.to_string()))?;
    let (record, _) = find::one(&app, &caller.actor, &id, None).await?;
    care::ask_for_renewal(&app, &caller.actor, &caller.origin, &record, by).await?;
    let (record, _) = find::one(&app, &caller.actor, &record.id.to_string(), None).await?;
    Ok(Json(Certificate::of(&record, app.clock.now())))
}
