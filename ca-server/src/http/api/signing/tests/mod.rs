//! Stories of signatures, told over the API inside the test, with a CI of the test's own.

mod approval;
mod asking;
mod blocked;
mod care;
mod denial;
mod fault;
mod key_lane;
mod keys;
mod signing;
mod stamping;
mod strangers;
mod verification;

use std::fs;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::testing::{Browser, Page};
use crate::ops::signing::process;
use crate::policies::Policies;
use crate::start;
use crate::testing::{self, Installation};

/// Who the CI of the test is.
const ISSUER: &str = "https://ci.example.org";

/// For whom its tokens are unless the test says otherwise.
const OWN: &str = "https://ca.example.org:8443";

/// A profile that needs two people and a security officer, and trusts the tags of one repository.
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
issuer = "https://ci.example.org"
claims = { repository_id = "123", ref = "refs/tags/v*" }
jwks_file = "keys.json"
[[trust]]
name = "tokens"
api_tokens = true
[approval]
stages = [{ group = "approver", required = 2 }, { group = "security-officer", required = 1 }]
"#;

/// A profile that nobody has to approve.
const OPEN: &str = r#"
label = "Rehearsals"
environment = "test"
formats = ["raw", "cms-detached", "authenticode-pe", "jar-sf"]
digests = ["sha256"]
[key]
algorithm = "ecdsa-p256"
[timestamp]
required = false
[certificate]
mode = "static"
validity = "30d"
[[trust]]
name = "branch"
issuer = "https://ci.example.org"
audience = "signet-tests"
claims = { repository_id = "123" }
jwks_file = "keys.json"
[[trust]]
name = "tokens"
api_tokens = true
"#;

/// An installation with a CI, and the folder of its signing profiles.
struct House {
    installation: Installation,
    policies: TempDir,
    key: EcdsaKeyPair,
}

impl House {
    /// On SQLite, with both profiles.
    async fn new() -> Self {
        Self::on(testing::sqlite().await).await
    }

    async fn on(installation: Installation) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let house = Self { installation, policies: tempfile::tempdir().unwrap(), key };
        fs::create_dir_all(house.policies.path().join("signing/team")).unwrap();
        house.publish_keys(&house.key);
        house.put("release", RELEASE);
        house.put("team/open", OPEN);
        house.load().await;
        house
    }

    /// Writes a profile; it counts from [`House::load`] on.
    fn put(&self, name: &str, text: &str) {
        fs::write(self.policies.path().join(format!("signing/{name}.toml")), text).unwrap();
    }

    /// What the CI publishes.
    fn publish_keys(&self, key: &EcdsaKeyPair) {
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "kid": kid(key), "x": base64url(x), "y": base64url(y)});
        let file = self.policies.path().join("signing/keys.json");
        fs::write(file, json!({"keys": [jwk]}).to_string()).unwrap();
    }

    /// Puts the profiles in force, as SIGHUP does.
    async fn load(&self) {
        let app = &self.installation.app;
        let policies = Policies::load(Some(self.policies.path())).unwrap();
        start::record_rules(&app.store, &policies, &app.clock).await.unwrap();
        app.policies.store(Arc::new(policies));
    }

    fn now(&self) -> i64 {
        self.installation.app.clock.now().seconds()
    }

    /// The claims of a job that builds a tag.
    fn claims(&self) -> Value {
        json!({
            "iss": ISSUER, "aud": OWN, "sub": "repo:example/app:ref:refs/tags/v1", "jti": "token-1",
            "iat": self.now(), "exp": self.now() + 300, "repository_id": 123, "ref": "refs/tags/v1", "actor": "dev",
        })
    }

    /// A token with these claims in place of the usual ones.
    fn token(&self, change: Value) -> String {
        self.signed(&self.key, change)
    }

    fn signed(&self, key: &EcdsaKeyPair, change: Value) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let header = json!({"alg": "ES256", "kid": kid(key)});
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature.as_ref()))
    }

    /// A request with a bearer token, or none.
    async fn call(&self, method: Method, path: &str, bearer: &str, body: &Value) -> Page {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request =
            if bearer.is_empty() { request } else { request.header(header::AUTHORIZATION, format!("Bearer {bearer}")) };
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        Browser::new(&self.installation).send(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str, bearer: &str) -> Page {
        self.call(Method::GET, path, bearer, &Value::Null).await
    }

    async fn post(&self, path: &str, bearer: &str, body: &Value) -> Page {
        self.call(Method::POST, path, bearer, body).await
    }

    /// Asks for signatures; answers the request.
    async fn submit(&self, bearer: &str, body: &Value) -> Value {
        let page = self.post(REQUESTS, bearer, body).await;
        assert!(page.status.is_success(), "{} {}", page.status, page.text);
        json_of(&page)
    }

    /// Does what the job does.
    async fn process(&self) {
        process::all(&self.installation.app).await.unwrap();
    }

    /// The request as somebody sees it.
    async fn shown(&self, id: &str, bearer: &str) -> Value {
        let page = self.get(&format!("{REQUESTS}/{id}"), bearer).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        json_of(&page)
    }

    /// An API token with the scope `signing` of a new operator.
    async fn api_token(&self, name: &str, roles: &[&str]) -> (Browser, String) {
        let mut browser = Browser::of(&self.installation, name, roles).await;
        browser.get("/account/tokens/new").await;
        let fields = [("name", "ci"), ("scopes", "signing"), ("roles", roles[0]), ("days", "30")];
        let made = browser.submit("/account/tokens/new", &fields).await;
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let token = made.shaped(&format!("sgt_{}", "?".repeat(43)), letters);
        (browser, token)
    }

    /// A decision of somebody who signed in.
    async fn decide(&self, person: &mut Browser, id: &str, body: &Value) -> Page {
        person.get("/account").await;
        let request = Request::post(format!("{REQUESTS}/{id}/decisions"))
            .header(header::HOST, "ca.example.org:8443")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-csrf-token", &person.csrf)
            .body(Body::from(body.to_string()))
            .unwrap();
        person.send(request).await
    }
}

const REQUESTS: &str = "/api/v1/signing/requests";

fn kid(key: &EcdsaKeyPair) -> String {
    base64url(&digest(&SHA256, key.public_key().as_ref()).as_ref()[..8])
}

fn base64url(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

fn json_of(page: &Page) -> Value {
    serde_json::from_str(&page.text).unwrap_or_else(|_| panic!("{} {}", page.status, page.text))
}

/// The digest of a file with that content.
fn sha256(content: &str) -> String {
    digest(&SHA256, content.as_bytes()).as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A request for files with these names, each of which holds its name.
fn files(profile: &str, format: &str, names: &[&str]) -> Value {
    let items: Vec<Value> =
        names.iter().map(|name| json!({"name": name, "alg": "sha256", "digest": sha256(name)})).collect();
    json!({"profile": profile, "format": format, "reason": "v1", "items": items})
}

fn approve(request: &Value) -> Value {
    json!({"decision": "approve", "digest_set": request["digest_set"], "comment": "looks right"})
}
