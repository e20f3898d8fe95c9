//! `/decode`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use web_ui::certificates::{DecodePage, DecodedItem};
use web_ui::frame::Section;

use super::description;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::certificate::decode::{self, Decoded};

pub(super) async fn show(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    // Whoever may not read certificates learns it before pasting one.
    let _ = decode::decode(&app, &me.actor, "").await?;
    page(blank(&app, &me).render())
}

fn blank(app: &App, me: &SignedIn) -> DecodePage {
    DecodePage { frame: me.frame(app, Section::Certificates), pasted: String::new(), problem: None, items: Vec::new() }
}

#[derive(Deserialize)]
pub(super) struct Form {
    text: Option<String>,
}

/// Longest text that is shown again with its problem.
const SHOWN_AGAIN: usize = 16 * 1024;

pub(super) async fn decode(
    State(app): State<Arc<App>>,
    SignedForm(me, form): SignedForm<Form>,
) -> Result<Response, Failure> {
    let text = form.text.unwrap_or_default();
    let empty = blank(&app, &me);
    match decode::decode(&app, &me.actor, &text).await? {
        Ok(items) => page(DecodePage { items: items.iter().map(item).collect(), ..empty }.render()),
        Err(unreadable) => {
            // A private key goes nowhere again, not even back.
            let pasted = Some(text).filter(|text| text.len() <= SHOWN_AGAIN && !text.contains("PRIVATE KEY"));
            let problem = Some(unreadable.to_string());
            let again = DecodePage { pasted: pasted.unwrap_or_default(), problem, ..empty };
            page_with(StatusCode::UNPROCESSABLE_ENTITY, again.render())
        }
    }
}

fn item(found: &Decoded) -> DecodedItem {
    match found {
        Decoded::Certificate { description, issued_here, issued_by_next } => DecodedItem::Certificate {
            title: description.title(),
            text: Box::new(description::certificate(description)),
            issued_here: issued_here.map(|id| id.to_string()),
            issued_by_next: *issued_by_next,
        },
        Decoded::Request(description) => {
            DecodedItem::Request { title: description.title(), text: Box::new(description::request(description)) }
        }
    }
}
