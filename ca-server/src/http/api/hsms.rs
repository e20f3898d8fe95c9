//! `/api/v1/hsms`: where the private keys are, and whether they sign.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use ca_core::hsm::{Capabilities, HsmInfo, KeyDescription};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiResult, Caller, Instant, Paged};
use crate::ops::hsm::{self, HsmDetail, HsmOverview};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(one)).routes(routes!(probe))
}

/// An HSM as the server knows it without asking.
#[derive(Debug, Serialize, ToSchema)]
struct Hsm {
    /// Its name in the configuration
    #[schema(example = "local")]
    name: String,
    /// `software` or `pkcs11`
    #[schema(example = "software")]
    kind: &'static str,
    /// Whether it signed when this server last asked it; absent before the first time
    #[serde(skip_serializing_if = "Option::is_none")]
    signs: Option<bool>,
    /// When that was
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_at: Option<Instant>,
    /// How long the signature took, in microseconds
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_microseconds: Option<u64>,
    /// The last call that failed since this server started
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<LastError>,
    /// Slugs of the authorities whose keys it holds
    #[schema(example = json!(["issuing"]))]
    authorities: Vec<String>,
}

/// A call that failed.
#[derive(Debug, Serialize, ToSchema)]
struct LastError {
    /// When
    at: Instant,
    /// How, and what to do
    #[schema(example = "HSM token: the token is not present")]
    detail: String,
}

/// An HSM, asked now.
#[derive(Debug, Serialize, ToSchema)]
struct DetailedHsm {
    #[serde(flatten)]
    hsm: Hsm,
    /// What it says of itself; absent while it does not answer
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<About>,
    /// Its keys; absent while it does not answer
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<HsmKey>>,
}

/// What an HSM says of itself.
#[derive(Debug, Serialize, ToSchema)]
struct About {
    /// `software` or `token`
    #[schema(example = "token")]
    protection: String,
    /// Who made it
    manufacturer: String,
    /// The model
    model: String,
    /// The serial number
    serial_number: String,
    /// The firmware's version
    firmware: String,
    /// Kinds of keys that it can make
    #[schema(example = json!(["ecdsa-p256"]))]
    key_specs: Vec<String>,
}

/// A key in an HSM.
#[derive(Debug, Serialize, ToSchema)]
struct HsmKey {
    /// Its id
    id: String,
    /// Its label
    label: String,
    /// Its kind
    #[schema(example = "ecdsa-p256")]
    algorithm: String,
    /// Its state, where the HSM keeps one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "active")]
    state: Option<String>,
    /// What it may sign
    #[schema(example = json!(["certificate", "crl"]))]
    purposes: Vec<String>,
    /// Slug of the authority that it belongs to
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "issuing")]
    authority: Option<String>,
}

impl From<HsmOverview> for Hsm {
    fn from(found: HsmOverview) -> Self {
        let last = found.history.last();
        let elapsed = last.and_then(|probe| probe.elapsed);
        Self {
            name: found.name,
            kind: found.kind,
            signs: last.map(|probe| probe.elapsed.is_some()),
            asked_at: last.map(|probe| Instant(probe.at)),
            latency_microseconds: elapsed.and_then(|elapsed| u64::try_from(elapsed.as_micros()).ok()),
            last_error: found.history.last_fault.map(|fault| LastError { at: Instant(fault.at), detail: fault.text }),
            authorities: found.authorities,
        }
    }
}

impl From<HsmDetail> for DetailedHsm {
    fn from(found: HsmDetail) -> Self {
        let keys = |keys: Vec<(KeyDescription, Option<String>)>| keys.into_iter().map(HsmKey::from).collect();
        Self {
            about: found.info.ok().map(|(info, capabilities)| about(info, &capabilities)),
            keys: found.keys.ok().map(keys),
            hsm: found.overview.into(),
        }
    }
}

fn about(info: HsmInfo, capabilities: &Capabilities) -> About {
    About {
        protection: info.protection.to_string(),
        manufacturer: info.manufacturer,
        model: info.model,
        serial_number: info.serial_number,
        firmware: info.firmware,
        key_specs: capabilities.key_specs.iter().map(ToString::to_string).collect(),
    }
}

impl From<(KeyDescription, Option<String>)> for HsmKey {
    fn from((key, authority): (KeyDescription, Option<String>)) -> Self {
        Self {
            id: key.key.id.to_string(),
            label: key.label,
            algorithm: key.spec.to_string(),
            state: key.state.map(|state| state.to_string()),
            purposes: key.purposes.iter().flatten().map(ToString::to_string).collect(),
            authority,
        }
    }
}

/// HSMs
///
/// As this server last saw them: none is asked. There are few, so they are always on one page.
#[utoipa::path(get, path = "/api/v1/hsms", tag = "hsm", responses((status = 200, body = Paged<Hsm>)))]
async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult<Json<Paged<Hsm>>> {
    let all = hsm::all(&app, &caller.actor)?;
    Ok(Json(Paged::new(all.into_iter().map(Hsm::from).collect(), None)))
}

/// One HSM
///
/// It is asked what it is and which keys it holds. One that does not answer is told of as far as it is known.
#[utoipa::path(
    get, path = "/api/v1/hsms/{name}", tag = "hsm",
    params(("name" = String, Path, description = "Name of the HSM")),
    responses((status = 200, body = DetailedHsm))
)]
async fn one(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>) -> ApiResult<Json<DetailedHsm>> {
    Ok(Json(hsm::detail(&app, &caller.actor, &name).await?.into()))
}

/// Ask it for a signature
///
/// With a key made for that purpose, never an authority's. The signature is verified.
#[utoipa::path(
    post, path = "/api/v1/hsms/{name}/probe", tag = "hsm",
    params(("name" = String, Path, description = "Name of the HSM")),
    responses((status = 200, body = DetailedHsm))
)]
async fn probe(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>) -> ApiResult<Json<DetailedHsm>> {
    hsm::probe_and_note(&app, &caller.actor, &name).await?;
    Ok(Json(hsm::detail(&app, &caller.actor, &name).await?.into()))
}
