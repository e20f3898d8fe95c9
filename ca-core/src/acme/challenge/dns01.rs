//! dns-01: the digest of the key authorization in a TXT record (RFC 8555 §8.4).

use std::fmt::Write as _;

use super::outcome::subject;
use super::{ChallengeType, sha256};
use crate::acme::{Identifier, Problem, ProblemType, base64url};

/// Most digests that an error lists.
const LISTED_VALUES: usize = 5;

/// The name whose TXT records are asked for.
pub(super) fn record_name(host: &Identifier) -> String {
    format!("_acme-challenge.{}", host.base().value())
}

// RFC 8555 §8.4: base64url of the SHA-256 of the key authorization; "one or more TXT records", of which one must match.
pub(super) fn judge(host: &Identifier, expected: &str, values: &[Vec<u8>]) -> Result<(), Problem> {
    let digest = base64url::encode(sha256(expected.as_bytes()));
    if values.iter().any(|value| value == digest.as_bytes()) {
        return Ok(());
    }
    let subject = subject(ChallengeType::Dns01, host);
    let rule = "none is the digest of the key authorization (RFC 8555 §8.4)";
    Err(Problem::new(ProblemType::IncorrectResponse, format!("{subject}: {}; {rule}", found(values))))
}

/// Number and SHA-256 digests: enough to recognise an own value, nothing of a foreign one.
fn found(values: &[Vec<u8>]) -> String {
    let mut text = match values.len() {
        0 => return "there are no values".to_owned(),
        1 => "1 value".to_owned(),
        n => format!("{n} values"),
    };
    for (index, value) in values.iter().take(LISTED_VALUES).enumerate() {
        text.push_str(if index == 0 { " with SHA-256 " } else { ", " });
        for octet in sha256(value).as_ref() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{octet:02x}");
        }
    }
    text
}
