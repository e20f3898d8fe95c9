//! `[[authority]]` and its `[authority.crl]`.

use std::time::Duration;

use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;
use super::{Named, slug};

/// One `[[authority]]` as written: a CA certificate of this installation, the root too. Chain and key are in the database.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityConfig {
    /// How ACME endpoints, commands and status URLs call it.
    /// Example: `"issuing"`
    pub name: String,
    /// The `[[hsm]]` that holds its key.
    /// Example: `"local"`
    pub hsm: String,
    /// `[authority.crl]`.
    pub crl: Option<CrlConfig>,
}

/// `[authority.crl]` as written; it belongs to the `[[authority]]` above it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrlConfig {
    /// Whether the server signs the next CRL by itself. `false` suits a root whose HSM is away: `signet crl publish` signs it
    /// then, and the server warns 60 days before it is due.
    /// Default: `true`
    pub automatic: Option<bool>,
    /// How long a CRL is valid. Without it, 7 days, and 365 days for a root.
    /// Example: `"7d"`
    pub validity: Option<String>,
    /// How often the server signs a new CRL though nothing was revoked. Without it, a third of the validity.
    /// Example: `"24h"`
    pub interval: Option<String>,
}

/// A checked `[[authority]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthoritySettings {
    /// Unique among authorities; part of status URLs.
    pub name: String,
    /// Name of an HSM in the settings.
    pub hsm: String,
    /// Its CRL.
    pub crl: CrlSettings,
}

/// A checked `[authority.crl]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlSettings {
    /// Whether the job signs CRLs.
    pub automatic: bool,
    validity: Option<Duration>,
    interval: Option<Duration>,
}

impl CrlSettings {
    /// From thisUpdate to nextUpdate. What the file leaves open depends on whether the issuer is a root, which only its
    /// certificate tells.
    pub fn validity(&self, root: bool) -> Duration {
        self.validity.unwrap_or(if root { DAY.saturating_mul(365) } else { DAY.saturating_mul(7) })
    }

    /// From one CRL to the next while nothing is revoked.
    pub fn interval(&self, root: bool) -> Duration {
        self.interval.unwrap_or_else(|| self.validity(root) / 3)
    }
}

const DAY: Duration = Duration::from_secs(86_400);

/// Shorter lists would be stale before every cache has them.
const SHORTEST_VALIDITY: Duration = Duration::from_secs(600);

impl Named for AuthoritySettings {
    fn name(&self) -> &str {
        &self.name
    }
}

impl AuthorityConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<AuthoritySettings, ConfigError> {
        Ok(AuthoritySettings {
            name: slug::check(self.name, &at.key("name"))?,
            hsm: self.hsm,
            crl: self.crl.unwrap_or_default().resolve(&at.key("crl"))?,
        })
    }
}

impl CrlConfig {
    fn resolve(self, at: &Place<'_>) -> Result<CrlSettings, ConfigError> {
        let duration = |text: Option<String>, key| text.map(|text| at.key(key).duration(&text)).transpose();
        let validity = duration(self.validity, "validity")?;
        let interval = duration(self.interval, "interval")?;
        if validity.is_some_and(|validity| validity < SHORTEST_VALIDITY) {
            return Err(at.key("validity").refuse("a CRL must be valid for at least 10 minutes"));
        }
        // The default for an issuing CA is the shorter one of the two.
        let shortest = validity.unwrap_or(DAY.saturating_mul(7));
        match interval {
            Some(interval) if interval.is_zero() || interval >= shortest => {
                Err(at.key("interval").refuse("it must lie between zero and `validity`"))
            }
            _ => Ok(CrlSettings { automatic: self.automatic.unwrap_or(true), validity, interval }),
        }
    }
}
