//! `/certificates/{id}`, and what can be written down about a certificate there.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use web_ui::certificates::{DetailPage, EventView, OrderView, RevocationView};
use web_ui::frame::Section;

use super::query::Query;
use super::{description, view};
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::page;
use crate::http::ui::signed_in::SignedIn;
use crate::http::ui::signing::withdrawal;
use crate::ops::certificate::detail::{AuditEvent, Detail, detail};
use crate::ops::certificate::{care, find};

pub(super) async fn show(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let found = detail(&app, &me.actor, &id).await?;
    let done = Query::of(&uri).value("done").and_then(done).map(str::to_owned);
    page(DetailPage { done, ..view_of(&app, &me, found) }.render())
}

/// What the act before this page says of itself.
fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "revoked" => "It is revoked. The list that names it is published within seconds.",
        "owner" => "The owner is changed.",
        "renewal" => "The request to renew is changed.",
        "unchanged" => "Nothing changed: it was so before.",
        _ => return None,
    })
}

fn view_of(app: &App, me: &SignedIn, found: Detail) -> DetailPage {
    let now = app.clock.now();
    let record = &found.record;
    let endpoint = || record.endpoint.clone().unwrap_or_default();
    let order = found.order.as_ref().map(|order| OrderView { endpoint: endpoint(), id: order.id.to_string() });
    let replaced = found.lineage.newest.as_ref().is_some_and(|newest| newest.revoked_at.is_none());
    DetailPage {
        frame: me.frame(app, Section::Certificates),
        id: record.id.to_string(),
        title: view::title(record),
        state: view::state(record, replaced, now),
        text: description::certificate(&found.description),
        names: found.description.names().to_vec(),
        lineage: description::hexadecimal(&record.names_hash),
        authority: found.authority,
        profile: record.profile.clone(),
        requester: record.requester.clone(),
        owner: record.owner.clone(),
        renew_by: record.renew_by.map(|at| at.seconds()),
        account: record.account_id.map(|account| (endpoint(), account.to_string())),
        order,
        request: found.request.map(|id| id.to_string()),
        revocation: record.revoked_at.map(|at| RevocationView {
            at: at.seconds(),
            reason: record.reason.clone().unwrap_or_else(|| "unspecified".to_owned()),
        }),
        list: (found.list.url, found.list.next_update.map(|at| at.seconds())),
        replaces: found.lineage.before.as_ref().map(|other| view::neighbour(other, now)),
        replaced_by: found.lineage.newest.as_ref().map(|other| view::neighbour(other, now)),
        same_key: found.same_key.iter().map(|other| view::neighbour(other, now)).collect(),
        signatures: withdrawal::dying(found.signature_count, &found.signatures),
        blocked: found.blocked.map(|blocked| blocked.reason),
        chain: found
            .chain
            .iter()
            .map(|above| (above.subject().to_string(), above.validity().not_after.seconds()))
            .collect(),
        history: found.history.iter().map(event).collect(),
        no_revoke: found.acts.revoke.err(),
        no_owner: found.acts.assign_owner.err(),
        no_renewal: found.acts.ask_for_renewal.err(),
        done: None,
        audit_object: format!("certificate {}/{}", record.issuer, record.serial),
        api_url: app.settings.server.public_url.join(&format!("/api/v1/certificates/{}", record.id)),
    }
}

fn event(found: &AuditEvent) -> EventView {
    let decision: Value = serde_json::from_str(&found.decision).unwrap_or_default();
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let attribute = |name: &str| decision["attributes"][name].as_str().filter(|text| !text.is_empty());
    EventView {
        at: found.at.to_unix_time().seconds(),
        action: found.action.clone(),
        actor: found.actor.clone(),
        reason: attribute("reason").or(attribute("owner")).map(str::to_owned),
        policies: texts(&decision["policies"]),
        origin: found.origin.clone(),
    }
}

#[derive(Deserialize)]
pub(super) struct Owner {
    owner: Option<String>,
}

pub(super) async fn assign_owner(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    SignedForm(me, form): SignedForm<Owner>,
) -> Result<Response, Failure> {
    let (record, _) = find::one(&app, &me.actor, &id, None).await?;
    let owner = care::owner(form.owner.as_deref().unwrap_or_default())?;
    let changed = care::assign_owner(&app, &me.actor, &me.origin, &record, owner).await?;
    Ok(back(&record.id.to_string(), changed, "owner"))
}

#[derive(Deserialize)]
pub(super) struct Renewal {
    days: Option<u16>,
}

pub(super) async fn ask_for_renewal(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    SignedForm(me, form): SignedForm<Renewal>,
) -> Result<Response, Failure> {
    let (record, _) = find::one(&app, &me.actor, &id, None).await?;
    let by = form.days.map(|days| app.clock.now().plus(Duration::from_secs(u64::from(days) * 86_400)));
    let changed = care::ask_for_renewal(&app, &me.actor, &me.origin, &record, by).await?;
    Ok(back(&record.id.to_string(), changed, "renewal"))
}

pub(super) fn back(id: &str, changed: bool, word: &str) -> Response {
    let word = if changed { word } else { "unchanged" };
    Redirect::to(&format!("/certificates/{id}?done={word}")).into_response()
}
