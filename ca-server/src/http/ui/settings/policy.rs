//! `/settings/policy`: may X do Y, and why?

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use ca_core::policy::{Considered, Effect, Explained, Outcome, Unmet};
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::settings::{AnswerView, OneAnswerView, PolicyPage, PolicyView, QuestionText};

use super::replay;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::policy::explain::{self, Answered, Question};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/settings/policy", get(ask))
        .route("/settings/policy/replay", get(replay::form).post(replay::run))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    actor: String,
    action: String,
    object: String,
    roles: String,
    scopes: String,
    attributes: String,
    names: String,
}

async fn ask(State(app): State<Arc<App>>, me: SignedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let acts = explain::acts(&app, &me.actor)?.into_iter().map(|act| act.name).collect();
    let (answer, problem) = match asked.actor.trim().is_empty() {
        true => (None, None),
        false => match explain::explain(&app, &me.actor, &question(&asked)).await {
            Ok(answered) => (Some(view(answered)), None),
            Err(OpError::Problem(problem)) => (None, Some(problem.detail().to_owned())),
            Err(error) => return Err(error.into()),
        },
    };
    let view = PolicyPage {
        frame: me.frame(&app, Section::Settings),
        question: QuestionText {
            actor: asked.actor,
            roles: asked.roles,
            scopes: asked.scopes,
            action: asked.action,
            object: asked.object,
            attributes: asked.attributes,
            names: asked.names,
        },
        acts,
        policy_set: app.policies.load().engine().policy_set_hash().to_string(),
        problem,
        answer,
    };
    page(view.render())
}

fn question(asked: &Asked) -> Question {
    let listed = |text: &str, end: char| -> Vec<String> {
        text.split(end).map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    };
    let pair = |line: String| {
        let (name, value) = line.split_once('=').unwrap_or((&line, ""));
        (name.trim().to_owned(), value.trim().to_owned())
    };
    Question {
        actor: asked.actor.trim().to_owned(),
        roles: listed(&asked.roles, ','),
        scopes: listed(&asked.scopes, ','),
        claims: Default::default(),
        action: asked.action.clone(),
        object: Some(asked.object.trim().to_owned()).filter(|object| !object.is_empty()),
        context: listed(&asked.attributes, '\n').into_iter().map(pair).collect(),
        identifiers: listed(&asked.names, '\n'),
    }
}

fn view(answered: Answered) -> AnswerView {
    let inquiry = answered.inquiry;
    AnswerView {
        permitted: answered.explanation.is_permitted(),
        sentence: format!("{} · {} · {}", inquiry.actor, inquiry.act, inquiry.object),
        roles: inquiry.roles,
        supposed: answered.supposed,
        questions: answered.explanation.questions.iter().map(one).collect(),
    }
}

fn one(explained: &Explained) -> OneAnswerView {
    OneAnswerView {
        name: explained.identifier.as_ref().map(ToString::to_string),
        permitted: explained.permitted,
        fault: explained.fault.clone(),
        policies: explained.policies.iter().map(considered).collect(),
    }
}

fn considered(considered: &Considered) -> PolicyView {
    PolicyView {
        id: considered.policy.id.clone(),
        reason: considered.policy.reason.clone(),
        forbids: considered.effect == Effect::Forbid,
        decided: considered.outcome == Outcome::Decided,
        outcome: match &considered.outcome {
            Outcome::Decided => "It matches, and decides.".to_owned(),
            Outcome::Overruled => "It matches, and another one forbids.".to_owned(),
            Outcome::Unmet(Unmet::Actor) => "It is about other actors or roles.".to_owned(),
            Outcome::Unmet(Unmet::Object) => "It is about other objects.".to_owned(),
            Outcome::Unmet(Unmet::Condition) => "Its condition is not met.".to_owned(),
            Outcome::Failed(fault) => format!("It cannot be evaluated, which refuses: {fault}"),
        },
    }
}
