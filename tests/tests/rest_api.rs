//! The REST API as it describes itself: every operation, asked with what its description allows and with what it does not.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use instant_acme::ChallengeType;
use serde_json::Value;
use signet_tests::acme_client;
use signet_tests::deployment::Deployment;
use signet_tests::environment::tool;
use signet_tests::https::Https;
use signet_tests::on_each_deployment;
use signet_tests::orders;
use signet_tests::process::run;
use signet_tests::raw_acme::RawAcme;
use signet_tests::sign_in::{SCOPES, signed_in, token};

on_each_deployment!(every_operation_needs_a_permission, what_clients_did_is_seen, the_description_holds);

const ROLES: [&str; 4] = ["security-officer", "key-custodian", "operator", "approver"];

fn base(deployment: &Deployment) -> Result<String> {
    Ok(deployment.directory()?.replace("/acme/acme/directory", ""))
}

struct Operation {
    method: Method,
    path: String,
    has_body: bool,
}

async fn operations(https: &Https, base: &str) -> Result<Vec<Operation>> {
    let document = https.get(&format!("{base}/api/openapi.json")).await?.success()?.json()?;
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().context("paths")? {
        for (method, operation) in methods.as_object().context("methods")? {
            let method = method.to_uppercase().parse()?;
            found.push(Operation { method, path: path.clone(), has_body: !operation["requestBody"].is_null() });
        }
    }
    Ok(found)
}

impl Operation {
    /// Asks with nothing in its place and the least that can be a body.
    async fn ask(&self, https: &Https, base: &str, token: Option<&str>) -> Result<(u16, Value)> {
        let path: String = self
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "0" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers: Vec<(&str, &str)> =
            bearer.iter().map(|bearer| (AUTHORIZATION.as_str(), bearer.as_str())).collect();
        if self.has_body {
            headers.push((CONTENT_TYPE.as_str(), "application/json"));
        }
        let body = Bytes::from_static(if self.has_body { b"{}" } else { b"" });
        let answer = https.send_with(self.method.clone(), &format!("{base}{path}"), &headers, body).await?;
        Ok((answer.status, answer.json().unwrap_or_default()))
    }
}

/// Nobody without a token, and nothing but `/api/v1/me` for a token whose operator may do nothing.
async fn every_operation_needs_a_permission(deployment: &mut Deployment) -> Result<()> {
    let base = base(deployment)?;
    let https = deployment.https()?;
    let mut nobody = signed_in(deployment, &base, "bystander", &["bystander"]).await?;
    let powerless = token(&mut nobody, &base, &["bystander"], &SCOPES).await?;
    let all = operations(&https, &base).await?;
    ensure!(all.len() > 10, "{}", all.len());
    for operation in all {
        let name = format!("{} {}", operation.method, operation.path);
        let (status, problem) = operation.ask(&https, &base, None).await?;
        ensure!(status == 401, "{name} without a token: {status} {problem}");
        ensure!(
            problem["type"].as_str().is_some_and(|kind| kind.ends_with("#problem-unauthenticated")),
            "{name}: {problem}"
        );
        let (status, problem) = operation.ask(&https, &base, Some(&powerless)).await?;
        // What is not there cannot be decided about, and a body is read before anything is asked.
        let refused = matches!(status, 400 | 403 | 404 | 409 | 422);
        ensure!(refused || operation.path == "/api/v1/me", "{name} with a token for nothing: {status} {problem}");
    }
    Ok(())
}

