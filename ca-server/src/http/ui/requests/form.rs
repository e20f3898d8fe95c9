//! `/requests/new` and `/requests/{id}/change`: the form, what would come of it, and sending it.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use ca_core::duration;
use ca_core::issuance_request::RequestedKey;
use ca_core::profile::SubjectKind;
use ca_core::x509::pem;
use serde::Deserialize;
use uuid::Uuid;
use web_ui::frame::Section;
use web_ui::requests::{AuthorityChoice, FieldError, FormPage, FormValues, ProfileChoice};

use super::{id, preview};
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::request::change::{self, Changed};
use crate::ops::request::list;
use crate::ops::request::preview::Preview;
use crate::ops::request::submit::{self, Submission};
use crate::ops::request::view::{self, RequestView};
use crate::ops::request::{Fault, Wish, WishedKey, preview as preview_op};

/// What the form sends. `step` is the button: `preview`, `edit` or `submit`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    step: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    csr: String,
    #[serde(default)]
    profile: String,
    #[serde(default)]
    authority: String,
    #[serde(default)]
    names: String,
    #[serde(default)]
    validity: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    notify: String,
    #[serde(default)]
    submission: String,
}

/// What a link to the form may fill in.
#[derive(Default, Deserialize)]
pub(super) struct Beginning {
    #[serde(default)]
    profile: String,
    #[serde(default)]
    names: String,
}

pub(super) async fn new(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Query(beginning): Query<Beginning>,
) -> Result<Response, Failure> {
    list::admit(&app, &me.actor)?;
    let values = FormValues {
        key: "csr".to_owned(),
        profile: beginning.profile,
        names: beginning.names,
        submission: app.entropy.uuid().to_string(),
        ..FormValues::default()
    };
    page(form(&app, &me, None, values, Vec::new()).render())
}

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    SignedForm(me, sent): SignedForm<Sent>,
) -> Result<Response, Failure> {
    let (wish, values) = sent.read();
    match sent.step.as_str() {
        "edit" => return page(form(&app, &me, None, values, Vec::new()).render()),
        "submit" => {}
        _ => return show(&app, &me, None, &wish, values).await,
    }
    let once = once(&sent.submission)?;
    match submit::submit(&app, &me.actor, &me.origin, &wish, once.as_deref()).await? {
        Submission::Made(id) | Submission::MadeBefore(id) => {
            Ok(Redirect::to(&format!("/requests/{id}")).into_response())
        }
        Submission::Faulty(faults) => refuse(form(&app, &me, None, values, faults)),
    }
}

/// What our own form sends to be told from a second click: a UUID.
fn once(submission: &str) -> Result<Option<String>, Failure> {
    if submission.is_empty() {
        return Ok(None);
    }
    let foreign = |_| {
        let rule = "Its field \"submission\" is not what we wrote there. Nothing was done.";
        Failure::refused(StatusCode::UNPROCESSABLE_ENTITY, "The form cannot be read", rule)
            .with_next_step("Open the form again.")
    };
    submission.parse::<Uuid>().map(|id| Some(id.to_string())).map_err(foreign)
}

pub(super) async fn change(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let found = view::view(&app, &me.actor, id(&text)?).await?;
    require_changeable(&found)?;
    let mut view = form(&app, &me, Some(text), values_of(&found), Vec::new());
    view.approvals_lost = found.tally.counted().len().try_into().unwrap_or(u32::MAX);
    page(view.render())
}

pub(super) async fn submit_change(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, sent): SignedForm<Sent>,
) -> Result<Response, Failure> {
    let (wish, values) = sent.read();
    match sent.step.as_str() {
        "edit" => return page(form(&app, &me, Some(text), values, Vec::new()).render()),
        "submit" => {}
        _ => return show(&app, &me, Some(text), &wish, values).await,
    }
    match change::change(&app, &me.actor, &me.origin, id(&text)?, &wish).await? {
        Changed::Done(_) | Changed::Nothing => Ok(Redirect::to(&format!("/requests/{text}")).into_response()),
        Changed::Faulty(faults) => refuse(form(&app, &me, Some(text), values, faults)),
    }
}

