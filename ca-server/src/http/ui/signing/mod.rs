//! `/signing`: signatures that builds ask for and people approve.

mod decide;
mod difference;
mod files;
mod grants;
mod inbox;
mod ledger;
mod one;
mod profile;
mod profiles;
mod provenance;
mod verify;
pub(super) mod withdrawal;

use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use web_ui::signing::SigningEnvironment;

use super::failure::Failure;
use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/signing", get(inbox::page))
        .route("/signing/profiles", get(profiles::page))
        .route("/signing/profiles/{*name}", get(profile::page))
        .route("/signing/grants", get(grants::page).post(grants::create))
        .route("/signing/grants/{id}/revoke", post(grants::revoke))
        .route("/signing/ledger", get(ledger::page))
        .route("/signing/verify", get(verify::page).post(verify::judge))
        .route("/signing/{id}", get(one::page))
        .route("/signing/{id}/decision", post(decide::decide))
        .route("/signing/{id}/break-glass", post(decide::break_glass))
        .route("/signing/{id}/cancel", post(decide::cancel))
        .route("/signing/{id}/bundle.zip", get(files::bundle))
        .route("/signing/{id}/items/{n}/signature", get(files::signature))
}

/// The id in a path; garbage is a request that is not there.
fn id<T: FromStr>(text: &str) -> Result<T, Failure> {
    let rule = "No signing request has this address.";
    text.parse().map_err(|_| Failure::refused(StatusCode::NOT_FOUND, "There is no such request", rule))
}

fn environment(word: &str) -> SigningEnvironment {
    if word == "release" { SigningEnvironment::Release } else { SigningEnvironment::Test }
}

/// `ann` of `operator:ann`, `repo:example/app:ref:…` of `https://issuer#repo:example/app:ref:…`, for people.
fn subject(text: &str) -> String {
    let job = text.split_once('#').filter(|(issuer, _)| issuer.contains(':')).map(|(_, subject)| subject);
    text.strip_prefix("operator:").or(job).unwrap_or(text).to_owned()
}

/// The public URL without a slash at its end, as command lines have it.
fn server(app: &App) -> String {
    app.settings.server.public_url.as_str().trim_end_matches('/').to_owned()
}

/// Lower-case digits without separators.
fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A count of the database, which is never negative.
fn unsigned(count: i64) -> u64 {
    count.max(0).unsigned_abs()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
