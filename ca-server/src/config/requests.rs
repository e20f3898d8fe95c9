//! `[requests]`.

use std::time::Duration;

use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;

/// `[requests]` as written: certificates that people approve.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestsConfig {
    /// A request that is not approved and issued for so long expires.
    /// Default: `"14d"`
    pub expires_after: Option<String>,
    /// A private key that this server made is destroyed if its requester has not taken it so long after the issuance.
    /// Default: `"7d"`
    pub keys_kept_for: Option<String>,
}

/// A checked `[requests]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestsSettings {
    /// From submission to expiry.
    pub expires_after: Duration,
    /// From issuance to the destruction of a private key that nobody took.
    pub keys_kept_for: Duration,
}

const HOUR: Duration = Duration::from_secs(3600);

impl RequestsConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<RequestsSettings, ConfigError> {
        let longer_than_an_hour = |text: Option<&str>, default: &str, at: Place<'_>| {
            let duration = at.duration(text.unwrap_or(default))?;
            if duration < HOUR { Err(at.refuse("people need at least an hour")) } else { Ok(duration) }
        };
        Ok(RequestsSettings {
            expires_after: longer_than_an_hour(self.expires_after.as_deref(), "14d", at.key("expires_after"))?,
            keys_kept_for: longer_than_an_hour(self.keys_kept_for.as_deref(), "7d", at.key("keys_kept_for"))?,
        })
    }
}
