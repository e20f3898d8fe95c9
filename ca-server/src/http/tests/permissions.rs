//! Every route refuses whoever is not signed in, and whoever is and holds no role that permits it.
//!
//! A new route fails here until it refuses, or until it stands in one of the two lists with its reason.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use ca_core::policy::Actor;
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;

use super::{json_example, routes};
use crate::http::testing::{Browser, Page, add};
use crate::http::{openapi, public_router};
use crate::ops::certificate::search::{CertificateFilter, Page as ListPage, Sort, search};
use crate::ops::external_account;
use crate::ops::operator::session;
use crate::ops::request::submit::{self, Submission};
use crate::ops::request::{Wish, WishedKey};
use crate::testing::{self, Installation, local_root, origin};

/// Routes that ask nobody to sign in. A star stands for any end.
const PUBLIC: &[(&str, &str)] = &[
    ("/", "how to trust this server; for operators the overview, each part of which asks for its own permission"),
    ("/trust", "the same, whoever is signed in"),
    ("/assets/*", "style sheet, script and pictures of the public pages"),
    ("/directory", "ACME: a client signs each request with its account's key"),
    ("/acme/*", "ACME: a client signs each request with its account's key"),
    ("/roots.pem", "certificates are public, and trust begins here"),
    ("/intermediates.pem", "certificates are public"),
    ("/roots", "certificates are public"),
    ("/root/{fingerprint}", "certificates are public"),
    ("/1.0/roots*", "certificates are public"),
    ("/1.0/root/{fingerprint}", "certificates are public"),
    ("/1.0/intermediates.pem", "certificates are public"),
    ("/1.0/health", "for load balancers; says nothing but that it lives"),
    ("/health", "for load balancers; says nothing but that it lives"),
    ("/healthz", "for load balancers; says nothing but that it lives"),
    ("/readyz", "for load balancers; names parts that are away, and nothing of their content"),
    ("/tsa", "relying parties have no account; each timestamp asks the policies, and an address has its share"),
    ("/tsa/{policy}", "the same, under one policy"),
    ("/metrics", "for collectors, which have no session; counts and durations"),
    ("/api", "leads to the description of the API"),
    ("/api/{*rest}", "what is no address of the API, said to everybody"),
    ("/api/docs", "the description of the API, the same on every server"),
    ("/api/openapi.json", "the description of the API, the same on every server"),
    ("/fetch/{id}", "for requesters without an account: asks for the code of the request"),
    ("/sign-in", "the door"),
    ("/sign-in/code", "the door's second half, for whoever gave the right password"),
    ("/sign-in/certificate", "the door, for whoever has a client certificate"),
    ("/sign-in/oidc/{provider}", "the door, for people of an identity provider"),
    ("/sign-in/oidc/{provider}/callback", "the door, for people of an identity provider"),
];

/// Routes for whoever is signed in, whatever their roles: about nobody but themself.
const OWN: &[(&str, &str)] = &[
    ("/account", "one's own password, second factor, sessions and tokens"),
    ("/account/*", "one's own password, second factor, sessions and tokens"),
    ("/sign-out", "ends one's own session"),
    ("/step-up", "proves again who one is"),
    ("/step-up/*", "proves again who one is"),
    ("/settings", "leads on to a page that asks"),
    ("/api/v1/me", "says who one is"),
];

/// Routes about one thing that this test does not make: what is not there is told as such before anything is decided. A
/// made-up id tells nobody anything.
const ABSENT: &[(&str, &str)] = &[
    ("/requests/{id}*", "requests of others"),
    ("/api/v1/requests/{id}*", "requests of others"),
    ("/signing/{id}", "requests for signatures of others"),
    ("/signing/{id}/*", "requests for signatures of others"),
    ("/signing/grants/{id}/revoke", "grants"),
    ("/api/v1/signing/requests/{id}*", "requests for signatures of others"),
    ("/api/v1/signing/grants/{id}/revoke", "grants"),
    ("/clients/{endpoint}/*", "accounts and orders"),
    ("/api/v1/acme/accounts/{id}", "accounts"),
    ("/api/v1/acme/orders/{id}", "orders"),
];

