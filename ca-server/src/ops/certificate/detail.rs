//! Everything about one certificate: what it says, what it replaces, whose it is, what happened to it, what may be done.

use ca_core::policy::action::{AskForRenewal, AssignOwner, RevocationGround, RevokeCertificate};
use ca_core::policy::{Actor, Denied};
use ca_core::time::UnixTime;
use ca_core::x509::Certificate;
use ca_core::x509::describe::{self, CertificateDescription};

use super::{find, revoke_authority};
use crate::app::App;
use crate::ops::OpError;
use crate::store::account::Account;
use crate::store::audit_event;
use crate::store::blocked_key::{self, BlockedKey};
use crate::store::certificate::CertificateRecord;
use crate::store::certificate_lineage::{self, Lineage};
use crate::store::fields::IssuanceRequestId;
use crate::store::order::Order;
use crate::store::signature::SignatureRecord;
use crate::store::{Connection, StoreError, account, issuance_request, order, signature};

pub use crate::store::audit_event::AuditEvent;

/// Events shown; a certificate has few.
const EVENTS: i64 = 100;

/// Other certificates of the same key that are shown.
const SAME_KEY: i64 = 20;

/// Signatures over artifacts that are shown.
const SIGNATURES: i64 = 20;

/// One certificate with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct Detail {
    /// What was recorded.
    pub record: CertificateRecord,
    /// The certificate.
    pub certificate: Certificate,
    /// What it says, in words.
    pub description: CertificateDescription,
    /// Name of the authority that issued it.
    pub authority: String,
    /// The certificates above it, without the trust anchor.
    pub chain: Vec<Certificate>,
    /// What it renews, and what renews it.
    pub lineage: Lineage,
    /// Other certificates of the same key, newest first.
    pub same_key: Vec<CertificateRecord>,
    /// The account that ordered it.
    pub account: Option<Account>,
    /// The order it came from, while that is kept.
    pub order: Option<Order>,
    /// The request that people approved for it.
    pub request: Option<IssuanceRequestId>,
    /// What happened to it and to its order or request, newest first.
    pub history: Vec<AuditEvent>,
    /// Why its key is never certified again, if so.
    pub blocked: Option<BlockedKey>,
    /// The newest signatures over artifacts that it verifies.
    pub signatures: Vec<SignatureRecord>,
    /// How many there are.
    pub signature_count: i64,
    /// The list that names it once it is revoked.
    pub list: RevocationList,
    /// What the viewer may do.
    pub acts: Acts,
}

/// The revocation list of a certificate.
#[derive(Clone, Debug)]
pub struct RevocationList {
    /// Its shard.
    pub shard: i64,
    /// Where relying parties fetch it.
    pub url: String,
    /// When the one that is served must be replaced at the latest; none before the first.
    pub next_update: Option<UnixTime>,
    /// When the one that is served was made.
    pub this_update: Option<UnixTime>,
}

/// Whether the viewer may do each act, or why not.
#[derive(Clone, Debug)]
pub struct Acts {
    /// Revoke it.
    pub revoke: Result<(), String>,
    /// Say who answers for it.
    pub assign_owner: Result<(), String>,
    /// Ask its holder to renew.
    pub ask_for_renewal: Result<(), String>,
}

/// The certificate of an id, serial number or fingerprint.
///
/// # Errors
/// `NotFound`, `Conflict` when several authorities used the serial, policy and database.
pub async fn detail(app: &App, actor: &Actor, name: &str) -> Result<Detail, OpError> {
    let (record, certificate) = find::one(app, actor, name, None).await?;
    let description = describe::certificate(certificate.as_der())
        .map_err(|fault| OpError::Integrity(format!("certificate {}: {fault}", record.id)))?;
    let authority = app.authorities.by_slug(&record.issuer)?;
    let related = related(app, &record).await?;
    Ok(Detail {
        authority: authority.name.clone(),
        chain: authority.issuer.chain().certificates().to_vec(),
        acts: acts(app, actor, (&record, &certificate), &authority.name),
        list: list(app, &record),
        lineage: related.lineage,
        same_key: related.same_key,
        account: related.account,
        order: related.order,
        request: related.request,
        history: related.history,
        blocked: related.blocked,
        signatures: related.signatures,
        signature_count: related.signature_count,
        record,
        certificate,
        description,
    })
}

