//! `/clients/{endpoint}/orders/{id}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use ca_core::acme::authorization::AuthorizationStatus;
use serde_json::Value;
use web_ui::clients::{AttemptView, ChallengeView, OrderPage, ProofState, ProofView, ReasonView};
use web_ui::frame::Section;

use super::orders::state;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::acme::inspect::order::{
    self, AttemptSeen, AuthorizationSeen, ChallengeSeen, ChallengeState, OrderDetail,
};

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path((endpoint, id)): Path<(String, String)>,
    me: SignedIn,
) -> Result<Response, Failure> {
    let found = order::one(&app, &me.actor, &id).await?;
    if found.order.endpoint != endpoint {
        return Ok(
            Redirect::to(&format!("/clients/{}/orders/{}", found.order.endpoint, found.order.id)).into_response()
        );
    }
    page(view(&app, &me, found).render())
}

fn view(app: &App, me: &SignedIn, found: OrderDetail) -> OrderPage {
    let order = found.order;
    let reason = found.reason.map(|reason| ReasonView { text: reason.text, next_step: reason.next_step });
    OrderPage {
        frame: me.frame(app, Section::Clients),
        api_url: app.settings.server.public_url.join(&format!("/api/v1/acme/orders/{}", order.id)),
        id: order.id,
        endpoint: order.endpoint,
        account: order.account,
        profile: order.profile,
        names: order.identifiers,
        state: state(order.status),
        reason,
        certificate: order.certificate,
        created_at: order.created_at.seconds(),
        expires_at: order.expires_at.seconds(),
        proofs: found.authorizations.into_iter().map(proof).collect(),
    }
}

fn proof(found: AuthorizationSeen) -> ProofView {
    ProofView {
        name: found.identifier,
        state: match found.status {
            AuthorizationStatus::Pending => ProofState::Pending,
            AuthorizationStatus::Valid => ProofState::Valid,
            AuthorizationStatus::Invalid => ProofState::Invalid,
            AuthorizationStatus::Deactivated | AuthorizationStatus::Expired | AuthorizationStatus::Revoked => {
                ProofState::Over
            }
        },
        validated_at: found.validated_at.map(|at| at.seconds()),
        challenges: found.challenges.into_iter().map(challenge).collect(),
    }
}

fn challenge(found: ChallengeSeen) -> ChallengeView {
    ChallengeView {
        kind: found.kind,
        place: found.place,
        state: match found.state {
            ChallengeState::Pending => ProofState::Pending,
            ChallengeState::Processing => ProofState::Processing,
            ChallengeState::Valid => ProofState::Valid,
            ChallengeState::Invalid => ProofState::Invalid,
        },
        problem: found.problem.map(|problem| problem.detail().to_owned()),
        attempts: found.attempts.iter().map(attempt).collect(),
    }
}

fn attempt(found: &AttemptSeen) -> AttemptView {
    let micros = found.finished_at.micros().saturating_sub(found.started_at.micros());
    AttemptView {
        at: found.started_at.to_unix_time().seconds(),
        took_ms: micros.max(0).unsigned_abs() / 1000,
        passed: found.passed,
        seen: seen(&found.evidence),
    }
}

/// Members of the evidence with their labels, in the order in which they tell the story.
const EVIDENCE: [(&str, &str); 12] = [
    ("failure", "Failure"),
    ("detail", "Detail"),
    ("address", "Address"),
    ("port", "Port"),
    ("redirects", "Redirected to"),
    ("status", "HTTP status"),
    ("body", "Body"),
    ("truncated", "Body was cut"),
    ("values", "TXT values"),
    ("protocol", "ALPN protocol"),
    ("certificate", "Certificate"),
    ("error", "Error"),
];

/// Longest text of one member on the page; the API has the whole of it.
const LONGEST: usize = 600;

fn seen(evidence: &Value) -> Vec<(String, String)> {
    let told = |(name, label): (&str, &str)| Some((label.to_owned(), told(&evidence[name])?));
    EVIDENCE.into_iter().filter_map(told).collect()
}

fn told(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null | Value::Bool(false) => return None,
        Value::Bool(true) => "yes".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => return None,
        Value::Array(values) => values.iter().filter_map(told).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    };
    let cut: String = text.chars().take(LONGEST).collect();
    Some(if cut.len() < text.len() { format!("{cut}…") } else { text })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn evidence_is_told_in_words_and_cut() {
        let http = json!({ "kind": "http", "address": "192.0.2.1:80", "redirects": [], "status": 404, "body": "x".repeat(9_000),
                           "truncated": false });
        let told = seen(&http);
        let labels: Vec<&str> = told.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["Address", "HTTP status", "Body"]);
        assert_eq!(told.last().map(|(_, text)| text.chars().count()), Some(LONGEST + 1));
        let txt = seen(&json!({ "kind": "txt", "values": ["one", "two"] }));
        assert_eq!(txt, [("TXT values".to_owned(), "one\ntwo".to_owned())]);
    }
}
