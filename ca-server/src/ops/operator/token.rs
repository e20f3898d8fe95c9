//! API tokens: made by an operator for a machine, shown once, known again by their hash.

use std::time::Duration;

use ca_core::acme::Problem;
use ca_core::policy::Actor;
use ca_core::policy::action::{CreateApiToken, ListApiTokens, RevokeApiToken};
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::secret_token::SecretToken;
use super::session::Session;
use super::{SCOPES, is_active};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::api_token::{self, NewApiToken};
use crate::store::fields::{ApiTokenId, OperatorId};
use crate::store::operator::Operator;
use crate::store::{audit_event, operator};

/// What a token's text begins with, so that scanners of secrets know it.
const PREFIX: &str = "sgt_";
/// Longest life of a token.
pub const LONGEST: Duration = Duration::from_secs(365 * 86_400);
/// The use of a token is noted no more often than this.
const NOTE: Duration = Duration::from_secs(60);
/// Characters of a token's name.
const LONGEST_NAME: usize = 100;

/// The token that a machine sent, if it is in force: who acts.
///
/// # Errors
/// A problem with status 401 for the token of an operator who is disabled or has no role left; when the database fails.
pub async fn authenticate(app: &App, bearer: &str) -> Result<Option<Actor>, OpError> {
    let Some(token) = bearer.strip_prefix(PREFIX).and_then(SecretToken::parse) else { return Ok(None) };
    let (hash, now) = (token.sha256(), app.clock.now());
    let Some((row, operator)) = app.store.read(move |c| api_token::by_token(c, hash)).await? else {
        return Ok(None);
    };
    // Disabling an operator revokes their tokens too: say what is behind it.
    if row.expires_at > now {
        require_holder(&operator)?;
    }
    if row.revoked_at.is_some() || row.expires_at <= now {
        return Ok(None);
    }
    if row.last_used_at.is_none_or(|at| now.since(at) >= NOTE) {
        app.store.write(move |c| api_token::used(c, row.id, now)).await?;
    }
    // A role that its operator lost is lost for the token too.
    let roles = row.roles.into_iter().filter(|role| operator.roles.contains(role)).collect();
    let (id, holder_roles) = (row.id.to_string(), operator.roles);
    Ok(Some(Actor::ApiToken { id, name: row.name, roles, holder_roles, scopes: row.scopes }))
}

/// A token is worth what its holder is: some acts need no role of the token itself, such as signing under a grant.
fn require_holder(holder: &Operator) -> Result<(), OpError> {
    let reason = if !is_active(holder) {
        "is disabled"
    } else if holder.roles.is_empty() {
        "has no role any more"
    } else {
        return Ok(());
    };
    let detail = format!("{}, the operator whom this API token acts for, {reason}", holder.name);
    Err(Problem::unauthorized(detail).with_status(401).into())
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What its operator calls it.
    pub name: String,
    /// Roles it has.
    pub roles: Vec<String>,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// How long it lives.
    pub lifetime: Duration,
}

impl Asked {
    /// The first thing that is wrong with it.
    fn fault(&self, held: &[String]) -> Option<String> {
        if self.name.trim().is_empty() || self.name.chars().count() > LONGEST_NAME {
            return Some(format!("a token has a name of 1 to {LONGEST_NAME} characters"));
        }
        if self.scopes.is_empty() {
            return Some("a token needs at least one scope".to_owned());
        }
        if let Some(scope) = self.scopes.iter().find(|scope| !SCOPES.iter().any(|(known, _)| known == scope)) {
            return Some(format!("{scope:?} is no scope of tokens"));
        }
        if let Some(role) = self.roles.iter().find(|role| !held.contains(role)) {
            return Some(format!("you do not hold the role {role:?}, so a token of yours cannot"));
        }
        let bounds = Duration::from_secs(3_600)..=LONGEST;
        (!bounds.contains(&self.lifetime)).then(|| "a token lives between an hour and a year".to_owned())
    }
}

/// Makes a token for the operator of a session; its text is answered here and nowhere else.
///
/// # Errors
/// When something asked for cannot be given, or the policy denies it.
pub async fn create(app: &App, session: &Session, origin: &Origin, asked: Asked) -> Result<Zeroizing<String>, OpError> {
    if let Some(fault) = asked.fault(&session.operator.roles) {
        return Err(OpError::Conflict(fault));
    }
    let act = CreateApiToken {
        operator: session.operator.name.clone(),
        roles: asked.roles.clone(),
        scopes: asked.scopes.clone(),
        lifetime: asked.lifetime,
    };
    let permitted = app.policies.load().engine().decide(&session.actor(), act)?;
    let (token, now) = (SecretToken::fresh(&app.entropy), app.clock.now());
    let new = NewApiToken {
        id: ApiTokenId::new(app.entropy.uuid()),
        token_sha256: token.sha256(),
        operator_id: session.operator.id,
        name: asked.name.trim().to_owned(),
        roles: asked.roles,
        scopes: asked.scopes,
        created_at: now,
        expires_at: now.plus(asked.lifetime),
    };
    let event = audit::event(app, &permitted, origin, format!("ApiToken:{}", new.id));
    app.store
        .write(move |c| {
            api_token::insert(c, &new)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(Zeroizing::new(format!("{PREFIX}{}", token.reveal().as_str())))
}

/// A token as its operator sees it: without its text.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: ApiTokenId,
    /// What its operator calls it.
    pub name: String,
    /// Roles it has as long as its operator has them.
    pub roles: Vec<String>,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it ends.
    pub expires_at: UnixTime,
    /// When it was last used, to the minute.
    pub last_used_at: Option<UnixTime>,
    /// Whether it can be used.
    pub is_in_force: bool,
}

/// The tokens of another operator, newest first.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn list_of(app: &App, actor: &Actor, operator: OperatorId) -> Result<Vec<Listed>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListApiTokens)?;
    list(app, operator).await
}

/// The tokens of whoever asks, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(app: &App, operator: OperatorId) -> Result<Vec<Listed>, OpError> {
    let (rows, now) = (app.store.read(move |c| api_token::of_operator(c, operator)).await?, app.clock.now());
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            is_in_force: row.revoked_at.is_none() && row.expires_at > now,
            id: row.id,
            name: row.name,
            roles: row.roles,
            scopes: row.scopes,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        })
        .collect())
}

/// Ends a token of an operator before its time.
///
/// # Errors
/// When there is none in force, or the policy denies it.
pub async fn revoke(app: &App, actor: &Actor, origin: &Origin, of: OperatorId, token: &str) -> Result<(), OpError> {
    let unknown = || OpError::NotFound(format!("there is no token {token:?} in force"));
    let id: ApiTokenId = token.parse().map_err(|_| unknown())?;
    let row = app.store.read(move |c| operator::by_id(c, of)).await?.ok_or_else(unknown)?;
    let act = RevokeApiToken { operator: row.name, token: id.to_string() };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let event = audit::event(app, &permitted, origin, format!("ApiToken:{id}"));
    let now = app.clock.now();
    let done = app
        .store
        .write(move |c| {
            let done = api_token::revoke(c, of, id, now)?;
            if done {
                audit_event::insert(c, &event)?;
            }
            Ok(done)
        })
        .await?;
    done.then_some(()).ok_or_else(unknown)
}
