//! Sessions: what a cookie stands for, and how long.

use std::time::Duration;

use ca_core::policy::Actor;
use ca_core::policy::action::RevokeSession;
use ca_core::time::UnixTime;

use super::secret_token::{SecretToken, are_equal};
use super::{OperatorFacts, is_active};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::fields::{OperatorId, SessionId, SessionStage, Sha256};
use crate::store::operator::Operator;
use crate::store::operator_session::{self, NewSession};
use crate::store::{self, Connection, StoreError, audit_event, certificate, operator};

/// A session that nobody uses for so long has ended.
pub const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends after so long, used or not.
pub const LIFETIME: Duration = Duration::from_secs(12 * 3_600);
/// The time to enter a code after the password was right.
pub(super) const SECOND_FACTOR: Duration = Duration::from_secs(5 * 60);
/// For so long after a proof, dangerous acts need no other.
pub const RECENT: Duration = Duration::from_secs(10 * 60);
/// The use of a session is noted no more often than this.
const NOTE: Duration = Duration::from_secs(60);

/// An open session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub operator: OperatorFacts,
    /// How the person proved who they are.
    pub method: String,
    /// When they last did.
    pub proved_at: UnixTime,
    /// When it began.
    pub created_at: UnixTime,
    /// When it ends, used or not.
    pub expires_at: UnixTime,
    token: SecretToken,
}

impl Session {
    /// Who acts in it.
    pub fn actor(&self) -> Actor {
        Actor::Operator { name: self.operator.name.clone(), roles: self.operator.roles.clone() }
    }

    /// What every form of this session carries: derived from the token, so that no other site can know it.
    pub fn csrf(&self) -> String {
        self.token.derive("signet csrf")
    }

    /// Whether a form carried it.
    pub fn is_csrf(&self, given: &str) -> bool {
        are_equal(&self.csrf(), given)
    }

    /// Whether the person proved who they are not long ago.
    pub fn is_recently_proved(&self, now: UnixTime) -> bool {
        now.since(self.proved_at) < RECENT
    }
}

/// The session of a cookie's value, if it is in force.
///
/// # Errors
/// When the database fails.
pub async fn authenticate(app: &App, cookie: &str) -> Result<Option<Session>, OpError> {
    at_stage(app, cookie, SessionStage::Whole).await
}

/// The session of a cookie's value whose second factor is still awaited.
///
/// # Errors
/// When the database fails.
pub async fn awaiting_second_factor(app: &App, cookie: &str) -> Result<Option<Session>, OpError> {
    at_stage(app, cookie, SessionStage::SecondFactor).await
}

async fn at_stage(app: &App, cookie: &str, stage: SessionStage) -> Result<Option<Session>, OpError> {
    let Some(token) = SecretToken::parse(cookie) else { return Ok(None) };
    let (hash, now) = (token.sha256(), app.clock.now());
    let Some((row, operator)) = app.store.read(move |c| by_token(c, hash)).await? else { return Ok(None) };
    let open = row.revoked_at.is_none() && row.expires_at > now && now.since(row.seen_at) < IDLE;
    if !open || row.stage != stage || !is_active(&operator) {
        return Ok(None);
    }
    if now.since(row.seen_at) >= NOTE {
        app.store.write(move |c| operator_session::seen(c, row.id, now)).await?;
    }
    let facts = OperatorFacts::of(&operator);
    // Whoever came another way did not use the one-time password.
    let must_change_password = facts.must_change_password && row.method.starts_with("password");
    Ok(Some(Session {
        id: row.id,
        operator: OperatorFacts { must_change_password, ..facts },
        method: row.method,
        proved_at: row.proved_at,
        created_at: row.created_at,
        expires_at: row.expires_at,
        token,
    }))
}

/// A session ends with the revocation of the certificate that it rests on.
fn by_token(
    c: &mut Connection,
    hash: Sha256,
) -> Result<Option<(store::operator_session::Session, Operator)>, StoreError> {
    let Some(found) = operator_session::by_token(c, hash)? else { return Ok(None) };
    let Some(fingerprint) = found.0.certificate.as_ref().and_then(|octets| octets.as_slice().try_into().ok()) else {
        return Ok(Some(found));
    };
    let certificate = certificate::by_fingerprint(c, fingerprint)?;
    let revoked = certificate.is_some_and(|certificate| certificate.record.revoked_at.is_some());
    Ok((!revoked).then_some(found))
}