async fn show(
    app: &App,
    me: &SignedIn,
    changing: Option<String>,
    wish: &Wish,
    values: FormValues,
) -> Result<Response, Failure> {
    let of = changing.as_deref().map(id).transpose()?;
    match preview_op::preview(app, &me.actor, wish, of).await? {
        Preview::Faulty(faults) => refuse(form(app, me, changing, values, faults)),
        Preview::Verdicts(verdicts) => {
            page(preview::page(me.frame(app, Section::Requests), changing, values, &verdicts).render())
        }
    }
}

fn refuse(view: FormPage) -> Result<Response, Failure> {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, view.render())
}

fn require_changeable(found: &RequestView) -> Result<(), Failure> {
    let refused = |why: &String| Failure::refused(StatusCode::CONFLICT, "It cannot be changed", format!("{why}."));
    found.may.change.as_ref().copied().map_err(refused)
}

impl Sent {
    /// The wish, and the same to be shown again.
    fn read(&self) -> (Wish, FormValues) {
        let key = match self.key.as_str() {
            "" | "csr" => WishedKey::Csr(self.csr.clone()),
            "keep" => WishedKey::Keep,
            kind => WishedKey::Generate(kind.to_owned()),
        };
        let lines = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
        let names = self.names.split(lines).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let wish = Wish {
            key,
            profile: self.profile.clone(),
            authority: self.authority.clone(),
            names,
            validity: self.validity.clone(),
            owner: self.owner.clone(),
            notify: self.notify.clone(),
        };
        (wish, self.values())
    }

    fn values(&self) -> FormValues {
        let sent = self.clone();
        FormValues {
            key: sent.key,
            csr: sent.csr,
            profile: sent.profile,
            authority: sent.authority,
            names: sent.names,
            validity: sent.validity,
            owner: sent.owner,
            notify: sent.notify,
            submission: sent.submission,
        }
    }
}

/// What an open request asks for, to be changed.
fn values_of(found: &RequestView) -> FormValues {
    let terms = found.content.terms();
    let csr = match &terms.key {
        RequestedKey::Csr(der) => pem::encode("CERTIFICATE REQUEST", der),
        RequestedKey::Generated(_) => String::new(),
    };
    FormValues {
        key: "keep".to_owned(),
        csr,
        profile: terms.profile.clone(),
        authority: found.authority.clone(),
        names: terms.names.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        validity: duration::format(terms.validity),
        owner: found.row.asked.owner.clone().unwrap_or_default(),
        notify: found.row.asked.notify.clone().unwrap_or_default(),
        submission: String::new(),
    }
}

fn form(app: &App, me: &SignedIn, changing: Option<String>, values: FormValues, faults: Vec<Fault>) -> FormPage {
    let policies = app.policies.load();
    let profiles = policies.profiles().filter(|profile| profile.kind() == SubjectKind::EndEntity);
    let profiles = profiles.map(|profile| ProfileChoice {
        name: profile.name().to_owned(),
        description: profile.description().to_owned(),
        default_validity: duration::format(profile.default_validity()),
        longest_validity: duration::format(profile.maximum_validity()),
        approvals: profile.approvals_required(),
        generated_keys: profile.generated_keys().iter().map(|kind| kind.as_str().to_owned()).collect(),
    });
    let authorities = app.authorities.issuing().map(|authority| AuthorityChoice {
        name: authority.name.clone(),
        subject: authority.issuer.certificate().subject().to_string(),
    });
    let error = |fault: Fault| FieldError { field: fault.field.to_owned(), text: fault.text };
    FormPage {
        frame: me.frame(app, Section::Requests),
        changing,
        values,
        profiles: profiles.collect(),
        authorities: authorities.collect(),
        errors: faults.into_iter().map(error).collect(),
        approvals_lost: 0,
    }
}
