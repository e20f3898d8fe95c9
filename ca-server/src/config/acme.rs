//! `[[acme]]`.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::error::ConfigError;
use super::key::Place;
use super::validation::{ValidationConfig, ValidationSettings};
use super::{Named, slug};

/// One `[[acme]]` as written: an endpoint with accounts, orders and rules of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcmeConfig {
    /// Served at `/acme/NAME/directory`; the first endpoint also at `/directory`.
    /// Example: `"acme"`
    pub name: String,
    /// The `[[authority]]` that signs.
    /// Example: `"issuing"`
    pub issuer: String,
    /// What a client may ask for; the first is the default.
    /// Example: `["tls-server"]`
    pub profiles: Vec<String>,
    /// Whether a new account needs a binding made by `signet eab create`.
    /// Default: `false`
    pub external_account_required: Option<bool>,
    /// Terms that a new account must agree to.
    /// Example: `"https://ca.example.org/terms"`
    pub terms_of_service: Option<String>,
    /// Where people find more about this CA.
    /// Example: `"https://pki.example.org"`
    pub website: Option<String>,
    /// How long a client has from the new order to its certificate.
    /// Default: `"7d"`
    pub order_lifetime: Option<String>,
    /// How long a proven authorization also serves later orders of the same account; zero proves anew for each order.
    /// Default: `"0s"`
    pub authorization_reuse: Option<String>,
    /// `[acme.validation]`.
    pub validation: Option<ValidationConfig>,
}

/// A checked `[[acme]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    /// Unique among endpoints; part of URLs.
    pub name: String,
    /// Name of an authority in the settings.
    pub issuer: String,
    /// At least one, without repetition; the first is the default.
    pub profiles: Vec<String>,
    /// RFC 8555 §7.3.4.
    pub external_account_required: bool,
    /// RFC 8555 §7.1.1 `termsOfService`.
    pub terms_of_service: Option<Url>,
    /// RFC 8555 §7.1.1 `website`.
    pub website: Option<Url>,
    /// From newOrder until the order expires.
    pub order_lifetime: Duration,
    /// How long after its proof an authorization serves later orders; zero for never.
    pub authorization_reuse: Duration,
    /// How challenges are probed.
    pub validation: ValidationSettings,
}

impl Named for AcmeSettings {
    fn name(&self) -> &str {
        &self.name
    }
}

/// Longer reuse would keep certificates coming for a name that changed hands.
const LONGEST_REUSE: Duration = Duration::from_secs(90 * 86_400);

/// A client needs time to publish its proof and for the probe to see it.
const SHORTEST_ORDER: Duration = Duration::from_secs(60);

impl AcmeConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<AcmeSettings, ConfigError> {
        refuse_bad_profiles(&self.profiles, &at.key("profiles"))?;
        let url = |text: Option<String>, key: &str| text.map(|text| web_url(&text, &at.key(key))).transpose();
        Ok(AcmeSettings {
            name: slug::check(self.name, &at.key("name"))?,
            issuer: self.issuer,
            profiles: self.profiles,
            external_account_required: self.external_account_required.unwrap_or(false),
            terms_of_service: url(self.terms_of_service, "terms_of_service")?,
            website: url(self.website, "website")?,
            order_lifetime: order_lifetime(self.order_lifetime.as_deref(), &at.key("order_lifetime"))?,
            authorization_reuse: reuse(self.authorization_reuse.as_deref(), &at.key("authorization_reuse"))?,
            validation: self.validation.unwrap_or_default().resolve(&at.key("validation"))?,
        })
    }
}

fn refuse_bad_profiles(profiles: &[String], at: &Place<'_>) -> Result<(), ConfigError> {
    if profiles.is_empty() {
        return Err(at.refuse("at least one profile is needed; the first is the default"));
    }
    match (1..profiles.len()).find(|index| profiles[..*index].contains(&profiles[*index])) {
        Some(twice) => Err(at.index(twice).refuse(format!("`{}` is listed twice", profiles[twice]))),
        None => Ok(()),
    }
}

fn web_url(text: &str, at: &Place<'_>) -> Result<Url, ConfigError> {
    let url: Url = at.parse(text, "a URL")?;
    if matches!(url.scheme(), "https" | "http") { Ok(url) } else { Err(at.refuse("it must be an https or http URL")) }
}

fn order_lifetime(text: Option<&str>, at: &Place<'_>) -> Result<Duration, ConfigError> {
    let lifetime = at.duration(text.unwrap_or("7d"))?;
    if lifetime < SHORTEST_ORDER { Err(at.refuse("an order must live for at least a minute")) } else { Ok(lifetime) }
}

fn reuse(text: Option<&str>, at: &Place<'_>) -> Result<Duration, ConfigError> {
    let reuse = at.duration(text.unwrap_or("0s"))?;
    if reuse > LONGEST_REUSE { Err(at.refuse("an authorization is reused for at most 90 days")) } else { Ok(reuse) }
}
