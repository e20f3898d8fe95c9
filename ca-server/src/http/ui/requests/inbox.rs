//! `/requests`: the list, by piles.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use ca_core::issuance_request::RequestState;
use ca_core::policy::action::SubmitRequest;
use ca_core::profile::SubjectKind;
use ca_core::x509::KeyAlgorithm;
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::requests::{InboxPage, InboxRow, Pile};

use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page as answer;
use crate::http::ui::signed_in::{SignedIn, encoded};
use crate::ops::request::list::{self, Cursor, Narrowing, StoredRequest};

/// Rows on a page.
const PAGE: usize = 50;

#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    profile: String,
    older: Option<String>,
    newer: Option<String>,
}

pub(super) async fn page(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (pile, shown) = match asked.show.as_str() {
        "mine" => (list::Pile::Mine, Pile::Mine),
        "all" => (list::Pile::All, Pile::All),
        _ => (list::Pile::Waiting, Pile::Waiting),
    };
    let profile = Some(asked.profile.clone()).filter(|profile| !profile.is_empty());
    let narrowing = Narrowing { state: asked.state.parse().ok(), profile };
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = list::list(&app, &me.actor, pile, &narrowing, asked.cursor(), limit).await?;
    let (newer, older) = asked.links(&mut rows);
    let waiting = list::waiting(&app, &me.actor).await?;
    let policies = app.policies.load_full();
    let profiles = policies.profiles().filter(|profile| profile.kind() == SubjectKind::EndEntity);
    let profiles = profiles.map(|profile| profile.name().to_owned()).collect();
    let view = InboxPage {
        frame: me.frame(&app, Section::Requests),
        pile: shown,
        waiting: waiting.try_into().unwrap_or(u64::MAX),
        rows: rows.into_iter().map(row).collect(),
        state: asked.state,
        states: RequestState::ALL.map(|state| state.as_str().to_owned()).to_vec(),
        profile: asked.profile,
        profiles,
        newer,
        older,
        may_not_submit: may_not_submit(&app, &me),
        recipe: recipe(&app),
    };
    answer(view.render())
}

impl Asked {
    fn cursor(&self) -> Cursor {
        let older = self.older.as_deref().and_then(|id| id.parse().ok()).map(Cursor::OlderThan);
        let newer = self.newer.as_deref().and_then(|id| id.parse().ok()).map(Cursor::NewerThan);
        older.or(newer).unwrap_or(Cursor::Newest)
    }

    /// Takes the row off that was read to see whether there are more, and says where newer and older ones are.
    fn links(&self, rows: &mut Vec<StoredRequest>) -> (Option<String>, Option<String>) {
        let more = rows.len() > PAGE;
        let upwards = matches!(self.cursor(), Cursor::NewerThan(_));
        if more {
            // Newest first: the surplus is the one farthest from where the page begins.
            if upwards { drop(rows.remove(0)) } else { drop(rows.pop()) }
        }
        let link = |name: &str, row: Option<&StoredRequest>| row.map(|row| self.link(name, &row.id.to_string()));
        let has_newer = if upwards { more } else { !matches!(self.cursor(), Cursor::Newest) };
        let has_older = if upwards { true } else { more };
        let newer = link("newer", rows.first().filter(|_| has_newer));
        (newer, link("older", rows.last().filter(|_| has_older)))
    }

    fn link(&self, name: &str, id: &str) -> String {
        let (show, state, profile) = (encoded(&self.show), encoded(&self.state), encoded(&self.profile));
        format!("/requests?show={show}&state={state}&profile={profile}&{name}={id}")
    }
}

fn row(found: StoredRequest) -> InboxRow {
    InboxRow {
        id: found.id.to_string(),
        names: found.asked.names.iter().map(|name| name.value.clone()).collect(),
        subject: found.asked.subject,
        state: found.state.to_string(),
        profile: found.asked.profile,
        requester: person(&found.requester),
        created_at: found.created_at.seconds(),
        expires_at: found.state.is_open().then(|| found.expires_at.seconds()),
    }
}

/// `ann` of `Operator:ann`, for people.
pub(in crate::http::ui) fn person(actor: &str) -> String {
    match actor.split_once(':') {
        Some(("Operator", name)) => name.to_owned(),
        Some(("ApiToken", id)) => format!("API token {id}"),
        Some(("Job", _)) => "this server".to_owned(),
        _ => actor.to_owned(),
    }
}

/// An example of a request: whether whoever looks may ask for certificates at all.
fn may_not_submit(app: &App, me: &SignedIn) -> Option<String> {
    let example = SubmitRequest {
        issuer: app.authorities.default_issuing().map(|authority| authority.name.clone()).unwrap_or_default(),
        profile: "tls-server".to_owned(),
        certification_authority: false,
        subject: String::new(),
        identifiers: Vec::new(),
        key_algorithm: KeyAlgorithm::EcdsaP256,
        validity: std::time::Duration::from_secs(86_400),
        generated_key: false,
    };
    app.policies.load().engine().decide(&me.actor, example).err().map(|denied| denied.to_string())
}

fn recipe(app: &App) -> String {
    format!(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -addext \
         subjectAltName=DNS:www.example.org -keyout www.key -out www.csr\n\
         curl --cacert root.pem -H @token.header -H 'Content-Type: application/json' \\\n  \
         --data \"$(jq -n --rawfile csr www.csr '{{csr: $csr, profile: \"tls-server\"}}')\" \\\n  {}",
        app.settings.server.public_url.join("/api/v1/requests")
    )
}
