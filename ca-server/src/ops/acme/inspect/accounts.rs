//! ACME accounts as operators see them, and closing one.

use ca_core::policy::Actor;
use ca_core::policy::action::DeactivateAccount;
use ca_core::time::UnixTime;

use super::permitted_endpoints;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::listing::{self, Listing};
use crate::ops::{OpError, audit};
use crate::store::account::{self, Account, Filter};
use crate::store::audit_event;
pub use crate::store::fields::AccountState;
use crate::store::fields::{AccountId, ExternalAccountId};

/// Which accounts are looked for; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Of this ACME endpoint.
    pub endpoint: Option<String>,
    /// In this state.
    pub state: Option<AccountState>,
    /// Bound by this binding.
    pub binding: Option<String>,
}

/// An account.
#[derive(Clone, Debug)]
pub struct AccountSeen {
    /// Its id.
    pub id: String,
    /// Its ACME endpoint.
    pub endpoint: String,
    /// `valid`, `deactivated` by itself, or `revoked` by an operator.
    pub state: AccountState,
    /// Contact URLs.
    pub contacts: Vec<String>,
    /// RFC 7638 thumbprint of its key.
    pub key_thumbprint: String,
    /// The binding it was opened with.
    pub binding: Option<String>,
    /// When it agreed to the terms of service.
    pub terms_agreed_at: Option<UnixTime>,
    /// The address it was opened from.
    pub created_from: String,
    /// When it was opened.
    pub created_at: UnixTime,
}

impl From<Account> for AccountSeen {
    fn from(row: Account) -> Self {
        Self {
            id: row.id.to_string(),
            endpoint: row.endpoint,
            state: row.state,
            contacts: row.contacts,
            key_thumbprint: row.jwk_thumbprint,
            binding: row.external_account_id.map(|id| id.to_string()),
            terms_agreed_at: row.terms_agreed_at,
            created_from: row.created_from,
            created_at: row.created_at,
        }
    }
}

/// One page of the accounts, newest first.
///
/// # Errors
/// When there is no such endpoint, the key is none, the policy denies it or the database fails.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &AccountFilter,
    after: Option<&str>,
    limit: i64,
) -> Result<Listing<AccountSeen>, OpError> {
    let endpoints = permitted_endpoints(app, actor, filter.endpoint.as_deref())?;
    let below: Option<AccountId> = after.map(listing::parse).transpose()?;
    let Ok(external_account) = filter.binding.as_deref().map(str::parse::<ExternalAccountId>).transpose() else {
        return Ok(Listing { items: Vec::new(), next: None });
    };
    let wanted = Filter { endpoints, state: filter.state, external_account };
    let rows = app.store.read(move |c| account::page(c, &wanted, below, limit.saturating_add(1))).await?;
    Ok(Listing::of_rows(rows, limit, |row| row.id.to_string()).map(AccountSeen::from))
}

/// One account.
///
/// # Errors
/// When there is none, the policy denies it or the database fails.
pub async fn one(app: &App, actor: &Actor, id: &str) -> Result<AccountSeen, OpError> {
    Ok(find(app, actor, id).await?.into())
}

async fn find(app: &App, actor: &Actor, id: &str) -> Result<Account, OpError> {
    let unknown = || OpError::NotFound(format!("there is no ACME account {id:?}"));
    let endpoints = permitted_endpoints(app, actor, None)?;
    let id: AccountId = id.parse().map_err(|_| unknown())?;
    let found = app.store.read(move |c| account::find(c, id)).await?;
    found.filter(|account| endpoints.contains(&account.endpoint)).ok_or_else(unknown)
}

/// Closes an account for good. Its certificates stay.
///
/// # Errors
/// When there is none in force, or the policy denies it.
pub async fn close(app: &App, actor: &Actor, origin: &Origin, id: &str) -> Result<(), OpError> {
    let found = find(app, actor, id).await?;
    let act = DeactivateAccount { endpoint: found.endpoint.clone(), account: found.id.to_string() };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let event = audit::event(app, &permitted, origin, format!("account {}", found.id));
    let id = found.id;
    let close = move |c: &mut _| {
        let closed = account::close(c, id, AccountState::Revoked)?;
        if closed {
            audit_event::insert(c, &event)?;
        }
        Ok(closed)
    };
    let closed = app.store.write(close).await?;
    app.accounts.forget(id);
    closed.then_some(()).ok_or_else(|| OpError::Conflict(format!("the account is {} already", found.state)))
}
