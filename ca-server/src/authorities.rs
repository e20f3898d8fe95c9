//! The CA certificates of this installation, with the keys that sign under them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ca_core::hsm::KeyRef;
use ca_core::issuance::{Issuer, StatusUrls};
use ca_core::x509::{Certificate, Chain, SubjectPublicKeyInfo};

use crate::config::{BaseUrl, Settings};
use crate::hsms::Hsms;
use crate::ops::OpError;
use crate::store::Store;
use crate::store::fields::{IssuerKind, IssuerState};
use crate::store::hsm_key::{self, HsmKey};
use crate::store::issuer;

/// One CA certificate and key.
#[derive(Debug)]
pub struct Authority {
    /// Its name in the configuration.
    pub name: String,
    /// Root or issuing.
    pub kind: IssuerKind,
    /// Name of the HSM with its key.
    pub hsm: String,
    /// Shards of its CRL that new certificates are spread over.
    pub crl_shards: u32,
    /// Certificate, chain and key.
    pub issuer: Arc<Issuer>,
    /// As this process knows it: another one may revoke the certificate.
    state: RwLock<IssuerState>,
}

impl Authority {
    /// Whether it issues.
    pub fn state(&self) -> IssuerState {
        *self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over a state of the database; answers whether that is news.
    pub fn set_state(&self, state: IssuerState) -> bool {
        std::mem::replace(&mut *self.state.write().unwrap_or_else(PoisonError::into_inner), state) != state
    }

    /// PEM of its certificate and those above it, without the trust anchor: nothing for a root.
    pub fn chain_below_anchor(&self) -> String {
        if self.kind == IssuerKind::Root { String::new() } else { self.issuer.chain().to_pem() }
    }

    /// Whether it may issue now. Asked before an intent is recorded and again before it is signed.
    ///
    /// # Errors
    /// [`OpError::AuthorityRevoked`], or [`OpError::NotFound`] for one that is retired.
    pub fn require_active(&self) -> Result<(), OpError> {
        match self.state() {
            IssuerState::Active => Ok(()),
            IssuerState::Revoked => Err(OpError::AuthorityRevoked { authority: self.name.clone() }),
            IssuerState::Retired => Err(OpError::NotFound(format!("the authority {} is retired", self.issuer.slug()))),
        }
    }
}

/// More keys than any installation has authorities.
const KEYS: i64 = 10_000;

/// Every authority, loaded at start.
#[derive(Debug)]
pub struct Authorities {
    all: Vec<Authority>,
    by_slug: HashMap<String, usize>,
    status_url: BaseUrl,
}

impl Authorities {
    /// Reads the authorities that the configuration names.
    ///
    /// # Errors
    /// When one is not in the database, or its key or certificate does not hold.
    pub async fn load(store: &Store, settings: &Settings, hsms: &Hsms) -> Result<Self, OpError> {
        let (rows, keys) = store.read(|c| Ok((issuer::all(c)?, hsm_key::list(c, "", KEYS)?))).await?;
        let keys: HashMap<String, HsmKey> = keys.into_iter().map(|key| (key.id.clone(), key)).collect();
        let mut all = Vec::new();
        for row in &rows {
            all.push(authority(row, &rows, &keys)?);
        }
        for configured in &settings.authorities {
            if !all.iter().any(|authority| authority.name == configured.name) {
                let fault = format!("authority {:?} is in the configuration but not in the database", configured.name);
                return Err(OpError::NotFound(fault));
            }
        }
        let unknown = all.iter().find(|authority| !hsms.contains_key(&authority.hsm));
        if let Some(authority) = unknown {
            let fault = format!(
                "authority {:?}: its key is in the HSM {:?}, which is not configured",
                authority.name, authority.hsm
            );
            return Err(OpError::NotFound(fault));
        }
        let by_slug = all.iter().enumerate().map(|(place, found)| (found.issuer.slug().to_owned(), place)).collect();
        Ok(Self { all, by_slug, status_url: settings.server.status_url.clone() })
    }

    /// Every authority, roots first.
    pub fn all(&self) -> &[Authority] {
        &self.all
    }

    /// The newest active authority of that configured name.
    ///
    /// # Errors
    /// [`OpError::NotFound`], [`OpError::AuthorityRevoked`].
    pub fn by_name(&self, name: &str) -> Result<&Authority, OpError> {
        let found = self.newest(name)?;
        found.require_active().map(|()| found)
    }

    /// The newest authority of that configured name: an active one if there is one.
    ///
    /// # Errors
    /// [`OpError::NotFound`].
    pub fn newest(&self, name: &str) -> Result<&Authority, OpError> {
        let found = prefer_active(self.all.iter().rev().filter(|authority| authority.name == name));
        found.ok_or_else(|| OpError::NotFound(format!("no authority is called {name:?}")))
    }

    /// The first authority that issues to end entities: an active one if there is one.
    ///
    /// # Errors
    /// [`OpError::NotFound`].
    pub fn first_issuing(&self) -> Result<&Authority, OpError> {
        let found = prefer_active(self.all.iter().filter(|authority| authority.kind == IssuerKind::Issuing));
        found.ok_or_else(|| OpError::NotFound("there is no issuing authority".to_owned()))
    }

