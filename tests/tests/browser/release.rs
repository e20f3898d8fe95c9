//! A release from its first step to its last: a job with a token of its CI asks and ends, two people agree in the browser,
//! another job goes on. Between every two steps the server is killed as by a power cut, and nothing changes by that.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use signet_tests::browser::Browser;
use signet_tests::ci_issuer::CiIssuer;
use signet_tests::deployment::Deployment;
use signet_tests::process::Finished;
use signet_tests::workplace::Workplace;
use signet_tests::{on_each_deployment, samples, verifiers};

use crate::signed_in;

on_each_deployment!(a_release_survives_people_and_crashes);

const PROFILE: &str = r#"
label = "Release"
environment = "release"
formats = ["authenticode-pe"]
digests = ["sha256"]
[key]
algorithm = "ecdsa-p256"
[certificate]
mode = "per-request"
profile = "code-signing"
validity = "24h"
[timestamp]
required = true
[[trust]]
name = "tags"
issuer = "ISSUER"
ca_file = "ci.pem"
claims = { project_id = "42", ref = "refs/tags/*" }
[approval]
stages = [{ group = "approver", required = 2 }]
"#;

async fn a_release_survives_people_and_crashes(deployment: &mut Deployment) -> Result<()> {
    let (ci, published) = CiIssuer::published().await?;
    put_profile(deployment, &ci, &published.root())?;
    crash(deployment)?;
    let bob = signed_in(deployment, "bob", &["approver"]).await?;
    let eve = signed_in(deployment, "eve", &["approver"]).await?;

    let mut job_a = job(deployment, &ci)?;
    let build = samples::windows_program(job_a.path(), "app.exe")?;
    let asked = asks(deployment, &ci, &mut job_a)?;
    agree(deployment, &bob, &eve, &asked).await?;
    let job_b = job(deployment, &ci)?;
    std::fs::copy(&build, job_b.file("app.exe"))?;
    goes_on(deployment, job_b, &asked)?;
    signed_once(&eve, &build).await
}

fn put_profile(deployment: &Deployment, ci: &CiIssuer, root: &Path) -> Result<()> {
    let folder = deployment.signing_profiles()?;
    std::fs::write(folder.join("release.toml"), PROFILE.replace("ISSUER", ci.name()))?;
    std::fs::copy(root, folder.join("ci.pem"))?;
    Ok(())
}

fn crash(deployment: &mut Deployment) -> Result<()> {
    deployment.server.kill()?;
    deployment.server.restart()
}

/// A runner on which a job of the tag v1 starts: nothing is there but a fresh token.
fn job(deployment: &Deployment, ci: &CiIssuer) -> Result<Workplace> {
    let mut job = Workplace::new(deployment)?;
    for (name, value) in [("SIGNET_PROFILE", "release"), ("CI_PROJECT_PATH", "acme/app"), ("CI_COMMIT_TAG", "v1")] {
        job.set(name, value);
    }
    job.set("SIGNET_ID_TOKEN", &token(deployment, ci)?);
    Ok(job)
}

fn token(deployment: &Deployment, ci: &CiIssuer) -> Result<String> {
    let audience = format!("https://{}", deployment.server.listen());
    let claims = json!({ "sub": "project_path:acme/app:ref:refs/tags/v1", "project_id": "42", "ref": "refs/tags/v1" });
    ci.token(&audience, &claims)
}

/// Job A asks, hears that people have to agree, and ends. Started again after a crash, it finds what it asked for.
fn asks(deployment: &mut Deployment, ci: &CiIssuer, job: &mut Workplace) -> Result<Value> {
    let asked = job.json(3, &["sign", "--wait", "1s", "app.exe"])?;
    ensure!(asked["state"] == "pending_approval" && asked["approvals"]["need"] == 2, "{asked}");
    crash(deployment)?;
    job.set("SIGNET_ID_TOKEN", &token(deployment, ci)?);
    let again = job.json(3, &["sign", "--wait", "1s", "app.exe"])?;
    ensure!(again["id"] == asked["id"] && again["digest_set"] == asked["digest_set"], "{again}");
    crash(deployment)?;
    job.ends_with(3, &["fetch"])?;
    Ok(asked)
}

async fn agree(deployment: &mut Deployment, bob: &Browser, eve: &Browser, asked: &Value) -> Result<()> {
    let place = format!("/signing/{}", asked["id"].as_str().context("an id")?);
    bob.open("/signing").await?;
    bob.follow("app.exe").await?;
    ensure!(bob.place().await? == place, "{}", bob.place().await?);
    bob.sees("It has 0 of 2 approvals").await?;
    crash(deployment)?;
    bob.press("Approve").await?;
    bob.sees("It has 1 of 2 approvals").await?;
    crash(deployment)?;
    bob.open(&place).await?;
    bob.sees("It has 1 of 2 approvals").await?;
    bob.sees("You cannot approve it").await?;
    eve.open(&place).await?;
    eve.sees("It has 1 of 2 approvals").await?;
    eve.press("Approve").await?;
    // Signing has begun, or is over.
    eve.sees("2 of 2").await?;
    crash(deployment)
}

/// Job B has nothing of job A's. The request is found by what it asks for; from then on the request's own token opens it.
fn goes_on(deployment: &mut Deployment, mut job: Workplace, asked: &Value) -> Result<()> {
    let root = job.file("root.pem");
    let found = job.step(&["submit", "--json", "app.exe"])?;
    let answer: Value = serde_json::from_str(&found.stdout).with_context(|| found.words())?;
    ensure!(matches!(found.status.code(), Some(0 | 3)) && answer["id"] == asked["id"], "{}", found.words());
    job.variables.retain(|(name, _)| name != "SIGNET_ID_TOKEN");
    crash(deployment)?;
    // Whoever takes over what another server was signing waits until its lease has run out.
    job.ends_with(0, &["wait", "--wait", "150s"])?;
    crash(deployment)?;
    job.ends_with(0, &["fetch"])?;
    deployment.server.kill()?;
    job.ends_with(0, &["embed"])?;
    job.ends_with(0, &["verify", "app.exe"])?;
    // osslsigncode fetches the revocation list.
    deployment.server.restart()?;
    let program = job.file("app.exe");
    verifiers::osslsigncode(&program, &root)?.success()?;
    samples::damage(&program)?;
    job.ends_with(1, &["verify", "app.exe"])?;
    refused(&verifiers::osslsigncode(&program, &root)?)
}

fn refused(verdict: &Finished) -> Result<()> {
    ensure!(!verdict.status.success(), "{} accepts: {}", verdict.command, verdict.words());
    Ok(())
}

/// No crash made it two signatures.
async fn signed_once(browser: &Browser, build: &Path) -> Result<()> {
    browser.open("/signing/ledger").await?;
    browser.fill("Digest", &verifiers::authenticode_hash(build, "sha256")?).await?;
    browser.press("Did we sign it?").await?;
    browser.sees("Yes: we signed it once").await
}
