//! `/search`: straight to the thing when there is only one.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use web_ui::certificates::{Count, FoundThing, SearchPage};
use web_ui::frame::Section;

use super::query::Query;
use super::view;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::certificate::search;
use crate::ops::lookup::{Lookup, Thing, lookup};

pub(super) async fn search(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let query = Query::of(&uri);
    let q = query.value("q").unwrap_or_default().trim();
    let found = lookup(&app, &me.actor, q).await?;
    if let Some(place) = only(&found) {
        return Ok(Redirect::to(&place).into_response());
    }
    let (records, count) = match &found.certificates {
        Some(certificates) => (certificates.records.as_slice(), view::count(certificates.count)),
        None => (&[][..], Count::Exactly(0)),
    };
    let replaced = match records.is_empty() {
        true => HashSet::new(),
        false => search::replaced(&app, records).await?,
    };
    let view = SearchPage {
        frame: me.frame(&app, Section::Elsewhere),
        q: q.to_owned(),
        things: found.things.iter().map(thing).collect(),
        certificates: view::rows(records, &replaced, app.clock.now()),
        count,
    };
    page(view.render())
}

/// The one thing that is known by the text, if it is one.
fn only(found: &Lookup) -> Option<String> {
    let certificates = found.certificates.as_ref().map(|found| found.records.as_slice()).unwrap_or_default();
    match (found.things.as_slice(), certificates) {
        // The certificates of an account or order are found with it.
        ([one], _) => Some(thing(one).href),
        ([], [one]) => Some(format!("/certificates/{}", one.id)),
        _ => None,
    }
}

fn thing(found: &Thing) -> FoundThing {
    let (kind, title, href) = match found {
        Thing::Account { id, .. } => ("ACME account", id.to_string(), format!("/certificates?account={id}")),
        Thing::SigningRequest(id) => ("signing request", id.to_string(), format!("/signing/{id}")),
        Thing::SignedDigest(digest) => ("signed file", digest.clone(), format!("/signing/ledger?digest={digest}")),
        Thing::Order { id, .. } => ("ACME order", id.to_string(), format!("/certificates?q={id}")),
    };
    FoundThing { kind: kind.to_owned(), title, href }
}
