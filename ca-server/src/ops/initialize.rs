//! The first ceremony: root and issuing CA with their first CRLs, their keys in an HSM, everything about them recorded.
//!
//! It is atomic in effect. Everything is signed before anything is recorded, the record is one transaction, and the keys of a
//! ceremony that failed are destroyed by its caller ([`MadeKeys`]).

mod first_list;
mod made_keys;
mod record;

use std::collections::BTreeSet;
use std::sync::Arc;

use ca_core::hsm::{Hsm, KeyDescription, KeyId, KeyRef, KeySpec, KeyState, NewKey, SignPurpose};
use ca_core::issuance::{CertificateRequest, CertifiedNames, Issuer, Signer, StatusUrls, TbsCertificate};
use ca_core::policy::action::Initialize;
use ca_core::policy::{Actor, Permitted};
use ca_core::profile::CertificateProfile;
use ca_core::x509::name::SubjectAttribute;
use ca_core::x509::serial::RANDOM_OCTETS;
use ca_core::x509::{Certificate, Chain, SerialNumber};

use super::acme::Origin;
use super::issue::SIGNING_TIME_LIMIT;
use super::{OpError, audit};
use crate::authorities::status_urls;
use crate::clock::Clock;
use crate::config::Settings;
use crate::entropy::Entropy;
use crate::policies::Policies;
use crate::profile_versions::RulesInForce;
use crate::secrets;
use crate::store::audit_event::NewAuditEvent;
use crate::store::fields::IssuerKind;
use crate::store::installation::Installation;

use first_list::FirstList;
pub use made_keys::MadeKeys;
use record::Rows;

/// What the ceremony works with.
pub struct Ceremony<'a> {
    /// Dates keys and certificates.
    pub clock: &'a Clock,
    /// Serials and ids.
    pub entropy: &'a Entropy,
    /// Profiles `root` and `subordinate-ca`, and who may do this.
    pub policies: &'a Policies,
    /// Status URLs and the validity of the CRLs.
    pub settings: &'a Settings,
    /// Who holds the ceremony.
    pub actor: &'a Actor,
    /// For the audit.
    pub origin: &'a Origin,
    /// Name of the PKI, part of both subjects.
    pub name: &'a str,
    /// Kind of both keys.
    pub key: KeySpec,
    /// Holds the root's key.
    pub root_hsm: &'a Arc<dyn Hsm>,
    /// Holds the issuing CA's key, and wraps the data-encryption key.
    pub issuing_hsm: &'a Arc<dyn Hsm>,
}

/// Names of the two authorities in configuration and URLs.
pub const ROOT: &str = "root";
/// See [`ROOT`].
pub const ISSUING: &str = "issuing";

/// A hierarchy that is signed and not recorded yet.
pub struct Hierarchy {
    /// The trust anchor.
    pub root: Certificate,
    /// The issuing CA.
    pub issuing: Certificate,
    rows: Arc<Rows>,
}

/// One authority as the ceremony made it.
struct Made {
    kind: IssuerKind,
    hsm: Arc<dyn Hsm>,
    key: KeyDescription,
    issuer: Arc<Issuer>,
    parent: Option<String>,
    profile: Arc<CertificateProfile>,
    status_url: String,
    policy_set_hash: [u8; 32],
    decision: String,
    event: NewAuditEvent,
}

impl Made {
    fn certificate(&self) -> &Certificate {
        self.issuer.certificate()
    }
}

