//! Stories of signing requests, told to browsers inside the test.

mod approval;
mod glass;
mod grants;
mod signed;
mod text;

use std::fs;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::testing::{Browser, Page};
use crate::ops::signing::process;
use crate::policies::Policies;
use crate::start;
use crate::testing::{self, Installation};

/// A profile that needs two people.
const RELEASE: &str = r#"
label = "Releases"
environment = "release"
formats = ["cms-detached"]
digests = ["sha256"]
[key]
algorithm = "ecdsa-p256"
[certificate]
mode = "per-request"
validity = "24h"
[timestamp]
required = false
[[trust]]
name = "tags"
issuer = "https://token.actions.githubusercontent.com"
claims = { repository_id = "123", ref = "refs/tags/v*" }
[[trust]]
name = "tokens"
api_tokens = true
[approval]
stages = [{ group = "approver", required = 2 }]
[limits]
hours = "Mon-Sun 00:00-24:00"
"#;

/// Bare signatures, which a certificate for each request refuses.
fn bare(profile: &str) -> String {
    let formats = profile.replace("[\"cms-detached\"]", "[\"cms-detached\", \"raw\"]");
    formats.replace("per-request", "static")
}

/// An installation with that profile, and a token of ann's that may ask under it.
struct House {
    installation: Installation,
    policies: TempDir,
    ann: Browser,
    token: String,
}

impl House {
    async fn new() -> Self {
        Self::on(testing::sqlite().await, &["operator"]).await
    }

    async fn on(installation: Installation, roles: &[&str]) -> Self {
        let policies = tempfile::tempdir().unwrap();
        fs::create_dir_all(policies.path().join("signing/payments")).unwrap();
        let mut ann = Browser::of(&installation, "ann", roles).await;
        ann.get("/account/tokens/new").await;
        let fields = [("name", "ci"), ("scopes", "signing"), ("roles", roles[0]), ("days", "30")];
        let made = ann.submit("/account/tokens/new", &fields).await;
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let token = made.shaped(&format!("sgt_{}", "?".repeat(43)), letters);
        let house = Self { installation, policies, ann, token };
        house.put("payments/release", RELEASE).await;
        house
    }

    /// Writes a profile and puts it in force, as SIGHUP does.
    async fn put(&self, name: &str, text: &str) {
        fs::write(self.policies.path().join(format!("signing/{name}.toml")), text).unwrap();
        let app = &self.installation.app;
        let policies = Policies::load(Some(self.policies.path())).unwrap();
        start::record_rules(&app.store, &policies, &app.clock).await.unwrap();
        app.policies.store(Arc::new(policies));
    }

    async fn person(&self, name: &str, roles: &[&str]) -> Browser {
        Browser::of(&self.installation, name, roles).await
    }

    /// Asks for signatures of files that hold what is given; answers the path of the page.
    async fn submit(&self, reason: &str, files: &[(&str, &str)]) -> String {
        let item = |(name, content): &(&str, &str)| json!({"name": name, "alg": "sha256", "digest": sha256(content)});
        self.submit_as("cms-detached", reason, files.iter().map(item).collect()).await
    }

    async fn submit_as(&self, format: &str, reason: &str, items: Vec<Value>) -> String {
        let body = json!({"profile": "payments/release", "format": format, "reason": reason, "items": items});
        let request = Request::post("/api/v1/signing/requests")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Body::from(body.to_string()))
            .unwrap();
        let page = Browser::new(&self.installation).send(request).await;
        assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
        let made: Value = serde_json::from_str(&page.text).unwrap();
        let path = format!("/signing/{}", made["id"].as_str().unwrap());
        assert!(made["ui"].as_str().unwrap().ends_with(&path), "the API leads to the page: {made}");
        path
    }

    /// Does what the job does.
    async fn process(&self) {
        process::all(&self.installation.app).await.unwrap();
    }

    /// A request that bob and eve approved, and that is signed; both browsers come along.
    async fn signed(&self, files: &[(&str, &str)]) -> (String, Browser, Browser) {
        let (mut bob, mut eve) = (self.person("bob", &["approver"]).await, self.person("eve", &["approver"]).await);
        let path = self.submit("v2.4.0", files).await;
        approve(&mut bob, &path).await;
        approve(&mut eve, &path).await;
        self.process().await;
        (path, bob, eve)
    }
}

/// The digest of a file with that content.
fn sha256(content: &str) -> String {
    digest(&SHA256, content.as_bytes()).as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The digest set that the page of a request offers for approval.
fn digest_set(page: &Page) -> String {
    let (_, rest) = page.text.split_once("name=\"digest_set\" value=\"").unwrap_or_else(|| panic!("{}", page.text));
    rest.split('"').next().unwrap().to_owned()
}

async fn approve(browser: &mut Browser, path: &str) {
    let seen = digest_set(&browser.get(path).await);
    let page = decide(browser, path, "approve", &seen).await;
    assert_eq!(page.location(), path, "{}", page.text);
}

async fn decide(browser: &mut Browser, path: &str, decision: &str, digest_set: &str) -> Page {
    let fields = [("decision", decision), ("digest_set", digest_set), ("comment", "looks right")];
    browser.submit(&format!("{path}/decision"), &fields).await
}

async fn says(browser: &mut Browser, path: &str, words: &str) {
    let page = browser.get(path).await;
    assert!(page.text.contains(words), "{words}\n{}", page.text);
}
