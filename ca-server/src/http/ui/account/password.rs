//! `/account/password`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use web_ui::account::PasswordPage;
use web_ui::frame::Section;

use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::{Secret, SignedForm};
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::operator::own_password::{self, Outcome};

pub(super) async fn form(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    page(view(&app, &me, None).render())
}

fn view(app: &App, me: &SignedIn, problem: Option<String>) -> PasswordPage {
    PasswordPage { frame: me.frame(app, Section::Elsewhere), is_required: me.operator.must_change_password, problem }
}

#[derive(Deserialize)]
pub(super) struct Change {
    present: Secret,
    new: Secret,
    again: Secret,
}

pub(super) async fn change(
    State(app): State<Arc<App>>,
    SignedForm(me, form): SignedForm<Change>,
) -> Result<Response, Failure> {
    // Whoever has a second factor shows it too, not only the password that is asked for below.
    if me.operator.has_second_factor
        && let Err(elsewhere) = me.recently_proved(&app)
    {
        return Ok(elsewhere);
    }
    let refuse = |problem: String| page_with(StatusCode::UNPROCESSABLE_ENTITY, view(&app, &me, Some(problem)).render());
    if form.new.0 != form.again.0 {
        return refuse("The two new passwords differ.".to_owned());
    }
    match own_password::change(&app, &me.session, &me.origin, form.present.0, form.new.0).await? {
        Outcome::Changed => Ok(Redirect::to("/account").into_response()),
        Outcome::WrongPassword => refuse("That is not your present password.".to_owned()),
        Outcome::Locked(until) => refuse(format!("Too many attempts failed. Try again after {until}.")),
        Outcome::Weak(weak) => refuse(format!("That password will not do: {weak}.")),
    }
}
