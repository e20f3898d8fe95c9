//! What the ceremony leaves in the database, in one transaction.

use std::sync::Arc;
use std::time::Duration;

use ca_core::hsm::KeyState;
use ca_core::time::UnixTime;

use super::first_list::FirstList;
use super::{Ceremony, Hierarchy, Made};
use crate::ops::OpError;
use crate::ops::issue::names_hash;
use crate::ops::revocation::publish;
use crate::profile_versions::RulesInForce;
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::certificate::{self, NewCertificate};
use crate::store::crl::{self, Crl, Publication};
use crate::store::fields::{CertificateId, IssuerState};
use crate::store::hsm_key::{self, HsmKey};
use crate::store::installation::{self, Installation, WrappedDataKey};
use crate::store::issuance_intent::IssuanceFacts;
use crate::store::issuer::{self, Issuer};
use crate::store::{Connection, Store, StoreError, lease};

/// Everything that is recorded.
pub(super) struct Rows {
    pub(super) installation: Installation,
    pub(super) data_key: WrappedDataKey,
    pub(super) rules: RulesInForce,
    pub(super) authorities: Vec<AuthorityRows>,
}

/// What is recorded of one authority.
pub(super) struct AuthorityRows {
    key: HsmKey,
    issuer: Issuer,
    certificate: NewCertificate,
    event: NewAuditEvent,
    list: FirstList,
}

impl Hierarchy {
    /// Records all of it, or nothing.
    ///
    /// # Errors
    /// When the database fails, or holds an installation already.
    pub async fn record(&self, store: &Store) -> Result<(), OpError> {
        let rows = Arc::clone(&self.rows);
        match store.write(move |c| rows.insert(c)).await {
            Ok(()) => Ok(()),
            // A connection that broke during the commit leaves open whether it is stored.
            Err(_) if self.is_recorded(store).await => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn is_recorded(&self, store: &Store) -> bool {
        let found = store.read(installation::load).await.ok().flatten();
        found.is_some_and(|found| found.id == self.rows.installation.id)
    }
}

impl Rows {
    fn insert(&self, c: &mut Connection) -> Result<(), StoreError> {
        installation::insert(c, &self.installation)?;
        installation::insert_data_key(c, &self.data_key)?;
        self.rules.record(c)?;
        self.authorities.iter().try_for_each(|authority| authority.insert(c))
    }
}

impl AuthorityRows {
    fn insert(&self, c: &mut Connection) -> Result<(), StoreError> {
        hsm_key::insert(c, &self.key)?;
        issuer::insert(c, &self.issuer)?;
        certificate::insert(c, &self.certificate)?;
        audit_event::insert(c, &self.event)?;
        self.list.insert(c)
    }
}

/// Nobody else publishes in a database that is being filled.
const LEASE: Duration = Duration::from_secs(60);

impl FirstList {
    fn insert(&self, c: &mut Connection) -> Result<(), StoreError> {
        let taken =
            || StoreError::corrupt(format!("a CRL of {} is published before its issuer exists", self.row.issuer));
        let name = publish::lease_name(&self.row.issuer, self.row.shard);
        let lease = lease::acquire(c, &name, "init", LEASE)?.ok_or_else(taken)?;
        let row = Crl { fencing: lease.fencing, ..self.row.clone() };
        crl::insert(c, &row)?;
        for (position, chunk) in (0..).zip(self.der.chunks(crl::CHUNK)) {
            crl::insert_chunk(c, &row, position, chunk)?;
        }
        if crl::publish(c, &row, &lease)? != Publication::Done {
            return Err(taken());
        }
        lease::release(c, &lease)?;
        audit_event::insert(c, &self.event)
    }
}

impl Ceremony<'_> {
    pub(super) fn authority_rows(&self, made: Made, list: FirstList, now: UnixTime) -> AuthorityRows {
        let key = key_row(&made, now);
        AuthorityRows {
            issuer: issuer_row(&made, key.id.clone(), now),
            key,
            certificate: self.certificate_row(&made, now),
            event: made.event,
            list,
        }
    }

    /// A CA's certificate is listed, shown and revoked as every other one.
    fn certificate_row(&self, made: &Made, now: UnixTime) -> NewCertificate {
        let certificate = made.certificate();
        let facts = IssuanceFacts {
            certificate_id: CertificateId::new(self.entropy.uuid()),
            issuer: made.parent.clone().unwrap_or_else(|| made.issuer.slug().to_owned()),
            serial: certificate.serial().clone(),
            order_id: None,
            submission: None,
            endpoint: None,
            account_id: None,
            requester: self.actor.to_string(),
            profile: made.profile.name().to_owned(),
            profile_hash: *made.profile.hash().as_bytes(),
            policy_set_hash: made.policy_set_hash,
            decision: made.decision.clone(),
            spki_sha256: certificate.public_key().sha256(),
            not_before: certificate.validity().not_before,
            not_after: certificate.validity().not_after,
            subject: certificate.subject().to_string(),
            names: Vec::new(),
            names_hash: names_hash(&[]),
            crl_shard: 0,
            status_url: made.status_url.clone(),
            replaces: None,
            owner: None,
            request_id: self.origin.request_id.clone(),
        };
        let (der, fingerprint) = (certificate.as_der().to_vec(), certificate.fingerprint());
        NewCertificate { facts, der, fingerprint, issued_at: now }
    }
}

fn key_row(made: &Made, now: UnixTime) -> HsmKey {
    let key = &made.key.key;
    HsmKey {
        id: key.id.to_string(),
        hsm: made.hsm.name().to_owned(),
        locator: key.locator.clone(),
        algorithm: key.public_key.algorithm().to_string(),
        public_key: key.public_key.as_der().to_vec(),
        spki_sha256: key.public_key.sha256(),
        purposes: "certificate crl".to_owned(),
        state: KeyState::Active.to_string(),
        provenance: format!("generated in HSM {:?} by the first ceremony", made.hsm.name()),
        created_at: now,
        state_changed_at: now,
    }
}

fn issuer_row(made: &Made, key_id: String, now: UnixTime) -> Issuer {
    let certificate = made.certificate();
    Issuer {
        slug: made.issuer.slug().to_owned(),
        authority: made.issuer.slug().to_owned(),
        generation: 1,
        kind: made.kind,
        state: IssuerState::Active,
        subject: certificate.subject().to_string(),
        serial: certificate.serial().clone(),
        der: certificate.as_der().to_vec(),
        key_id,
        parent: made.parent.clone(),
        not_before: certificate.validity().not_before,
        not_after: certificate.validity().not_after,
        crl_shards: 1,
        created_at: now,
    }
}
