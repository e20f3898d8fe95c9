//! `/signing/grants`: giving them, and taking them back.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use ca_core::policy::Denied;
use ca_core::policy::action::{CreateGrant, RevokeGrant};
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::signing::{GrantForm, GrantRow, GrantsPage};

use super::{id, server, subject, unsigned};
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::{Nothing, SignedForm};
use crate::http::ui::page::{page as answer, page_with};
use crate::http::ui::query::Query;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::signing::grant::{self, Asked, SigningGrant};
use crate::ops::signing::grantor;

/// Rows on a page.
const LIMIT: i64 = 50;

pub(super) async fn page(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    answer(view(&app, &me, &Query::of(&uri)).await?.render())
}

async fn view(app: &App, me: &SignedIn, query: &Query) -> Result<GrantsPage, Failure> {
    let after = query.after().and_then(|id| id.parse().ok());
    let found = grant::list(app, &me.actor, after, LIMIT).await?;
    let policies = app.policies.load_full();
    let grantable = policies.signing_profiles().filter(|profile| grantor::require_grantable(profile).is_ok());
    let profiles: Vec<String> = grantable.map(|profile| profile.name().to_owned()).collect();
    let example = profiles.first().cloned().unwrap_or_default();
    let create = CreateGrant {
        profile: example.clone(),
        environment: "release",
        grantee: String::new(),
        signatures: 1,
        own: false,
    };
    let revoke = RevokeGrant { grant: String::new(), profile: example.clone() };
    Ok(GrantsPage {
        frame: me.frame(app, Section::Signing),
        newer: query.newest(),
        older: query.older(found.next.as_deref()),
        grants: found.items.into_iter().map(row).collect(),
        profiles,
        form: GrantForm { most: "10".to_owned(), hours: "8".to_owned(), ..GrantForm::default() },
        problem: None,
        no_create: no_create(policies.engine().decide(&me.actor, create).err(), &example),
        no_revoke: policies.engine().decide(&me.actor, revoke).err().map(|denied| denied.to_string()),
        server: server(app),
    })
}

/// Why no grant can be given, if so.
fn no_create(denied: Option<Denied>, example: &str) -> Option<String> {
    let none =
        "No signing profile has the format raw, which is what grants are for, and the approval of one person at most.";
    denied.map(|denied| denied.to_string()).or_else(|| example.is_empty().then(|| none.to_owned()))
}

fn row(found: SigningGrant) -> GrantRow {
    GrantRow {
        id: found.id.to_string(),
        profile: found.profile,
        grantee: subject(&found.grantee),
        spent: unsigned(found.used),
        most: unsigned(found.max_signatures),
        not_after: found.not_after.seconds(),
        granted_by: subject(&found.created_by),
        created_at: found.created_at.seconds(),
        revoked_at: found.revoked_at.map(|at| at.seconds()),
    }
}

#[derive(Deserialize)]
pub(super) struct NewGrant {
    #[serde(default)]
    profile: String,
    #[serde(default)]
    grantee: String,
    #[serde(default)]
    max_signatures: String,
    #[serde(default)]
    hours: String,
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    SignedForm(me, form): SignedForm<NewGrant>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let asked = match form.read(&app) {
        Ok(asked) => asked,
        Err(fault) => return again(&app, &me, form, fault.to_owned()).await,
    };
    match grant::create(&app, &me.actor, &me.origin, asked).await {
        Ok(_) => Ok(Redirect::to("/signing/grants").into_response()),
        Err(OpError::Problem(problem)) if problem.status() == 422 => {
            again(&app, &me, form, problem.detail().to_owned()).await
        }
        Err(error) => Err(error.into()),
    }
}

impl NewGrant {
    fn read(&self, app: &App) -> Result<Asked, &'static str> {
        let max_signatures =
            self.max_signatures.trim().parse().map_err(|_| "How many signatures is a whole number.")?;
        let hours: u64 = self.hours.trim().parse().map_err(|_| "For how many hours is a whole number.")?;
        let seconds = hours.checked_mul(3_600).filter(|_| hours <= 24 * 366);
        let span = Duration::from_secs(seconds.ok_or("A grant lasts for 720 hours (30 days) at most.")?);
        let grantee = self.grantee.trim();
        // A bare name is that of an operator.
        let whole = grantee.contains('#') || grantee.starts_with("operator:") || grantee.is_empty();
        let grantee = if whole { grantee.to_owned() } else { format!("operator:{grantee}") };
        let not_after = app.clock.now().plus(span);
        Ok(Asked { profile: self.profile.clone(), grantee, max_signatures, not_after })
    }
}

async fn again(app: &App, me: &SignedIn, sent: NewGrant, problem: String) -> Result<Response, Failure> {
    let form = GrantForm { profile: sent.profile, grantee: sent.grantee, most: sent.max_signatures, hours: sent.hours };
    let blank = view(app, me, &Query::of(&Uri::from_static("/signing/grants"))).await?;
    let page = GrantsPage { form, problem: Some(problem), ..blank };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, page.render())
}

pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    grant::revoke(&app, &me.actor, &me.origin, id(&text)?).await?;
    Ok(Redirect::to("/signing/grants").into_response())
}
