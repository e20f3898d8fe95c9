//! `/account/second-factor`: enrolling an authenticator, and taking it away.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use qrcode::{Color, QrCode};
use serde::Deserialize;
use web_ui::account::{RecoveryCodesPage, SecondFactorPage, SecondFactorState};
use web_ui::frame::Section;
use web_ui::parts::Qr;

use super::Nothing;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::{Secret, SignedForm};
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::operator::second_factor;

const HERE: &str = "/account/second-factor";

pub(super) async fn show(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    // The page shows a secret while one waits to be confirmed.
    if !me.operator.has_second_factor
        && let Err(elsewhere) = me.recently_proved(&app)
    {
        return Ok(elsewhere);
    }
    page(view(&app, &me, None).await?.render())
}

async fn view(app: &App, me: &SignedIn, problem: Option<String>) -> Result<SecondFactorPage, OpError> {
    let state = if me.operator.has_second_factor {
        SecondFactorState::Enrolled { codes_left: second_factor::codes_left(app, me.operator.id).await? }
    } else {
        match second_factor::enrolment(app, &me.session).await? {
            Some(begun) => SecondFactorState::Begun { spelled: begun.spelled.to_string(), code: qr_code(&begun.uri)? },
            None => SecondFactorState::Absent,
        }
    };
    Ok(SecondFactorPage { frame: me.frame(app, Section::Elsewhere), state, problem })
}

fn qr_code(uri: &str) -> Result<Qr, OpError> {
    let code = QrCode::new(uri.as_bytes()).map_err(|fault| OpError::Integrity(fault.to_string()))?;
    let dark = code.to_colors().into_iter().map(|module| module == Color::Dark).collect();
    Ok(Qr::new("QR code with the secret that is spelled out below", code.width(), dark))
}

pub(super) async fn begin(
    State(app): State<Arc<App>>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    second_factor::begin(&app, &me.session).await?;
    Ok(Redirect::to(HERE).into_response())
}

#[derive(Deserialize)]
pub(super) struct Code {
    code: Secret,
}

pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    SignedForm(me, form): SignedForm<Code>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    match second_factor::confirm(&app, &me.session, &me.origin, &form.code.0).await? {
        Some(codes) => {
            let codes = codes.iter().map(|code| code.to_string()).collect();
            page(RecoveryCodesPage { frame: me.frame(&app, Section::Elsewhere), codes }.render())
        }
        None => {
            let problem = "That is not the code of this secret at this time. Is the clock of your phone right?";
            page_with(StatusCode::UNPROCESSABLE_ENTITY, view(&app, &me, Some(problem.to_owned())).await?.render())
        }
    }
}

pub(super) async fn remove(
    State(app): State<Arc<App>>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    second_factor::remove(&app, &me.session, &me.origin).await?;
    Ok(Redirect::to(HERE).into_response())
}
