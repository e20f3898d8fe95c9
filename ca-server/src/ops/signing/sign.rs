//! Signing what was approved: certificate chosen and recorded, then each artifact signed, verified, and put into the ledger.
//! Nothing is released before all of them are there.

use std::collections::HashSet;
use std::sync::Arc;

use ca_core::policy::action::SignApproved;
use ca_core::policy::{Actor, Permitted};
use ca_core::signing::{
    ApprovedSet, Artifact, ArtifactSigner, DigestItem, Format, SignableArtifact, SigningEvent, SigningProfile,
    SigningState,
};
use tokio::task::JoinSet;

use super::certificate::{self, Chosen};
use super::history::{Record, job_origin};
use super::load::Loaded;
use super::process::LEASE;
use super::{JOB, stamp, telling};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::issue::SIGNING_TIME_LIMIT;
use crate::store::fields::{CertificateId, SignatureId, SigningEventKind};
use crate::store::signature::{self, SignatureRecord};
use crate::store::signing_item::StoredItem;
use crate::store::signing_request::{self, StoredSigningRequest};

/// Signatures that are made at the same time for one request.
const AT_ONCE: usize = 16;

/// Signatures that are recorded in one write.
const CHUNK: usize = 64;

/// Everything that the signatures of one request have in common.
struct Batch {
    row: StoredSigningRequest,
    profile: Arc<SigningProfile>,
    permitted: Permitted<SignApproved>,
    signer: ArtifactSigner,
    hsm: String,
    certificate: CertificateId,
}

/// A signature that was made, with its line of the ledger.
type Made = (SignatureRecord, Vec<u8>);

/// Signs what is not signed yet, and ends the request when nothing is missing.
///
/// # Errors
/// When a rule, the HSM or the database stands against it; what was signed so far is kept.
pub(super) async fn sign(
    app: &Arc<App>,
    loaded: Loaded,
    items: Vec<StoredItem>,
    approved: ApprovedSet,
) -> Result<(), OpError> {
    let batch = Arc::new(begin(app, loaded, approved).await?);
    let id = batch.row.id;
    let done: HashSet<i64> = app.store.read(move |c| signature::numbers(c, id)).await?.into_iter().collect();
    let missing: Vec<StoredItem> = items.into_iter().filter(|item| !done.contains(&item.n)).collect();
    for chunk in missing.chunks(CHUNK) {
        certificate::still_serves(app, batch.certificate, &batch.signer).await?;
        let (made, fault) = make(app, &batch, chunk).await;
        keep(app, &batch, made).await?;
        app.signing.tell();
        fault?;
    }
    finish(app, &batch).await
}

/// Chooses the certificate, or takes the one that was chosen before, and asks the policies.
async fn begin(app: &App, loaded: Loaded, approved: ApprovedSet) -> Result<Batch, OpError> {
    let Loaded { row, profile, .. } = loaded;
    let chosen = match (row.certificate_id, &row.key_id) {
        (Some(certificate), Some(key)) => certificate::chosen(app, certificate, key).await?,
        _ => certificate::choose(app, &profile, &row).await?,
    };
    let Chosen { certificate, signer, hsm } = chosen;
    let act = SignApproved::new(
        approved,
        row.id.to_string(),
        row.profile.clone(),
        profile.environment().as_str(),
        signer.certificate().serial().clone(),
    );
    let permitted = app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?;
    if row.state == SigningState::Approved {
        let serial = signer.certificate().serial().to_string();
        let record = Record::of(app, &permitted, &job_origin(app), row.id, SigningEventKind::Begun, serial.clone())
            .detail("certificate", serial)
            .detail("key", signer.key().id);
        let (id, key, now) = (row.id, signer.key().id.to_string(), app.clock.now());
        let write = app.store.write(move |c| {
            let begun = signing_request::begin(c, id, certificate, &key, now)?;
            if begun {
                record.write(c)?;
            }
            Ok(begun)
        });
        write.await?.then_some(()).ok_or_else(super::vote::moved_on)?;
    }
    Ok(Batch { row, profile, permitted, signer, hsm, certificate })
}

