//! Who is behind an actor, who may not approve, and what the policies are asked about a request.

use std::collections::{BTreeMap, HashMap, HashSet};

use ca_core::policy::Actor;
use ca_core::policy::action::SigningFacts;
use ca_core::signing::{SigningTally, SigningVote};

use super::load::Loaded;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::request::people::person;
use crate::store::fields::OperatorState;
use crate::store::operator::{self, Operator};
use crate::store::signing_request::StoredSigningRequest;

/// Claims that name the person who set off a job: GitHub's, GitLab's, and what others use.
const PEOPLE: [&str; 7] = ["actor", "user_login", "user_email", "email", "preferred_username", "actor_id", "user_id"];

/// People who set off the job of these claims, by the names that the CI has for them, in lower case.
pub(super) fn of_claims(claims: &BTreeMap<String, String>) -> Vec<String> {
    PEOPLE.iter().filter_map(|claim| claims.get(*claim)).map(|name| name.to_ascii_lowercase()).collect()
}

/// Every name that an operator goes by, in lower case: the sign-in name, by what the identity provider or the certificate
/// that lets them in knows them, and what CIs call them (`signing.people` of the configuration).
fn names(app: &App, operator: &Operator) -> Vec<String> {
    let own = [&operator.name, &operator.subject].map(|name| name.to_ascii_lowercase());
    let elsewhere = app.settings.signing.people.get(&own[0]).into_iter().flatten().cloned();
    own.into_iter().chain(elsewhere).collect()
}

fn goes_by(app: &App, operator: &Operator, called: &[String]) -> bool {
    names(app, operator).iter().any(|name| called.contains(name))
}

/// Whether an operator is who acts, or who set off the job that acts.
pub(super) fn is_behind(app: &App, operator: &Operator, actor: &Actor) -> bool {
    match actor {
        Actor::CiJob { claims, .. } => goes_by(app, operator, &of_claims(claims)),
        Actor::Operator { name, .. } => *name == operator.name,
        _ => false,
    }
}

/// By what whoever asks is known, for ever: the subject of a CI's token, or the person behind an API token.
pub(super) async fn subject(app: &App, actor: &Actor) -> Result<String, OpError> {
    match actor {
        Actor::CiJob { issuer, subject, .. } => Ok(format!("{issuer}#{subject}")),
        other => Ok(match person(app, other).await? {
            Some(person) => format!("operator:{person}"),
            None => other.to_string(),
        }),
    }
}

/// By what those are called who may not approve a request.
fn called(row: &StoredSigningRequest) -> Vec<String> {
    let asked = row.requester_person.iter().chain(&row.job_person).map(|name| name.to_ascii_lowercase());
    asked.chain(of_claims(&row.claims)).collect()
}

/// What the policies are asked about a request when `actor` does something to it.
pub(super) async fn facts(app: &App, actor: &Actor, loaded: &Loaded) -> Result<SigningFacts, OpError> {
    let row = &loaded.row;
    let person = person(app, actor).await?;
    let own = is_own(app, row, person).await? || subject(app, actor).await? == row.subject;
    let roles = match actor {
        Actor::Operator { roles, .. } => roles.as_slice(),
        _ => &[],
    };
    let tally = loaded.tally(app).await?;
    let entitled = tally.open_stage().is_some_and(|(_, stage)| roles.contains(&stage.group));
    Ok(SigningFacts {
        request: row.id.to_string(),
        profile: row.profile.clone(),
        environment: loaded.profile.environment().as_str(),
        requester: row.subject.clone(),
        own,
        entitled,
    })
}

/// `person`, if [`facts`] found that the request is their own: whom a tally does not admit.
pub(super) fn excluded(facts: &SigningFacts, person: &str) -> Vec<String> {
    facts.own.then(|| person.to_owned()).into_iter().collect()
}

/// Whether a person asked for a request or set off the job that did, under whatever name.
async fn is_own(app: &App, row: &StoredSigningRequest, person: Option<String>) -> Result<bool, OpError> {
    let Some(person) = person else { return Ok(false) };
    let called = called(row);
    if called.contains(&person.to_ascii_lowercase()) {
        return Ok(true);
    }
    let found = app.store.read(move |c| operator::by_name(c, &person)).await?;
    Ok(found.is_some_and(|operator| goes_by(app, &operator, &called)))
}

/// The votes that count at this moment: those of active operators who still hold the role of their stage.
pub(super) async fn tally(app: &App, loaded: &Loaded) -> Result<SigningTally, OpError> {
    let voters: HashSet<String> = loaded.votes.iter().map(|vote| vote.voter.clone()).collect();
    let look_up = move |c: &mut _| {
        let mut found = Vec::new();
        for name in &voters {
            found.extend(operator::by_name(c, name)?);
        }
        Ok(found)
    };
    let people = app.store.read(look_up).await?;
    let called = called(&loaded.row);
    let themselves = people.iter().filter(|person| goes_by(app, person, &called)).map(|person| person.name.clone());
    let excluded: Vec<String> = called.iter().cloned().chain(themselves).collect();
    let active = people.into_iter().filter(|person| person.state == OperatorState::Active);
    let roles: HashMap<String, Vec<String>> = active.map(|person| (person.name, person.roles)).collect();
    let holds = |person: &str, role: &str| roles.get(person).is_some_and(|held| held.iter().any(|one| one == role));
    let votes: Vec<SigningVote> = loaded.votes.iter().map(vote).collect();
    Ok(SigningTally::count(loaded.row.set(), loaded.profile.stages(), &excluded, &votes, holds))
}

fn vote(stored: &crate::store::signing_vote::StoredSigningVote) -> SigningVote {
    SigningVote {
        voter: stored.voter.clone(),
        digest_set: ca_core::signing::DigestSetHash::from_bytes(stored.digest_set),
        stage: usize::try_from(stored.stage).unwrap_or(usize::MAX),
    }
}
