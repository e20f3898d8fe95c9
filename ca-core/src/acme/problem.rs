//! Problem documents (RFC 7807) with the error types of RFC 8555 §6.7.

use serde::{Deserialize, Serialize};

use super::Identifier;
use super::message::WireIdentifier;

/// Media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Longest detail in octets: a client's own text comes back in it, but not a whole body of it.
const LONGEST_DETAIL: usize = 1000;

const NAMESPACE: &str = "urn:ietf:params:acme:error:";

/// The error types of RFC 8555 §6.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ProblemType {
    /// The request names an account that does not exist.
    AccountDoesNotExist,
    /// The certificate has already been revoked.
    AlreadyRevoked,
    /// The CSR is unacceptable.
    BadCsr,
    /// The anti-replay nonce was not accepted; the client tries again with a fresh one.
    BadNonce,
    /// The public key is not supported.
    BadPublicKey,
    /// The revocation reason is not allowed.
    BadRevocationReason,
    /// The signature algorithm is not supported; the document lists those that are.
    BadSignatureAlgorithm,
    /// CAA records forbid the issuance.
    Caa,
    /// Several errors, found in `subproblems`.
    Compound,
    /// The server could not connect to the validation target.
    Connection,
    /// A DNS query failed during validation.
    Dns,
    /// The request must carry an external account binding.
    ExternalAccountRequired,
    /// The response did not match the challenge's requirements.
    IncorrectResponse,
    /// A contact URL is invalid.
    InvalidContact,
    /// The request is malformed.
    Malformed,
    /// The order is not ready to be finalized.
    OrderNotReady,
    /// The request exceeds a rate limit.
    RateLimited,
    /// The server will not issue for this identifier.
    RejectedIdentifier,
    /// The server met an internal error.
    ServerInternal,
    /// A TLS error occurred during validation.
    Tls,
    /// The client lacks the authorization for the request.
    Unauthorized,
    /// The contact URL has an unsupported scheme.
    UnsupportedContact,
    /// The identifier's type is not supported.
    UnsupportedIdentifier,
    /// The user has to visit a URL and act there.
    UserActionRequired,
}

use ProblemType as T;

/// Every type with its name and the HTTP status that goes with it. The RFC fixes 400 for badNonce (§6.5), badSignatureAlgorithm and
/// badPublicKey (§6.2), 403 for orderNotReady (§7.4); the others are chosen after the RFC's examples.
const TYPES: [(ProblemType, &str, u16); 24] = [
    (T::AccountDoesNotExist, "accountDoesNotExist", 400),
    (T::AlreadyRevoked, "alreadyRevoked", 400),
    (T::BadCsr, "badCSR", 400),
    (T::BadNonce, "badNonce", 400),
    (T::BadPublicKey, "badPublicKey", 400),
    (T::BadRevocationReason, "badRevocationReason", 400),
    (T::BadSignatureAlgorithm, "badSignatureAlgorithm", 400),
    (T::Caa, "caa", 403),
    (T::Compound, "compound", 400),
    (T::Connection, "connection", 400),
    (T::Dns, "dns", 400),
    (T::ExternalAccountRequired, "externalAccountRequired", 403),
    (T::IncorrectResponse, "incorrectResponse", 403),
    (T::InvalidContact, "invalidContact", 400),
    (T::Malformed, "malformed", 400),
    (T::OrderNotReady, "orderNotReady", 403),
    (T::RateLimited, "rateLimited", 429),
    (T::RejectedIdentifier, "rejectedIdentifier", 403),
    (T::ServerInternal, "serverInternal", 500),
    (T::Tls, "tls", 400),
    (T::Unauthorized, "unauthorized", 403),
    (T::UnsupportedContact, "unsupportedContact", 400),
    (T::UnsupportedIdentifier, "unsupportedIdentifier", 400),
    (T::UserActionRequired, "userActionRequired", 403),
];

impl ProblemType {
    /// The name after `urn:ietf:params:acme:error:`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The HTTP status that usually goes with the type.
    pub fn status(self) -> u16 {
        self.row().2
    }

    fn row(self) -> (Self, &'static str, u16) {
        TYPES.into_iter().find(|(kind, ..)| *kind == self).unwrap_or((T::ServerInternal, "serverInternal", 500))
    }
}

impl From<ProblemType> for String {
    fn from(kind: ProblemType) -> Self {
        format!("{NAMESPACE}{}", kind.name())
    }
}

/// The text is not one of the URNs of RFC 8555 §6.7.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ACME error type")]
pub struct UnknownProblemType(String);

impl TryFrom<String> for ProblemType {
    type Error = UnknownProblemType;

    fn try_from(urn: String) -> Result<Self, Self::Error> {
        let name = urn.strip_prefix(NAMESPACE);
        let row = TYPES.into_iter().find(|(_, known, _)| Some(*known) == name);
        row.map(|(kind, ..)| kind).ok_or(UnknownProblemType(urn))
    }
}

/// A problem document: what an ACME client is told. Everything in it may be seen by the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {}", .0.kind.name(), .0.detail)]
#[serde(transparent)]
pub struct Problem(Box<Document>);

/// The members. Boxed, because a problem is the unlikely arm of nearly every `Result` here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: ProblemType,
    status: u16,
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identifier: Option<WireIdentifier>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    subproblems: Vec<Problem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    algorithms: Vec<String>,
}

