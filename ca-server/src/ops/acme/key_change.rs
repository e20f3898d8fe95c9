//! keyChange (RFC 8555 §7.3.5).

use ca_core::acme::{Jwk, Problem, ProblemType};
use ca_core::policy::action::KeyChange;

use super::Requester;
use super::accounts::KnownAccount;
use super::new_account::account_key;
use crate::app::App;
use crate::ops::{OpError, audit, issue};
use crate::store::account::{self, Account};
use crate::store::{StoreError, audit_event};

/// What became of a key change.
#[derive(Debug)]
pub enum KeyChanged {
    /// The account now has the new key.
    Done(Box<Account>),
    /// Another account of the endpoint has the new key.
    InUse(Box<Account>),
}

/// Gives the account a new key, whose possession the inner JWS has proved.
///
/// # Errors
/// `badPublicKey` for a blocked key, `unauthorized` by policy or when the account changed meanwhile.
pub async fn key_change(
    app: &App,
    who: &Requester,
    account: &KnownAccount,
    new_key: &Jwk,
) -> Result<KeyChanged, OpError> {
    if let Some(reason) = issue::blocked_reason(app, new_key.public_key()).await? {
        let rule = format!("the new key is on the list of blocked keys: {reason}");
        return Err(Problem::new(ProblemType::BadPublicKey, rule).into());
    }
    let act = KeyChange { endpoint: who.endpoint.clone(), account: who.account.to_string() };
    let permitted = app.policies.load().engine().decide(&who.actor, act)?;
    let new = account_key(new_key);
    let event = audit::event(app, &permitted, &who.origin, format!("account {}", who.account))
        .detail("old_key_thumbprint", &account.account.jwk_thumbprint)
        .detail("new_key_thumbprint", &new.jwk_thumbprint);
    let (id, old, thumbprint) = (who.account, account.account.jwk_thumbprint.clone(), new.jwk_thumbprint.clone());
    let changed = app
        .store
        .write(move |c| {
            let changed = account::change_key(c, id, &old, &new)?;
            if changed {
                audit_event::insert(c, &event)?;
            }
            Ok(changed)
        })
        .await;
    app.accounts.forget(id);
    match changed {
        Ok(true) => Ok(KeyChanged::Done(Box::new(super::account::load(app, who).await?))),
        Ok(false) => Err(Problem::unauthorized("the account's key was changed by another request").into()),
        Err(StoreError::Conflict(_)) => holder(app, who, thumbprint).await,
        Err(error) => Err(error.into()),
    }
}

// RFC 8555 §7.3.5: 409 with the URL of the account that has the key.
async fn holder(app: &App, who: &Requester, thumbprint: String) -> Result<KeyChanged, OpError> {
    let endpoint = who.endpoint.clone();
    let found = app.store.read(move |c| account::by_key(c, &endpoint, &thumbprint)).await?;
    found
        .map(|account| KeyChanged::InUse(Box::new(account)))
        .ok_or_else(|| OpError::Conflict("the new key is in use".to_owned()))
}
