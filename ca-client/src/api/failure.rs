//! What comes instead of an answer.

use reqwest::StatusCode;

use super::credentials::CredentialsError;
use super::message::Problem;

/// Why the server did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No connection, or none that lasted.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// A server that nobody vouches for, or a question that cannot be sent: asking again changes nothing.
    #[error("the server cannot be reached: {0}")]
    Untrusted(String),
    /// `--timeout` was over before there was an answer.
    #[error("the server did not answer before --timeout was over")]
    Late,
    /// The policies do not let this caller sign.
    #[error("denied by policy: {0}")]
    Denied(String),
    /// Any other refusal.
    #[error("the server answers {status}: {detail}")]
    Refused {
        /// HTTP's.
        status: u16,
        /// Its own words.
        detail: String,
    },
    /// Not what this client understands.
    #[error("the server's answer cannot be read: {0}")]
    Unreadable(String),
    /// There is no token.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

impl ApiError {
    /// Whether the same may go better later: a server that restarts, is busy, or lost the connection.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Late => true,
            Self::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Credentials(error) => error.is_passing(),
            Self::Untrusted(_) | Self::Denied(_) | Self::Unreadable(_) => false,
        }
    }

    /// What a status and a problem document say.
    pub(super) fn refusal(status: StatusCode, body: &[u8]) -> Self {
        let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
        let words = problem.detail.or(problem.title);
        let rules: Vec<String> = problem.rules.iter().map(ToString::to_string).collect();
        let reason = || status.canonical_reason().unwrap_or("without a reason").to_owned();
        if status == StatusCode::FORBIDDEN {
            let all: Vec<String> = words.into_iter().chain(rules).collect();
            return Self::Denied(if all.is_empty() { reason() } else { all.join("; ") });
        }
        Self::Refused { status: status.as_u16(), detail: words.unwrap_or_else(reason) }
    }
}

impl From<reqwest::Error> for ApiError {
    fn from(error: reqwest::Error) -> Self {
        if is_final(&error) { Self::Untrusted(explain(error)) } else { Self::Unreachable(explain(error)) }
    }
}

/// A certificate that is not trusted stays so, and a request that cannot be built, too.
pub(super) fn is_final(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let tls = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is::<rustls::Error>() || tls.is_some_and(|tls| tls.is::<rustls::Error>()) {
            return true;
        }
        cause = inner.source();
    }
    error.is_builder()
}

/// An error of the HTTP client with its causes, without the URL: that is known, and may not be for logs.
pub(super) fn explain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_rule_and_claim() {
        let body = br#"{"title":"Forbidden","detail":"no rule of release lets you sign",
            "rules":[{"rule":"release/tags","claim":"ref","expected":"refs/tags/*","got":"refs/heads/main"}]}"#;
        assert_eq!(
            ApiError::refusal(StatusCode::FORBIDDEN, body).to_string(),
            "denied by policy: no rule of release lets you sign; rule release/tags: ref has to be refs/tags/* and is refs/heads/main"
        );
        let stranger = br#"{"detail":"no","rules":[{"rule":"a/b","claim":"ref","expected":null,"got":"main"},
            {"rule":"a/b","claim":"repository","expected":null,"got":null}]}"#;
        assert_eq!(
            ApiError::refusal(StatusCode::FORBIDDEN, stranger).to_string(),
            "denied by policy: no; rule a/b: ref may not be main; rule a/b: repository"
        );
        let refusal = |status, body: &[u8]| ApiError::refusal(status, body).to_string();
        assert_eq!(refusal(StatusCode::FORBIDDEN, b"<html>"), "denied by policy: Forbidden");
        assert_eq!(refusal(StatusCode::NOT_FOUND, b"{}"), "the server answers 404: Not Found");
        let words = br#"{"detail":"there is no profile \"x\""}"#;
        assert_eq!(refusal(StatusCode::BAD_REQUEST, words), "the server answers 400: there is no profile \"x\"");
    }
}
