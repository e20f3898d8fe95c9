//! `[[notices.webhook]]`.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::error::ConfigError;
use super::key::Place;
use super::notices::events;
use super::secret::SecretSource;
use super::{Named, slug};
use crate::notices::NoticeKind;

/// One `[[notices.webhook]]` as written: a URL that is told of events, signed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// How logs call it.
    /// Example: `"chat"`
    pub name: String,
    /// Where each notice is posted to.
    /// Example: `"https://hooks.example.org/signet"`
    pub url: String,
    /// File with the secret that signs each notice; at least 32 characters.
    /// Example: `"webhook.secret"`
    pub secret_file: Option<PathBuf>,
    /// Environment variable with that secret.
    /// Example: `"SIGNET_WEBHOOK_SECRET"`
    pub secret_env: Option<String>,
    /// What it hears of. Without it, everything.
    /// Example: `["request-submitted", "request-decided"]`
    pub events: Option<Vec<String>>,
}

/// A checked `[[notices.webhook]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    /// Unique among webhooks.
    pub name: String,
    /// Where notices are posted to.
    pub url: Url,
    /// What signs them.
    pub secret: SecretSource,
    /// At least one.
    pub events: Vec<NoticeKind>,
}

impl Named for WebhookSettings {
    fn name(&self) -> &str {
        &self.name
    }
}

impl WebhookConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<WebhookSettings, ConfigError> {
        let place = at.key("url");
        let url: Url = place.parse(&self.url, "a URL")?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(place.refuse("it must be an https or http URL"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(place.refuse("a password does not belong here: notices are signed with the secret"));
        }
        let secret = SecretSource::resolve("secret", self.secret_file.as_deref(), self.secret_env, at)?;
        let missing = || at.key("secret_file").refuse("a notice is signed, so this key or `secret_env` is required");
        Ok(WebhookSettings {
            name: slug::check(self.name, &at.key("name"))?,
            url,
            secret: secret.ok_or_else(missing)?,
            events: events(self.events, &at.key("events"))?,
        })
    }
}
