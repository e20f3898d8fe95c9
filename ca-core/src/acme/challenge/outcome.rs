//! What validation saw, before anyone judges it, and what an account is told when it saw nothing.

use std::net::SocketAddr;

use super::{ChallengeType, dns01};
use crate::acme::{Identifier, Problem, ProblemType};

/// What came back from a [`Probe`](super::Probe). This is evidence for operators: only [`judge`](super::judge) decides what of it an
/// account sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The final answer to a GET.
    Http {
        /// Where the final answer came from.
        address: SocketAddr,
        /// Absolute URLs of the redirects that were followed, in order.
        redirects: Vec<String>,
        /// Status of the final answer.
        status: u16,
        /// Its body, at most [`MAX_BODY`](super::MAX_BODY) octets.
        body: Vec<u8>,
        /// Whether the body went on.
        truncated: bool,
    },
    /// The TXT records of the name: each value with its character strings joined.
    Txt {
        /// The values.
        values: Vec<Vec<u8>>,
    },
    /// A finished TLS handshake.
    TlsAlpn {
        /// The peer.
        address: SocketAddr,
        /// The negotiated application protocol.
        protocol: Option<Vec<u8>>,
        /// DER of the end-entity certificate, whoever signed it.
        certificate: Option<Vec<u8>>,
    },
    /// There was nothing to judge.
    Failed {
        /// What kind of failure.
        failure: ProbeFailure,
        /// The address that was tried last, if it came to that.
        address: Option<SocketAddr>,
        /// The port, where there is no address.
        port: Option<u16>,
        /// What happened, for operators only.
        detail: String,
    },
}

/// Why a probe has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeFailure {
    /// The name could not be resolved, or the TXT query failed.
    Dns,
    /// Connecting, sending or receiving failed.
    Connection,
    /// The TLS handshake failed.
    Tls,
    /// The answer was not complete in time.
    Timeout,
    /// The network guard refuses the address; nothing was sent.
    NotPermitted,
    /// The answer redirected too often.
    TooManyRedirects,
    /// A redirect led to a URL that is not allowed.
    BadRedirect,
    /// The answer was too large.
    BodyTooLarge,
    /// The answer does not follow its protocol.
    Malformed,
}

impl ProbeFailure {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Dns,
        Self::Connection,
        Self::Tls,
        Self::Timeout,
        Self::NotPermitted,
        Self::TooManyRedirects,
        Self::BadRedirect,
        Self::BodyTooLarge,
        Self::Malformed,
    ];

    /// The name in database and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::NotPermitted => "not-permitted",
            Self::TooManyRedirects => "too-many-redirects",
            Self::BadRedirect => "bad-redirect",
            Self::BodyTooLarge => "body-too-large",
            Self::Malformed => "malformed",
        }
    }

    /// Whether another attempt a little later may go better; what the guard or a rule refused will not change by itself.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Dns | Self::Connection | Self::Tls | Self::Timeout)
    }

    fn rule(self) -> (ProblemType, &'static str) {
        match self {
            Self::Dns => (ProblemType::Dns, "the DNS query failed"),
            Self::Connection => (ProblemType::Connection, "the connection failed"),
            Self::Tls => (ProblemType::Tls, "the TLS handshake failed"),
            Self::Timeout => (ProblemType::Connection, "there was no complete answer in time"),
            Self::NotPermitted => (ProblemType::Connection, "connections to this address are not permitted"),
            Self::TooManyRedirects => (ProblemType::IncorrectResponse, "there were too many redirects"),
            Self::BadRedirect => (ProblemType::IncorrectResponse, "a redirect led to a URL that is not allowed"),
            Self::BodyTooLarge => (ProblemType::IncorrectResponse, "the answer was too large"),
            Self::Malformed => (ProblemType::IncorrectResponse, "the answer did not follow its protocol"),
        }
    }

    /// The rule with the place it was broken at, and nothing that tells what is or is not there.
    pub(super) fn to_problem(self, subject: &str, address: Option<SocketAddr>, port: Option<u16>) -> Problem {
        let (kind, rule) = self.rule();
        let place = match (address, port) {
            (Some(address), _) => format!(" at {address}"),
            (None, Some(port)) => format!(" on port {port}"),
            (None, None) => String::new(),
        };
        Problem::new(kind, format!("{subject}{place}: {rule}"))
    }
}

/// What a challenge looks at, as errors name it.
pub(super) fn subject(challenge: ChallengeType, host: &Identifier) -> String {
    match challenge {
        ChallengeType::Http01 => format!("http-01 for {host}"),
        ChallengeType::Dns01 => format!("dns-01: TXT records of {}", dns01::record_name(host)),
        ChallengeType::TlsAlpn01 => format!("tls-alpn-01 for {host}"),
    }
}
