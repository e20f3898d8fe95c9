//! Why a use case did not do what was asked: the operator's language. [`OpError::to_problem`] is the one place where it
//! becomes the client's.

use ca_core::acme::{Identifier, Problem, ProblemType};
use ca_core::hsm::HsmError;
use ca_core::issuance::{IssuanceError, LintRefusal};
use ca_core::policy::{Denied, Refusal};
use ca_core::profile::ProfileRefusal;
use ca_core::signing::profile::UnmetClaim;
use ca_core::signing::{ArtifactError, ArtifactRefusal};

use crate::store::StoreError;

/// A use case that failed, with its cause.
#[derive(Debug, thiserror::Error)]
pub enum OpError {
    /// The client's fault, in the client's words.
    #[error("{}", .0.detail())]
    Problem(Problem),
    /// The policies deny it.
    #[error("{}", .0.operator_text())]
    Denied(#[from] Denied),
    /// No trust rule of a signing profile fits whoever asks.
    #[error("{}", .denied.operator_text())]
    Untrusted {
        /// What the policies say.
        denied: Box<Denied>,
        /// What each rule misses.
        unmet: Vec<UnmetClaim>,
    },
    /// A form, a key and a digest do not fit together.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A rule stands against the signature over an artifact.
    #[error(transparent)]
    ArtifactRefused(#[from] ArtifactRefusal),
    /// The certificate that was to sign was revoked.
    #[error("{0}")]
    Revoked(String),
    /// The profile, the key or the issuer stands against the certificate.
    #[error(transparent)]
    Issuance(#[from] IssuanceError),
    /// Lint stands against the certificate.
    #[error(transparent)]
    Lint(#[from] LintRefusal),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// The HSM failed.
    #[error(transparent)]
    Hsm(#[from] HsmError),
    /// The certificate of the authority that would issue was revoked.
    #[error(
        "the certificate of the authority {authority:?} was revoked: it issues no certificates any more. Make a new \
         hierarchy with `signet init` in another folder, let every machine trust its root, and point clients there"
    )]
    AuthorityRevoked {
        /// Its name in the configuration.
        authority: String,
    },
    /// The key is never certified again, for this reason.
    #[error("the public key is on the list of blocked keys: {0}")]
    BlockedKey(String),
    /// A revocation that stops an authority, or takes the trust from a CA, was not confirmed.
    #[error("{0}")]
    Unconfirmed(String),
    /// A thing that was named is not there.
    #[error("{0}")]
    NotFound(String),
    /// What was asked contradicts the state of things.
    #[error("{0}")]
    Conflict(String),
    /// What we stored or made does not hold: a defect or damage.
    #[error("{0}")]
    Integrity(String),
}

/// Which text it was, only whoever sent it can tell.
impl From<StoreError> for OpError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NulInText(_) => Self::Problem(Problem::malformed(error.to_string())),
            other => Self::Store(other),
        }
    }
}

impl From<Problem> for OpError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<ProfileRefusal> for OpError {
    fn from(refusal: ProfileRefusal) -> Self {
        Self::Issuance(refusal.into())
    }
}

impl OpError {
    /// What we stored or made cannot be read: `what` names the row.
    pub fn integrity(what: &str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |fault| Self::Integrity(format!("{what}: {fault}"))
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Hsm(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Whether a rule stands against it that no repair takes away. Everything else may go better another time: a clock, a
    /// PIN and a file of profiles are put right by people.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Lint(_) | Self::Denied(_) | Self::BlockedKey(_) | Self::AuthorityRevoked { .. } => true,
            Self::Untrusted { .. } | Self::Artifact(_) | Self::Revoked(_) => true,
            // A clock is put right by people.
            Self::ArtifactRefused(refusal) => !matches!(refusal, ArtifactRefusal::Future { .. }),
            Self::Issuance(error) => matches!(error, IssuanceError::Profile(_) | IssuanceError::WeakKey(_)),
            _ => false,
        }
    }

    /// What an ACME client is told (RFC 8555 §6.7). Causes inside the server stay in the log.
    pub fn to_problem(&self) -> Problem {
        match self {
            Self::Problem(problem) => problem.clone(),
            Self::Denied(denied) => denied_problem(denied),
            Self::Untrusted { denied, .. } => denied_problem(denied),
            Self::Artifact(_) | Self::ArtifactRefused(_) => Problem::malformed(self.to_string()).with_status(422),
            Self::Revoked(_) => Problem::malformed(self.to_string()).with_status(409),
            Self::Issuance(error) => issuance_problem(error),
            Self::Lint(refusal) => Problem::new(ProblemType::BadCsr, refusal.to_string()),
            Self::BlockedKey(_) => Problem::new(ProblemType::BadCsr, self.to_string()),
            Self::AuthorityRevoked { .. } => Problem::unavailable(AUTHORITY_REVOKED),
            Self::NotFound(what) => Problem::not_found(what),
            Self::Conflict(rule) | Self::Unconfirmed(rule) => Problem::malformed(rule.clone()).with_status(409),
            Self::Store(_) | Self::Hsm(_) if self.is_transient() => Problem::unavailable(self.unavailable_part()),
            Self::Store(_) | Self::Hsm(_) | Self::Integrity(_) => Problem::server_internal(),
        }
    }

    fn unavailable_part(&self) -> String {
        match self {
            Self::Hsm(error) => format!("the HSM {} that holds the issuing key", error.hsm()),
            _ => "the database".to_owned(),
        }
    }
}

/// What a client is told that asks a revoked CA for a certificate.
const AUTHORITY_REVOKED: &str = "the certificate of this CA was revoked: it issues no certificates any more. Ask its \
                                 operator for the CA that takes its place";

/// RFC 8555 §6.7.1: a name that the policies forbid is told in a subproblem of its own.
fn denied_problem(denied: &Denied) -> Problem {
    let problem = |refusal: &Refusal| match refusal.identifier().and_then(Identifier::from_general_name) {
        Some(identifier) => Problem::rejected_identifier(&identifier, refusal.client_text()),
        None => Problem::unauthorized(refusal.client_text()),
    };
    let all = denied.refusals().iter().map(problem).collect();
    Problem::combined(all).unwrap_or_else(|| Problem::unauthorized("no policy permits this"))
}

fn issuance_problem(error: &IssuanceError) -> Problem {
    match error {
        IssuanceError::Profile(ProfileRefusal::Name { name, .. }) => {
            let problem = Problem::new(ProblemType::RejectedIdentifier, error.to_string());
            match Identifier::from_general_name(name) {
                Some(identifier) => Problem::rejected_identifier(&identifier, error),
                None => problem,
            }
        }
        IssuanceError::Profile(ProfileRefusal::Key { .. } | ProfileRefusal::GeneratedKey { .. })
        | IssuanceError::WeakKey(_) => Problem::new(ProblemType::BadCsr, error.to_string()),
        IssuanceError::Profile(_) | IssuanceError::Subject(_) | IssuanceError::EmptyValidity { .. } => {
            Problem::malformed(error.to_string())
        }
        IssuanceError::IssuerExpires(_) | IssuanceError::NotPermitted(_) | IssuanceError::Encoding(_) => {
            Problem::server_internal()
        }
    }
}
