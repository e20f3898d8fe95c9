//! `[notices.smtp]`.

use std::path::PathBuf;

use ca_core::x509::GeneralName;
use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;
use super::secret::SecretSource;

/// `[notices.smtp]` as written: the mail server that takes our e-mail.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Name or address of the mail server.
    /// Example: `"mail.example.org"`
    pub host: String,
    /// Sender of every e-mail.
    /// Example: `"signet@example.org"`
    pub from: String,
    /// `starttls` (RFC 3207, required, not merely tried), `tls` from the first octet (RFC 8314), or `none`, which is for a
    /// mail server on this machine.
    /// Default: `"starttls"`
    pub tls: Option<String>,
    /// Port; without it 587, with `tls` 465, with `none` 25.
    /// Example: `2525`
    pub port: Option<u16>,
    /// Name for signing in to the mail server.
    /// Example: `"signet"`
    pub username: Option<String>,
    /// File with the password.
    /// Example: `"smtp.password"`
    pub password_file: Option<PathBuf>,
    /// Environment variable with the password.
    /// Example: `"SIGNET_SMTP_PASSWORD"`
    pub password_env: Option<String>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// Plain first, TLS before anything is said; never without.
    StartTls,
    /// TLS from the first octet.
    Implicit,
    /// Not at all.
    None,
}

/// A checked `[notices.smtp]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Sender of every e-mail.
    pub from: String,
    /// Protection of the connection.
    pub tls: SmtpTls,
    /// Name and password, if it asks for them.
    pub credentials: Option<(String, SecretSource)>,
}

impl SmtpConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<SmtpSettings, ConfigError> {
        let (tls, port) = match self.tls.as_deref().unwrap_or("starttls") {
            "starttls" => (SmtpTls::StartTls, 587),
            "tls" => (SmtpTls::Implicit, 465),
            "none" => (SmtpTls::None, 25),
            other => return Err(at.key("tls").refuse(format!("`{other}` is none of starttls, tls, none"))),
        };
        mailbox(&self.from, &at.key("from"))?;
        let host = &self.host;
        if host.parse::<std::net::IpAddr>().is_err() && GeneralName::dns(host).is_err() {
            return Err(at.key("host").refuse(format!("`{host}` is neither a host name nor an address")));
        }
        let password = SecretSource::resolve("password", self.password_file.as_deref(), self.password_env, at)?;
        let credentials = match (self.username, password) {
            (Some(name), Some(password)) => Some((name, password)),
            (Some(_), None) => {
                return Err(at.key("password_file").refuse("`username` is given, so this key is required"));
            }
            (None, Some(_)) => return Err(at.key("username").refuse("the password belongs to a `username`")),
            (None, None) => None,
        };
        if tls == SmtpTls::None && credentials.is_some() {
            return Err(at.key("tls").refuse("without TLS anybody on the way could read the password"));
        }
        Ok(SmtpSettings { host: self.host, port: self.port.unwrap_or(port), from: self.from, tls, credentials })
    }
}

/// Refuses what is no plain e-mail address.
pub(super) fn mailbox(text: &str, at: &Place<'_>) -> Result<(), ConfigError> {
    GeneralName::email(text).map(drop).map_err(|fault| at.refuse(fault.to_string()))
}
