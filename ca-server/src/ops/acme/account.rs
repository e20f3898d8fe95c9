//! Updating and deactivating an account (RFC 8555 §7.3.2, §7.3.6).

use ca_core::acme::Problem;
use ca_core::acme::account::AccountStatus;
use ca_core::policy::action::DeactivateAccount;

use super::Requester;
use crate::app::App;
use crate::ops::{OpError, audit};
use crate::store::account;
pub use crate::store::account::Account;
use crate::store::audit_event;
use crate::store::fields::AccountState;

/// The account's status as clients see it.
pub fn status(account: &Account) -> AccountStatus {
    match account.state {
        AccountState::Valid => AccountStatus::Valid,
        AccountState::Deactivated => AccountStatus::Deactivated,
        AccountState::Revoked => AccountStatus::Revoked,
    }
}

/// The account itself.
///
/// # Errors
/// When the database fails.
pub async fn load(app: &App, who: &Requester) -> Result<Account, OpError> {
    let (endpoint, id) = (who.endpoint.clone(), who.account);
    let found = app.store.look_up(move |c| account::by_id(c, &endpoint, id)).await?;
    Ok(found.ok_or_else(Problem::account_does_not_exist)?)
}

/// Replaces the contacts.
///
/// # Errors
/// `unauthorized` when the account was closed meanwhile.
pub async fn set_contacts(app: &App, who: &Requester, contacts: Vec<String>) -> Result<Account, OpError> {
    let id = who.account;
    let done = app.store.write(move |c| account::set_contacts(c, id, &contacts)).await?;
    changed(app, who, done).await
}

/// Closes the account for good.
///
/// # Errors
/// `unauthorized` by policy, or when it was closed meanwhile.
pub async fn deactivate(app: &App, who: &Requester) -> Result<Account, OpError> {
    let act = DeactivateAccount { endpoint: who.endpoint.clone(), account: who.account.to_string() };
    let permitted = app.policies.load().engine().decide(&who.actor, act)?;
    let event = audit::event(app, &permitted, &who.origin, format!("account {}", who.account));
    let id = who.account;
    let done = app
        .store
        .write(move |c| {
            let done = account::close(c, id, AccountState::Deactivated)?;
            if done {
                audit_event::insert(c, &event)?;
            }
            Ok(done)
        })
        .await?;
    changed(app, who, done).await
}

/// The account after a change, which only a valid one takes: where nothing was done, another request has closed it.
async fn changed(app: &App, who: &Requester, done: bool) -> Result<Account, OpError> {
    app.accounts.forget(who.account);
    let account = load(app, who).await?;
    if !done {
        status(&account).require_valid()?;
    }
    Ok(account)
}
