//! `/api/v1/policy`: who may do what, and why; what another policy or profile would change.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use ca_core::policy::{Considered, DeclaredAct, Effect, Explained, Outcome, PolicySource, Unmet};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ApiResult, Caller, Instant, Paged};
use crate::app::App;
use crate::ops::policy::explain::{self, Answered, Question};
use crate::ops::policy::replay::{self, Changed, Proposal, Replayed};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(acts)).routes(routes!(explain)).routes(routes!(replay))
}

/// An act that can be asked about.
#[derive(Debug, Serialize, ToSchema)]
struct Act {
    /// Its name
    #[schema(example = "RevokeCertificate")]
    name: String,
    /// Groups of acts that it is in
    #[schema(example = json!(["Administer"]))]
    groups: Vec<String>,
    /// Types of those who can do it
    #[schema(example = json!(["Operator", "ApiToken"]))]
    actors: Vec<String>,
    /// Types of what it is done to
    #[schema(example = json!(["Certificate"]))]
    objects: Vec<String>,
    /// Its attributes, each with how its value is written
    #[schema(example = json!({ "reason": "text" }))]
    attributes: BTreeMap<String, String>,
    /// Whether it is asked about names of a certificate
    asks_about_names: bool,
}

impl From<DeclaredAct> for Act {
    fn from(act: DeclaredAct) -> Self {
        let attributes = act.attributes.into_iter().map(|attribute| (attribute.name, attribute.kind.hint()));
        Self {
            name: act.name,
            groups: act.groups,
            actors: act.actors,
            objects: act.objects,
            attributes: attributes.collect(),
            asks_about_names: act.has_identifiers,
        }
    }
}

/// Acts
///
/// Everything that the policies can be asked about, on one page.
#[utoipa::path(
    get, path = "/api/v1/policy/acts", tag = "policy", operation_id = "list_acts",
    responses((status = 200, body = Paged<Act>))
)]
async fn acts(State(app): State<Arc<App>>, caller: Caller) -> ApiResult<Json<Paged<Act>>> {
    let acts = explain::acts(&app, &caller.actor)?;
    Ok(Json(Paged::new(acts.into_iter().map(Act::from).collect(), None)))
}

/// "May X do Y?"
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MayThey {
    /// Who, as `TYPE:ID`; a bare name is an operator's
    #[schema(example = "Operator:ann")]
    actor: String,
    /// Roles to suppose; those that the operator has when none are given
    #[serde(default)]
    roles: Vec<String>,
    /// Scopes to suppose, of an API token
    #[serde(default)]
    scopes: Vec<String>,
    /// Claims of a CI's job, by name
    #[serde(default)]
    #[schema(example = json!({"ref": "refs/tags/v1"}))]
    claims: BTreeMap<String, String>,
    /// Name of the act
    #[schema(example = "PublishCrl")]
    action: String,
    /// What it is done to, as `TYPE:ID`; may be left out where there is only one thing it can be
    #[schema(example = "Issuer:issuing")]
    object: Option<String>,
    /// Attributes by name, as text; those left out are supposed to be empty, zero or false
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Names that a certificate is to bind
    #[serde(default)]
    #[schema(example = json!([]))]
    names: Vec<String>,
}

impl From<MayThey> for Question {
    fn from(asked: MayThey) -> Self {
        Self {
            actor: asked.actor,
            roles: asked.roles,
            scopes: asked.scopes,
            claims: asked.claims,
            action: asked.action,
            object: asked.object,
            context: asked.attributes.into_iter().collect(),
            identifiers: asked.names,
        }
    }
}

/// The answer, and why.
#[derive(Debug, Serialize, ToSchema)]
struct Answer {
    /// Whether it is permitted
    permitted: bool,
    /// Who was asked about
    #[schema(example = "Operator:ann")]
    actor: String,
    /// Their roles
    #[schema(example = json!(["operator"]))]
    roles: Vec<String>,
    /// The act
    #[schema(example = "PublishCrl")]
    action: String,
    /// What it is done to
    #[schema(example = "Issuer:issuing")]
    object: String,
    /// Attributes that nobody gave, and that were supposed to say nothing
    supposed: Vec<String>,
    /// One for each name, or one for the act as such
    questions: Vec<OneAnswer>,
}

/// The answer to one question.
#[derive(Debug, Serialize, ToSchema)]
struct OneAnswer {
    /// The name that it is about
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether it is permitted
    permitted: bool,
    /// Why the question could not be put
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    /// Every policy that could have a say
    policies: Vec<ConsideredPolicy>,
}

/// One policy, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
struct ConsideredPolicy {
    /// Its id
    #[schema(example = "role-operator")]
    id: String,
    /// What it is for
    reason: String,
    /// `permit` or `forbid`
    #[schema(example = "permit")]
    effect: &'static str,
    /// `decided`, `overruled`, `other-actor`, `other-object`, `condition-not-met` or `failed`
    #[schema(example = "decided")]
    outcome: &'static str,
    /// Why it could not be evaluated
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        Self {
            permitted: answered.explanation.is_permitted(),
            actor: answered.inquiry.actor.to_string(),
            roles: answered.inquiry.roles,
            action: answered.inquiry.act,
            object: answered.inquiry.object.to_string(),
            supposed: answered.supposed,
            questions: answered.explanation.questions.into_iter().map(OneAnswer::from).collect(),
        }
    }
}