/// How a person proved who they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
    /// The word for it, as policies see it.
    pub(super) method: &'static str,
    /// SHA-256 of the client certificate that it was.
    pub(super) certificate: Option<Sha256>,
    /// When it is worth nothing any more.
    pub(super) until: Option<UnixTime>,
    /// When it was given, if not just now.
    pub(super) given_at: Option<UnixTime>,
}

impl Proof {
    /// One that rests on nothing but the moment.
    pub(super) const fn by(method: &'static str) -> Self {
        Self { method, certificate: None, until: None, given_at: None }
    }
}

/// A session about to begin, with the token that only its holder will know.
pub(super) fn begin(
    app: &App,
    operator: &Operator,
    stage: SessionStage,
    proof: Proof,
    visitor: &Visitor,
) -> (SecretToken, NewSession) {
    let (token, now) = (SecretToken::fresh(&app.entropy), app.clock.now());
    let end = now.plus(if stage == SessionStage::Whole { LIFETIME } else { SECOND_FACTOR });
    let new = NewSession {
        id: SessionId::new(app.entropy.uuid()),
        token_sha256: token.sha256(),
        operator_id: operator.id,
        stage,
        method: proof.method.to_owned(),
        address: visitor.origin.address.clone(),
        user_agent: visitor.user_agent.chars().take(LONGEST_USER_AGENT).collect(),
        created_at: now,
        proved_at: proof.given_at.map_or(now, |given_at| given_at.min(now)),
        expires_at: proof.until.map_or(end, |until| until.min(end)),
        certificate: proof.certificate,
    };
    (token, new)
}

/// The person of a session has proved themself again: it goes on under another token, and whoever had the one before has
/// nothing.
pub(super) async fn renew(app: &App, session: &Session, proved_at: UnixTime) -> Result<SecretToken, OpError> {
    let (token, id, now) = (SecretToken::fresh(&app.entropy), session.id, app.clock.now());
    let (from, to) = (session.token.sha256(), token.sha256());
    let renewed = app.store.write(move |c| operator_session::renew(c, id, (from, to), proved_at, now)).await?;
    let gone = || OpError::Conflict("the session has ended, or was renewed by another page of yours".to_owned());
    renewed.then_some(token).ok_or_else(gone)
}

/// Characters kept of what a browser calls itself.
const LONGEST_USER_AGENT: usize = 200;

/// Who stands at the door.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Where from.
    pub origin: Origin,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// A session as its operator sees it in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: SessionId,
    /// How the person proved who they are.
    pub method: String,
    /// Where the sign-in came from.
    pub address: String,
    /// What the browser called itself.
    pub user_agent: String,
    /// When it began.
    pub created_at: UnixTime,
    /// When it was last used, to the minute.
    pub seen_at: UnixTime,
}

/// The open sessions of an operator, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(app: &App, operator: OperatorId) -> Result<Vec<Listed>, OpError> {
    let now = app.clock.now();
    let rows = app.store.read(move |c| operator_session::open(c, operator, now)).await?;
    let alive = rows.into_iter().filter(|row| now.since(row.seen_at) < IDLE && row.stage == SessionStage::Whole);
    Ok(alive
        .map(|row| Listed {
            id: row.id,
            method: row.method,
            address: row.address,
            user_agent: row.user_agent,
            created_at: row.created_at,
            seen_at: row.seen_at,
        })
        .collect())
}

/// Which sessions are to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// This one.
    One(SessionId),
    /// All, or all but this one.
    AllBut(Option<SessionId>),
}

/// Ends sessions of an operator.
///
/// # Errors
/// When there is no such open session, or the policy denies it.
pub async fn revoke(app: &App, actor: &Actor, origin: &Origin, of: OperatorId, ended: Ended) -> Result<(), OpError> {
    let unknown = || OpError::NotFound("there is no such open session".to_owned());
    let row = app.store.read(move |c| operator::by_id(c, of)).await?.ok_or_else(unknown)?;
    let permitted = app.policies.load().engine().decide(actor, RevokeSession { operator: row.name.clone() })?;
    let object = match ended {
        Ended::One(id) => format!("session {id} of {}", row.name),
        Ended::AllBut(_) => format!("sessions of {}", row.name),
    };
    let event = audit::event(app, &permitted, origin, object);
    let now = app.clock.now();
    let done = app
        .store
        .write(move |c| {
            let done = match ended {
                Ended::One(id) => operator_session::revoke(c, of, id, now)?,
                Ended::AllBut(kept) => {
                    operator_session::revoke_all(c, of, kept, now)?;
                    true
                }
            };
            if done {
                audit_event::insert(c, &event)?;
            }
            Ok(done)
        })
        .await?;
    done.then_some(()).ok_or_else(unknown)
}