/// An order that failed says why; an account, its orders and a binding are found.
async fn what_clients_did_is_seen(deployment: &mut Deployment) -> Result<()> {
    let base = base(deployment)?;
    let https = deployment.https()?;
    let client = RawAcme::registered(&deployment.directory()?, &deployment.root()).await?;
    orders::obtain(&client, deployment.network(), "web.signet.test").await?;
    // The client says that its proof is there, and it is not.
    let refused = client.order(&["nobody.signet.test"]).await?;
    let challenge = client.challenge(&refused.authorizations()[0], "http-01").await?;
    client.post(&challenge.url, &serde_json::json!({})).await?.success()?;
    let refused = orders::settled(&client, &refused, &["pending"]).await?;
    ensure!(refused.status() == "invalid", "{}", refused.body);
    let mut ann = signed_in(deployment, &base, "ann", &ROLES).await?;
    let token = token(&mut ann, &base, &ROLES, &SCOPES).await?;
    let bearer = format!("Bearer {token}");
    let read = |path: String| {
        let (https, base, bearer) = (&https, &base, bearer.as_str());
        async move {
            let headers = [(AUTHORIZATION.as_str(), bearer)];
            https.send_with(Method::GET, &format!("{base}{path}"), &headers, Bytes::new()).await?.success()?.json()
        }
    };
    let listed = read("/api/v1/acme/orders?name=nobody.signet.test".to_owned()).await?;
    let order = listed["items"][0].clone();
    ensure!(order["names"][0] == "dns:nobody.signet.test", "{listed}");
    let id = order["id"].as_str().context("an id")?;
    let one = read(format!("/api/v1/acme/orders/{id}")).await?;
    ensure!(one["reason"].is_string(), "{one}");
    let page = ann.get(&format!("{base}/clients/acme/orders/{id}")).await?.success()?.text();
    ensure!(page.contains("nobody.signet.test") && page.contains("There will be no certificate"), "{page}");
    let account = order["account"].as_str().context("an account")?;
    let seen = read(format!("/api/v1/acme/accounts/{account}")).await?;
    ensure!(seen["status"] == "valid", "{seen}");
    for path in [
        "/clients",
        "/clients?status=valid",
        "/clients/accounts",
        "/clients/bindings",
        "/settings/policy",
        "/settings/policy/replay",
        "/api/docs",
    ] {
        ann.get(&format!("{base}{path}")).await?.success().context(path)?;
    }
    let page = ann.get(&format!("{base}/clients/acme/accounts/{account}")).await?.success()?.text();
    ensure!(page.contains("web.signet.test"), "{page}");
    let made =
        ann.submit(&format!("{base}/clients/bindings"), &[("name", "team"), ("days", "3")]).await?.success()?.text();
    ensure!(made.contains("--eab-hmac-key"), "{made}");
    let bindings = read("/api/v1/acme/bindings".to_owned()).await?;
    ensure!(bindings["items"][0]["name"] == "team", "{bindings}");
    explained(&mut ann, &base).await
}

/// The policies say yes and no with their names, and a freeze would have stopped what was done.
async fn explained(ann: &mut signet_tests::visitor::Visitor, base: &str) -> Result<()> {
    let asked = format!("{base}/settings/policy?actor=ann&action=PublishCrl&object=Issuer%3Aissuing");
    let page = ann.get(&asked).await?.success()?.text();
    ensure!(page.contains("Yes, it is permitted") && page.contains("role-operator"), "{page}");
    let asked = format!("{base}/settings/policy?actor=nobody&action=PublishCrl&object=Issuer%3Aissuing");
    let page = ann.get(&asked).await?.success()?.text();
    ensure!(page.contains("No, it is refused"), "{page}");
    ann.get(&format!("{base}/settings/policy/replay")).await?.success()?;
    let freeze = "@id(\"freeze\") @reason(\"change freeze\") forbid (principal, action == Signet::Action::\"NewOrder\", resource);";
    let fields = [("policies", freeze), ("on_top", "yes"), ("days", "1")];
    let page = ann.submit(&format!("{base}/settings/policy/replay"), &fields).await?.success()?.text();
    ensure!(page.contains("forbidden by freeze") && page.contains("NewOrder"), "{page}");
    let broken = [("policies", "forbid (principal"), ("days", "1")];
    let page = ann.submit(&format!("{base}/settings/policy/replay"), &broken).await?;
    ensure!(page.status == 422 && page.text().contains("proposal.cedar:1"), "{} {}", page.status, page.text());
    Ok(())
}

/// Seconds that the generator of requests may take.
const BUDGET: &str = "75";

/// The checks: no 5xx, no status, media type, header or body that the description does not name.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance";

/// Schemathesis makes requests of the description, good ones and bad ones, and compares the answers with it.
async fn the_description_holds(deployment: &mut Deployment) -> Result<()> {
    let base = base(deployment)?;
    let account = acme_client::account(&deployment.directory()?, &deployment.root()).await?;
    acme_client::obtain(&account, deployment.network(), &["web.signet.test"], ChallengeType::Http01).await?;
    let mut ann = signed_in(deployment, &base, "ann", &ROLES).await?;
    let token = token(&mut ann, &base, &ROLES, &SCOPES).await?;
    let folder = tempfile::tempdir()?;
    // Whoever asks to be kept waiting for a minute is kept waiting.
    std::fs::write(folder.path().join("schemathesis.toml"), "[parameters]\n\"query.wait\" = 0\n")?;
    let mut command = Command::new(tool("schemathesis")?);
    command.current_dir(folder.path()).arg("run").arg(format!("{base}/api/openapi.json"));
    // One worker: in CPython 3.11 two threads that parse Python at once fail now and then (python/cpython issue 106905).
    command.args(["--checks", CHECKS, "--max-time", BUDGET, "--max-examples", "40", "--seed", "1", "--workers", "1"]);
    command.args(["--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-shrink"]);
    command.args([
        "--suppress-health-check",
        "all",
        "--warnings",
        "off",
        "--request-timeout",
        "20",
        "--request-retries",
        "3",
    ]);
    command.args(["--header", &format!("Authorization: Bearer {token}")]);
    command.arg("--tls-verify").arg(deployment.root());
    let finished = run(&mut command)?;
    ensure!(finished.status.success(), "{}\n{}", finished.stdout, finished.stderr);
    Ok(())
}
