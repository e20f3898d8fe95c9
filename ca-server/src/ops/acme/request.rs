//! Who sent a request: signature, URL and nonce (RFC 8555 §6).

use std::sync::Arc;

use ca_core::acme::{Jwk, JwsKey, ParsedJws, Problem, VerifiedJws};

use super::accounts::KnownAccount;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::AccountId;

/// A request signed by an account.
#[derive(Debug)]
pub struct Signed {
    /// The account.
    pub account: Arc<KnownAccount>,
    /// What it signed.
    pub jws: VerifiedJws,
}

/// Verifies a request that must be signed by an account (`kid`).
///
/// # Errors
/// The problems of RFC 8555 §6.2 to §6.5, `accountDoesNotExist`, and `unauthorized` for an account that is not valid.
pub async fn by_account(
    app: &App,
    endpoint: &str,
    account_prefix: &str,
    url: &str,
    body: &[u8],
) -> Result<Signed, OpError> {
    let parsed = ParsedJws::parse(body)?;
    let JwsKey::Kid(kid) = parsed.key() else {
        return Err(Problem::malformed("this request must be signed with an account's key, named by kid").into());
    };
    let id = account_id(kid, account_prefix).ok_or_else(Problem::account_does_not_exist)?;
    parsed.require_url(url)?;
    let account = app.accounts.load(&app.store, endpoint, id).await?.ok_or_else(Problem::account_does_not_exist)?;
    let nonce = parsed.nonce().to_owned();
    let jws = parsed.verify(account.jwk.public_key())?;
    app.nonces.spend(app, &nonce).await?;
    super::account::status(&account.account).require_valid()?;
    Ok(Signed { account, jws })
}

/// Verifies a request that carries its key (`jwk`): newAccount.
///
/// # Errors
/// The problems of RFC 8555 §6.2 to §6.5.
pub async fn by_embedded_key(app: &App, url: &str, body: &[u8]) -> Result<(Jwk, VerifiedJws), OpError> {
    let parsed = ParsedJws::parse(body)?;
    parsed.require_url(url)?;
    let nonce = parsed.nonce().to_owned();
    let verified = parsed.verify_embedded()?;
    app.nonces.spend(app, &nonce).await?;
    Ok(verified)
}

/// Whether a body is signed with an embedded key rather than by an account: revokeCert takes both.
///
/// # Errors
/// `malformed` when it is no JWS.
pub fn has_embedded_key(body: &[u8]) -> Result<bool, OpError> {
    Ok(matches!(ParsedJws::parse(body)?.key(), JwsKey::Jwk(_)))
}

fn account_id(kid: &str, prefix: &str) -> Option<AccountId> {
    kid.strip_prefix(prefix)?.parse().ok()
}
