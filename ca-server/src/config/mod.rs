//! `signet.toml`: [`Config`] is the file as written, [`Settings`] what it means once every key has been checked.
//!
//! One file per section holds both forms: the raw struct mirrors the TOML with optional keys left open, the settings have
//! defaults applied, paths absolute and references resolved. A refusal names file, line and key.

mod acme;
mod authority;
mod database;
mod error;
mod hsm;
mod hsm_uri;
mod key;
mod notices;
mod oidc;
mod operator_certificate;
mod render;
mod requests;
mod secret;
mod server;
mod signing;
mod slug;
mod smtp;
mod source;
mod timestamp;
mod tls;
mod validation;
mod webhook;

#[cfg(test)]
mod notices_tests;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use acme::{AcmeConfig, AcmeSettings};
pub use authority::{AuthorityConfig, AuthoritySettings, CrlConfig, CrlSettings};
pub use database::{DatabaseConfig, DatabaseSettings};
pub use error::ConfigError;
pub use hsm::{HsmBackend, HsmConfig, HsmSettings};
pub use notices::{EmailConfig, EmailSettings, NoticesConfig, NoticesSettings};
pub use oidc::{OidcConfig, OidcSettings};
pub use operator_certificate::{CertificateIssuer, Holder, OperatorCertificateConfig, OperatorCertificateRule};
pub use render::render;
pub use requests::{RequestsConfig, RequestsSettings};
pub use secret::{SecretError, SecretSource};
pub use server::{BaseUrl, MutualTlsSettings, ServerConfig, ServerSettings};
pub use signing::{SigningConfig, SigningSettings};
pub use smtp::{SmtpConfig, SmtpSettings, SmtpTls};
pub use timestamp::{TimestampConfig, TimestampPolicyConfig, TimestampSettings};
pub use tls::{ListenerCertificate, TlsConfig};
pub use validation::{CaaChecking, ValidationConfig, ValidationSettings};
pub use webhook::{WebhookConfig, WebhookSettings};

use key::Place;
use source::Source;

/// `signet.toml` as written: what is not there is `None`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server]`: the listeners and the URLs under which others reach them.
    pub server: ServerConfig,
    /// `[database]`: where everything is kept that is no key.
    #[serde(default)]
    pub database: DatabaseConfig,
    /// `[[hsm]]`: where private keys live; at least one.
    #[serde(default)]
    pub hsm: Vec<HsmConfig>,
    /// `[[authority]]`: the CA certificates of this installation, the root too; at least one.
    #[serde(default)]
    pub authority: Vec<AuthorityConfig>,
    /// `[[acme]]`: the ACME endpoints; the first one is also served at `/directory`.
    #[serde(default)]
    pub acme: Vec<AcmeConfig>,
    /// `[requests]`: certificates that people approve.
    #[serde(default)]
    pub requests: RequestsConfig,
    /// `[signing]`: signatures over artifacts.
    #[serde(default)]
    pub signing: SigningConfig,
    /// `[timestamp]`: the time-stamping authority.
    #[serde(default)]
    pub timestamp: TimestampConfig,
    /// `[notices]`: who hears of what, by e-mail and by webhook.
    #[serde(default)]
    pub notices: NoticesConfig,
    /// `[[operator_certificate]]`: whose client certificates let whom in.
    #[serde(default)]
    pub operator_certificate: Vec<OperatorCertificateConfig>,
    /// `[[oidc]]`: identity providers whose people may sign in.
    #[serde(default)]
    pub oidc: Vec<OidcConfig>,
}

/// A checked `signet.toml`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `[server]`.
    pub server: ServerSettings,
    /// `[database]`.
    pub database: DatabaseSettings,
    /// Every `[[hsm]]`, names unique.
    pub hsms: Vec<HsmSettings>,
    /// Every `[[authority]]`, names unique, each with an HSM that is in `hsms`.
    pub authorities: Vec<AuthoritySettings>,
    /// Every `[[acme]]`, names unique, each with an issuer that is in `authorities`.
    pub acme: Vec<AcmeSettings>,
    /// `[requests]`.
    pub requests: RequestsSettings,
    /// `[signing]`.
    pub signing: SigningSettings,
    /// `[timestamp]`, with an issuer and an HSM that are in `authorities` and `hsms`.
    pub timestamp: TimestampSettings,
    /// `[notices]`.
    pub notices: NoticesSettings,
    /// Every `[[operator_certificate]]`, names unique, in their order.
    pub operator_certificates: Vec<OperatorCertificateRule>,
    /// Every `[[oidc]]`, names unique.
    pub oidc: Vec<OidcSettings>,
    source: Source,
}

