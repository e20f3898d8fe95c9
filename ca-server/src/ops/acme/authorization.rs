//! An authorization as its account sees it, and its deactivation (RFC 8555 §7.5).

use ca_core::acme::authorization::{AuthorizationFacts, AuthorizationState as Standing, AuthorizationStatus};
use ca_core::acme::{Identifier, Problem};

use super::{AuthorizationView, Requester, names};
use crate::app::App;
use crate::ops::OpError;
use crate::store::authorization::{self, Authorization};
use crate::store::fields::{AccountId, AuthorizationId, AuthorizationState};

/// The authorization of that id with its challenges, if it is the account's.
///
/// # Errors
/// 404 when there is none.
pub async fn load(app: &App, who: &Requester, id: AuthorizationId) -> Result<AuthorizationView, OpError> {
    let account = who.account;
    let loaded = app.store.look_up(move |c| authorization::by_id(c, account, id)).await?;
    let found = loaded.filter(|(authorization, _)| authorization.endpoint == who.endpoint);
    let (found, challenges) = found.ok_or_else(|| Problem::not_found("authorization"))?;
    AuthorizationView::of(app, &found, &challenges)
}

/// Gives an authorization up (RFC 8555 §7.5.2).
///
/// # Errors
/// 404 when there is none, `malformed` when it is over already.
pub async fn deactivate(app: &App, who: &Requester, id: AuthorizationId) -> Result<AuthorizationView, OpError> {
    load(app, who, id).await?.status.require_deactivatable()?;
    let account = who.account;
    app.store.write(move |c| authorization::deactivate(c, account, id)).await?;
    load(app, who, id).await
}

/// The status at this moment (RFC 8555 §7.1.6).
///
/// # Errors
/// When the stored name cannot be read.
pub fn status(app: &App, authorization: &Authorization) -> Result<AuthorizationStatus, OpError> {
    Ok(facts(authorization)?.status(app.clock.now()))
}

/// The identifier of an authorization, without the `*.` of a wildcard.
///
/// # Errors
/// When the stored name cannot be read.
pub fn identifier(authorization: &Authorization) -> Result<Identifier, OpError> {
    let identifier = Identifier::parse(&names::of_authorization(authorization)).ok();
    let unreadable =
        || OpError::Integrity(format!("acme_authorization {}: its identifier cannot be read", authorization.id));
    identifier.ok_or_else(unreadable)
}

/// What the rules of `ca_core::acme` judge.
///
/// # Errors
/// When the stored name cannot be read.
pub fn facts(authorization: &Authorization) -> Result<AuthorizationFacts<AccountId>, OpError> {
    Ok(AuthorizationFacts {
        account: authorization.account_id,
        identifier: identifier(authorization)?,
        wildcard: authorization.wildcard,
        state: match authorization.state {
            AuthorizationState::Pending => Standing::Pending,
            AuthorizationState::Valid => Standing::Valid,
            AuthorizationState::Invalid => Standing::Invalid,
            AuthorizationState::Deactivated => Standing::Deactivated,
            AuthorizationState::Revoked => Standing::Revoked,
        },
        expires_at: authorization.expires_at,
    })
}