impl Problem {
    /// A problem of a type with its usual status. `detail` names the rule that was broken, for a human.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        let (status, detail) = (kind.status(), shortened(detail.into()));
        let document = Document { kind, status, detail, identifier: None, subproblems: vec![], algorithms: vec![] };
        Self(Box::new(document))
    }

    /// The same problem under another HTTP status, for instance 415 for a wrong media type or 409 for a key in use.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = status;
        self
    }

    /// The same problem about one identifier, as subproblems have it (RFC 8555 §6.7.1).
    #[must_use]
    pub fn about(self, identifier: &Identifier) -> Self {
        self.about_wire(identifier.to_wire())
    }

    pub(super) fn about_wire(mut self, identifier: WireIdentifier) -> Self {
        self.0.identifier = Some(identifier);
        self
    }

    // RFC 8555 §6.7.1: one document for several failures, each with its identifier, under the common type or `compound`.
    /// One document for several failures. A single one stays as it is; `None` if there is none.
    pub fn combined(mut problems: Vec<Self>) -> Option<Self> {
        let first = problems.first()?;
        if problems.len() == 1 {
            return problems.pop();
        }
        let same = problems.iter().all(|problem| problem.kind() == first.kind());
        let (kind, status) = if same { (first.kind(), first.status()) } else { (T::Compound, T::Compound.status()) };
        let detail = format!("{} faults, see subproblems; the first: {}", problems.len(), first.detail());
        let mut combined = Self::new(kind, detail).with_status(status);
        combined.0.subproblems = problems;
        Some(combined)
    }

    /// The error type.
    pub fn kind(&self) -> ProblemType {
        self.0.kind
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The rule that was broken, for a human.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The identifier a subproblem is about.
    pub fn identifier(&self) -> Option<&WireIdentifier> {
        self.0.identifier.as_ref()
    }

    /// The single failures of a combined problem.
    pub fn subproblems(&self) -> &[Self] {
        &self.0.subproblems
    }

    /// The signature algorithms that would have been accepted, for `badSignatureAlgorithm`.
    pub fn algorithms(&self) -> &[String] {
        &self.0.algorithms
    }
}

fn shortened(mut detail: String) -> String {
    if detail.len() > LONGEST_DETAIL {
        detail.truncate(detail.floor_char_boundary(LONGEST_DETAIL));
        detail.push_str(" ...");
    }
    detail
}

/// Constructors for the rules that more than one place applies.
impl Problem {
    /// `malformed`: the message breaks the syntax of RFC 8555.
    pub fn malformed(rule: impl Into<String>) -> Self {
        Self::new(T::Malformed, rule)
    }

    /// `unauthorized` with 403: the request is understood and this account may not do it.
    pub fn unauthorized(rule: impl Into<String>) -> Self {
        Self::new(T::Unauthorized, rule)
    }

    /// `serverInternal`; the cause goes to the log, not to the client.
    pub fn server_internal() -> Self {
        Self::new(T::ServerInternal, "the server met an internal error; its log has the details under the request's id")
    }

    /// `serverInternal` with 503: something that the CA needs is away for a while.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self::new(T::ServerInternal, what).with_status(503)
    }

    /// `malformed` with 404, the same for a resource that does not exist and for one of another account.
    pub fn not_found(what: &str) -> Self {
        Self::malformed(format!("there is no such {what} for this account")).with_status(404)
    }

    // RFC 8555 §6.2: "the server MUST return an error with status code 400 and type badSignatureAlgorithm ... algorithms"
    /// `badSignatureAlgorithm` with the list of what is accepted.
    pub fn bad_signature_algorithm(rule: impl Into<String>, accepted: impl IntoIterator<Item = &'static str>) -> Self {
        let mut problem = Self::new(T::BadSignatureAlgorithm, rule);
        problem.0.algorithms = accepted.into_iter().map(str::to_owned).collect();
        problem
    }

    // RFC 8555 §6.5: 400 and badNonce, also when the nonce is missing.
    /// `badNonce`.
    pub fn bad_nonce(rule: impl Into<String>) -> Self {
        Self::new(T::BadNonce, rule)
    }

    // RFC 8555 §6.4: "If the two do not match, then the server MUST reject the request as unauthorized."
    /// `unauthorized` with 401: the signed `url` is not the one the request came to.
    pub fn url_mismatch(signed: &str, requested: &str) -> Self {
        Self::unauthorized(format!("the JWS is signed for url {signed:?}, the request came to {requested:?}"))
            .with_status(401)
    }

    // RFC 8555 §7.3.6: 401 and `unauthorized` for a deactivated account.
    /// `unauthorized` with 401: the account is deactivated or revoked.
    pub fn account_not_valid(status: &str) -> Self {
        Self::unauthorized(format!("the account is {status}")).with_status(401)
    }

    /// `accountDoesNotExist`: the kid is unknown, or no account has the key (RFC 8555 §7.3.1).
    pub fn account_does_not_exist() -> Self {
        Self::new(T::AccountDoesNotExist, "there is no account with this key or URL at this endpoint")
    }

    /// `rejectedIdentifier`: the CA's rules refuse this name.
    pub fn rejected_identifier(identifier: &Identifier, rule: impl std::fmt::Display) -> Self {
        Self::new(T::RejectedIdentifier, format!("{identifier} is refused: {rule}")).about(identifier)
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
