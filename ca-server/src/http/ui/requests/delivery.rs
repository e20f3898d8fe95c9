//! `/requests/{id}/delivery`: the private key that this server made, once, after the person proved themself again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::requests::DeliveryPage;

use super::id;
use super::one::title;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::{Secret, SignedForm};
use crate::http::ui::page::{page as answer, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::request::deliver::{self, SHORTEST_PASSPHRASE};
use crate::ops::request::view;

pub(super) async fn page(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    answer(shown(&app, &me, text, None).await?.render())
}

#[derive(Deserialize)]
pub(super) struct Passphrase {
    passphrase: Secret,
    again: Secret,
}

pub(super) async fn deliver(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, sent): SignedForm<Passphrase>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let passphrase = match deliver::passphrase(&sent.passphrase.0, &sent.again.0) {
        Ok(passphrase) => passphrase,
        Err(OpError::Problem(problem)) => {
            let view = shown(&app, &me, text, Some(problem.detail().to_owned())).await?;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, view.render());
        }
        Err(error) => return Err(error.into()),
    };
    let delivered = deliver::deliver(&app, &me.actor, &me.origin, id(&text)?, passphrase).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-pkcs12".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.p12\"", delivered.serial)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, delivered.pkcs12.to_vec()).into_response())
}

async fn shown(app: &App, me: &SignedIn, text: String, error: Option<String>) -> Result<DeliveryPage, Failure> {
    let found = view::view(app, &me.actor, id(&text)?).await?;
    Ok(DeliveryPage {
        frame: me.frame(app, Section::Requests),
        title: title(&found),
        id: text,
        shortest: SHORTEST_PASSPHRASE.try_into().unwrap_or(u32::MAX),
        error,
        refused: found.may.deliver.err(),
    })
}