/// Acts that need no fresh proof of who sits at the browser: undone, harmless, or of nobody's but one's own. Everything else
/// that changes something asks for one, on its page and in the API alike.
const WITHOUT_PROOF: &[(&str, &str)] = &[
    ("/sign-out", "ends one's own session"),
    ("/step-up*", "is the proof"),
    ("/account/sessions*", "ends one's own sessions"),
    ("/account/tokens/{id}/revoke", "ends one's own token"),
    ("/account/password", "the present password is the proof"),
    ("/decode", "stores nothing"),
    ("/api/v1/decode", "stores nothing"),
    ("/certificates/changes", "asks where keys stop working: for a revocation"),
    ("/api/v1/certificates/changes", "asks where keys stop working: for a revocation"),
    ("/certificates/changes/{id}/stop", "stops what was begun with a proof"),
    ("/api/v1/certificates/changes/{id}/stop", "stops what was begun with a proof"),
    ("/certificates/{id}/revoke", "asks for the certificate of a CA; of others one can be issued anew"),
    ("/api/v1/certificates/{id}/revoke", "asks for the certificate of a CA; of others one can be issued anew"),
    ("/certificates/{id}/owner", "a word"),
    ("/api/v1/certificates/{id}/owner", "a word"),
    ("/certificates/{id}/renewal", "a mark"),
    ("/api/v1/certificates/{id}/renewal", "a mark"),
    ("/authorities/{slug}/publish", "signs what the server signs by itself"),
    ("/api/v1/authorities/{slug}/publish", "signs what the server signs by itself"),
    ("/hsm/{name}/probe", "signs with a key for probes"),
    ("/api/v1/hsms/{name}/probe", "signs with a key for probes"),
    ("/settings/policy*", "only asks"),
    ("/api/v1/policy/*", "only asks"),
    ("/requests/new", "others approve it"),
    ("/requests/{id}/change", "others approve it"),
    ("/requests/{id}/cancel", "ends a wish"),
    ("/requests/{id}/decision", "asks for an approval; a rejection ends a wish"),
    ("/requests/{id}/share", "shows what is public"),
    ("/api/v1/requests", "others approve it"),
    ("/api/v1/requests/preview", "stores nothing"),
    ("/api/v1/requests/{id}/change", "others approve it"),
    ("/api/v1/requests/{id}/reject", "ends a wish"),
    ("/api/v1/requests/{id}/cancel", "ends a wish"),
    ("/api/v1/requests/{id}/comment", "a word"),
    ("/api/v1/requests/{id}/fetch-code", "shows what is public"),
    ("/api/v1/signing/requests", "others approve it, or nobody needs to"),
    ("/api/v1/signing/requests/{id}/cancel", "ends a wish"),
    ("/signing/{id}/cancel", "ends a wish"),
    ("/api/v1/signing/verify", "stores nothing"),
    ("/signing/verify", "stores nothing"),
];

/// Routes that refuse every signed-in browser, before anything is decided.
const FOR_TOKENS: &[(&str, &str)] = &[("/compat/signserver/*", "tools that sign under a grant send no form's token")];

