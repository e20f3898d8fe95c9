//! One ACME order as operators see it: with every challenge, every attempt to validate it, and what was seen.

use ca_core::acme::Problem;
use ca_core::acme::authorization::AuthorizationStatus;
use ca_core::acme::challenge::{Probe, probe};
use ca_core::policy::Actor;
use ca_core::time::{UnixMicros, UnixTime};
use serde_json::Value;

use super::orders::{self, OrderSeen, read_problem};
use super::permitted_endpoints;
use super::reason::{self, Reason};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::authorization as standing;
use crate::store::attempt::{self, Attempt};
use crate::store::authorization::Authorization;
use crate::store::challenge::{self, Challenge};
pub use crate::store::fields::ChallengeState;
use crate::store::fields::OrderId;
use crate::store::order;

/// An order with its authorizations.
#[derive(Clone, Debug)]
pub struct OrderDetail {
    /// The order.
    pub order: OrderSeen,
    /// Why there is no certificate, in plain words.
    pub reason: Option<Reason>,
    /// In the order of its names.
    pub authorizations: Vec<AuthorizationSeen>,
}

/// The proof of one name.
#[derive(Clone, Debug)]
pub struct AuthorizationSeen {
    /// Its id.
    pub id: String,
    /// The name, `*.` in front of a wildcard.
    pub identifier: String,
    /// At this moment.
    pub status: AuthorizationStatus,
    /// When control was shown.
    pub validated_at: Option<UnixTime>,
    /// When it ends.
    pub expires_at: UnixTime,
    /// What was offered.
    pub challenges: Vec<ChallengeSeen>,
}

/// One way to prove a name, and what became of it.
#[derive(Clone, Debug)]
pub struct ChallengeSeen {
    /// Its id.
    pub id: String,
    /// `http-01` for instance.
    pub kind: String,
    /// Where the proof is looked for: a URL, a TXT record, a handshake.
    pub place: String,
    /// How far it has come.
    pub state: ChallengeState,
    /// Why it failed, as the account was told.
    pub problem: Option<Problem>,
    /// When it was met.
    pub validated_at: Option<UnixTime>,
    /// Every attempt, oldest first.
    pub attempts: Vec<AttemptSeen>,
}

/// One look at what the account should have published.
#[derive(Clone, Debug)]
pub struct AttemptSeen {
    /// When it began.
    pub started_at: UnixMicros,
    /// When it ended.
    pub finished_at: UnixMicros,
    /// Whether it was as it should be.
    pub passed: bool,
    /// What was seen: addresses, answers, errors of resolvers. For operators only.
    pub evidence: Value,
}

/// One order with everything that was seen.
///
/// # Errors
/// When there is none, the policy denies it or the database fails.
pub async fn one(app: &App, actor: &Actor, id: &str) -> Result<OrderDetail, OpError> {
    let unknown = || OpError::NotFound(format!("there is no ACME order {id:?}"));
    let endpoints = permitted_endpoints(app, actor, None)?;
    let id: OrderId = id.parse().map_err(|_| unknown())?;
    let load = move |c: &mut _| {
        let Some(loaded) = order::of_any_account(c, id)? else { return Ok(None) };
        let mut proofs = Vec::new();
        for authorization in &loaded.1 {
            let challenges = challenge::of_authorization(c, authorization.id)?;
            proofs.push((challenges, attempt::of_authorization(c, authorization.id)?));
        }
        Ok(Some((loaded, proofs)))
    };
    let loaded = app.store.read(load).await?;
    let (loaded, proofs) = loaded.filter(|((order, _), _)| endpoints.contains(&order.endpoint)).ok_or_else(unknown)?;
    let authorizations = loaded.1.iter().zip(proofs);
    let authorizations: Vec<AuthorizationSeen> = authorizations
        .map(|(row, (challenges, attempts))| authorization(app, row, challenges, &attempts))
        .collect::<Result<_, _>>()?;
    let order = orders::seen(app, loaded)?;
    Ok(OrderDetail { reason: reason::of(&order, &authorizations), order, authorizations })
}

fn authorization(
    app: &App,
    row: &Authorization,
    challenges: Vec<Challenge>,
    attempts: &[Attempt],
) -> Result<AuthorizationSeen, OpError> {
    let star = if row.wildcard { "*." } else { "" };
    let challenges = challenges.into_iter().map(|challenge| challenge_seen(row, challenge, attempts));
    Ok(AuthorizationSeen {
        id: row.id.to_string(),
        identifier: format!("{}:{star}{}", row.identifier_kind, row.identifier),
        status: standing::status(app, row)?,
        validated_at: row.validated_at,
        expires_at: row.expires_at,
        challenges: challenges.collect::<Result<_, _>>()?,
    })
}

fn challenge_seen(
    authorization: &Authorization,
    challenge: Challenge,
    attempts: &[Attempt],
) -> Result<ChallengeSeen, OpError> {
    let own = attempts.iter().filter(|attempt| attempt.challenge_id == challenge.id);
    Ok(ChallengeSeen {
        id: challenge.id.to_string(),
        place: place(authorization, &challenge)?,
        kind: challenge.kind,
        state: challenge.state,
        problem: read_problem(challenge.problem.as_deref()),
        validated_at: challenge.validated_at,
        attempts: own.map(attempt_seen).collect(),
    })
}

fn place(authorization: &Authorization, challenge: &Challenge) -> Result<String, OpError> {
    let Ok(kind) = challenge.kind.parse() else { return Ok(String::new()) };
    let identifier = standing::identifier(authorization)?;
    Ok(match probe(kind, &identifier, &challenge.token) {
        Probe::HttpGet { host, path } => format!("http://{}{path}", host.value()),
        Probe::DnsTxt { name } => format!("TXT records of {name}"),
        Probe::TlsAlpn { host } => format!("TLS handshake with {} for acme-tls/1", host.value()),
    })
}

fn attempt_seen(attempt: &Attempt) -> AttemptSeen {
    AttemptSeen {
        started_at: attempt.started_at,
        finished_at: attempt.finished_at,
        passed: attempt.passed,
        evidence: serde_json::from_str(&attempt.evidence).unwrap_or_default(),
    }
}