struct Related {
    lineage: Lineage,
    same_key: Vec<CertificateRecord>,
    account: Option<Account>,
    order: Option<Order>,
    request: Option<IssuanceRequestId>,
    history: Vec<AuditEvent>,
    blocked: Option<BlockedKey>,
    signatures: Vec<SignatureRecord>,
    signature_count: i64,
}

async fn related(app: &App, record: &CertificateRecord) -> Result<Related, OpError> {
    let record = record.clone();
    let read = move |c: &mut _| {
        let request = issuance_request::by_certificate(c, record.id)?.map(|found| found.id);
        Ok::<_, StoreError>(Related {
            signatures: signature::of_certificate(c, record.id, SIGNATURES)?,
            signature_count: signature::count_of_certificate(c, record.id)?,
            lineage: certificate_lineage::of(c, &record)?,
            same_key: certificate_lineage::of_key(c, record.spki_sha256, record.id, SAME_KEY)?,
            account: record.account_id.map(|id| account::find(c, id)).transpose()?.flatten(),
            order: record.order_id.map(|id| order::find(c, id)).transpose()?.flatten(),
            history: history(c, &record, request)?,
            request,
            blocked: blocked_key::by_hash(c, record.spki_sha256)?,
        })
    };
    Ok(app.store.read(read).await?)
}

/// Events of the certificate and of its order or request, newest first.
fn history(
    c: &mut Connection,
    record: &CertificateRecord,
    request: Option<IssuanceRequestId>,
) -> Result<Vec<AuditEvent>, StoreError> {
    let mut events = audit_event::of_object(c, &object(record), EVENTS)?;
    if let Some(order) = record.order_id {
        events.extend(audit_event::of_object(c, &format!("order {order}"), EVENTS)?);
    }
    if let Some(request) = request {
        events.extend(audit_event::of_object(c, &issuance_request::object(request), EVENTS)?);
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.id));
    Ok(events)
}

/// How the audit trail names a certificate.
pub(in crate::ops) fn object(record: &CertificateRecord) -> String {
    format!("certificate {}/{}", record.issuer, record.serial)
}

/// The list that names a certificate once it is revoked.
pub(super) fn list(app: &App, record: &CertificateRecord) -> RevocationList {
    let shard = u32::try_from(record.crl_shard).unwrap_or_default();
    let current = app.crls.current(&record.issuer, shard);
    RevocationList {
        shard: record.crl_shard,
        url: record.status_url.clone(),
        next_update: current.as_ref().map(|list| list.next_update),
        this_update: current.as_ref().map(|list| list.this_update),
    }
}

fn acts(app: &App, actor: &Actor, (record, certificate): (&CertificateRecord, &Certificate), authority: &str) -> Acts {
    let policies = app.policies.load();
    let engine = policies.engine();
    let (issuer, serial, profile) = (authority.to_owned(), record.serial.clone(), record.profile.clone());
    let revoke = RevokeCertificate {
        issuer: issuer.clone(),
        serial: serial.clone(),
        profile: profile.clone(),
        certification_authority: revoke_authority::is_authority(certificate),
        reason: "unspecified".to_owned(),
        block_key: false,
        ground: RevocationGround::Administration,
    };
    let assign = AssignOwner {
        issuer: issuer.clone(),
        serial: serial.clone(),
        profile: profile.clone(),
        owner: record.owner.clone().unwrap_or_default(),
    };
    let ask = AskForRenewal { issuer, serial, profile };
    let over = |word: &str| Err(format!("It is {word}."));
    let (revoked, expired) = (record.revoked_at.is_some(), record.not_after < app.clock.now());
    Acts {
        revoke: if revoked { over("revoked already") } else { verdict(engine.decide(actor, revoke)) },
        assign_owner: verdict(engine.decide(actor, assign)),
        ask_for_renewal: match (revoked, expired) {
            (true, _) => over("revoked"),
            (_, true) => over("expired"),
            _ => verdict(engine.decide(actor, ask)),
        },
    }
}

/// Why the viewer may not revoke a certificate, if so.
pub(super) fn refusal(
    app: &App,
    actor: &Actor,
    (record, certificate): (&CertificateRecord, &Certificate),
) -> Result<Option<String>, OpError> {
    let authority = &app.authorities.by_slug(&record.issuer)?.name;
    Ok(acts(app, actor, (record, certificate), authority).revoke.err())
}

/// Why an act is denied, in words for whoever may not do it.
pub(in crate::ops) fn verdict<T>(decision: Result<T, Denied>) -> Result<(), String> {
    decision.map(drop).map_err(|denied| denied.to_string())
}
