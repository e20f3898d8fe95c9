//! `/certificates/changes`: one change to many certificates.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use ca_core::policy::action::ChangeInBulk;
use ca_core::revocation::RevocationReason;
use ca_core::x509::extension::BasicConstraints;
use serde::Deserialize;
use web_ui::certificates::{ChangeKind, NewChangePage};
use web_ui::frame::Section;

use super::query::Query;
use super::view;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::certificate::bulk::{self, BulkChangeId, Change, Confirmed, Selection, Summary};
use crate::ops::certificate::care;

pub(super) async fn new(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let query = Query::of(&uri);
    let kind = kind(query.value("change"))?;
    if kind == ChangeKind::Revoke
        && let Err(elsewhere) = me.recently_proved(&app)
    {
        return Ok(elsewhere);
    }
    let chosen = choose(&app, &query)?;
    match bulk::summary(&app, &me.actor, &chosen.selection).await {
        Ok(summary) => page(view_of(&app, &me, kind, &chosen, &summary, None).render()),
        Err(OpError::Conflict(rule)) => {
            let empty = view_of(&app, &me, kind, &chosen, &Summary::default(), None);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, NewChangePage { refusal: Some(rule), ..empty }.render())
        }
        Err(error) => Err(error.into()),
    }
}

fn kind(word: Option<&str>) -> Result<ChangeKind, Failure> {
    match word {
        Some("revoke") => Ok(ChangeKind::Revoke),
        Some("ask-for-renewal") => Ok(ChangeKind::AskForRenewal),
        Some("assign-owner") => Ok(ChangeKind::AssignOwner),
        _ => {
            let rule = "The address does not say what to do with the certificates.";
            let failure = Failure::refused(StatusCode::BAD_REQUEST, "There is no such change", rule);
            Err(failure.with_next_step("Choose the certificates and the change in the list."))
        }
    }
}

/// How certificates were chosen: to look them up, to say it, and to bring it back.
struct Chosen {
    selection: Selection,
    words: String,
    fields: Vec<(String, String)>,
    back: String,
}

fn choose(app: &App, query: &Query) -> Result<Chosen, Failure> {
    let back = query.link(None);
    if query.value("which") != Some("all") {
        let ids: Vec<_> = query.values("id").iter().filter_map(|id| id.parse().ok()).collect();
        let fields = query.values("id").iter().map(|id| ("id".to_owned(), (*id).to_owned())).collect();
        return Ok(Chosen { words: "selected one by one".to_owned(), selection: Selection::These(ids), fields, back });
    }
    let pairs = query.filter_pairs();
    let filter = query.filter().filter(app.clock.now());
    let filter = filter
        .map_err(|fault| Failure::refused(StatusCode::BAD_REQUEST, "This filter finds nothing", fault.to_string()))?;
    let words = query.filter().words();
    let fields = pairs.into_iter().chain([("which".to_owned(), "all".to_owned())]).collect();
    Ok(Chosen { selection: Selection::All(Box::new(filter)), words, fields, back })
}

fn view_of(
    app: &App,
    me: &SignedIn,
    kind: ChangeKind,
    chosen: &Chosen,
    summary: &Summary,
    problem: Option<String>,
) -> NewChangePage {
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    let example = ChangeInBulk { change: kind.word().to_owned(), certificates: summary.total() };
    let refusal = app.policies.load().engine().decide(&me.actor, example).err().map(|denied| denied.to_string());
    let fits = |reason: &RevocationReason| reason.applies_to(BasicConstraints::EndEntity);
    let reasons: Vec<RevocationReason> = RevocationReason::ALL.into_iter().filter(fits).collect();
    NewChangePage {
        frame: me.frame(app, Section::Certificates),
        kind,
        selection: chosen.words.clone(),
        total: number(summary.total()),
        valid: number(summary.valid),
        expired: number(summary.expired),
        revoked: number(summary.revoked),
        examples: view::rows(&summary.examples, &HashSet::new(), app.clock.now()),
        reasons: view::reasons(&reasons, None),
        chosen: chosen.fields.clone(),
        digest: summary.digest(),
        refusal,
        problem,
        back: chosen.back.clone(),
    }
}

