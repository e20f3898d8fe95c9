//! Fetching a certificate without an account: an address that anybody may know, and a code that only one knows.

use std::time::Duration;

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ca_core::issuance_request::RequestState;
use ca_core::policy::Actor;
use ca_core::policy::action::{FetchRequest, ShareRequest};
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::history::Record;
use super::load::load;
use super::people;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::fields::{FetchCodeId, IssuanceRequestId, Name, RequestEventKind, Sha256};
use crate::store::issuance_request_fetch_code::{self, FetchCode};
use crate::store::{certificate, issuance_request};

/// A code just made. It is shown only now.
#[derive(Debug)]
pub struct Shared {
    /// The page that asks for the code.
    pub url: String,
    /// The code.
    pub code: Zeroizing<String>,
    /// Until when it opens the page.
    pub expires_at: UnixTime,
}

/// Random octets of a code: nobody guesses it, so nobody has to be slowed down.
const CODE: usize = 24;

/// How long a code is good for.
const LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// Makes a code for a request. An earlier one opens nothing any more.
///
/// # Errors
/// When the policy denies it.
pub async fn share(app: &App, actor: &Actor, origin: &Origin, id: IssuanceRequestId) -> Result<Shared, OpError> {
    let row = load(app, id).await?.row;
    let facts = people::facts(app, actor, &row).await?;
    let permitted = app.policies.load().engine().decide(actor, ShareRequest(facts))?;
    let code = Zeroizing::new(URL_SAFE_NO_PAD.encode(Zeroizing::new(app.entropy.bytes::<CODE>()).as_slice()));
    let now = app.clock.now();
    let stored = FetchCode {
        id: FetchCodeId::new(app.entropy.uuid()),
        request_id: id,
        code_hash: hash(&code),
        created_by: actor.to_string(),
        created_at: now,
        expires_at: now.plus(LIFETIME),
    };
    let shared = Shared {
        url: app.settings.server.public_url.join(&format!("/fetch/{}", stored.id)),
        code,
        expires_at: stored.expires_at,
    };
    let record = Record::of(app, &permitted, origin, id, RequestEventKind::Shared, "");
    app.store
        .write(move |c| {
            issuance_request_fetch_code::replace(c, &stored)?;
            record.write(c)
        })
        .await?;
    Ok(shared)
}

/// What the holder of a code sees.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where the request stands.
    pub state: RequestState,
    /// Why it was rejected or failed.
    pub outcome: Option<String>,
    /// Its names.
    pub names: Vec<Name>,
    /// Its subject.
    pub subject: String,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it ends undecided.
    pub expires_at: UnixTime,
    /// The certificate and those above it, in PEM, once there is one.
    pub chain: Option<String>,
    /// Serial number of the certificate.
    pub serial: Option<String>,
    /// Last second of its validity.
    pub not_after: Option<UnixTime>,
}

/// Shows how the request of a code stands, with its certificate. A wrong code, an expired one and an address that never was
/// are told apart by nothing.
///
/// # Errors
/// `NotFound`.
pub async fn fetch(app: &App, address: &str, code: &str) -> Result<Fetched, OpError> {
    let wrong =
        || OpError::NotFound("no request is fetched with this code: it is wrong, was replaced, or has expired".into());
    let id: FetchCodeId = address.parse().map_err(|_| wrong())?;
    let stored = app.store.read(move |c| issuance_request_fetch_code::by_id(c, id)).await?;
    // An address that never was costs the same comparison.
    let expected = stored.as_ref().map_or([0; 32], |stored| stored.code_hash);
    let equal = constant_time::verify_slices_are_equal(&hash(code.trim()), &expected).is_ok();
    let stored = stored.filter(|stored| equal && stored.expires_at > app.clock.now()).ok_or_else(wrong)?;
    let request = stored.request_id;
    let actor = Actor::FetchCode { request: request.to_string() };
    let _ = app.policies.load().engine().decide(&actor, FetchRequest { request: request.to_string() })?;
    let read = move |c: &mut _| {
        let Some(row) = issuance_request::by_id(c, request)? else { return Ok(None) };
        let certificate = row.certificate_id.map(|id| certificate::by_id(c, id)).transpose()?.flatten();
        Ok(Some((row, certificate)))
    };
    let (row, certificate) = app.store.read(read).await?.ok_or_else(wrong)?;
    let chain = certificate.as_ref().map(|found| super::view::chain_pem(app, found)).transpose()?;
    Ok(Fetched {
        state: row.state,
        outcome: row.outcome,
        names: row.asked.names,
        subject: row.asked.subject,
        created_at: row.created_at,
        expires_at: row.expires_at,
        chain,
        serial: certificate.as_ref().map(|found| found.record.serial.to_string()),
        not_after: certificate.map(|found| found.record.not_after),
    })
}

fn hash(code: &str) -> Sha256 {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, code.as_bytes()).as_ref());
    hash
}
