//! Why a request was not done, in the form of every error of this API: `application/problem+json` (RFC 9457).
//!
//! A handler returns `Result<_, ApiError>`. The middleware in [`super::problem`] writes it down, because only there the
//! name of the request and the server's own URL are known.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ca_core::issuance::{IssuanceError, LintRefusal};
use ca_core::policy::{Denied, Refusal};
use ca_core::signing::profile::UnmetClaim;
use ca_core::signing::profile::trust::ROLE;

use super::kind::Kind;
use crate::ops::OpError;

/// What a handler of this API answers.
pub(in crate::http) type ApiResult<T> = Result<T, ApiError>;

/// A request that was not done.
#[derive(Clone, Debug)]
pub(in crate::http) struct ApiError {
    kind: Kind,
    detail: String,
    rule: Option<String>,
    unmet: Vec<UnmetClaim>,
    undecided: bool,
}

/// Seconds after which a client should ask again when a part of the server is away.
const RETRY_WHEN_UNAVAILABLE: u16 = 5;

impl ApiError {
    pub(in crate::http) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), rule: None, unmet: Vec::new(), undecided: false }
    }

    /// The request cannot be read: a parameter, a header or a body that is none.
    pub(in crate::http) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, detail)
    }

    /// Nobody signed in, or the token is not in force.
    pub(in crate::http) fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, detail)
    }

    /// There is no such thing.
    pub(in crate::http) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    /// The request can be read, and a rule stands against what it asks for.
    pub(in crate::http) fn refused(rule: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Kind::Refused, detail).with_rule(rule)
    }

    /// Names what decided: a policy, a lint rule, a setting.
    pub(in crate::http) fn with_rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    pub(super) fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// What each trust rule of a signing profile misses.
    pub(super) fn unmet(&self) -> &[UnmetClaim] {
        &self.unmet
    }

    /// Whether what was asked for may have been done all the same.
    pub(super) fn is_undecided(&self) -> bool {
        self.undecided
    }
}

/// The operator's error goes to the log when the server is at fault; the caller reads what the caller can change.
impl From<OpError> for ApiError {
    fn from(error: OpError) -> Self {
        let answer = translate(&error);
        if answer.kind.status().is_server_error() {
            tracing::error!(%error, "request failed");
        } else {
            tracing::info!(problem = answer.kind.slug(), detail = %error, "request refused");
        }
        answer
    }
}

fn translate(error: &OpError) -> ApiError {
    match error {
        OpError::Problem(problem) => {
            let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            ApiError::new(Kind::of_status(status), problem.detail())
        }
        OpError::Denied(denied) => denial(denied),
        OpError::Untrusted { denied, unmet } => untrusted(denied, unmet),
        OpError::Artifact(_) | OpError::ArtifactRefused(_) => ApiError::new(Kind::Refused, error.to_string()),
        OpError::Revoked(rule) => ApiError::new(Kind::Conflict, rule.clone()),
        OpError::Issuance(IssuanceError::NotPermitted(_) | IssuanceError::Encoding(_)) | OpError::Integrity(_) => {
            internal()
        }
        OpError::Issuance(refusal) => ApiError::refused(issuance_rule(refusal), refusal.to_string()),
        OpError::Lint(refusal) => ApiError::refused(lint_rules(refusal), refusal.to_string()),
        OpError::NotFound(what) => ApiError::not_found(what.clone()),
        OpError::Conflict(rule) | OpError::Unconfirmed(rule) => ApiError::new(Kind::Conflict, rule.clone()),
        OpError::BlockedKey(_) => ApiError::refused("blocked-key", error.to_string()),
        OpError::AuthorityRevoked { .. } => ApiError::new(Kind::Conflict, error.to_string()),
        OpError::Hsm(fault) if error.is_transient() => {
            ApiError::new(Kind::Unavailable, format!("the HSM {} does not answer at the moment", fault.hsm()))
        }
        OpError::Store(_) if error.is_transient() => ApiError {
            undecided: true,
            ..ApiError::new(Kind::Unavailable, "the database does not answer at the moment")
        },
        OpError::Store(_) | OpError::Hsm(_) => internal(),
    }
}

fn internal() -> ApiError {
    let detail = "the cause is in the server's log under this request id";
    ApiError { undecided: true, ..ApiError::new(Kind::Internal, detail) }
}

/// What stands for a policy when none permits: nothing is allowed that no policy allows.
const NO_POLICY_PERMITS: &str = "no-policy-permits";

fn denial(denied: &Denied) -> ApiError {
    let mut rules: Vec<&str> =
        denied.refusals().iter().flat_map(Refusal::forbidden_by).map(|policy| policy.id.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let rule = if rules.is_empty() { NO_POLICY_PERMITS.to_owned() } else { rules.join(", ") };
    ApiError::new(Kind::Denied, denied.to_string()).with_rule(rule)
}

fn untrusted(denied: &Denied, unmet: &[UnmetClaim]) -> ApiError {
    let mut answer = ApiError { unmet: unmet.to_vec(), ..denial(denied) };
    if let Some(UnmetClaim { expected, got, .. }) = unmet.iter().find(|one| one.claim == ROLE) {
        let got = got.as_deref().unwrap_or("none");
        answer.detail += &format!(": an API token asks for signatures by the role {expected}, this one's roles: {got}");
    }
    answer
}

fn issuance_rule(refusal: &IssuanceError) -> &'static str {
    match refusal {
        IssuanceError::WeakKey(_) => "weak-key",
        IssuanceError::IssuerExpires(_) => "issuer-expires",
        IssuanceError::EmptyValidity { .. } => "validity",
        _ => "profile",
    }
}

fn lint_rules(refusal: &LintRefusal) -> String {
    refusal.0.iter().map(|finding| finding.rule.name).collect::<Vec<_>>().join(", ")
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let mut response = status.into_response();
        let headers = response.headers_mut();
        match status {
            // RFC 6750 §3.
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Signet\""));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_WHEN_UNAVAILABLE));
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}