impl Ceremony<'_> {
    /// Makes root and issuing CA and signs their first CRLs. The keys that the HSMs have made by then are in `keys`, also when
    /// it fails.
    ///
    /// # Errors
    /// When an HSM, a policy or lint stands against it.
    pub async fn hold(&self, keys: &mut MadeKeys) -> Result<Hierarchy, OpError> {
        let root = self.make(ROOT, IssuerKind::Root, self.root_hsm, None, keys).await?;
        let issuing = self.make(ISSUING, IssuerKind::Issuing, self.issuing_hsm, Some(&root.issuer), keys).await?;
        // Every certificate names a CRL: the first ones are there before the first certificate is.
        let lists = [self.first_list(&root).await?, self.first_list(&issuing).await?];
        let certificates = (root.certificate().clone(), issuing.certificate().clone());
        let rows = Arc::new(self.rows([root, issuing], lists).await?);
        Ok(Hierarchy { root: certificates.0, issuing: certificates.1, rows })
    }

    async fn make(
        &self,
        name: &str,
        kind: IssuerKind,
        hsm: &Arc<dyn Hsm>,
        parent: Option<&Issuer>,
        keys: &mut MadeKeys,
    ) -> Result<Made, OpError> {
        let permitted = self.permit(name, kind, hsm.as_ref())?;
        let profile = self.profile(kind)?;
        let key = keys.generate(hsm, self.new_key(name)).await?;
        let base = &self.settings.server.status_url;
        let status = parent.map_or_else(StatusUrls::default, |parent| status_urls(base, parent.slug(), 0));
        let status_url = status.crl.clone().unwrap_or_default();
        let certificate = self.certify(&permitted, (name, &profile), &key.key, parent, (hsm, status)).await?;
        let object = format!("authority {name}");
        let mut event = audit::event_at(self.clock, self.entropy, &permitted, self.origin, object)
            .detail("subject", certificate.subject())
            .detail("serial", certificate.serial())
            .detail("not_after", certificate.validity().not_after)
            .detail("key", key.key.id);
        event.certificate_sha256 = Some(certificate.fingerprint());
        Ok(Made {
            kind,
            hsm: Arc::clone(hsm),
            issuer: Arc::new(issuer(name, certificate, &key.key)?),
            key,
            parent: parent.map(|parent| parent.slug().to_owned()),
            profile,
            status_url,
            policy_set_hash: *permitted.policy_set_hash().as_bytes(),
            decision: audit::decision(&permitted),
            event,
        })
    }

    fn permit(&self, name: &str, kind: IssuerKind, hsm: &dyn Hsm) -> Result<Permitted<Initialize>, OpError> {
        let act = Initialize {
            issuer: name.to_owned(),
            hsm: hsm.name().to_owned(),
            key_algorithm: self.key.algorithm(),
            trust_anchor: kind == IssuerKind::Root,
        };
        Ok(self.policies.engine().decide(self.actor, act)?)
    }

    fn new_key(&self, name: &str) -> NewKey {
        let id = self.entropy.uuid();
        NewKey {
            id: KeyId::new(id),
            spec: self.key,
            label: label(name, &id.to_string()),
            purposes: BTreeSet::from([SignPurpose::Certificate, SignPurpose::Crl]),
            state: KeyState::Active,
        }
    }

    async fn certify(
        &self,
        permitted: &Permitted<Initialize>,
        (name, profile): (&str, &CertificateProfile),
        key: &KeyRef,
        parent: Option<&Issuer>,
        (hsm, status): (&Arc<dyn Hsm>, StatusUrls),
    ) -> Result<Certificate, OpError> {
        let subject = self.subject(name);
        let request = CertificateRequest {
            profile,
            public_key: &key.public_key,
            subject: &subject,
            names: CertifiedNames::of_authority(permitted),
            project_purpose: None,
            serial: SerialNumber::from_random(self.entropy.bytes::<RANDOM_OCTETS>()),
            now: self.clock.now(),
            not_before: None,
            not_after: None,
            status,
        };
        let signer = parent.map_or(Signer::SelfSigned(key), Signer::Issuer);
        let linted = TbsCertificate::build(permitted, request, signer)?.lint(signer)?;
        let signing = if parent.is_some() { self.root_hsm } else { hsm };
        let signature = signing.sign(linted.sign_request(signer, SIGNING_TIME_LIMIT)).await?;
        let issued = linted.assemble(&signature, signer).map_err(|fault| OpError::Integrity(fault.to_string()))?;
        Ok(issued.into_certificate())
    }

    fn profile(&self, kind: IssuerKind) -> Result<Arc<CertificateProfile>, OpError> {
        let name = if kind == IssuerKind::Root { "root" } else { "subordinate-ca" };
        let found = self.policies.profile(name).cloned();
        found.ok_or_else(|| OpError::NotFound(format!("there is no certificate profile {name:?}")))
    }

    fn subject(&self, authority: &str) -> Vec<(SubjectAttribute, String)> {
        let role = if authority == ROOT { "Root CA" } else { "Issuing CA" };
        vec![
            (SubjectAttribute::Organization, self.name.to_owned()),
            (SubjectAttribute::CommonName, format!("{} {role}", self.name)),
        ]
    }

    async fn rows(&self, made: [Made; 2], lists: [FirstList; 2]) -> Result<Rows, OpError> {
        let now = self.clock.now();
        let authorities = made.into_iter().zip(lists).map(|(made, list)| self.authority_rows(made, list, now));
        Ok(Rows {
            installation: Installation {
                id: self.entropy.uuid().to_string(),
                name: self.name.to_owned(),
                created_at: now,
            },
            data_key: secrets::create(self.issuing_hsm.as_ref(), self.entropy, now).await?,
            rules: RulesInForce::of(self.policies, now),
            authorities: authorities.collect(),
        })
    }
}

fn issuer(name: &str, certificate: Certificate, key: &KeyRef) -> Result<Issuer, OpError> {
    let integrity = |fault: &dyn std::fmt::Display| OpError::Integrity(fault.to_string());
    let chain = Chain::new(vec![certificate]).map_err(|fault| integrity(&fault))?;
    Issuer::new(name.to_owned(), chain, key.clone(), KeyState::Active).map_err(|fault| integrity(&fault))
}

/// Unique on a token that several installations share.
fn label(name: &str, id: &str) -> String {
    let tail = id.get(id.len().saturating_sub(12)..).unwrap_or_default();
    format!("signet/{name}/{tail}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;
