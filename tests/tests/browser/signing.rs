//! Signatures that a build asks for over REST and two people approve in the browser.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::issued::HOSTILE;
use signet_tests::operator::{Machine, Operator};
use signet_tests::process::output;

use crate::signed_in;

/// A profile that needs two people, and one that needs none.
const PROFILES: [(&str, &str); 2] = [
    (
        "release",
        r#"
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
"#,
    ),
    (
        "test",
        r#"
label = "Rehearsals"
environment = "test"
formats = ["cms-detached", "raw"]
digests = ["sha256"]
[key]
algorithm = "ecdsa-p256"
[timestamp]
required = false
[[trust]]
name = "tokens"
api_tokens = true
"#,
    ),
];

/// What the file that is signed holds.
const CONTENT: &[u8] = b"what customers run";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_approve_what_a_build_asks_for() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    put_profiles(&prepared)?;
    let deployment = prepared.serve()?;
    let result = approved_and_signed(&deployment).await;
    deployment.explain(result)
}

/// The profiles in a folder of their own.
pub(crate) fn put_profiles(prepared: &Prepared) -> Result<()> {
    let folder = prepared.signing_profiles()?;
    for (name, text) in PROFILES {
        fs::write(folder.join(format!("{name}.toml")), text)?;
    }
    Ok(())
}

/// Asks for signatures of these files under a profile; answers the path of the page.
pub(crate) async fn submit(
    deployment: &Deployment,
    machine: &Machine,
    profile: &str,
    files: &[(&str, &[u8])],
) -> Result<String> {
    let item = |(name, content): &(&str, &[u8])| -> Result<Value> {
        let digest = sha256(deployment.folder(), content)?;
        Ok(json!({"name": name, "alg": "sha256", "digest": digest, "size": content.len()}))
    };
    let items = files.iter().map(item).collect::<Result<Vec<_>>>()?;
    let provenance = json!({"repository": "example/app", "commit": "3f5a9c0de1b24c7d8e9f00112233445566778899",
        "ref": "refs/tags/v2.4.0", "run_url": "https://ci.example.org/run/17"});
    let body = json!({"profile": profile, "format": "cms-detached", "reason": HOSTILE, "items": items,
        "provenance": provenance});
    let https = deployment.https()?;
    let made = machine.send(&https, Method::POST, "/api/v1/signing/requests", &body).await?.success()?.json()?;
    Ok(format!("/signing/{}", made["id"].as_str().context("an id")?))
}

/// As a build computes it.
fn sha256(folder: &Path, content: &[u8]) -> Result<String> {
    let file = folder.join("digested");
    fs::write(&file, content)?;
    let line = output(Command::new("openssl").args(["dgst", "-sha256", "-r"]).arg(file))?;
    Ok(line.split(' ').next().unwrap_or_default().to_owned())
}

async fn approved_and_signed(deployment: &Deployment) -> Result<()> {
    let ann = Operator::sign_in(deployment, "ann", &["operator"]).await?;
    let machine = ann.token(&["signing"], &["operator"]).await?;
    let bob = signed_in(deployment, "bob", &["approver"]).await?;
    let eve = signed_in(deployment, "eve", &["approver"]).await?;
    bob.press("Signing").await?;
    bob.sees("Nobody has asked for a signature yet").await?;
    bob.sees("signet-sign sign --server").await?;
    bob.inspect("signing-empty").await?;
    let place = submit(deployment, &machine, "release", &[("app.bin", CONTENT), (HOSTILE, b"other")]).await?;

    bob.press("Overview").await?;
    bob.sees("One signing request waits for approval").await?;
    bob.press("Signing").await?;
    bob.sees("One request waits for your approval").await?;
    bob.inspect("signing").await?;
    bob.follow("app.bin and 1 more").await?;
    bob.sees("It has 0 of 2 approvals").await?;
    bob.sees("the run").await?;
    bob.sees(HOSTILE).await?;
    bob.inspect("signing-request").await?;
    bob.fill("Comment", HOSTILE).await?;
    bob.press("Approve").await?;
    bob.sees("It has 1 of 2 approvals").await?;
    bob.sees("You cannot approve it").await?;

    eve.open(&place).await?;
    eve.press("Approve").await?;
    eve.sees("It was signed").await?;
    eve.inspect("signing-request-signed").await?;
    let archive = eve.download("Download signatures").await?;
    ensure!(archive.starts_with(b"PK"), "no archive: {} octets", archive.len());

    eve.press("Signing").await?;
    eve.press("Signed files").await?;
    eve.fill("Digest", &sha256(deployment.folder(), CONTENT)?).await?;
    eve.press("Did we sign it?").await?;
    eve.sees("Yes: we signed it once").await?;
    eve.inspect("signing-ledger").await?;
    eve.open("/signing/profiles/release").await?;
    eve.sees("A job of GitHub Actions").await?;
    eve.inspect("signing-profile").await?;
    eve.open("/signing/grants").await?;
    eve.fill("Who may sign", "ann").await?;
    eve.press("Give the grant").await?;
    eve.sees("One grant on this page is in force").await?;
    eve.inspect("signing-grants").await
}