    /// The authority that issues to end entities when none is named.
    ///
    /// # Errors
    /// [`OpError::NotFound`], [`OpError::AuthorityRevoked`].
    pub fn default_issuing(&self) -> Result<&Authority, OpError> {
        let found = self.first_issuing()?;
        found.require_active().map(|()| found)
    }

    /// The authority that this certificate makes one.
    pub fn certified_by(&self, certificate: &Certificate) -> Option<&Authority> {
        self.all.iter().find(|authority| authority.issuer.certificate().as_der() == certificate.as_der())
    }

    /// Every authority that issues to end entities.
    pub fn issuing(&self) -> impl Iterator<Item = &Authority> {
        let issues = |found: &&Authority| found.kind == IssuerKind::Issuing && found.require_active().is_ok();
        self.all.iter().filter(issues)
    }

    /// The authority of that slug: one CA certificate and key.
    ///
    /// # Errors
    /// [`OpError::NotFound`].
    pub fn by_slug(&self, slug: &str) -> Result<&Authority, OpError> {
        let found = self.by_slug.get(slug).and_then(|place| self.all.get(*place));
        found.ok_or_else(|| OpError::NotFound(format!("no authority has the slug {slug:?}")))
    }

    /// Where certificates of this authority say that their status is.
    pub fn status_urls(&self, authority: &Authority, shard: u32) -> StatusUrls {
        status_urls(&self.status_url, authority.issuer.slug(), shard)
    }

    /// Every trust anchor.
    pub fn roots(&self) -> impl Iterator<Item = &Authority> {
        self.all.iter().filter(|authority| authority.kind == IssuerKind::Root)
    }

    /// PEM of every trust anchor.
    pub fn roots_pem(&self) -> String {
        self.pem(IssuerKind::Root)
    }

    /// PEM of every issuing CA.
    pub fn intermediates_pem(&self) -> String {
        self.pem(IssuerKind::Issuing)
    }

    fn pem(&self, kind: IssuerKind) -> String {
        let chosen = self.all.iter().filter(|authority| authority.kind == kind);
        chosen.map(|authority| authority.issuer.certificate().to_pem()).collect()
    }
}

fn prefer_active<'a>(mut found: impl Iterator<Item = &'a Authority> + Clone) -> Option<&'a Authority> {
    let active = found.clone().find(|authority| authority.state() == IssuerState::Active);
    active.or_else(|| found.next())
}

/// The URLs under which an authority's status is served.
pub fn status_urls(base: &BaseUrl, slug: &str, shard: u32) -> StatusUrls {
    StatusUrls {
        crl: Some(base.join(&format!("/crl/{slug}/{shard}.crl"))),
        ca_issuers: Some(base.join(&format!("/aia/{slug}.cer"))),
    }
}

fn authority(
    row: &issuer::Issuer,
    rows: &[issuer::Issuer],
    keys: &HashMap<String, HsmKey>,
) -> Result<Authority, OpError> {
    let damaged = |fault: &dyn std::fmt::Display| OpError::Integrity(format!("issuer {}: {fault}", row.slug));
    let key = keys.get(&row.key_id).ok_or_else(|| damaged(&"its key is not recorded"))?;
    let public_key = SubjectPublicKeyInfo::from_der(&key.public_key).map_err(|fault| damaged(&fault))?;
    let id = key.id.parse().map_err(|fault| damaged(&fault))?;
    let state = key.state.parse().map_err(|fault| damaged(&fault))?;
    let key_ref = KeyRef { id, locator: key.locator.clone(), public_key };
    let chain = chain(row, rows)?;
    let issuer = Issuer::new(row.slug.clone(), chain, key_ref, state).map_err(|fault| damaged(&fault))?;
    Ok(Authority {
        name: row.authority.clone(),
        kind: row.kind,
        state: RwLock::new(row.state),
        hsm: key.hsm.clone(),
        crl_shards: u32::try_from(row.crl_shards).unwrap_or(1).max(1),
        issuer: Arc::new(issuer),
    })
}

/// The authority's certificate and those above it, without the trust anchor (unless it is one itself).
fn chain(row: &issuer::Issuer, rows: &[issuer::Issuer]) -> Result<Chain, OpError> {
    let damaged = |fault: &dyn std::fmt::Display| OpError::Integrity(format!("issuer {}: {fault}", row.slug));
    let mut certificates = Vec::new();
    let mut next = Some(row);
    while let Some(current) = next {
        if current.kind == IssuerKind::Root && !certificates.is_empty() {
            break;
        }
        certificates.push(Certificate::from_der(&current.der).map_err(|fault| damaged(&fault))?);
        next = current.parent.as_ref().and_then(|parent| rows.iter().find(|candidate| &candidate.slug == parent));
    }
    Chain::new(certificates).map_err(|fault| damaged(&fault))
}
