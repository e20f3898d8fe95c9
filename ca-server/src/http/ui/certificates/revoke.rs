//! `/certificates/{id}/revoke`: GET shows what breaks, POST does it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use ca_core::policy::action::RevocationGround;
use ca_core::revocation::RevocationReason;
use serde::Deserialize;
use web_ui::certificates::{AccountView, RevokePage};
use web_ui::frame::Section;

use super::detail::back;
use super::view;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::http::ui::signing::withdrawal;
use crate::ops::certificate::preview::{AccountActivity, RevocationPreview, preview};
use crate::ops::certificate::revoke::{Revocation, revoke};
use crate::ops::certificate::revoke_authority::confirmation;

pub(super) async fn show(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let found = preview(&app, &me.actor, &id).await?;
    if found.is_authority
        && let Err(elsewhere) = me.recently_proved(&app)
    {
        return Ok(elsewhere);
    }
    page(view_of(&app, &me, &found, None).render())
}

#[derive(Deserialize)]
pub(super) struct Form {
    reason: String,
    confirmation: Option<String>,
}

pub(super) async fn perform(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    SignedForm(me, form): SignedForm<Form>,
) -> Result<Response, Failure> {
    let found = preview(&app, &me.actor, &id).await?;
    if found.is_authority
        && let Err(elsewhere) = me.recently_proved(&app)
    {
        return Ok(elsewhere);
    }
    if found.record.revoked_at.is_some() {
        let rule = "Somebody revoked it before, or the form was sent twice. Nothing was changed now.";
        let failure = Failure::refused(StatusCode::CONFLICT, "It is revoked already", rule);
        return Err(failure.with_next_step("Its page says when, why and by whom."));
    }
    let wanted = confirmation(&app, &found.certificate);
    let problem = match form.reason.parse::<RevocationReason>() {
        Err(fault) => Some(fault.to_string()),
        Ok(reason) if !found.reasons.contains(&reason) => Some(format!("{reason} is no reason for this certificate")),
        Ok(_) if wanted.is_some() && form.confirmation.as_deref().map(str::trim) != wanted.as_deref() => {
            Some("What was typed to confirm is something else.".to_owned())
        }
        Ok(reason) => {
            let ground = RevocationGround::Administration;
            let asked = Revocation { reason, block_key: false, ground, confirmed: wanted };
            revoke(&app, &me.actor, &me.origin, (&found.record, &found.certificate), asked).await?;
            return Ok(back(&found.record.id.to_string(), true, "revoked"));
        }
    };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, view_of(&app, &me, &found, problem).render())
}

fn view_of(app: &App, me: &SignedIn, found: &RevocationPreview, problem: Option<String>) -> RevokePage {
    let now = app.clock.now();
    let record = &found.record;
    RevokePage {
        frame: me.frame(app, Section::Certificates),
        id: record.id.to_string(),
        title: view::title(record),
        confirmation: confirmation(app, &found.certificate),
        state: view::state(record, false, now),
        names: record.names.iter().map(|name| name.value.clone()).collect(),
        not_after: record.not_after.seconds(),
        stops: app.authorities.certified_by(&found.certificate).map(|authority| authority.name.clone()),
        successor: found.successor.as_ref().map(|other| view::neighbour(other, now)),
        account: found.account.as_ref().map(account),
        same_key: found.same_key.iter().map(|other| view::neighbour(other, now)).collect(),
        signatures: withdrawal::dying(found.signature_count, &found.signatures),
        list_url: found.list.url.clone(),
        list_good_until: found.list.next_update.map(|at| at.seconds()),
        reasons: view::reasons(&found.reasons, found.successor.as_ref().map(|_| RevocationReason::Superseded)),
        refusal: found.refusal.clone(),
        problem,
    }
}

fn account(found: &AccountActivity) -> AccountView {
    AccountView {
        endpoint: found.endpoint.clone(),
        id: found.id.to_string(),
        is_valid: found.is_valid(),
        last_order: found.last_order.map(|at| at.seconds()),
    }
}
