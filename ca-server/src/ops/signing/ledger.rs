//! "Did we sign this file?": the ledger by digest.

use ca_core::policy::Actor;
use ca_core::policy::action::ReadSignatures;

use super::ask::{hexadecimal, refusal};
use crate::app::App;
use crate::ops::OpError;
use crate::store::signature;

pub use crate::store::signature::{LedgerLine, SignatureRecord};

/// Lines answered at most.
const MOST: i64 = 200;

/// The signatures over a digest, newest first, each with whether it was withdrawn.
///
/// # Errors
/// A problem with status 422 for what is no digest; policy.
pub async fn of_digest(app: &App, actor: &Actor, digest: &str) -> Result<Vec<LedgerLine>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadSignatures)?;
    let octets = hexadecimal(digest).filter(|octets| matches!(octets.len(), 32 | 48 | 64));
    let octets = octets.ok_or_else(|| refusal("digest is 64, 96 or 128 hexadecimal digits"))?;
    Ok(app.store.read(move |c| signature::of_digest(c, &octets, MOST)).await?)
}