impl From<Explained> for OneAnswer {
    fn from(explained: Explained) -> Self {
        Self {
            name: explained.identifier.map(|name| name.to_string()),
            permitted: explained.permitted,
            fault: explained.fault,
            policies: explained.policies.into_iter().map(ConsideredPolicy::from).collect(),
        }
    }
}

impl From<Considered> for ConsideredPolicy {
    fn from(considered: Considered) -> Self {
        let (outcome, fault) = match considered.outcome {
            Outcome::Decided => ("decided", None),
            Outcome::Overruled => ("overruled", None),
            Outcome::Unmet(Unmet::Actor) => ("other-actor", None),
            Outcome::Unmet(Unmet::Object) => ("other-object", None),
            Outcome::Unmet(Unmet::Condition) => ("condition-not-met", None),
            Outcome::Failed(fault) => ("failed", Some(fault)),
        };
        Self {
            id: considered.policy.id.clone(),
            reason: considered.policy.reason.clone(),
            effect: match considered.effect {
                Effect::Permit => "permit",
                Effect::Forbid => "forbid",
            },
            outcome,
            fault,
        }
    }
}

/// May X do Y, and why?
///
/// Asks the policies in force. Nothing is done.
#[utoipa::path(
    post, path = "/api/v1/policy/explain", tag = "policy", operation_id = "explain",
    request_body = MayThey, responses((status = 200, body = Answer))
)]
async fn explain(State(app): State<Arc<App>>, caller: Caller, Json(asked): Json<MayThey>) -> ApiResult<Json<Answer>> {
    Ok(Json(explain::explain(&app, &caller.actor, &asked.into()).await?.into()))
}

/// What is proposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProposedSet {
    /// Cedar policies by a name for messages
    #[serde(default)]
    #[schema(example = json!({ "freeze.cedar": "@id(\"freeze\") @reason(\"change freeze\") forbid (principal, action, resource);" }))]
    policies: BTreeMap<String, String>,
    /// Whether the policies come on top of those in force, instead of replacing them
    #[serde(default)]
    on_top: bool,
    /// Profiles by name, in TOML
    #[serde(default)]
    #[schema(example = json!({}))]
    profiles: BTreeMap<String, String>,
    /// How many days to look back
    #[schema(minimum = 1, maximum = 366, example = 30)]
    days: u32,
}

/// What would change.
#[derive(Debug, Serialize, ToSchema)]
struct Changes {
    /// Decisions since then were asked again
    since: Instant,
    /// How many were
    asked: u64,
    /// How many could not be, because they were recorded in another form
    unreadable: u64,
    /// Whether older decisions of these days were left out, because there are too many
    cut: bool,
    /// How many would be refused, or be done otherwise
    changed: u64,
    /// The same by act and reason, most frequent first
    summary: Vec<SummaryLine>,
    /// The newest of them
    examples: Vec<ChangedDecision>,
    /// What is suspicious about the proposal, but sound
    warnings: Vec<String>,
}

/// So many decisions would change for one reason.
#[derive(Debug, Serialize, ToSchema)]
struct SummaryLine {
    /// The act
    #[schema(example = "NewOrder")]
    action: String,
    /// What would become of it
    #[schema(example = "forbidden by freeze")]
    reason: String,
    /// How many
    count: u64,
}

/// One decision that would be another one.
#[derive(Debug, Serialize, ToSchema)]
struct ChangedDecision {
    /// Id of the audit event
    event: String,
    /// When it was permitted
    at: Instant,
    /// Who did it
    actor: String,
    /// What was done
    action: String,
    /// What it was done to
    object: String,
    /// What would become of it
    reason: String,
}

impl From<Replayed> for Changes {
    fn from(found: Replayed) -> Self {
        let line = |(action, reason, count)| SummaryLine { action, reason, count };
        Self {
            since: found.since.into(),
            asked: found.asked,
            unreadable: found.unreadable,
            cut: found.is_cut,
            changed: found.changed,
            summary: found.summary.into_iter().map(line).collect(),
            examples: found.examples.into_iter().map(ChangedDecision::from).collect(),
            warnings: found.warnings,
        }
    }
}

impl From<Changed> for ChangedDecision {
    fn from(found: Changed) -> Self {
        Self {
            event: found.event,
            at: found.at.to_unix_time().into(),
            actor: found.actor,
            action: found.action,
            object: found.object,
            reason: found.reason,
        }
    }
}

/// What would this change?
///
/// The decisions of the last days are put to proposed policies and profiles. What was refused is not recorded, so what a
/// proposal would newly permit is not seen. Nothing is done.
#[utoipa::path(
    post, path = "/api/v1/policy/replay", tag = "policy", operation_id = "replay",
    request_body = ProposedSet, responses((status = 200, body = Changes))
)]
async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(proposed): Json<ProposedSet>,
) -> ApiResult<Json<Changes>> {
    let source = |(file, text)| PolicySource { file, text };
    let proposal = Proposal {
        policies: proposed.policies.into_iter().map(source).collect(),
        on_top: proposed.on_top,
        profiles: proposed.profiles.into_iter().collect(),
        days: proposed.days,
    };
    Ok(Json(replay::replay(&app, &caller.actor, &proposal).await?.into()))
}
