//! http-01: the key authorization under a well-known path (RFC 8555 §8.3).

use std::net::SocketAddr;

use super::ChallengeType;
use super::outcome::subject;
use crate::acme::{Identifier, Problem, ProblemType};

/// Most octets of a body that are read: a key authorization has 87, the rest may be trailing whitespace.
pub const MAX_BODY: usize = 1024;

/// Where the token's file lies.
const PATH_PREFIX: &str = "/.well-known/acme-challenge/";

/// Most redirect hosts that an error lists.
const LISTED_HOSTS: usize = 10;

pub(super) fn path(token: &str) -> String {
    format!("{PATH_PREFIX}{token}")
}

/// The final answer to the GET.
pub(super) struct Answer<'a> {
    pub(super) address: &'a SocketAddr,
    pub(super) redirects: &'a [String],
    pub(super) status: u16,
    pub(super) body: &'a [u8],
    pub(super) truncated: bool,
}

impl Answer<'_> {
    pub(super) fn judge(&self, host: &Identifier, expected: &str) -> Result<(), Problem> {
        let Some(rule) = self.broken_rule(expected) else { return Ok(()) };
        let subject = subject(ChallengeType::Http01, host);
        let detail = format!("{subject} at {}{}: {rule} (RFC 8555 §8.3)", self.address, self.via());
        Err(Problem::new(ProblemType::IncorrectResponse, detail))
    }

    // RFC 8555 §8.3: "The server SHOULD ignore whitespace characters at the end of the body."
    fn broken_rule(&self, expected: &str) -> Option<&'static str> {
        if self.status != 200 {
            Some("the status of the answer is not 200")
        } else if self.truncated {
            Some("the body is longer than a key authorization can be")
        } else if self.body.trim_ascii_end() != expected.as_bytes() {
            Some("the body is not the key authorization")
        } else {
            None
        }
    }

    /// The hosts of the redirects, never their paths or queries.
    fn via(&self) -> String {
        let host = |url: &String| url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let hosts: Vec<_> = self.redirects.iter().filter_map(host).take(LISTED_HOSTS).collect();
        if hosts.is_empty() { String::new() } else { format!(" after redirects to {}", hosts.join(", ")) }
    }
}
