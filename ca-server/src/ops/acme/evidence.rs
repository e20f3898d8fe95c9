//! What a probe saw, kept for operators only: the account is shown what `ca_core::acme::challenge::judge` allows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ca_core::acme::challenge::Outcome;
use serde_json::{Value, json};

/// Octets of a TXT value or certificate that are kept.
const KEPT: usize = 4096;

/// The outcome as JSON.
pub(super) fn of(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Http { address, redirects, status, body, truncated } => json!({
            "kind": "http", "address": address.to_string(), "redirects": redirects, "status": status,
            "body": text(body), "truncated": truncated,
        }),
        Outcome::Txt { values } => {
            json!({ "kind": "txt", "values": values.iter().map(|value| text(value)).collect::<Vec<_>>() })
        }
        Outcome::TlsAlpn { address, protocol, certificate } => json!({
            "kind": "tls-alpn", "address": address.to_string(), "protocol": protocol.as_deref().map(text),
            "certificate": certificate.as_deref().map(|der| STANDARD.encode(der.get(..KEPT).unwrap_or(der))),
        }),
        Outcome::Failed { failure, address, port, detail } => json!({
            "kind": "failed", "failure": failure.name(), "address": address.map(|address| address.to_string()),
            "port": port, "detail": detail,
        }),
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets.get(..KEPT).unwrap_or(octets)).into_owned()
}