/// Signs a chunk, a bounded number at a time; answers what was made and the first fault.
async fn make(app: &Arc<App>, batch: &Arc<Batch>, chunk: &[StoredItem]) -> (Vec<Made>, Result<(), OpError>) {
    let (mut signing, mut made, mut fault) = (JoinSet::new(), Vec::new(), Ok(()));
    let mut items = chunk.iter();
    loop {
        while fault.is_ok() && signing.len() < AT_ONCE {
            let Some(item) = items.next() else { break };
            signing.spawn(one(Arc::clone(app), Arc::clone(batch), item.clone()));
        }
        match signing.join_next().await {
            None => return (made, fault),
            Some(Ok(Ok(signature))) => made.push(signature),
            Some(Ok(Err(error))) => fault = fault.and(Err(error)),
            Some(Err(error)) => {
                fault = fault.and(Err(OpError::Integrity(format!("a signature was not made: {error}"))))
            }
        }
    }
}

async fn one(app: Arc<App>, batch: Arc<Batch>, stored: StoredItem) -> Result<Made, OpError> {
    let item = stored.item();
    let Batch { row, profile, permitted, signer, hsm, .. } = &*batch;
    let linted = lint(&app, permitted, row.format, &item, signer)?;
    let signature = signature_of(&app, hsm, &linted).await?;
    let signed = linted.assemble(&signature).map_err(|fault| OpError::Integrity(fault.to_string()))?;
    let (signed, stamped) = stamp::stamp(&app, profile, row.format, signed).await?;
    let record = SignatureRecord {
        id: SignatureId::new(app.entropy.uuid()),
        request_id: Some(row.id),
        n: Some(stored.n),
        grant_id: None,
        profile: row.profile.clone(),
        format: row.format,
        name: item.name,
        algorithm: item.algorithm,
        digest: item.digest,
        subject: row.subject.clone(),
        certificate_id: batch.certificate,
        timestamp_at: stamped.as_ref().map(|stamped| stamped.at),
        timestamp_serial: stamped.map(|stamped| stamped.serial),
        created_at: app.clock.now(),
    };
    Ok((record, signed.into_bytes()))
}

/// Builds what is signed and holds it against the rules.
pub(super) fn lint<A: ca_core::signing::ArtifactAct>(
    app: &App,
    permitted: &Permitted<A>,
    format: Format,
    item: &DigestItem,
    signer: &ArtifactSigner,
) -> Result<ca_core::signing::LintedArtifact, OpError> {
    let now = app.clock.now();
    let artifact = Artifact { format, item, signing_time: now };
    let built = SignableArtifact::build(permitted, artifact, signer)?;
    Ok(built.lint(now)?)
}

/// Asks the HSM.
pub(super) async fn signature_of(
    app: &App,
    hsm: &str,
    linted: &ca_core::signing::LintedArtifact,
) -> Result<ca_core::hsm::Signature, OpError> {
    let missing = || OpError::NotFound(format!("the HSM {hsm:?} with the key of the profile is not configured"));
    let found = app.hsms.get(hsm).ok_or_else(missing)?;
    let begun = app.clock.now_micros();
    let signature = found.sign(linted.sign_request(SIGNING_TIME_LIMIT)).await;
    let signature = signature.inspect_err(|error| app.hsm_watch.failed(hsm, app.clock.now(), error))?;
    app.observe_signature(hsm, begun);
    Ok(signature)
}

/// Puts signatures into the ledger, each at most once, and keeps the request for this process.
async fn keep(app: &App, batch: &Batch, made: Vec<Made>) -> Result<(), OpError> {
    let (id, holder, now) = (batch.row.id, app.instance.clone(), app.clock.now());
    let count = made.len() as u64;
    let write = app.store.write(move |c| {
        for (record, octets) in &made {
            signature::insert(c, record, octets)?;
        }
        signing_request::claim(c, id, &holder, now, now.plus(LEASE))
    });
    write.await?;
    metrics::counter!("signet_signatures_total", "profile" => batch.row.profile.clone()).increment(count);
    Ok(())
}

async fn finish(app: &App, batch: &Batch) -> Result<(), OpError> {
    let (row, now) = (&batch.row, app.clock.now());
    let (id, items) = (row.id, row.items);
    let certificate = batch.signer.certificate();
    let record = Record::of(app, &batch.permitted, &job_origin(app), id, SigningEventKind::Signed, "")
        .detail("certificate", certificate.serial())
        .detail("certificate_sha256", hexadecimal(&certificate.fingerprint()))
        .detail("digest_set", row.set())
        .detail("items", items)
        .detail("subject", &row.subject)
        .telling(telling::signed(app, row));
    let write = app.store.write(move |c| {
        if signature::count(c, id)? != items {
            return Ok(());
        }
        if signing_request::advance(c, id, SigningEvent::FinishSigning, now)? {
            record.write(c)?;
        }
        Ok(())
    });
    Ok(write.await?)
}

/// Lower-case digits without separators.
pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
