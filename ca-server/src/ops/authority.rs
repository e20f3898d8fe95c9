//! The authorities as operators see them: place in the hierarchy, state, key, and what they publish.

use std::sync::Arc;

use ca_core::policy::Actor;
use ca_core::policy::action::{PublishCrl, ReadCrl};
use ca_core::time::UnixTime;
use ca_core::x509::Certificate;

use super::OpError;
use super::acme::Origin;
use super::certificate::detail::verdict;
use super::revocation::publish;
use super::revocation::published::PublishedCrl;
use crate::app::App;
use crate::authorities::Authority;

pub use crate::store::fields::{IssuerKind, IssuerState};

/// One CA certificate and key.
#[derive(Clone, Debug)]
pub struct AuthorityDetail {
    /// Its slug, which is in URLs.
    pub slug: String,
    /// Its name in the configuration.
    pub name: String,
    /// Root or issuing.
    pub kind: IssuerKind,
    /// Whether it issues.
    pub state: IssuerState,
    /// Slug of the authority that certified it.
    pub parent: Option<String>,
    /// Its certificate.
    pub certificate: Certificate,
    /// Where that is served.
    pub certificate_url: String,
    /// PEM of its certificate and those above it, without the trust anchor.
    pub chain_pem: String,
    /// Its key.
    pub key: KeyPlace,
    /// Its lists, one a shard.
    pub lists: Vec<RevocationList>,
    /// Whether the server signs the next list by itself.
    pub automatic: bool,
    /// Whether the viewer may publish, or why not.
    pub publish: Result<(), String>,
}

/// Where a key is.
#[derive(Clone, Debug)]
pub struct KeyPlace {
    /// Name of the HSM.
    pub hsm: String,
    /// Id of the key.
    pub id: String,
    /// Where the HSM finds it.
    pub locator: String,
    /// Its type.
    pub algorithm: String,
    /// Its state.
    pub state: String,
}

/// The revocation list of one shard.
#[derive(Clone, Debug)]
pub struct RevocationList {
    /// The shard.
    pub shard: u32,
    /// Where it is served.
    pub url: String,
    /// The list that is served; none before the first.
    pub published: Option<Arc<PublishedCrl>>,
    /// When the server signs the next one by itself, if it does.
    pub next_publication: Option<UnixTime>,
}

impl AuthorityDetail {
    /// The earliest nextUpdate of its lists; none while one of them is missing.
    pub fn next_update(&self) -> Option<UnixTime> {
        let ends: Option<Vec<UnixTime>> =
            self.lists.iter().map(|list| list.published.as_ref().map(|crl| crl.next_update)).collect();
        ends?.into_iter().min()
    }

    /// Whether its certificate is in its last quarter: a successor must be made.
    pub fn ends_soon(&self, now: UnixTime) -> bool {
        let validity = self.certificate.validity();
        validity.not_after.since(now) < validity.duration() / 4
    }
}

/// Every authority, roots first.
///
/// # Errors
/// When the policy denies it.
pub fn all(app: &App, actor: &Actor) -> Result<Vec<AuthorityDetail>, OpError> {
    app.authorities.all().iter().map(|authority| detail(app, actor, authority)).collect()
}

/// The authority of a slug.
///
/// # Errors
/// `NotFound`, or when the policy denies it.
pub fn one(app: &App, actor: &Actor, slug: &str) -> Result<AuthorityDetail, OpError> {
    detail(app, actor, app.authorities.by_slug(slug)?)
}

/// Signs and publishes every list of an authority now.
///
/// # Errors
/// `NotFound`, `Conflict` while one is being published, else what policy, HSM or database say.
pub async fn publish_now(app: &App, actor: &Actor, origin: &Origin, slug: &str) -> Result<(), OpError> {
    let authority = app.authorities.by_slug(slug)?;
    for shard in 0..authority.crl_shards {
        publish::publish(app, actor, origin, authority, shard).await?;
    }
    Ok(())
}

fn detail(app: &App, actor: &Actor, authority: &Authority) -> Result<AuthorityDetail, OpError> {
    let policies = app.policies.load();
    let _ = policies.engine().decide(actor, ReadCrl { issuer: authority.name.clone() })?;
    let act = PublishCrl { issuer: authority.name.clone(), shard: Some(0) };
    let certificate = authority.issuer.certificate();
    Ok(AuthorityDetail {
        slug: authority.issuer.slug().to_owned(),
        name: authority.name.clone(),
        kind: authority.kind,
        state: authority.state(),
        parent: parent(app, authority),
        certificate: certificate.clone(),
        certificate_url: app.authorities.status_urls(authority, 0).ca_issuers.unwrap_or_default(),
        chain_pem: authority.chain_below_anchor(),
        key: key(authority),
        lists: (0..authority.crl_shards).map(|shard| list(app, authority, shard)).collect(),
        automatic: interval(app, authority).is_some(),
        publish: verdict(policies.engine().decide(actor, act)),
    })
}

/// The authority that signed its certificate. Two generations of one may have the same subject, but not the same key.
fn parent(app: &App, authority: &Authority) -> Option<String> {
    let certificate = authority.issuer.certificate();
    let above = app.authorities.all().iter().find(|other| {
        let above = other.issuer.certificate();
        above.subject() == certificate.issuer() && certificate.verify_signed_by(above.public_key()).is_ok()
    });
    let slug = above.map(|above| above.issuer.slug().to_owned());
    slug.filter(|_| authority.kind != IssuerKind::Root)
}

fn key(authority: &Authority) -> KeyPlace {
    let key = authority.issuer.key();
    KeyPlace {
        hsm: authority.hsm.clone(),
        id: key.id.to_string(),
        locator: key.locator.clone(),
        algorithm: key.public_key.algorithm().to_string(),
        state: authority.issuer.key_state().to_string(),
    }
}

fn list(app: &App, authority: &Authority, shard: u32) -> RevocationList {
    let published = app.crls.current(authority.issuer.slug(), shard);
    let interval = interval(app, authority);
    let made = published.as_ref().map_or(UnixTime::from_seconds(0), |crl| crl.this_update);
    RevocationList {
        shard,
        url: app.authorities.status_urls(authority, shard).crl.unwrap_or_default(),
        next_publication: interval.map(|interval| made.plus(interval)),
        published,
    }
}

/// How often the server publishes by itself, if it does.
fn interval(app: &App, authority: &Authority) -> Option<std::time::Duration> {
    let settings = app.settings.authority(&authority.name).filter(|settings| settings.crl.automatic)?;
    Some(settings.crl.interval(authority.kind == IssuerKind::Root))
}
