//! `/hsm`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use ca_core::hsm::{Capabilities, HsmInfo, KeyDescription};
use ca_core::time::UnixTime;
use web_ui::frame::Section;
use web_ui::hsm::{HsmFacts, HsmHealth, HsmPage, HsmRow, HsmsPage, KeyRow, Latency};

use super::failure::Failure;
use super::form::{Nothing, SignedForm};
use super::page::page;
use super::signed_in::SignedIn;
use crate::app::App;
use crate::hsm_watch::History;
use crate::ops::hsm::{self, HsmDetail, HsmOverview};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/hsm", get(list)).route("/hsm/{name}", get(show)).route("/hsm/{name}/probe", post(probe))
}

async fn list(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    let hsms = hsm::all(&app, &me.actor)?.iter().map(row).collect();
    page(HsmsPage { frame: me.frame(&app, Section::Hsm), hsms }.render())
}

fn row(found: &HsmOverview) -> HsmRow {
    let last = found.history.last();
    HsmRow {
        name: found.name.clone(),
        kind: found.kind.to_owned(),
        health: health(&found.history),
        asked_at: last.map(|probe| probe.at.seconds()),
        latency: last.and_then(|probe| probe.elapsed).map(micros),
        authorities: found.authorities.clone(),
        failed_at: found.history.last_fault.as_ref().map(|fault| fault.at.seconds()),
    }
}

fn health(history: &History) -> HsmHealth {
    match history.last() {
        None => HsmHealth::Unknown,
        Some(_) if history.is_down() => HsmHealth::Fails,
        Some(_) => HsmHealth::Signs,
    }
}

async fn show(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let found = hsm::detail(&app, &me.actor, &name).await?;
    let signed = uri.query().is_some_and(|query| query == SIGNED);
    let done = signed.then(|| "It signed, and the signature verified.".to_owned());
    page(HsmPage { done, ..view(&app, &me, found) }.render())
}

const SIGNED: &str = "done=signed";

fn view(app: &App, me: &SignedIn, found: HsmDetail) -> HsmPage {
    let history = &found.overview.history;
    HsmPage {
        frame: me.frame(app, Section::Hsm),
        health: health(history),
        asked_at: history.last().map(|probe| probe.at.seconds()),
        last_error: history.last_fault.as_ref().map(|fault| (fault.at.seconds(), fault.text.clone())),
        latency: latency(history, app.clock.now()),
        facts: found.info.map(|(info, capabilities)| facts(&info, &capabilities)),
        keys: found.keys.map(|keys| keys.iter().map(|(key, authority)| key_row(key, authority.as_ref())).collect()),
        no_probe: found.probe.err(),
        done: None,
        api_url: app.settings.server.public_url.join(&format!("/api/v1/hsms/{}", found.overview.name)),
        name: found.overview.name,
    }
}

fn facts(info: &HsmInfo, capabilities: &Capabilities) -> HsmFacts {
    HsmFacts {
        kind: info.kind.to_owned(),
        protection: info.protection.to_string(),
        place: info.place.clone(),
        manufacturer: info.manufacturer.clone(),
        model: info.model.clone(),
        serial_number: info.serial_number.clone(),
        firmware: info.firmware.clone(),
        key_specs: capabilities.key_specs.iter().map(ToString::to_string).collect(),
        wrapping: capabilities.wrapping.clone(),
        mechanisms: capabilities.mechanisms.clone(),
    }
}

fn key_row(key: &KeyDescription, authority: Option<&String>) -> KeyRow {
    KeyRow {
        label: key.label.clone(),
        id: key.key.id.to_string(),
        algorithm: key.spec.to_string(),
        state: key.state.map(|state| state.to_string()),
        purposes: key.purposes.iter().flatten().map(ToString::to_string).collect(),
        born_inside: key.born_inside,
        authority: authority.cloned(),
    }
}

/// Seconds of a stretch of the chart, and how many there are: a day in half hours.
const STRETCH: i64 = 1_800;
const STRETCHES: i64 = 48;

/// The slowest answer of each stretch, from the first that was measured.
pub(super) fn latency(history: &History, now: UnixTime) -> Vec<Latency> {
    let current = now.seconds() / STRETCH;
    let first = history.probes.front().map_or(current, |probe| probe.at.seconds() / STRETCH);
    let stretch = |number: i64| Latency {
        at: number * STRETCH,
        micros: history
            .probes
            .iter()
            .filter(|probe| probe.at.seconds() / STRETCH == number)
            .filter_map(|probe| probe.elapsed.map(micros))
            .max(),
    };
    (first.max(current - STRETCHES + 1)..=current).map(stretch).collect()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

async fn probe(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    hsm::probe_and_note(&app, &me.actor, &name).await?;
    Ok(Redirect::to(&format!("/hsm/{name}?{SIGNED}")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hsm_watch::HsmWatch;

    #[test]
    fn the_slowest_answer_of_each_stretch_is_shown() {
        let watch = HsmWatch::default();
        let at = |stretch: i64, second: i64| UnixTime::from_seconds((1_000_000 + stretch) * STRETCH + second);
        watch.probed("h", at(0, 5), Ok(Duration::from_micros(300)));
        watch.probed("h", at(0, 65), Ok(Duration::from_micros(900)));
        watch.probed("h", at(2, 5), Err(&"away"));
        let points: Vec<_> = latency(&watch.history("h"), at(2, 9)).into_iter().map(|point| point.micros).collect();
        assert_eq!(points, [Some(900), None, None]);
        assert_eq!(latency(&watch.history("h"), at(100, 0)).len(), 48);
    }
}
