//! `[notices]`: who hears of what, by e-mail and by webhook.

use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;
use super::smtp::{SmtpConfig, SmtpSettings, mailbox};
use super::validation::network;
use super::webhook::{WebhookConfig, WebhookSettings};
use super::{Named as _, resolve_all};
use crate::notices::NoticeKind;

/// `[notices]` as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticesConfig {
    /// PEM file with further roots that a mail server or a webhook may show; the system's and our own count anyway.
    /// Example: `"internal-roots.pem"`
    pub ca_file: Option<PathBuf>,
    /// Networks that a webhook may reach. Without it, all unicast but loopback, link-local and cloud metadata services.
    /// Example: `["10.0.0.0/8"]`
    pub allow: Option<Vec<String>>,
    /// Networks that a webhook must not reach; wins over `allow`.
    /// Default: `[]`
    pub deny: Option<Vec<String>>,
    /// `[notices.smtp]`.
    pub smtp: Option<SmtpConfig>,
    /// `[[notices.email]]`.
    pub email: Option<Vec<EmailConfig>>,
    /// `[[notices.webhook]]`.
    pub webhook: Option<Vec<WebhookConfig>>,
}

/// One `[[notices.email]]` as written: addresses that hear of the same events.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailConfig {
    /// Addresses.
    /// Example: `["approvers@example.org"]`
    pub to: Vec<String>,
    /// What they hear of. Without it, everything.
    /// Example: `["request-submitted"]`
    pub events: Option<Vec<String>>,
}

/// A checked `[notices]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticesSettings {
    /// PEM file with further roots.
    pub ca_file: Option<PathBuf>,
    /// The only networks that a webhook reaches, if given.
    pub allow: Option<Vec<IpNet>>,
    /// Networks that no webhook reaches.
    pub deny: Vec<IpNet>,
    /// The mail server, without which no e-mail is sent.
    pub smtp: Option<SmtpSettings>,
    /// Addresses, each with its events.
    pub email: Vec<EmailSettings>,
    /// Webhooks, names unique.
    pub webhooks: Vec<WebhookSettings>,
}

/// A checked `[[notices.email]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailSettings {
    /// At least one.
    pub to: Vec<String>,
    /// At least one.
    pub events: Vec<NoticeKind>,
}

impl NoticesSettings {
    /// The webhook of that name.
    pub fn webhook(&self, name: &str) -> Option<&WebhookSettings> {
        self.webhooks.iter().find(|webhook| webhook.name() == name)
    }
}

impl NoticesConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<NoticesSettings, ConfigError> {
        let smtp = self.smtp.map(|smtp| smtp.resolve(&at.key("smtp"))).transpose()?;
        let email = self.email.unwrap_or_default();
        if smtp.is_none() && !email.is_empty() {
            return Err(at.key("email").refuse("there is no [notices.smtp] that could send e-mail"));
        }
        let addressees = |(index, email): (usize, EmailConfig)| email.resolve(&at.key("email").index(index));
        Ok(NoticesSettings {
            ca_file: self.ca_file.map(|file| at.path(&file)),
            allow: self.allow.map(|texts| networks(&texts, &at.key("allow"))).transpose()?,
            deny: networks(&self.deny.unwrap_or_default(), &at.key("deny"))?,
            smtp,
            email: email.into_iter().enumerate().map(addressees).collect::<Result<_, _>>()?,
            webhooks: resolve_all(self.webhook.unwrap_or_default(), &at.key("webhook"), |one, at| one.resolve(at))?,
        })
    }
}

impl EmailConfig {
    fn resolve(self, at: &Place<'_>) -> Result<EmailSettings, ConfigError> {
        if self.to.is_empty() {
            return Err(at.key("to").refuse("at least one address is needed"));
        }
        for (index, address) in self.to.iter().enumerate() {
            mailbox(address, &at.key("to").index(index))?;
        }
        Ok(EmailSettings { to: self.to, events: events(self.events, &at.key("events"))? })
    }
}

pub(super) fn networks(texts: &[String], at: &Place<'_>) -> Result<Vec<IpNet>, ConfigError> {
    texts.iter().enumerate().map(|(index, text)| network(text, &at.index(index))).collect()
}

/// The kinds of notice that `texts` name; all of them without a list.
pub(super) fn events(texts: Option<Vec<String>>, at: &Place<'_>) -> Result<Vec<NoticeKind>, ConfigError> {
    let Some(texts) = texts else { return Ok(NoticeKind::ALL.to_vec()) };
    if texts.is_empty() {
        return Err(at.refuse("nothing would ever be sent; without this key everything is"));
    }
    let known = || NoticeKind::ALL.into_iter().map(NoticeKind::as_str);
    let mut found = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        at.index(index).require_known(text, "event", known().collect::<Vec<_>>().into_iter())?;
        found.extend(NoticeKind::ALL.into_iter().find(|kind| kind.as_str() == text));
    }
    Ok(found)
}
