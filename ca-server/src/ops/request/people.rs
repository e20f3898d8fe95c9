//! Who is behind an actor, and who may approve at this moment.

use std::collections::HashSet;

use ca_core::policy::Actor;
use ca_core::policy::action::{ApproveRequest, RequestFacts};

use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::OperatorState;
use crate::store::issuance_request::StoredRequest;
use crate::store::{api_token, operator};

/// The person who acts, by sign-in name: a token acts for its operator.
pub(in crate::ops) async fn person(app: &App, actor: &Actor) -> Result<Option<String>, OpError> {
    match actor {
        Actor::Operator { name, .. } => Ok(Some(name.clone())),
        Actor::ApiToken { id, .. } => {
            let Ok(id) = id.parse() else { return Ok(None) };
            let found = app.store.read(move |c| api_token::by_id(c, id)).await?;
            Ok(found.map(|(_, operator)| operator.name))
        }
        _ => Ok(None),
    }
}

/// What the policies are asked about `row` when `actor` does something to it.
pub(super) async fn facts(app: &App, actor: &Actor, row: &StoredRequest) -> Result<RequestFacts, OpError> {
    let person = person(app, actor).await?;
    let same_person = person.is_some() && person == row.requester_person;
    Ok(facts_of(row, same_person || actor.to_string() == row.requester))
}

/// The same, when it is known whether the request is the actor's own.
pub(super) fn facts_of(row: &StoredRequest, own: bool) -> RequestFacts {
    RequestFacts {
        request: row.id.to_string(),
        profile: row.asked.profile.clone(),
        requester: row.requester.clone(),
        own,
    }
}

/// Those of `voters` who may approve `row` now, whatever they might when they voted.
pub(super) async fn entitled(
    app: &App,
    row: &StoredRequest,
    voters: HashSet<String>,
) -> Result<HashSet<String>, OpError> {
    let look_up = move |c: &mut _| {
        let mut found = Vec::new();
        for name in &voters {
            found.extend(operator::by_name(c, name)?);
        }
        Ok(found)
    };
    let people = app.store.read(look_up).await?;
    let policies = app.policies.load();
    let may = |person: &operator::Operator| {
        let own = row.requester_person.as_ref() == Some(&person.name);
        let actor = Actor::Operator { name: person.name.clone(), roles: person.roles.clone() };
        policies.engine().decide(&actor, ApproveRequest(facts_of(row, own))).is_ok()
    };
    let active = people.into_iter().filter(|person| person.state == OperatorState::Active);
    Ok(active.filter(may).map(|person| person.name).collect())
}