/// The form; the fields that choose are read as a query.
#[derive(Deserialize)]
pub(super) struct Form {
    change: String,
    digest: String,
    reason: Option<String>,
    confirmation: Option<String>,
    days: Option<u16>,
    owner: Option<String>,
    which: Option<String>,
    #[serde(default)]
    id: Vec<String>,
    #[serde(flatten)]
    filter: std::collections::BTreeMap<String, String>,
}

impl Form {
    fn query(&self) -> Query {
        let ids = self.id.iter().map(|id| ("id".to_owned(), id.clone()));
        let which = self.which.iter().map(|which| ("which".to_owned(), which.clone()));
        let filter = self.filter.iter().map(|(name, value)| (name.clone(), value.clone()));
        Query::of_pairs(ids.chain(which).chain(filter).collect())
    }
}

pub(super) async fn start(
    State(app): State<Arc<App>>,
    SignedForm(me, form): SignedForm<Form>,
) -> Result<Response, Failure> {
    let kind = kind(Some(&form.change))?;
    if kind == ChangeKind::Revoke
        && let Err(elsewhere) = me.recently_proved(&app)
    {
        return Ok(elsewhere);
    }
    let chosen = choose(&app, &form.query())?;
    match confirm(&app, &me, kind, &form, &chosen).await {
        Ok(id) => Ok(Redirect::to(&format!("/certificates/changes/{id}")).into_response()),
        Err(OpError::Conflict(rule)) => {
            let summary = bulk::summary(&app, &me.actor, &chosen.selection).await.unwrap_or_default();
            let again = view_of(&app, &me, kind, &chosen, &summary, Some(rule));
            page_with(StatusCode::UNPROCESSABLE_ENTITY, again.render())
        }
        Err(error) => Err(error.into()),
    }
}

async fn confirm(
    app: &App,
    me: &SignedIn,
    kind: ChangeKind,
    form: &Form,
    chosen: &Chosen,
) -> Result<BulkChangeId, OpError> {
    let change = match kind {
        ChangeKind::Revoke => revocation(app, me, form, chosen).await?,
        ChangeKind::AskForRenewal => {
            let by = form.days.map(|days| app.clock.now().plus(Duration::from_secs(u64::from(days) * 86_400)));
            Change::AskForRenewal { by }
        }
        ChangeKind::AssignOwner => {
            Change::AssignOwner { owner: care::owner(form.owner.as_deref().unwrap_or_default())? }
        }
    };
    let confirmed = Confirmed {
        change,
        selection: chosen.selection.clone(),
        words: chosen.words.clone(),
        digest: Some(form.digest.clone()),
    };
    bulk::start(app, &me.actor, &me.origin, confirmed).await
}

/// Who revokes many types how many they are.
async fn revocation(app: &App, me: &SignedIn, form: &Form, chosen: &Chosen) -> Result<Change, OpError> {
    let reason = form.reason.as_deref().unwrap_or_default().parse::<RevocationReason>();
    let reason = reason.map_err(|fault| OpError::Conflict(fault.to_string()))?;
    if !reason.applies_to(BasicConstraints::EndEntity) {
        return Err(OpError::Conflict(format!("{reason} is no reason for certificates of end entities")));
    }
    let total = bulk::summary(app, &me.actor, &chosen.selection).await?.total();
    match form.confirmation.as_deref().map(str::trim) {
        Some(typed) if typed == total.to_string() => Ok(Change::Revoke { reason, block_key: false }),
        _ => Err(OpError::Conflict(format!("{total} certificates are chosen: type this number to confirm"))),
    }
}
