//! `signet operator`: who may sign in, from the command line, with the server up and without it.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::Method;
use serde_json::Value;
use signet_tests::deployment::Deployment;
use signet_tests::on_each_deployment;
use signet_tests::process::{output, run};

on_each_deployment!(operators_are_added_reset_and_disabled, mistakes_are_named);

fn command(deployment: &Deployment, arguments: &[&str]) -> Result<Value> {
    let arguments = [["operator"].as_slice(), arguments, &["--json"]].concat();
    let text = output(&mut deployment.signet(&arguments)?)?;
    serde_json::from_str(&text).with_context(|| text)
}

fn password(made: &Value) -> Result<&str> {
    made["one_time_password"].as_str().with_context(|| made.to_string())
}

/// The status of an attempt to sign in at the running server.
async fn sign_in(deployment: &Deployment, name: &str, password: &str) -> Result<u16> {
    let url = deployment.directory()?.replace("/acme/acme/directory", "/sign-in");
    let form = Bytes::from(format!("name={name}&password={password}"));
    let media = Some("application/x-www-form-urlencoded");
    Ok(deployment.https()?.send(Method::POST, &url, media, form).await?.status)
}

async fn operators_are_added_reset_and_disabled(deployment: &mut Deployment) -> Result<()> {
    ensure!(command(deployment, &["list"])? == serde_json::json!([]), "serve adds nobody");
    let made = command(deployment, &["add", "ann", "--role", "operator", "--role", "approver"])?;
    ensure!(sign_in(deployment, "ann", password(&made)?).await? == 303, "{made}");
    let listed = command(deployment, &["list"])?;
    ensure!(listed[0]["name"] == "ann" && listed[0]["status"] == "active", "{listed}");
    ensure!(listed[0]["roles"] == serde_json::json!(["approver", "operator"]), "{listed}");
    ensure!(listed[0]["signed_in_at"].is_string() && listed[0]["must_change_password"] == true, "{listed}");

    let reset = command(deployment, &["reset-password", "ann"])?;
    ensure!(sign_in(deployment, "ann", password(&made)?).await? == 401, "the old password is gone");
    ensure!(sign_in(deployment, "ann", password(&reset)?).await? == 303);
    command(deployment, &["disable", "ann"])?;
    ensure!(sign_in(deployment, "ann", password(&reset)?).await? == 401, "disabled");
    ensure!(command(deployment, &["list"])?[0]["status"] == "disabled");

    let log = deployment.server.log();
    for secret in [password(&made)?, password(&reset)?] {
        ensure!(!log.contains(secret), "a password is in the log");
    }
    // Also without a server.
    deployment.server.terminate()?;
    command(deployment, &["add", "bob", "--role", "auditor"])?;
    ensure!(command(deployment, &["list"])?[1]["name"] == "bob");
    deployment.server.restart()
}

async fn mistakes_are_named(deployment: &mut Deployment) -> Result<()> {
    command(deployment, &["add", "ann", "--role", "operator"])?;
    for (arguments, code, words) in [
        (["add", "ann", "--role", "operator"].as_slice(), 1, "there is an operator \"ann\" already"),
        (&["add", "no spaces", "--role", "operator"], 1, "a sign-in name is"),
        (&["add", "bob", "--role", "Security Officer"], 1, "cannot be a role"),
        (&["add", "bob"], 2, "--role"),
        (&["disable", "nobody"], 1, "there is no operator \"nobody\""),
        (&["reset-password", "nobody"], 1, "there is no operator \"nobody\""),
    ] {
        let arguments = [["operator"].as_slice(), arguments].concat();
        let finished = run(&mut deployment.signet(&arguments)?)?;
        ensure!(finished.status.code() == Some(code), "{arguments:?}: {}", finished.words());
        ensure!(finished.stderr.contains(words), "{arguments:?}: {}", finished.words());
    }
    Ok(())
}
