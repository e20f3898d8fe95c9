//! `signet policy explain`.

use ca_core::policy::{Considered, Effect, Explained, Outcome, Unmet};
use serde_json::{Value, json};

use super::arguments::ExplainArguments;
use crate::cli::failure::Failure;
use crate::cli::installation::{self, local_administrator};
use crate::cli::output::say;
use crate::ops::policy::explain::{self, Answered, Question};

pub(super) async fn run(arguments: ExplainArguments) -> Result<(), Failure> {
    let question = Question {
        actor: arguments.actor,
        roles: arguments.roles,
        scopes: arguments.scopes,
        claims: Default::default(),
        action: arguments.act,
        object: arguments.object,
        context: arguments.attributes.iter().map(|pair| attribute(pair)).collect::<Result<_, _>>()?,
        identifiers: arguments.names,
    };
    let app = installation::open(&arguments.config).await?;
    let answered = explain::explain(&app, &local_administrator(), &question).await?;
    if arguments.json {
        say(json(&answered))
    } else {
        tell(&answered)
    }
    app.store.close().await;
    Ok(())
}

fn attribute(pair: &str) -> Result<(String, String), Failure> {
    let parts = pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    parts.ok_or_else(|| Failure::usage(anyhow::anyhow!("--attribute {pair:?} is not written as NAME=VALUE")))
}

fn tell(answered: &Answered) {
    let inquiry = &answered.inquiry;
    let answer = if answered.explanation.is_permitted() { "yes" } else { "no" };
    say(format_args!("{answer}: {} {} {}", inquiry.actor, inquiry.act, inquiry.object));
    if !inquiry.roles.is_empty() {
        say(format_args!("roles: {}", inquiry.roles.join(", ")));
    }
    if !answered.supposed.is_empty() {
        say(format_args!("supposed to say nothing: {}", answered.supposed.join(", ")));
    }
    answered.explanation.questions.iter().for_each(tell_one);
}

fn tell_one(question: &Explained) {
    if let Some(name) = &question.identifier {
        say(format_args!("{name}: {}", if question.permitted { "yes" } else { "no" }));
    }
    if let Some(fault) = &question.fault {
        say(format_args!("  the question cannot be put: {fault}"));
    }
    for considered in &question.policies {
        let (id, reason) = (&considered.policy.id, &considered.policy.reason);
        say(format_args!("  {} {id} ({reason}): {}", effect(considered), outcome(considered)));
    }
}

fn effect(considered: &Considered) -> &'static str {
    match considered.effect {
        Effect::Permit => "permit",
        Effect::Forbid => "forbid",
    }
}

fn outcome(considered: &Considered) -> String {
    match &considered.outcome {
        Outcome::Decided => "decided".to_owned(),
        Outcome::Overruled => "matches, and another policy forbids".to_owned(),
        Outcome::Unmet(Unmet::Actor) => "is about other actors".to_owned(),
        Outcome::Unmet(Unmet::Object) => "is about other objects".to_owned(),
        Outcome::Unmet(Unmet::Condition) => "its condition is not met".to_owned(),
        Outcome::Failed(fault) => format!("cannot be evaluated: {fault}"),
    }
}

fn json(answered: &Answered) -> Value {
    let one = |question: &Explained| {
        let policies: Vec<Value> = question
            .policies
            .iter()
            .map(|considered| {
                json!({
                    "id": considered.policy.id, "reason": considered.policy.reason, "effect": effect(considered),
                    "outcome": outcome(considered),
                })
            })
            .collect();
        json!({
            "name": question.identifier.as_ref().map(ToString::to_string), "permitted": question.permitted,
            "fault": question.fault, "policies": policies,
        })
    };
    json!({
        "permitted": answered.explanation.is_permitted(), "actor": answered.inquiry.actor.to_string(),
        "roles": answered.inquiry.roles, "action": answered.inquiry.act, "object": answered.inquiry.object.to_string(),
        "supposed": answered.supposed,
        "questions": answered.explanation.questions.iter().map(one).collect::<Vec<_>>(),
    })
}
