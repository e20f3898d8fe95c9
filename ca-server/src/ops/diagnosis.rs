//! What `signet doctor` looks at: database, HSMs, published URLs as a client sees them, what expires, and who else is needed:
//! identity providers, mail server, webhooks; and how signing profiles fare.

use ca_core::policy::Actor;

use super::{hsm, signing, timestamp};
use crate::app::App;
use crate::authorities::Authority;
use crate::oidc::ProviderError;
use crate::published_url;
use crate::store::fields::IssuerState;
use crate::store::migration;
use crate::store::signing_check::SigningCheck;

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Check {
    /// What.
    pub subject: String,
    /// Whether it is well.
    pub passed: bool,
    /// What was seen, and what to do about it.
    pub detail: String,
}

impl Check {
    /// It is well.
    pub fn passed(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), passed: true, detail: detail.into() }
    }

    /// It is not.
    pub fn failed(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), passed: false, detail: detail.into() }
    }

    fn of(subject: impl Into<String>, result: Result<String, String>) -> Self {
        match result {
            Ok(detail) => Self::passed(subject, detail),
            Err(detail) => Self::failed(subject, detail),
        }
    }
}

/// Looks at everything.
pub async fn diagnose(app: &App, actor: &Actor) -> Vec<Check> {
    let database = app.store.read(migration::check).await;
    let mut checks = vec![Check::of(
        "database",
        database.map(|()| "answers, schema up to date".to_owned()).map_err(|e| e.to_string()),
    )];
    let policies = app.policies.load_full();
    for (name, hsm) in &app.hsms {
        let health = hsm::probe(&policies, actor, &**hsm).await.map(|_| "signs, and the signature verifies".to_owned());
        checks.push(Check::of(format!("hsm {name}"), health.map_err(|error| error.to_string())));
    }
    for authority in app.authorities.all() {
        checks.push(key(app, authority).await);
        checks.push(state(authority));
        checks.push(expiry(app, authority));
        let urls = app.authorities.status_urls(authority, 0);
        for url in urls.crl.into_iter().chain(urls.ca_issuers) {
            checks.push(Check::of(format!("url {url}"), published_url::fetch(&url).await));
        }
    }
    for provider in &app.identity_providers {
        let seen = provider.check().await.map(|keys| format!("names the configured issuer, and has {keys} keys"));
        checks.push(Check::of(format!("identity provider {}", provider.settings.name), seen.map_err(causes)));
    }
    checks.extend(receivers(app).await);
    checks.extend(timestamp::diagnosis::diagnose(app).await);
    checks.extend(signing_profiles(app).await);
    checks
}

/// How what the server does for signing profiles by itself went last.
pub async fn signing_profiles(app: &App) -> Vec<Check> {
    let found = match signing::care::all(app).await {
        Ok(found) => found,
        Err(error) => return vec![Check::failed("signing profiles", error.to_string())],
    };
    let check = |row: SigningCheck| {
        let subject = format!("{} of signing profile {}", row.kind, row.profile);
        let result = row.fault.map_or_else(|| Ok(format!("last tried at {}", row.checked_at)), Err);
        Check::of(subject, result)
    };
    found.into_iter().map(check).collect()
}

/// Who would carry notices: reached, and sent nothing.
async fn receivers(app: &App) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(mailer) = &app.senders.mailer {
        let greeted = mailer.check().await.map(|()| "answers and lets us in".to_owned());
        checks.push(Check::of("mail server", greeted.map_err(|error| error.to_string())));
    }
    for webhook in &app.settings.notices.webhooks {
        let reached = app.senders.webhooks.check(&webhook.url, &webhook.secret).await;
        let reached = reached.map(|()| "can be connected to; nothing was sent".to_owned());
        checks.push(Check::of(format!("webhook {}", webhook.name), reached.map_err(|error| error.to_string())));
    }
    checks
}

fn causes(error: ProviderError) -> String {
    let all = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    std::iter::once(error.to_string()).chain(all.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

/// The key is where the database says and is the one of the certificate.
async fn key(app: &App, authority: &Authority) -> Check {
    let subject = format!("key of {}", authority.issuer.slug());
    match app.hsm_of(authority) {
        Ok(hsm) => {
            let described = hsm.describe(authority.issuer.key()).await;
            Check::of(
                subject,
                described.map(|key| format!("{} in HSM {}", key.spec, authority.hsm)).map_err(|e| e.to_string()),
            )
        }
        Err(error) => Check::failed(subject, error.to_string()),
    }
}

/// A retired authority is as it should be; a revoked one has no successor by itself.
fn state(authority: &Authority) -> Check {
    let subject = format!("authority {}", authority.issuer.slug());
    match authority.state() {
        IssuerState::Revoked => {
            Check::of(subject, authority.require_active().map(|()| String::new()).map_err(|e| e.to_string()))
        }
        other => Check::passed(subject, other.to_string()),
    }
}

/// A CA certificate in its last quarter needs a successor.
fn expiry(app: &App, authority: &Authority) -> Check {
    let validity = authority.issuer.certificate().validity();
    let left = validity.not_after.since(app.clock.now());
    let subject = format!("certificate of {}", authority.issuer.slug());
    let detail = format!("ends at {}, in {} days", validity.not_after, left.as_secs() / 86_400);
    if left < validity.duration() / 4 {
        Check::failed(subject, format!("{detail}: plan its successor"))
    } else {
        Check::passed(subject, detail)
    }
}
