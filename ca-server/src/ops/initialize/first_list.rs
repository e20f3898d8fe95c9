//! The first CRL of an authority: empty, and there before the first certificate.

use std::sync::Arc;

use ca_core::policy::action::PublishCrl;
use ca_core::revocation::{CertificateListBuilder, CertificateListFacts, CrlNumber};
use ca_core::time::UnixMicros;

use super::{Ceremony, Made};
use crate::authorities::status_urls;
use crate::ops::revocation::list::{self, integrity, list_issuer, sha256};
use crate::ops::{OpError, audit};
use crate::store::audit_event::NewAuditEvent;
use crate::store::crl::Crl;
use crate::store::fields::IssuerKind;

/// A signed list that is not stored yet.
pub(super) struct FirstList {
    pub(super) row: Crl,
    pub(super) der: Vec<u8>,
    pub(super) event: NewAuditEvent,
}

impl Ceremony<'_> {
    pub(super) async fn first_list(&self, made: &Made) -> Result<FirstList, OpError> {
        let (slug, now) = (made.issuer.slug(), self.clock.now_micros());
        let act = PublishCrl { issuer: slug.to_owned(), shard: Some(0) };
        let permitted = self.policies.engine().decide(self.actor, act)?;
        let facts = self.facts(made, now);
        let builder =
            CertificateListBuilder::new(&permitted, list_issuer(&made.issuer), &facts, 0).map_err(integrity)?;
        let der = list::sign(builder, Arc::clone(&made.issuer), Arc::clone(&made.hsm)).await?;
        let row = Crl {
            issuer: slug.to_owned(),
            shard: 0,
            number: now.micros(),
            this_update: facts.this_update,
            next_update: facts.next_update,
            entries: 0,
            size: i64::try_from(der.len()).unwrap_or(i64::MAX),
            sha256: sha256(&der),
            fencing: 0,
            created_at: self.clock.now(),
        };
        let event = audit::event_at(self.clock, self.entropy, &permitted, self.origin, format!("crl {slug}/0"));
        Ok(FirstList { row, der, event })
    }

    fn facts(&self, made: &Made, now: UnixMicros) -> CertificateListFacts {
        let (slug, root) = (made.issuer.slug(), made.kind == IssuerKind::Root);
        let validity = self.settings.authority(slug).map(|settings| settings.crl.validity(root)).unwrap_or_default();
        let this_update = now.to_unix_time();
        let url = status_urls(&self.settings.server.status_url, slug, 0).crl;
        CertificateListFacts {
            this_update,
            next_update: this_update.plus(validity).min(made.certificate().validity().not_after),
            number: CrlNumber::new(u128::from(now.micros().unsigned_abs())),
            issuing_distribution_point: list::distribution_point(made.kind, url.into_iter().collect()),
        }
    }
}
