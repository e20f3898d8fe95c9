//! Handing over the private key that this server made: once, to the person who asked for it, then it is gone.

use aws_lc_rs::constant_time;
use ca_core::acme::Problem;
use ca_core::policy::Actor;
use ca_core::policy::action::DeliverKey;
use ca_core::x509::Certificate;
use zeroize::Zeroizing;

use super::generated_key;
use super::history::Record;
use super::load::load;
use super::people;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::fields::{IssuanceRequestId, RequestEventKind};
use crate::store::issuance_request::{self, key_place};
use crate::store::{Connection, StoreError, certificate};

/// Characters of a passphrase, at least.
pub const SHORTEST_PASSPHRASE: usize = 12;

/// Characters of a passphrase, at most.
const LONGEST_PASSPHRASE: usize = 256;

/// A PKCS#12 file and what to call it.
#[derive(Debug)]
pub struct Delivered {
    /// The file.
    pub pkcs12: Zeroizing<Vec<u8>>,
    /// Serial number of its certificate, for the file's name.
    pub serial: String,
}

/// The passphrase for the file, typed twice, both the same and long enough.
///
/// # Errors
/// What is wrong with it.
pub fn passphrase(typed: &str, again: &str) -> Result<Zeroizing<String>, OpError> {
    let length = typed.chars().count();
    if constant_time::verify_slices_are_equal(typed.as_bytes(), again.as_bytes()).is_err() {
        return Err(Problem::malformed("the two passphrases are not the same: type them again").into());
    }
    if !(SHORTEST_PASSPHRASE..=LONGEST_PASSPHRASE).contains(&length) {
        let rule = format!("a passphrase has {SHORTEST_PASSPHRASE} to {LONGEST_PASSPHRASE} characters");
        return Err(Problem::malformed(rule).into());
    }
    // RFC 7292 §B.1: a passphrase is a BMPString, in which a zero ends it.
    if typed.chars().any(|c| c.is_control() || u32::from(c) > 0xffff) {
        return Err(Problem::malformed("a passphrase has no control characters and none beyond U+FFFF").into());
    }
    Ok(Zeroizing::new(typed.to_owned()))
}

/// Puts key and certificate into a PKCS#12 file under `passphrase`, and destroys the key.
///
/// # Errors
/// `Conflict` when there is no key to hand over, or not yet; policy; the HSM that seals secrets is away.
pub async fn deliver(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: IssuanceRequestId,
    passphrase: Zeroizing<String>,
) -> Result<Delivered, OpError> {
    let row = load(app, id).await?.row;
    let facts = people::facts(app, actor, &row).await?;
    let permitted = app.policies.load().engine().decide(actor, DeliverKey(facts))?;
    let certificate_id = row.certificate_id.ok_or_else(|| {
        OpError::Conflict("the key is handed over together with its certificate, which is not issued yet".to_owned())
    })?;
    let read = move |c: &mut Connection| -> Result<_, StoreError> {
        Ok((issuance_request::private_key(c, id)?, certificate::by_id(c, certificate_id)?))
    };
    let (sealed, stored) = app.store.read(read).await?;
    let sealed = sealed.ok_or_else(gone)?;
    let stored = stored.ok_or_else(|| OpError::Integrity(format!("request {id} lacks its certificate")))?;
    let private_key = app.secrets.open(&app.store, &app.hsms, key_place(&id.to_string()), &sealed).await?;
    let certificate = Certificate::from_der(&stored.der)
        .map_err(|fault| OpError::Integrity(format!("certificate {certificate_id}: {fault}")))?;
    let serial = certificate.serial().to_string();
    let chain = app.authorities.by_slug(&stored.record.issuer)?.issuer.chain().clone();
    // Deriving the key of the file takes long on purpose.
    let made = tokio::task::spawn_blocking(move || {
        generated_key::pkcs12(&private_key, &certificate, &chain, &passphrase).map(Zeroizing::new)
    });
    let pkcs12 = made.await.map_err(|fault| OpError::Integrity(format!("the PKCS#12 file: {fault}")))??;
    let record = Record::of(app, &permitted, origin, id, RequestEventKind::KeyDelivered, "");
    let now = app.clock.now();
    let ours = app.store.write(move |c| {
        let ours = issuance_request::destroy_key(c, id, Some(now))?;
        if ours {
            record.write(c)?;
        }
        Ok(ours)
    });
    // Who loses this race has no right to the file any more.
    if !ours.await? {
        return Err(gone());
    }
    Ok(Delivered { pkcs12, serial })
}

fn gone() -> OpError {
    OpError::Conflict(
        "there is no private key here: it was handed over or destroyed, or was never made by this server".to_owned(),
    )
}
