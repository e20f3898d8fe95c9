//! All signatures of a request in one archive, with the chain and a receipt.

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use ca_core::acme::Problem;
use ca_core::policy::Actor;
use ca_core::signing::{Format, SigningState};
use ca_core::x509::Certificate;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::sign::hexadecimal;
use super::view::{self, SigningView};
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::SigningRequestId;
use crate::store::signing_item::StoredItem;
use crate::store::{certificate, signature};

/// Signatures read at once.
const PAGE: i64 = 200;

/// The archive: `signatures/NNNN.p7s` (`.sig` for raw ones), `items.json`, `chain.pem`, `receipt.json`.
///
/// # Errors
/// `Conflict` while not all signatures are there; a problem with status 503 while too many archives are on their way;
/// `NotFound`; policy.
pub async fn bundle(app: &App, actor: &Actor, id: SigningRequestId) -> Result<Bytes, OpError> {
    let view = view::view(app, actor, id).await?;
    view::require_signed(&view.row)?;
    let place = Arc::clone(&app.signing.bundles).try_acquire_owned();
    let place =
        place.map_err(|_| Problem::unavailable("too many archives are being fetched at the moment: ask again"))?;
    let chain = chain(app, &view).await?;
    let (items, _) = super::load::items(app, &view.row).await?;
    let mut archive = Archive::new(view.row.format);
    let mut after = 0;
    loop {
        let page = app.store.read(move |c| signature::all_octets(c, id, after, PAGE)).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (n, octets) in page {
            archive.add(&archive.name(n), &octets)?;
        }
    }
    let listed: Vec<_> = items.iter().map(|item| listed(item, &archive)).collect();
    archive.add("items.json", format!("{:#}\n", json!({ "items": listed })).as_bytes())?;
    archive.add("chain.pem", chain.as_bytes())?;
    archive.add("receipt.json", format!("{:#}\n", receipt(&view)).as_bytes())?;
    Ok(Bytes::from_owner(Held { octets: archive.finish()?, _place: place }))
}

/// An archive with its place among those in memory, which is free again when the last octet was sent.
struct Held {
    octets: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

/// PEM of the certificate that signed and those above it, the root last.
///
/// # Errors
/// As [`bundle`].
pub async fn chain_of(app: &App, actor: &Actor, id: SigningRequestId) -> Result<String, OpError> {
    let view = view::view(app, actor, id).await?;
    view::require_signed(&view.row)?;
    chain(app, &view).await
}

async fn chain(app: &App, view: &SigningView) -> Result<String, OpError> {
    debug_assert_eq!(view.row.state, SigningState::Signed);
    let missing = || OpError::Integrity(format!("the signing request {} has no certificate", view.row.id));
    let id = view.row.certificate_id.ok_or_else(missing)?;
    let found = app.store.read(move |c| certificate::by_id(c, id)).await?.ok_or_else(missing)?;
    let certificate = Certificate::from_der(&found.der).map_err(|fault| OpError::Integrity(fault.to_string()))?;
    let path = super::certificate::path(app, certificate)?;
    Ok(path.iter().map(Certificate::to_pem).collect())
}

fn listed(item: &StoredItem, archive: &Archive) -> serde_json::Value {
    json!({
        "n": item.n, "name": item.name, "alg": item.algorithm.as_str(), "digest": hexadecimal(&item.digest),
        "size": item.size, "signature": archive.name(item.n),
    })
}

/// Who asked for what, and who agreed.
fn receipt(view: &SigningView) -> serde_json::Value {
    let row = &view.row;
    let approvers: Vec<&String> = view.tally.stages().iter().flat_map(|stage| &stage.approvers).collect();
    json!({
        "request": row.id.to_string(), "profile": row.profile, "profile_version": hexadecimal(&row.profile_hash),
        "environment": row.environment, "format": row.format.as_str(), "digest_set": row.set().to_string(),
        "items": row.items, "reason": row.reason, "subject": row.subject, "claims": row.claims,
        "provenance": row.provenance, "approvers": approvers, "glass_broken_by": row.glass_broken_by,
        "created_at": row.created_at.to_string(), "signed_at": row.ended_at.map(|at| at.to_string()),
    })
}

struct Archive {
    writer: ZipWriter<Cursor<Vec<u8>>>,
    ending: &'static str,
}

impl Archive {
    fn new(format: Format) -> Self {
        let ending = if format == Format::Raw { "sig" } else { "p7s" };
        Self { writer: ZipWriter::new(Cursor::new(Vec::new())), ending }
    }

    fn name(&self, n: i64) -> String {
        format!("signatures/{n:04}.{}", self.ending)
    }

    /// Stored as it is: signatures do not compress, and the same request is the same archive each time.
    fn add(&mut self, name: &str, octets: &[u8]) -> Result<(), OpError> {
        let options = SimpleFileOptions::DEFAULT.compression_method(zip::CompressionMethod::Stored);
        let written = self.writer.start_file(name, options).map_err(std::io::Error::from);
        written.and_then(|()| self.writer.write_all(octets)).map_err(fault)
    }

    fn finish(self) -> Result<Vec<u8>, OpError> {
        self.writer.finish().map(Cursor::into_inner).map_err(|error| fault(error.into()))
    }
}

fn fault(error: std::io::Error) -> OpError {
    OpError::Integrity(format!("the archive cannot be written: {error}"))
}
