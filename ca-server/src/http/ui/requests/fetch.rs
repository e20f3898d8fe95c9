//! `/fetch/{id}`: a certificate for whoever holds its code. The code travels in a form or in the Authorization header, never
//! in an address.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::requests::{FetchPage, Fetched};
use zeroize::Zeroizing;

use super::one::pem_file;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::{PublicForm, Secret};
use crate::http::ui::page::{page as answer, page_with};
use crate::http::ui::signed_in::public_frame;
use crate::http::visitor;
use crate::ops::OpError;
use crate::ops::request::fetch;

/// A person sees the page that asks for the code; a machine that sends it gets the certificate.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Path(address): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Some(code) = bearer(&headers) else { return answer(shown(&app, address, None, None).render()) };
    match fetch::fetch(&app, &address, &code).await? {
        fetch::Fetched { chain: Some(chain), .. } => Ok(pem_file(chain, "certificate.pem")),
        found if found.state.is_open() => {
            let text = format!("The request is {}: there is no certificate yet.\n", found.state);
            Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, "60")], text).into_response())
        }
        found => Ok((StatusCode::GONE, format!("The request is {}.\n", found.state)).into_response()),
    }
}

#[derive(Deserialize)]
pub(super) struct Code {
    code: Secret,
    #[serde(default, rename = "as")]
    wanted: String,
}

pub(super) async fn open(
    State(app): State<Arc<App>>,
    Path(address): Path<String>,
    PublicForm(sent): PublicForm<Code>,
) -> Result<Response, Failure> {
    let found = match fetch::fetch(&app, &address, &sent.code.0).await {
        Ok(found) => found,
        Err(OpError::NotFound(why)) => {
            let view = shown(&app, address, Some(why), None);
            return page_with(StatusCode::NOT_FOUND, view.render());
        }
        Err(error) => return Err(error.into()),
    };
    if let ("pem", Some(chain)) = (sent.wanted.as_str(), &found.chain) {
        return Ok(pem_file(chain.clone(), "certificate.pem"));
    }
    answer(shown(&app, address, None, Some((found, &sent.code))).render())
}

fn bearer(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let (scheme, code) = visitor::text(headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Zeroizing::new(code.trim().to_owned()))
}

fn shown(app: &App, address: String, error: Option<String>, found: Option<(fetch::Fetched, &Secret)>) -> FetchPage {
    let fetched = found.map(|(found, code)| Fetched {
        state: found.state.to_string(),
        outcome: found.outcome,
        names: found.names.iter().map(|name| name.value.clone()).collect(),
        subject: found.subject,
        created_at: found.created_at.seconds(),
        expires_at: found.expires_at.seconds(),
        chain: found.chain,
        serial: found.serial,
        not_after: found.not_after.map(|at| at.seconds()),
        code: code.0.to_string(),
    });
    FetchPage { frame: public_frame(app, Section::Elsewhere), address, error, fetched }
}
