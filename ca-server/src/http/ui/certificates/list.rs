//! `/certificates`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use ca_core::policy::action::ChangeInBulk;
use web_ui::certificates::{CertificatesPage, Count};
use web_ui::frame::Section;

use super::query::Query;
use super::view;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page;
use crate::http::ui::recipes;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::certificate::search::{self, CertificateFilter, Found, Page, Sort};

/// Certificates on a page.
const LIMIT: i64 = 50;

pub(super) async fn show(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let query = Query::of(&uri);
    let asked = query.filter();
    let now = app.clock.now();
    let empty = blank(&app, &me, &query);
    match asked.filter(now).and_then(|filter| Ok((filter, asked.sort()?))) {
        Ok((filter, sort)) => {
            let found = find(&app, &me, &query, &filter, sort).await?;
            let replaced = search::replaced(&app, &found.records).await?;
            let filled = CertificatesPage {
                rows: view::rows(&found.records, &replaced, now),
                count: view::count(found.count),
                before: found.before.map(|place| query.link(Some(("until", place)))),
                after: found.after.map(|place| query.link(Some(("from", place)))),
                paused: found.paused,
                ..empty
            };
            page(filled.render())
        }
        Err(fault) => page(CertificatesPage { problem: Some(fault.to_string()), ..empty }.render()),
    }
}

async fn find(
    app: &App,
    me: &SignedIn,
    query: &Query,
    filter: &CertificateFilter,
    sort: Sort,
) -> Result<Found, Failure> {
    let (from, direction) = query.place();
    Ok(search::search(app, &me.actor, filter, Page { sort, from, direction, limit: LIMIT }).await?)
}

fn blank(app: &App, me: &SignedIn, query: &Query) -> CertificatesPage {
    let policies = app.policies.load();
    let example = ChangeInBulk { change: "revoke".to_owned(), certificates: 1 };
    CertificatesPage {
        frame: me.frame(app, Section::Certificates),
        filter: query.filter_values(),
        problem: None,
        profiles: policies.profiles().map(|profile| profile.name().to_owned()).collect(),
        issuers: app.authorities.all().iter().map(|authority| authority.issuer.slug().to_owned()).collect(),
        endpoints: app.settings.acme.iter().map(|endpoint| endpoint.name.clone()).collect(),
        rows: Vec::new(),
        count: Count::Exactly(0),
        before: None,
        after: None,
        paused: false,
        no_bulk: policies.engine().decide(&me.actor, example).err().map(|denied| denied.to_string()),
        recipes: recipes::clients(app),
    }
}