impl Settings {
    /// Reads and checks `file`.
    ///
    /// # Errors
    /// The first key that is unknown, missing, malformed or contradicts another one.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::from_source(Source::read(file)?)
    }

    fn from_source(source: Source) -> Result<Self, ConfigError> {
        let config: Config = source.parse()?;
        let root = Place::root(&source);
        let server = config.server.resolve(&root.key("server"))?;
        let database = config.database.resolve(&root.key("database"))?;
        let hsms = resolve_all(config.hsm, &root.key("hsm"), |hsm, at| hsm.resolve(at))?;
        hsm::refuse_shared_stores(&hsms, &root.key("hsm"))?;
        let authorities = resolve_all(config.authority, &root.key("authority"), |authority, at| authority.resolve(at))?;
        for (index, authority) in authorities.iter().enumerate() {
            let at = root.key("authority").index(index).key("hsm");
            at.require_known(&authority.hsm, "[[hsm]]", hsms.iter().map(|hsm| hsm.name.as_str()))?;
        }
        let acme = resolve_all(config.acme, &root.key("acme"), |acme, at| acme.resolve(at))?;
        for (index, endpoint) in acme.iter().enumerate() {
            let at = root.key("acme").index(index).key("issuer");
            at.require_known(&endpoint.issuer, "[[authority]]", authorities.iter().map(|a| a.name.as_str()))?;
        }
        let requests = config.requests.resolve(&root.key("requests"))?;
        let signing = config.signing.resolve(&root.key("signing"))?;
        let timestamp = config.timestamp.resolve(&root.key("timestamp"))?;
        if let Some(issuer) = &timestamp.issuer {
            let at = root.key("timestamp").key("issuer");
            at.require_known(issuer, "[[authority]]", authorities.iter().map(|a| a.name.as_str()))?;
        }
        if let Some(hsm) = &timestamp.hsm {
            let at = root.key("timestamp").key("hsm");
            at.require_known(hsm, "[[hsm]]", hsms.iter().map(|hsm| hsm.name.as_str()))?;
        }
        let notices = config.notices.resolve(&root.key("notices"))?;
        let rules = root.key("operator_certificate");
        let operator_certificates = resolve_all(config.operator_certificate, &rules, |rule, at| rule.resolve(at))?;
        for (index, rule) in operator_certificates.iter().enumerate() {
            if let CertificateIssuer::Authority(issuer) = &rule.issuer {
                let at = rules.index(index).key("issuer");
                at.require_known(issuer, "[[authority]]", authorities.iter().map(|a| a.name.as_str()))?;
            }
        }
        let oidc = resolve_all(config.oidc, &root.key("oidc"), |provider, at| provider.resolve(at))?;
        refuse_absence(&hsms, &root.key("hsm"))?;
        refuse_absence(&authorities, &root.key("authority"))?;
        Ok(Self {
            server,
            database,
            hsms,
            authorities,
            acme,
            requests,
            signing,
            timestamp,
            notices,
            operator_certificates,
            oidc,
            source,
        })
    }

    /// Checks that each profile that an endpoint offers or the time-stamping authority has is in `known`, once the profiles have been loaded.
    ///
    /// # Errors
    /// The first profile that is not, with its line.
    pub fn require_profiles(&self, known: &BTreeSet<String>) -> Result<(), ConfigError> {
        let endpoints = Place::root(&self.source).key("acme");
        for (index, endpoint) in self.acme.iter().enumerate() {
            for (position, profile) in endpoint.profiles.iter().enumerate() {
                let at = endpoints.index(index).key("profiles").index(position);
                at.require_known(profile, "profile", known.iter().map(String::as_str))?;
            }
        }
        // Whoever replaced the built-in profiles before there was this one is told when somebody wants a timestamp.
        if self.timestamp.enabled && self.timestamp.profile != timestamp::PROFILE {
            let at = Place::root(&self.source).key("timestamp").key("profile");
            at.require_known(&self.timestamp.profile, "profile", known.iter().map(String::as_str))?;
        }
        Ok(())
    }

    /// The absolute path of the file these settings were read from.
    pub fn file(&self) -> &Path {
        self.source.file()
    }

    /// The folder of the file: the installation's own directory, to which relative paths refer.
    pub fn directory(&self) -> PathBuf {
        self.source.directory()
    }

    /// The HSM of that name.
    pub fn hsm(&self, name: &str) -> Option<&HsmSettings> {
        self.hsms.iter().find(|hsm| hsm.name == name)
    }

    /// The authority of that name.
    pub fn authority(&self, name: &str) -> Option<&AuthoritySettings> {
        self.authorities.iter().find(|authority| authority.name == name)
    }
}

/// What carries a name that must be unique among its kind.
trait Named {
    fn name(&self) -> &str;
}

fn resolve_all<C, S: Named>(
    raw: Vec<C>,
    at: &Place<'_>,
    resolve: impl Fn(C, &Place<'_>) -> Result<S, ConfigError>,
) -> Result<Vec<S>, ConfigError> {
    let mut settings: Vec<S> = Vec::with_capacity(raw.len());
    for (index, entry) in raw.into_iter().enumerate() {
        let place = at.index(index);
        let entry = resolve(entry, &place)?;
        if settings.iter().any(|earlier| earlier.name() == entry.name()) {
            return Err(place.key("name").refuse(format!("`{}` is already the name of another one", entry.name())));
        }
        settings.push(entry);
    }
    Ok(settings)
}

fn refuse_absence<S>(entries: &[S], at: &Place<'_>) -> Result<(), ConfigError> {
    if entries.is_empty() { Err(at.refuse("at least one is needed")) } else { Ok(()) }
}