/// Fields that satisfy every form, so that it is the permission that is missed.
const FORM: &[(&str, &str)] = &[
    ("name", "somebody"),
    ("roles", "operator"),
    ("reason", "superseded"),
    ("change", "ask-for-renewal"),
    ("digest", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("owner", "team"),
    ("days", "30"),
    ("text", "x"),
    ("decision", "approve"),
    ("passphrase", "a quiet lamp on a hill"),
    ("again", "a quiet lamp on a hill"),
    ("code", "000000"),
];

/// What pages want to know in their address.
const QUERY: &str = "change=ask-for-renewal&q=x";

struct Everything {
    installation: Installation,
    document: Value,
    /// A certificate that is there.
    certificate: String,
    /// A request that waits for approval.
    pending: String,
    /// An external account binding in force.
    binding: String,
}

impl Everything {
    async fn new() -> Self {
        let installation = testing::sqlite().await;
        add(&installation, "victim", &["auditor"]).await;
        let page = ListPage::first(Sort::Newest, 1);
        let found = search(&installation.app, &local_root(), &CertificateFilter::default(), page).await.unwrap();
        let document = serde_json::from_str(&openapi(&installation.app.settings.server.public_url)).unwrap();
        let pending = requested(&installation).await;
        let made = external_account::create(&installation.app, &local_root(), &origin(), "acme", "team", None).await;
        Self {
            binding: made.unwrap().kid,
            certificate: found.records[0].id.to_string(),
            pending,
            document,
            installation,
        }
    }

    /// A path that the route takes, of things that are there where it matters.
    fn filled(&self, route: &str) -> String {
        let mut before = "";
        let mut parts = Vec::new();
        for part in route.split('/') {
            parts.push(match (part, before) {
                ("{id}", "certificates") => self.certificate.clone(),
                ("{id}", "requests") => self.pending.clone(),
                ("{kid}", _) => self.binding.clone(),
                ("{name}", "operators") => "victim".to_owned(),
                ("{name}", "hsm" | "hsms") => "local".to_owned(),
                ("{slug}", _) => "issuing".to_owned(),
                ("{n}", _) => "1".to_owned(),
                ("{profile}", _) => "test".to_owned(),
                ("{endpoint}", _) => "acme".to_owned(),
                (other, _) if other.starts_with('{') => "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10".to_owned(),
                (other, _) => other.to_owned(),
            });
            before = part;
        }
        parts.join("/")
    }

    fn request(&self, method: &Method, route: &str, csrf: &str) -> Request<Body> {
        let path = self.filled(route);
        let asks = *method == Method::GET && !route.starts_with("/api/");
        let uri = if asks { format!("{path}?{QUERY}") } else { path };
        let request = Request::builder().method(method).uri(uri).header(header::HOST, "ca.example.org:8443");
        if route.starts_with("/api/") {
            let body = json_example::body(&self.document, route, &method.as_str().to_lowercase());
            let request = request.header("x-csrf-token", csrf).header(header::CONTENT_TYPE, "application/json");
            return request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap();
        }
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(crate::http::testing::body(csrf, FORM)).unwrap()
    }

    /// Every route and method that no list excuses.
    async fn guarded(&self, excused: &[&[(&str, &str)]]) -> Vec<(Method, String)> {
        let all = routes::of(&public_router(&self.installation.app)).await;
        assert!(all.len() > 50, "only {} routes were found", all.len());
        let guarded = all.into_iter().filter(|route| !excused.iter().any(|list| is_in(list, &route.path)));
        guarded.flat_map(|route| route.methods.into_iter().map(move |method| (method, route.path.clone()))).collect()
    }
}

/// A request that somebody makes; answers its id.
async fn requested(installation: &Installation) -> String {
    let (key, names) = (KeyPair::generate().unwrap(), vec!["www.example.org".to_owned()]);
    let csr = CertificateParams::new(names).unwrap().serialize_request(&key).unwrap().pem().unwrap();
    let wish = Wish { key: WishedKey::Csr(csr), profile: "tls-server".to_owned(), ..Wish::default() };
    let asker = Actor::Operator { name: "asker".to_owned(), roles: vec!["operator".to_owned()] };
    let made = submit::submit(&installation.app, &asker, &origin(), &wish, None).await.unwrap();
    let Submission::Made(id) = made else { panic!("{made:?}") };
    id.to_string()
}

fn is_in(list: &[(&str, &str)], path: &str) -> bool {
    list.iter().any(|(listed, _)| match listed.strip_suffix('*') {
        Some(begin) => path.starts_with(begin),
        None => path == *listed,
    })
}

#[tokio::test]
async fn every_route_asks_to_sign_in() {
    let everything = Everything::new().await;
    let mut open = Vec::new();
    for (method, route) in everything.guarded(&[PUBLIC]).await {
        let page = Browser::new(&everything.installation).send(everything.request(&method, &route, "")).await;
        let asks = match (route.starts_with("/api/"), &method) {
            (false, &Method::GET) => {
                page.status == StatusCode::SEE_OTHER && page.location().starts_with("/sign-in?next=")
            }
            _ => page.status == StatusCode::UNAUTHORIZED,
        };
        if !asks {
            open.push(told(&method, &route, &page));
        }
    }
    assert!(open.is_empty(), "open to everybody:\n{}", open.join("\n"));
}

#[tokio::test]
async fn every_route_wants_a_role_that_permits_it() {
    let everything = Everything::new().await;
    let mut nobody = Browser::of(&everything.installation, "nobody", &[]).await;
    nobody.get("/account").await;
    let mut open = Vec::new();
    for (method, route) in everything.guarded(&[PUBLIC, OWN]).await {
        let request = everything.request(&method, &route, &nobody.csrf);
        let page = nobody.clone().send(request).await;
        // The rule: that no policy gives it, or which one forbids it.
        let rule = page.text.contains("none of the policies in force gives you this")
            || page.text.contains("\"no-policy-permits\"")
            || page.text.contains(" is denied: ")
            || is_in(FOR_TOKENS, &route);
        let absent = page.status == StatusCode::NOT_FOUND && is_in(ABSENT, &route);
        if !absent && (page.status != StatusCode::FORBIDDEN || !rule) {
            open.push(told(&method, &route, &page));
        }
    }
    assert!(open.is_empty(), "open to whoever is signed in:\n{}", open.join("\n"));
}

/// A session that somebody left open, or stole, does nothing dangerous, by whichever door.
#[tokio::test]
async fn what_is_dangerous_wants_a_fresh_proof() {
    let everything = Everything::new().await;
    let mut officer = Browser::of(&everything.installation, "officer", &["security-officer", "approver"]).await;
    officer.get("/account").await;
    everything.installation.hand.advance(session::RECENT);
    let mut open = Vec::new();
    for (method, route) in everything.guarded(&[PUBLIC, WITHOUT_PROOF, FOR_TOKENS]).await {
        if method == Method::GET {
            continue;
        }
        let page = officer.clone().send(everything.request(&method, &route, &officer.csrf)).await;
        let asks = page.location().starts_with("/step-up?next=") || page.text.contains("\"rule\":\"step-up\"");
        if !asks {
            open.push(told(&method, &route, &page));
        }
    }
    assert!(open.is_empty(), "done without a fresh proof:\n{}", open.join("\n"));
}

/// A list that excuses what is not there any more excuses the next thing of that name.
#[tokio::test]
async fn the_lists_name_what_there_is() {
    let everything = Everything::new().await;
    let all = everything.guarded(&[]).await;
    for listed in PUBLIC.iter().chain(OWN).chain(ABSENT).chain(WITHOUT_PROOF).chain(FOR_TOKENS) {
        let found = all.iter().any(|(_, path)| is_in(&[*listed], path));
        assert!(found, "{} is no route", listed.0);
    }
}

fn told(method: &Method, route: &str, page: &Page) -> String {
    let text: String = page.text.split("<main").last().unwrap_or_default().chars().take(200).collect();
    format!("{method} {route}: {} {} {}", page.status, page.location(), text.replace('\n', " "))
}
