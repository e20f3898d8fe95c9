//! `[signing]`.

use std::time::Duration;

use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;

/// `[signing]` as written: signatures over artifacts. Who has what signed stands in the signing profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningConfig {
    /// How often each signing profile is tried with a signature that nobody gets.
    /// Default: `"1h"`
    pub canary_every: Option<String>,
}

/// A checked `[signing]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSettings {
    /// From one trial of a signing profile to the next.
    pub canary_every: Duration,
}

const SHORTEST: Duration = Duration::from_secs(60);

const LONGEST: Duration = Duration::from_secs(7 * 86_400);

impl SigningConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<SigningSettings, ConfigError> {
        let at = at.key("canary_every");
        let canary_every = at.duration(self.canary_every.as_deref().unwrap_or("1h"))?;
        if !(SHORTEST..=LONGEST).contains(&canary_every) {
            return Err(at.refuse("between 1m and 7d: oftener is a burden, and more seldom finds a fault too late"));
        }
        Ok(SigningSettings { canary_every })
    }
}
