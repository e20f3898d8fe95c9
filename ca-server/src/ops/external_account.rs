//! External account bindings (RFC 8555 §7.3.4): made by an operator, shown once, used once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ca_core::acme::eab::HMAC_KEY_OCTETS;
use ca_core::policy::Actor;
use ca_core::policy::action::{CreateExternalAccount, ListExternalAccounts, RevokeExternalAccount};
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::acme::Origin;
use super::listing::Listing;
use super::{OpError, audit};
use crate::app::App;
use crate::store::audit_event;
pub use crate::store::external_account::BindingState;
use crate::store::external_account::{self, ExternalAccount, Filter, NewExternalAccount};
use crate::store::fields::ExternalAccountId;

/// A binding just made. The key is shown only now.
#[derive(Debug)]
pub struct Created {
    /// Key identifier.
    pub kid: String,
    /// MAC key in base64url without padding.
    pub hmac_key: Zeroizing<String>,
}

/// Makes a binding for one account of `endpoint`.
///
/// # Errors
/// When there is no such endpoint, name or time are too long, the policy denies it, or the HSM that seals secrets is away.
pub async fn create(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    endpoint: &str,
    name: &str,
    expires: Option<Duration>,
) -> Result<Created, OpError> {
    if app.endpoint(endpoint).is_none() {
        return Err(OpError::NotFound(format!("there is no ACME endpoint {endpoint:?}")));
    }
    check(name, expires)?;
    let permitted =
        app.policies.load().engine().decide(actor, CreateExternalAccount { endpoint: endpoint.to_owned() })?;
    let (id, now) = (ExternalAccountId::new(app.entropy.uuid()), app.clock.now());
    let key = Zeroizing::new(app.entropy.bytes::<HMAC_KEY_OCTETS>());
    let kid = id.to_string();
    let place = external_account::key_place(&kid);
    let sealed = app.secrets.seal(&app.store, &app.hsms, &app.entropy, place, key.as_slice()).await?;
    let new = NewExternalAccount {
        id,
        endpoint: endpoint.to_owned(),
        name: name.to_owned(),
        hmac_key: sealed,
        created_by: actor.to_string(),
        created_at: now,
        expires_at: expires.map(|duration| now.plus(duration)),
    };
    let event = audit::event(app, &permitted, origin, format!("external account {kid}"))
        .detail("endpoint", endpoint)
        .detail("name", name)
        .detail_if_any("expires_at", new.expires_at);
    app.store
        .write(move |c| {
            external_account::insert(c, &new)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(Created { kid, hmac_key: Zeroizing::new(URL_SAFE_NO_PAD.encode(key.as_slice())) })
}

/// Longest name of a binding, in characters.
pub const LONGEST_NAME: usize = 200;

/// Longest time in which a binding can be used: ten years.
pub const LONGEST_LIFE: Duration = Duration::from_secs(315_360_000);

fn check(name: &str, expires: Option<Duration>) -> Result<(), OpError> {
    if name.chars().count() > LONGEST_NAME {
        return Err(OpError::Conflict(format!("a binding's name has at most {LONGEST_NAME} characters")));
    }
    if expires.is_some_and(|life| life.is_zero() || life > LONGEST_LIFE) {
        return Err(OpError::Conflict("a binding can be used for at least a second and at most ten years".to_owned()));
    }
    Ok(())
}

/// A binding as operators see it: without its key.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Key identifier.
    pub kid: String,
    /// ACME endpoint.
    pub endpoint: String,
    /// What the operator calls it.
    pub name: String,
    /// Who made it.
    pub created_by: String,
    /// `unused`, `bound`, `expired` or `revoked`.
    pub status: &'static str,
    /// When it was made.
    pub created_at: UnixTime,
    /// Until when an account can be bound.
    pub expires_at: Option<UnixTime>,
    /// The account bound to it.
    pub account: Option<String>,
    /// When that was bound.
    pub bound_at: Option<UnixTime>,
    /// When it was withdrawn.
    pub revoked_at: Option<UnixTime>,
}

/// One page of the bindings, newest first: of one endpoint or of all, in one state or in any.
///
/// # Errors
/// When there is no such endpoint, the key is none, the policy denies it or the database fails.
pub async fn page(
    app: &App,
    actor: &Actor,
    endpoint: Option<&str>,
    state: Option<BindingState>,
    after: Option<&str>,
    limit: i64,
) -> Result<Listing<Listed>, OpError> {
    let below: Option<ExternalAccountId> = after.map(super::listing::parse).transpose()?;
    let endpoints = permitted_endpoints(app, actor, endpoint)?;
    let now = app.clock.now();
    let filter = Filter { endpoints, state: state.map(|state| (state, now)) };
    let rows = app.store.read(move |c| external_account::page(c, &filter, below, limit.saturating_add(1))).await?;
    Ok(Listing::of_rows(rows, limit, |row| row.id.to_string()).map(|row| listed(&row, now)))
}

/// One binding.
///
/// # Errors
/// When there is none, the policy denies it or the database fails.
pub async fn one(app: &App, actor: &Actor, kid: &str) -> Result<Listed, OpError> {
    let unknown = || OpError::NotFound(format!("there is no external account {kid:?}"));
    let endpoints = permitted_endpoints(app, actor, None)?;
    let id: ExternalAccountId = kid.parse().map_err(|_| unknown())?;
    let find = move |c: &mut _| {
        for endpoint in &endpoints {
            if let Some(found) = external_account::by_id(c, endpoint, id)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    };
    let found = app.store.read(find).await?.ok_or_else(unknown)?;
    Ok(listed(&found, app.clock.now()))
}

/// The endpoints whose bindings are asked for, each permitted.
fn permitted_endpoints(app: &App, actor: &Actor, endpoint: Option<&str>) -> Result<Vec<String>, OpError> {
    if let Some(unknown) = endpoint.filter(|name| app.endpoint(name).is_none()) {
        return Err(OpError::NotFound(format!("there is no ACME endpoint {unknown:?}")));
    }
    let wanted = app.settings.acme.iter().map(|settings| &settings.name);
    let wanted: Vec<String> = wanted.filter(|name| endpoint.is_none_or(|only| only == *name)).cloned().collect();
    for endpoint in &wanted {
        let act = ListExternalAccounts { endpoint: endpoint.clone() };
        let _ = app.policies.load().engine().decide(actor, act)?;
    }
    Ok(wanted)
}

/// Rows read at once.
const PAGE: i64 = 500;

/// Every binding, of one endpoint or of all.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn list(app: &App, actor: &Actor, endpoint: Option<&str>) -> Result<Vec<Listed>, OpError> {
    let wanted = |name: &str| endpoint.is_none_or(|only| only == name);
    for settings in app.settings.acme.iter().filter(|settings| wanted(&settings.name)) {
        let act = ListExternalAccounts { endpoint: settings.name.clone() };
        let _ = app.policies.load().engine().decide(actor, act)?;
    }
    let mut found: Vec<Listed> = Vec::new();
    let mut after = None;
    loop {
        let page = app.store.read(move |c| external_account::list(c, after, PAGE)).await?;
        after = page.last().map(|row| row.id);
        let last = i64::try_from(page.len()).unwrap_or_default() < PAGE;
        found.extend(page.iter().filter(|row| wanted(&row.endpoint)).map(|row| listed(row, app.clock.now())));
        if last {
            return Ok(found);
        }
    }
}

fn listed(row: &ExternalAccount, now: UnixTime) -> Listed {
    Listed {
        kid: row.id.to_string(),
        endpoint: row.endpoint.clone(),
        name: row.name.clone(),
        status: match row {
            _ if row.revoked_at.is_some() => "revoked",
            _ if row.account_id.is_some() => "bound",
            _ if row.expires_at.is_some_and(|end| end <= now) => "expired",
            _ => "unused",
        },
        created_at: row.created_at,
        expires_at: row.expires_at,
        created_by: row.created_by.clone(),
        account: row.account_id.map(|account| account.to_string()),
        bound_at: row.bound_at,
        revoked_at: row.revoked_at,
    }
}

/// Withdraws a binding: no account can be opened with it any more. An account that was stays.
///
/// # Errors
/// When there is none in force, or the policy denies it.
pub async fn revoke(app: &App, actor: &Actor, origin: &Origin, kid: &str) -> Result<(), OpError> {
    let unknown = || OpError::NotFound(format!("there is no external account {kid:?} in force"));
    let id: ExternalAccountId = kid.parse().map_err(|_| unknown())?;
    let endpoints: Vec<String> = app.settings.acme.iter().map(|endpoint| endpoint.name.clone()).collect();
    let find = move |c: &mut _| {
        for endpoint in &endpoints {
            if let Some(found) = external_account::by_id(c, endpoint, id)? {
                return Ok(Some(found.endpoint));
            }
        }
        Ok(None)
    };
    let endpoint = app.store.read(find).await?.ok_or_else(unknown)?;
    let act = RevokeExternalAccount { endpoint, kid: id.to_string() };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let event = audit::event(app, &permitted, origin, format!("external account {id}"));
    let now = app.clock.now();
    let done = app
        .store
        .write(move |c| {
            let done = external_account::revoke(c, id, now)?;
            if done {
                audit_event::insert(c, &event)?;
            }
            Ok(done)
        })
        .await?;
    done.then_some(()).ok_or_else(unknown)
}
