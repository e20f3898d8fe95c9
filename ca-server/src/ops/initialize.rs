//! The first ceremony: root and issuing CA, their keys in an HSM, everything about them recorded.

use std::collections::BTreeSet;

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
use crate::config::BaseUrl;
use crate::entropy::Entropy;
use crate::policies::Policies;
use crate::secrets;
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::fields::{IssuerKind, IssuerState};
use crate::store::hsm_key::{self, HsmKey};
use crate::store::installation::{self, Installation};
use crate::store::{Store, issuer};

/// What the ceremony works with.
pub struct Ceremony<'a> {
    /// The migrated, empty database.
    pub store: &'a Store,
    /// Dates keys and certificates.
    pub clock: &'a Clock,
    /// Serials and ids.
    pub entropy: &'a Entropy,
    /// Profiles `root` and `subordinate-ca`, and who may do this.
    pub policies: &'a Policies,
    /// Who holds the ceremony.
    pub actor: &'a Actor,
    /// For the audit.
    pub origin: &'a Origin,
    /// Name of the PKI, part of both subjects.
    pub name: &'a str,
    /// Base of the status URLs in certificates.
    pub status_url: &'a BaseUrl,
    /// Kind of both keys.
    pub key: KeySpec,
    /// Holds the root's key.
    pub root_hsm: &'a dyn Hsm,
    /// Holds the issuing CA's key, and wraps the data-encryption key.
    pub issuing_hsm: &'a dyn Hsm,
}

/// Names of the two authorities in configuration and URLs.
pub const ROOT: &str = "root";
/// See [`ROOT`].
pub const ISSUING: &str = "issuing";

/// The certificates that were made.
#[derive(Debug)]
pub struct Hierarchy {
    /// The trust anchor.
    pub root: Certificate,
    /// The issuing CA.
    pub issuing: Certificate,
}

/// One authority as the ceremony made it.
struct Made {
    name: &'static str,
    kind: IssuerKind,
    hsm: String,
    key: KeyDescription,
    certificate: Certificate,
    event: NewAuditEvent,
}

impl Ceremony<'_> {
    /// Makes root and issuing CA and records them in one write.
    ///
    /// # Errors
    /// When an HSM, a policy, lint or the database stands against it; nothing is recorded then.
    pub async fn hold(&self) -> Result<Hierarchy, OpError> {
        let root = self.make(ROOT, IssuerKind::Root, self.root_hsm, None).await?;
        let anchor = self.issuer(&root)?;
        let issuing = self.make(ISSUING, IssuerKind::Issuing, self.issuing_hsm, Some(&anchor)).await?;
        let hierarchy = Hierarchy { root: root.certificate.clone(), issuing: issuing.certificate.clone() };
        self.record(root, issuing).await?;
        Ok(hierarchy)
    }

    fn issuer(&self, made: &Made) -> Result<Issuer, OpError> {
        let integrity = |fault: &dyn std::fmt::Display| OpError::Integrity(fault.to_string());
        let chain = Chain::new(vec![made.certificate.clone()]).map_err(|fault| integrity(&fault))?;
        let key = made.key.key.clone();
        Issuer::new(made.name.to_owned(), chain, key, KeyState::Active).map_err(|fault| integrity(&fault))
    }

    async fn make(
        &self,
        name: &'static str,
        kind: IssuerKind,
        hsm: &dyn Hsm,
        parent: Option<&Issuer>,
    ) -> Result<Made, OpError> {
        let permitted = self.permit(name, kind, hsm)?;
        let key = hsm.generate(self.new_key(name)).await?;
        let certificate = self.certify(&permitted, name, kind, &key.key, parent, hsm).await?;
        let object = format!("authority {name}");
        let mut event = audit::event_at(self.clock, self.entropy, &permitted, self.origin, object)
            .detail("subject", certificate.subject())
            .detail("serial", certificate.serial())
            .detail("not_after", certificate.validity().not_after)
            .detail("key", key.key.id);
        event.certificate_sha256 = Some(certificate.fingerprint());
        Ok(Made { name, kind, hsm: hsm.name().to_owned(), key, certificate, event })
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
        name: &str,
        kind: IssuerKind,
        key: &KeyRef,
        parent: Option<&Issuer>,
        hsm: &dyn Hsm,
    ) -> Result<Certificate, OpError> {
        let profile = self.profile(kind)?;
        let subject = self.subject(name);
        let status = parent.map_or_else(StatusUrls::default, |parent| status_urls(self.status_url, parent.slug(), 0));
        let request = CertificateRequest {
            profile,
            public_key: &key.public_key,
            subject: &subject,
            names: CertifiedNames::of_authority(permitted),
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

    fn profile(&self, kind: IssuerKind) -> Result<&CertificateProfile, OpError> {
        let name = if kind == IssuerKind::Root { "root" } else { "subordinate-ca" };
        let found = self.policies.profile(name).map(AsRef::as_ref);
        found.ok_or_else(|| OpError::NotFound(format!("there is no certificate profile {name:?}")))
    }

    fn subject(&self, authority: &str) -> Vec<(SubjectAttribute, String)> {
        let role = if authority == ROOT { "Root CA" } else { "Issuing CA" };
        vec![
            (SubjectAttribute::Organization, self.name.to_owned()),
            (SubjectAttribute::CommonName, format!("{} {role}", self.name)),
        ]
    }

    async fn record(&self, root: Made, issuing: Made) -> Result<(), OpError> {
        let now = self.clock.now();
        let data_key = secrets::create(self.issuing_hsm, self.entropy, now).await?;
        let installation =
            Installation { id: self.entropy.uuid().to_string(), name: self.name.to_owned(), created_at: now };
        let rows = [(row(&root, None, now), root), (row(&issuing, Some(ROOT), now), issuing)];
        self.store
            .write(move |c| {
                installation::insert(c, &installation)?;
                installation::insert_data_key(c, &data_key)?;
                for ((key, issuer), made) in &rows {
                    hsm_key::insert(c, key)?;
                    issuer::insert(c, issuer)?;
                    audit_event::insert(c, &made.event)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }
}

/// Unique on a token that several installations share.
fn label(name: &str, id: &str) -> String {
    let tail = id.get(id.len().saturating_sub(12)..).unwrap_or_default();
    format!("signet/{name}/{tail}")
}

fn row(made: &Made, parent: Option<&str>, now: ca_core::time::UnixTime) -> (HsmKey, issuer::Issuer) {
    let (key, certificate) = (&made.key.key, &made.certificate);
    let stored = HsmKey {
        id: key.id.to_string(),
        hsm: made.hsm.clone(),
        locator: key.locator.clone(),
        algorithm: key.public_key.algorithm().to_string(),
        public_key: key.public_key.as_der().to_vec(),
        spki_sha256: key.public_key.sha256(),
        purposes: "certificate crl".to_owned(),
        state: KeyState::Active.to_string(),
        provenance: format!("generated in HSM {:?} by the first ceremony", made.hsm),
        created_at: now,
        state_changed_at: now,
    };
    let issuer = issuer::Issuer {
        slug: made.name.to_owned(),
        authority: made.name.to_owned(),
        generation: 1,
        kind: made.kind,
        state: IssuerState::Active,
        subject: certificate.subject().to_string(),
        serial: certificate.serial().clone(),
        der: certificate.as_der().to_vec(),
        key_id: stored.id.clone(),
        parent: parent.map(str::to_owned),
        not_before: certificate.validity().not_before,
        not_after: certificate.validity().not_after,
        crl_shards: 1,
        created_at: now,
    };
    (stored, issuer)
}
