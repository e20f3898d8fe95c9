//! "Did we sign this file?": the ledger by digest.

use std::collections::{HashMap, HashSet};

use ca_core::policy::Actor;
use ca_core::policy::action::ReadSignatures;
use ca_core::x509::Certificate;

use super::ask::{hexadecimal, refusal};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::listing::Listing;
use crate::store::fields::SignatureId;
use crate::store::{Connection, StoreError, certificate as stored_certificate, signature};

pub use crate::store::certificate::CertificateRecord;
pub use crate::store::fields::CertificateId;
pub use crate::store::signature::{FoundBy, LedgerLine, SignatureRecord};

/// Lines answered at most.
const MOST: i64 = 200;

/// The signatures over a digest, newest first, each with whether it was withdrawn; after them those that were asked for as
/// signatures of a file with this SHA-256.
///
/// # Errors
/// A problem with status 422 for what is no digest; policy.
pub async fn of_digest(app: &App, actor: &Actor, digest: &str) -> Result<Vec<LedgerLine>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadSignatures)?;
    let octets = hexadecimal(digest).filter(|octets| matches!(octets.len(), 32 | 48 | 64));
    let octets = octets.ok_or_else(|| refusal("digest is 64, 96 or 128 hexadecimal digits"))?;
    let find = move |c: &mut Connection| -> Result<_, StoreError> {
        let mut found = signature::of_digest(c, &octets, MOST)?;
        if octets.len() == 32 {
            let known: HashSet<SignatureId> = found.iter().map(|line| line.record.id).collect();
            let more = signature::of_file(c, &octets, MOST)?;
            found.extend(more.into_iter().filter(|line| !known.contains(&line.record.id)));
            found.truncate(MOST as usize);
        }
        Ok(found)
    };
    Ok(app.store.read(find).await?)
}

/// The newest signatures, whatever they are over.
///
/// # Errors
/// Policy; when the database fails.
pub async fn newest(
    app: &App,
    actor: &Actor,
    after: Option<SignatureId>,
    limit: i64,
) -> Result<Listing<LedgerLine>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadSignatures)?;
    let found = app.store.read(move |c| signature::newest(c, after, limit + 1)).await?;
    Ok(Listing::of_rows(found, limit, |line| line.record.id.to_string()))
}

/// The certificates that verify these signatures, by their ids.
///
/// # Errors
/// When the database fails.
pub async fn certificates(
    app: &App,
    lines: &[LedgerLine],
) -> Result<HashMap<CertificateId, CertificateRecord>, OpError> {
    let mut ids: Vec<CertificateId> = lines.iter().map(|line| line.record.certificate_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = app.store.read(move |c| stored_certificate::records(c, &ids)).await?;
    Ok(found.into_iter().map(|record| (record.id, record)).collect())
}

/// What is recorded of a certificate, if it was issued here.
///
/// # Errors
/// When the database fails.
pub async fn certificate(app: &App, certificate: &Certificate) -> Result<Option<CertificateRecord>, OpError> {
    let print = certificate.fingerprint();
    let found = app.store.read(move |c| stored_certificate::by_fingerprint(c, print)).await?;
    Ok(found.map(|found| found.record))
}
