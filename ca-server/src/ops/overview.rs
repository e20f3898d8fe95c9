//! What the start page shows of the installation.

use ca_core::time::UnixTime;
use ca_core::x509::Validity;

use super::readiness::{self, Readiness};
use crate::app::App;
use crate::authorities::Authority;
use crate::store::fields::IssuerKind;
use crate::store::installation;

/// The installation at a glance.
#[derive(Debug)]
pub struct Overview {
    /// Its name.
    pub name: String,
    /// Now.
    pub now: UnixTime,
    /// Database and HSMs.
    pub readiness: Readiness,
    /// Every authority, roots first.
    pub authorities: Vec<AuthorityOverview>,
}

/// One authority.
#[derive(Clone, Debug)]
pub struct AuthorityOverview {
    /// Its name in the configuration.
    pub name: String,
    /// Name of the authority above it.
    pub issued_by: Option<String>,
    /// Subject of its certificate.
    pub subject: String,
    /// SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    /// Type of its key.
    pub key_algorithm: String,
    /// First and last second of its certificate.
    pub validity: Validity,
    /// Where its certificate is served.
    pub certificate_url: String,
    /// Where its CRL is served.
    pub crl_url: String,
    /// nextUpdate of the list that is served.
    pub crl_next_update: Option<UnixTime>,
}

/// Looks at everything once.
pub async fn overview(app: &App) -> Overview {
    let name = app.store.read(installation::load).await.ok().flatten().map(|found| found.name).unwrap_or_default();
    Overview {
        name,
        now: app.clock.now(),
        readiness: readiness::check(app).await,
        authorities: app.authorities.all().iter().map(|authority| of(app, authority)).collect(),
    }
}

fn of(app: &App, authority: &Authority) -> AuthorityOverview {
    let certificate = authority.issuer.certificate();
    let urls = app.authorities.status_urls(authority, 0);
    let above = |other: &&Authority| other.issuer.certificate().subject() == certificate.issuer();
    let parent = app.authorities.all().iter().find(above).map(|parent| parent.name.clone());
    AuthorityOverview {
        name: authority.name.clone(),
        issued_by: parent.filter(|_| authority.kind != IssuerKind::Root),
        subject: certificate.subject().to_string(),
        fingerprint: certificate.fingerprint(),
        key_algorithm: certificate.public_key().algorithm().to_string(),
        validity: certificate.validity(),
        certificate_url: urls.ca_issuers.unwrap_or_default(),
        crl_url: urls.crl.unwrap_or_default(),
        crl_next_update: app.crls.current(authority.issuer.slug(), 0).map(|crl| crl.next_update),
    }
}
