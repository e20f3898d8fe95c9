//! `/api/v1/authorities`: the CA certificates and keys of this installation, and their revocation lists.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use ca_core::time::UnixTime;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiResult, Caller, Instant, Paged};
use crate::ops::authority::{self, AuthorityDetail, RevocationList};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(one)).routes(routes!(publish))
}

/// A CA certificate and its key.
#[derive(Debug, Serialize, ToSchema)]
struct Authority {
    /// Names it in URLs; never used again for another key
    #[schema(example = "issuing")]
    slug: String,
    /// Its name in the configuration
    #[schema(example = "issuing")]
    name: String,
    /// `root` or `issuing`
    #[schema(example = "issuing")]
    kind: &'static str,
    /// `active`, `retired` or `revoked`
    #[schema(example = "active")]
    state: &'static str,
    /// Slug of the authority that certified it; absent for a trust anchor
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "root")]
    parent: Option<String>,
    /// Subject of its certificate (RFC 4514)
    #[schema(example = "CN=Example Issuing CA")]
    subject: String,
    /// Serial number of its certificate
    #[schema(example = "4c0e")]
    serial: String,
    /// SHA-256 of its certificate
    fingerprint_sha256: String,
    /// First second of its certificate
    not_before: Instant,
    /// Last second of its certificate
    not_after: Instant,
    /// Its certificate in PEM
    pem: String,
    /// Where its certificate is served
    certificate_url: String,
    /// Its key
    key: Key,
    /// Its revocation lists, one a shard
    lists: Vec<List>,
    /// Whether the server signs the next list by itself
    automatic: bool,
}

/// Where a key is.
#[derive(Debug, Serialize, ToSchema)]
struct Key {
    /// Name of the HSM
    #[schema(example = "local")]
    hsm: String,
    /// Id of the key
    id: String,
    /// Its type
    #[schema(example = "ecdsa-p256")]
    algorithm: String,
    /// Its state (NIST SP 800-57)
    #[schema(example = "active")]
    state: String,
}

/// A revocation list (RFC 5280 §5).
#[derive(Debug, Serialize, ToSchema)]
struct List {
    /// Its shard
    shard: u32,
    /// Where it is served
    url: String,
    /// CRL number; absent before the first list
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    /// Entries
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<i64>,
    /// When it was made
    #[serde(skip_serializing_if = "Option::is_none")]
    this_update: Option<Instant>,
    /// Until when it holds
    #[serde(skip_serializing_if = "Option::is_none")]
    next_update: Option<Instant>,
    /// When the server signs the next one by itself
    #[serde(skip_serializing_if = "Option::is_none")]
    next_publication: Option<Instant>,
}

impl From<AuthorityDetail> for Authority {
    fn from(found: AuthorityDetail) -> Self {
        let validity = found.certificate.validity();
        Self {
            kind: found.kind.as_str(),
            state: found.state.as_str(),
            parent: found.parent,
            subject: found.certificate.subject().to_string(),
            serial: found.certificate.serial().to_string(),
            fingerprint_sha256: found.certificate.fingerprint().iter().map(|octet| format!("{octet:02x}")).collect(),
            not_before: validity.not_before.into(),
            not_after: validity.not_after.into(),
            pem: found.certificate.to_pem(),
            certificate_url: found.certificate_url,
            key: Key { hsm: found.key.hsm, id: found.key.id, algorithm: found.key.algorithm, state: found.key.state },
            lists: found.lists.into_iter().map(List::from).collect(),
            automatic: found.automatic,
            slug: found.slug,
            name: found.name,
        }
    }
}

impl From<RevocationList> for List {
    fn from(found: RevocationList) -> Self {
        let published = found.published.as_ref();
        let at = |time: fn(&crate::ops::revocation::published::PublishedCrl) -> UnixTime| {
            published.map(|crl| Instant(time(crl)))
        };
        Self {
            shard: found.shard,
            number: published.map(|crl| crl.number),
            entries: published.map(|crl| crl.entries),
            this_update: at(|crl| crl.this_update),
            next_update: at(|crl| crl.next_update),
            next_publication: found.next_publication.map(Instant),
            url: found.url,
        }
    }
}

/// Authorities
///
/// There are few: they are always on one page.
#[utoipa::path(get, path = "/api/v1/authorities", tag = "authorities", responses((status = 200, body = Paged<Authority>)))]
async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult<Json<Paged<Authority>>> {
    let all = authority::all(&app, &caller.actor)?;
    Ok(Json(Paged::new(all.into_iter().map(Authority::from).collect(), None)))
}

/// One authority
#[utoipa::path(
    get, path = "/api/v1/authorities/{slug}", tag = "authorities",
    params(("slug" = String, Path, description = "Slug of the authority")),
    responses((status = 200, body = Authority))
)]
async fn one(State(app): State<Arc<App>>, caller: Caller, Path(slug): Path<String>) -> ApiResult<Json<Authority>> {
    Ok(Json(authority::one(&app, &caller.actor, &slug)?.into()))
}

/// Publish its revocation lists now
///
/// Signs every list of the authority anew, whether or not one is due. The answer shows the new ones.
#[utoipa::path(
    post, path = "/api/v1/authorities/{slug}/publish", tag = "authorities",
    params(("slug" = String, Path, description = "Slug of the authority")),
    responses((status = 200, body = Authority))
)]
async fn publish(State(app): State<Arc<App>>, caller: Caller, Path(slug): Path<String>) -> ApiResult<Json<Authority>> {
    authority::publish_now(&app, &caller.actor, &caller.origin, &slug).await?;
    Ok(Json(authority::one(&app, &caller.actor, &slug)?.into()))
}
