//! What a signature over an artifact is worth, by what this server knows: its roots, and what it revoked.

use std::collections::{HashMap, HashSet};

use ca_core::policy::Actor;
use ca_core::policy::action::{ReadSignatures, VerifySignature};
use ca_core::revocation::RevocationReason;
use ca_core::signing::verification::{self, Question, Report, Revocation};
use ca_core::signing::{DigestItem, DigestSet, Format};
use ca_core::x509::extension::ExtendedKeyUsage;
use ca_core::x509::{Certificate, Purposes};

use super::ask::{hexadecimal, refusal};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::issue::blocked_since;
use crate::store::fields::Sha256;
use crate::store::signature::{self, LedgerLine};
use crate::store::{Connection, StoreError, certificate};

/// What is to be judged.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Word of the format.
    pub format: String,
    /// The signature: DER of the SignedData, or the bare signature.
    pub signature: Vec<u8>,
    /// Word of the hash function.
    pub algorithm: String,
    /// What the format takes the digest of, in hexadecimal.
    pub digest: String,
    /// For `raw`: DER of the certificate that should have signed.
    pub certificate: Option<Vec<u8>>,
}

/// What was found.
#[derive(Debug)]
pub struct Judged {
    /// By the rules of the format.
    pub report: Report,
    /// What the ledger has of signatures over that digest; nothing for whoever may not read it.
    pub ledger: Vec<LedgerLine>,
}

/// Largest signature that is looked at, in octets.
const LARGEST: usize = 256 * 1024;

/// Lines of the ledger answered at most.
const MOST: i64 = 50;

/// Judges a signature.
///
/// # Errors
/// A problem with status 422 for what cannot be judged; policy; when the database fails.
pub async fn verify(app: &App, actor: &Actor, asked: &Asked) -> Result<Judged, OpError> {
    let policies = app.policies.load_full();
    let _ = policies.engine().decide(actor, VerifySignature)?;
    if asked.signature.is_empty() || asked.signature.len() > LARGEST {
        return Err(refusal(format!("signature has 1 to {LARGEST} octets")));
    }
    let format: Format = asked.format.parse().map_err(refusal)?;
    let item = item(asked)?;
    // Lengths are checked as those of requests are.
    DigestSet::new(format, vec![item.clone()]).map_err(refusal)?;
    if format == Format::Raw && asked.certificate.is_none() {
        return Err(refusal("certificate is missing: a bare signature does not say who signed"));
    }
    let mut certificates: Vec<Certificate> = Vec::new();
    if let Some(der) = &asked.certificate {
        let fault = |fault| refusal(format!("certificate: {fault}"));
        certificates.push(Certificate::from_der(der).map_err(fault)?);
    }
    certificates.extend(app.authorities.all().iter().map(|authority| authority.issuer.certificate().clone()));
    let roots: Vec<Certificate> = app.authorities.roots().map(|root| root.issuer.certificate().clone()).collect();
    let carried = verification::carried(format, &asked.signature);
    let mut revoked = revocations(app, certificates.iter().chain(&carried)).await?;
    add_blocked(app, certificates.iter().chain(&carried), &mut revoked).await?;
    let report = verification::verify(&Question {
        format,
        signature: &asked.signature,
        item: &item,
        certificates: &certificates,
        roots: &roots,
        timestamp_roots: app.timestamps.roots(),
        now: app.clock.now(),
        revocation: &|found| revoked.get(&found.fingerprint()).copied(),
    });
    let ledger = match policies.engine().decide(actor, ReadSignatures) {
        Ok(_) => app.store.read(move |c| signature::of_digest(c, &item.digest, MOST)).await?,
        Err(_) => Vec::new(),
    };
    Ok(Judged { report, ledger })
}

fn item(asked: &Asked) -> Result<DigestItem, OpError> {
    let algorithm = asked.algorithm.parse().map_err(|error: ca_core::hsm::UnknownDigestAlgorithm| refusal(error))?;
    let digest = hexadecimal(&asked.digest).ok_or_else(|| refusal("digest is not hexadecimal"))?;
    Ok(DigestItem { name: "artifact".to_owned(), algorithm, digest })
}

/// What the database knows of everybody who may stand on a path: signer, authorities, and those of the timestamp.
async fn revocations(
    app: &App,
    certificates: impl Iterator<Item = &Certificate>,
) -> Result<HashMap<Sha256, Revocation>, OpError> {
    let prints: HashSet<Sha256> = certificates.map(Certificate::fingerprint).collect();
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        let mut found = Vec::new();
        for print in &prints {
            found.extend(certificate::by_fingerprint(c, *print)?);
        }
        Ok(found)
    };
    let rows = app.store.read(read).await?;
    let revoked = rows.into_iter().filter_map(|row| {
        let reason = row.record.reason.as_deref().and_then(|word| word.parse().ok());
        let reason = reason.unwrap_or(RevocationReason::Unspecified);
        let (at, lost_since) = (row.record.revoked_at?, row.record.invalidity_date);
        Some((row.record.fingerprint, Revocation { at, reason, lost_since }))
    });
    Ok(revoked.collect())
}

/// A renewed certificate has the key of the one before: when that is blocked, what this one signed or stamped is lost too,
/// though nobody revoked it.
async fn add_blocked(
    app: &App,
    certificates: impl Iterator<Item = &Certificate>,
    revoked: &mut HashMap<Sha256, Revocation>,
) -> Result<(), OpError> {
    let signs = |found: &&Certificate| {
        Purposes::of(found).is_ok_and(|purposes| {
            purposes.names(ExtendedKeyUsage::CodeSigning) || purposes.names(ExtendedKeyUsage::TimeStamping)
        })
    };
    for found in certificates.filter(signs) {
        if let Some(at) = blocked_since(app, found.public_key()).await? {
            let reason = RevocationReason::KeyCompromise;
            let known = revoked.entry(found.fingerprint()).or_insert(Revocation { at, reason, lost_since: None });
            (known.at, known.reason) = (known.at.min(at), reason);
        }
    }
    Ok(())
}
