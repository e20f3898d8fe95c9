//! `/api/v1/acme/orders`: what clients asked for, and why it fails.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use ca_core::acme::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiResult, Caller, Filters, Instant, Page, PageParameters, Paged};
use crate::ops::acme::inspect::order::{self, AttemptSeen, AuthorizationSeen, ChallengeSeen, OrderDetail};
use crate::ops::acme::inspect::orders::{self, OrderFilter, OrderSeen, OrderStatus};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(one))
}

/// An ACME order.
#[derive(Debug, Serialize, ToSchema)]
struct Order {
    /// Its id
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    id: String,
    /// ACME endpoint
    #[schema(example = "acme")]
    endpoint: String,
    /// Its account
    account: String,
    /// Certificate profile
    #[schema(example = "tls-server")]
    profile: String,
    /// Names ordered
    #[schema(example = json!(["dns:www.example.org"]))]
    names: Vec<String>,
    /// `pending`, `ready`, `processing`, `valid` or `invalid` (RFC 8555 §7.1.6), at this moment
    #[schema(example = "invalid")]
    status: String,
    /// What the client was told of why there will be no certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Told>,
    /// The certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    /// When it was made
    created_at: Instant,
    /// Until when it can be finalized
    expires_at: Instant,
}

/// What a client was told.
#[derive(Debug, Serialize, ToSchema)]
struct Told {
    /// The error type of RFC 8555 §6.7
    #[schema(example = "connection")]
    kind: &'static str,
    /// In words
    #[schema(example = "http-01 for www.example.org at 192.0.2.7:80: the connection failed")]
    detail: String,
}

impl From<Problem> for Told {
    fn from(problem: Problem) -> Self {
        Self { kind: problem.kind().name(), detail: problem.detail().to_owned() }
    }
}

impl From<OrderSeen> for Order {
    fn from(found: OrderSeen) -> Self {
        Self {
            id: found.id,
            endpoint: found.endpoint,
            account: found.account,
            profile: found.profile,
            names: found.identifiers,
            status: found.status.to_string(),
            problem: found.problem.map(Told::from),
            certificate: found.certificate,
            created_at: found.created_at.into(),
            expires_at: found.expires_at.into(),
        }
    }
}

/// An order with its proofs.
#[derive(Debug, Serialize, ToSchema)]
struct OrderWithProofs {
    #[serde(flatten)]
    order: Order,
    /// Why there is no certificate, in plain words
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What to look at or to do about it
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step: Option<String>,
    /// The proofs, in the order of the names
    authorizations: Vec<Authorization>,
}

/// The proof of one name.
#[derive(Debug, Serialize, ToSchema)]
struct Authorization {
    /// Its id
    id: String,
    /// The name
    #[schema(example = "dns:www.example.org")]
    name: String,
    /// `pending`, `valid`, `invalid`, `deactivated`, `expired` or `revoked`
    #[schema(example = "invalid")]
    status: String,
    /// When control was shown
    #[serde(skip_serializing_if = "Option::is_none")]
    validated_at: Option<Instant>,
    /// When it ends
    expires_at: Instant,
    /// What was offered
    challenges: Vec<Challenge>,
}

/// One way to prove a name.
#[derive(Debug, Serialize, ToSchema)]
struct Challenge {
    /// `http-01` for instance
    #[schema(example = "http-01")]
    kind: String,
    /// Where the proof is looked for
    #[schema(example = "TXT records of _acme-challenge.www.example.org")]
    place: String,
    /// `pending`, `processing`, `valid` or `invalid`
    #[schema(example = "invalid")]
    status: String,
    /// What the client was told of why it failed
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Told>,
    /// When it was met
    #[serde(skip_serializing_if = "Option::is_none")]
    validated_at: Option<Instant>,
    /// Every look at it, oldest first
    attempts: Vec<Attempt>,
}

/// One look at what the client should have published.
#[derive(Debug, Serialize, ToSchema)]
struct Attempt {
    /// When it began
    started_at: Instant,
    /// Milliseconds that it took
    #[schema(example = 12)]
    took_milliseconds: u64,
    /// Whether it was as it should be
    passed: bool,
    /// What was seen; its members depend on its `kind`
    #[schema(value_type = Object)]
    evidence: serde_json::Value,
}

impl From<OrderDetail> for OrderWithProofs {
    fn from(found: OrderDetail) -> Self {
        let (reason, next_step) = found.reason.map(|reason| (reason.text, reason.next_step)).unzip();
        Self {
            order: found.order.into(),
            reason,
            next_step: next_step.flatten(),
            authorizations: found.authorizations.into_iter().map(Authorization::from).collect(),
        }
    }
}

impl From<AuthorizationSeen> for Authorization {
    fn from(found: AuthorizationSeen) -> Self {
        Self {
            id: found.id,
            name: found.identifier,
            status: found.status.to_string(),
            validated_at: found.validated_at.map(Instant),
            expires_at: found.expires_at.into(),
            challenges: found.challenges.into_iter().map(Challenge::from).collect(),
        }
    }
}

impl From<ChallengeSeen> for Challenge {
    fn from(found: ChallengeSeen) -> Self {
        Self {
            kind: found.kind,
            place: found.place,
            status: found.state.to_string(),
            problem: found.problem.map(Told::from),
            validated_at: found.validated_at.map(Instant),
            attempts: found.attempts.into_iter().map(Attempt::from).collect(),
        }
    }
}

impl From<AttemptSeen> for Attempt {
    fn from(found: AttemptSeen) -> Self {
        let micros = found.finished_at.micros().saturating_sub(found.started_at.micros());
        Self {
            started_at: found.started_at.to_unix_time().into(),
            took_milliseconds: micros.max(0).unsigned_abs() / 1000,
            passed: found.passed,
            evidence: found.evidence,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Narrowed {
    /// Only of this ACME endpoint
    endpoint: Option<String>,
    /// Only of this account
    account: Option<String>,
    /// Only with this status now
    #[param(inline)]
    status: Option<Status>,
    /// Only for this name, with or without its kind in front
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Pending,
    Ready,
    Processing,
    Valid,
    Invalid,
}

impl From<Status> for OrderStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Ready => Self::Ready,
            Status::Processing => Self::Processing,
            Status::Valid => Self::Valid,
            Status::Invalid => Self::Invalid,
        }
    }
}

/// ACME orders
///
/// Newest first. With `status` or `name`, orders are looked at one after the other, and so many only: a page may then hold
/// fewer than `limit`, even none, and still have a `next`.
#[utoipa::path(
    get, path = "/api/v1/acme/orders", tag = "acme", operation_id = "list_orders",
    params(PageParameters, Narrowed),
    responses((status = 200, body = Paged<Order>), (status = 404))
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    page: Page,
    Filters(asked): Filters<Narrowed>,
) -> ApiResult<Json<Paged<Order>>> {
    let status = asked.status.map(OrderStatus::from);
    let filter = OrderFilter { endpoint: asked.endpoint, account: asked.account, status, name: asked.name };
    let found = orders::list(&app, &caller.actor, &filter, page.after.as_deref(), page.limit).await?;
    Ok(Json(Paged::of(found, Order::from)))
}

/// One order
///
/// With every challenge, every attempt to validate it, what was seen, and why there is no certificate.
#[utoipa::path(
    get, path = "/api/v1/acme/orders/{id}", tag = "acme", operation_id = "read_order",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = OrderWithProofs))
)]
async fn one(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Json<OrderWithProofs>> {
    Ok(Json(order::one(&app, &caller.actor, &id).await?.into()))
}
