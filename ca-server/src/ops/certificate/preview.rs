//! What breaks when a certificate is revoked: told before it happens.

use ca_core::policy::Actor;
use ca_core::revocation::RevocationReason;
use ca_core::time::UnixTime;
use ca_core::x509::Certificate;

use super::detail::{self, RevocationList, list};
use super::search::CertificateStatus;
use super::{find, revoke_authority};
use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate::CertificateRecord;
use crate::store::certificate_lineage;
use crate::store::fields::{AccountId, AccountState};
use crate::store::signature::{self, SignatureRecord};
use crate::store::{StoreError, account, order};

/// Other certificates of the key that are named.
const SAME_KEY: i64 = 100;

/// Signatures that are named.
const SIGNATURES: i64 = 100;

/// What a revocation would mean.
#[derive(Clone, Debug)]
pub struct RevocationPreview {
    /// Its row.
    pub record: CertificateRecord,
    /// The certificate.
    pub certificate: Certificate,
    /// Its state now.
    pub status: CertificateStatus,
    /// Whether it is a CA's: everything below it is refused too.
    pub is_authority: bool,
    /// The newer certificate for the same names, if it is valid.
    pub successor: Option<CertificateRecord>,
    /// The account that ordered it.
    pub account: Option<AccountActivity>,
    /// Other certificates of the same key that are valid: keyCompromise blocks the key, so they should go too, and none can
    /// be renewed with it.
    pub same_key: Vec<CertificateRecord>,
    /// Signatures over artifacts that it verifies, the newest first: whoever builds on OpenSSL refuses every one of them,
    /// Java and Windows those without a timestamp from before.
    pub signatures: Vec<SignatureRecord>,
    /// How many there are.
    pub signature_count: i64,
    /// The list that will name it.
    pub list: RevocationList,
    /// Reasons that fit it.
    pub reasons: Vec<RevocationReason>,
    /// Why the viewer may not revoke it, if so.
    pub refusal: Option<String>,
}

/// Whether anybody still works with the account.
#[derive(Clone, Debug)]
pub struct AccountActivity {
    /// Its ACME endpoint.
    pub endpoint: String,
    /// Its id.
    pub id: AccountId,
    /// Whether it may be used.
    pub state: AccountState,
    /// When it last placed an order that is kept.
    pub last_order: Option<UnixTime>,
}

impl AccountActivity {
    /// Whether it may be used.
    pub fn is_valid(&self) -> bool {
        self.state == AccountState::Valid
    }
}

/// Looks at everything that depends on a certificate.
///
/// # Errors
/// As [`detail::detail`].
pub async fn preview(app: &App, actor: &Actor, name: &str) -> Result<RevocationPreview, OpError> {
    let (record, certificate) = find::one(app, actor, name, None).await?;
    let now = app.clock.now();
    let read = {
        let record = record.clone();
        move |c: &mut _| {
            let lineage = certificate_lineage::of(c, &record)?;
            let same_key = certificate_lineage::of_key(c, record.spki_sha256, record.id, SAME_KEY)?;
            let signatures = signature::of_certificate(c, record.id, SIGNATURES)?;
            let signature_count = signature::count_of_certificate(c, record.id)?;
            Ok((lineage, same_key, activity(c, &record)?, (signatures, signature_count)))
        }
    };
    let (lineage, same_key, account, (signatures, signature_count)) = app.store.read(read).await?;
    let is_valid = |found: &CertificateRecord| found.revoked_at.is_none() && found.not_after >= now;
    Ok(RevocationPreview {
        status: CertificateStatus::of(&record, now),
        is_authority: revoke_authority::is_authority(&certificate),
        successor: lineage.newest.filter(is_valid),
        account,
        same_key: same_key.into_iter().filter(is_valid).collect(),
        signatures,
        signature_count,
        list: list(app, &record),
        reasons: reasons(&certificate),
        refusal: detail::refusal(app, actor, (&record, &certificate))?,
        record,
        certificate,
    })
}

fn activity(
    c: &mut crate::store::Connection,
    record: &CertificateRecord,
) -> Result<Option<AccountActivity>, StoreError> {
    let Some(found) = record.account_id.map(|id| account::find(c, id)).transpose()?.flatten() else { return Ok(None) };
    let last = order::last_of(c, found.id)?;
    Ok(Some(AccountActivity {
        endpoint: found.endpoint,
        id: found.id,
        state: found.state,
        last_order: last.map(|order| order.created_at),
    }))
}

/// Reasons for revoking such a certificate.
pub fn reasons(certificate: &Certificate) -> Vec<RevocationReason> {
    let fits = |reason: &RevocationReason| reason.applies_to(certificate.basic_constraints());
    RevocationReason::ALL.into_iter().filter(fits).collect()
}
