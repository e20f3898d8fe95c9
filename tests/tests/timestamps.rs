//! The time-stamping authority over both listeners, judged by OpenSSL and by rfc3161-client.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use hyper::Method;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::environment::tool;
use signet_tests::process::{Finished, output, run};
use signet_tests::time_server::TimeServer;
use signet_tests::time_stamping::{QUERY, Stamping, post};
use signet_tests::{on_each_deployment, wait};
use toml::{Table, Value};

on_each_deployment! {
    openssl_verifies_every_kind_of_timestamp,
    altered_data_and_strangers_roots_are_refused,
    another_client_verifies_too,
}

const DATA: &[u8] = b"what is stamped";

#[track_caller]
fn accepted(verdict: &Finished) -> Result<()> {
    ensure!(verdict.status.success() && verdict.words().contains("Verification: OK"), "{}", verdict.words());
    Ok(())
}

/// The answer of the authority to a query with these options.
fn stamped(deployment: &Deployment, path: &str, options: &[&str]) -> Result<Stamping> {
    let stamping = Stamping::of(DATA, options)?;
    stamping.send(deployment.server.status_listen(), path)?;
    Ok(stamping)
}

async fn openssl_verifies_every_kind_of_timestamp(deployment: &mut Deployment) -> Result<()> {
    let issuing = deployment.data().join("issuing.pem").display().to_string();
    for options in [&["-sha256", "-cert"][..], &["-sha384", "-cert"], &["-sha512", "-cert", "-no_nonce"]] {
        accepted(&stamped(deployment, "/tsa", options)?.verify(&deployment.root(), &[])?)?;
    }
    accepted(&stamped(deployment, "/tsa/default", &["-sha256", "-cert"])?.verify(&deployment.root(), &[])?)?;
    let bare = stamped(deployment, "/tsa", &["-sha256"])?;
    ensure!(!bare.verify(&deployment.root(), &["-untrusted", &issuing])?.status.success(), "no certificate inside");
    let stamping = Stamping::of(DATA, &["-sha256", "-cert"])?;
    let url = format!("https://{}/tsa", deployment.server.listen());
    let answer = deployment.https()?.send(Method::POST, &url, Some(QUERY), Bytes::from(stamping.query()?)).await?;
    stamping.keep(&answer.success()?.body)?;
    accepted(&stamping.verify(&deployment.root(), &[])?)?;
    ensure!(stamping.text()?.contains("Policy OID: X509v3 Any Policy"), "{}", stamping.text()?);
    let (head, _) = post(deployment.server.status_listen(), "/tsa/unknown", QUERY, &stamping.query()?)?;
    ensure!(head.contains(" 404 "), "{head}");
    Ok(())
}

async fn altered_data_and_strangers_roots_are_refused(deployment: &mut Deployment) -> Result<()> {
    let stamping = stamped(deployment, "/tsa", &["-sha256", "-cert"])?;
    accepted(&stamping.verify_data(&deployment.root(), DATA)?)?;
    ensure!(!stamping.verify_data(&deployment.root(), b"something else")?.status.success());
    let stranger = Prepared::new(Kind::SqliteSoftware, &[])?;
    let root = stranger.data().join("root.pem");
    ensure!(!stamping.verify(&root, &[])?.status.success(), "another root");
    let other = Stamping::of(DATA, &["-sha256", "-cert"])?;
    other.send(deployment.server.status_listen(), "/tsa")?;
    ensure!(stamping.text()? != other.text()?, "serials differ");
    let garbage = Stamping::of(DATA, &[])?;
    let (head, body) = post(deployment.server.status_listen(), "/tsa", QUERY, b"no request")?;
    ensure!(head.contains(" 200 "), "{head}");
    garbage.keep(&body)?;
    let text = garbage.text()?;
    ensure!(text.contains("Status: Rejected") && text.contains("the data submitted has the wrong format"), "{text}");
    Ok(())
}

async fn another_client_verifies_too(deployment: &mut Deployment) -> Result<()> {
    let url = format!("http://{}/tsa", deployment.server.status_listen());
    for algorithm in ["SHA256", "SHA512"] {
        rfc3161(&url, &deployment.root(), algorithm, "right")?.success()?;
    }
    let other = rfc3161(&url, &deployment.root(), "SHA256", "other")?;
    ensure!(other.words().contains("Mismatch between messages"), "{}", other.words());
    let stranger = Prepared::new(Kind::SqliteSoftware, &[])?;
    let foreign = rfc3161(&url, &stranger.data().join("root.pem"), "SHA256", "right")?;
    ensure!(foreign.words().contains("Error while verifying certificates"), "{}", foreign.words());
    Ok(())
}

fn rfc3161(url: &str, root: &Path, algorithm: &str, data: &str) -> Result<Finished> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rfc3161.py");
    run(Command::new(tool("python")?).arg(script).arg(url).arg(root).args([algorithm, data]))
}

/// More keys for `[timestamp]`.
fn timestamp(config: &mut Table, key: &str, value: Value) -> Result<()> {
    let section = config.entry("timestamp").or_insert_with(|| Value::Table(Table::new()));
    section.as_table_mut().context("[timestamp]")?.insert(key.to_owned(), value);
    Ok(())
}

/// What the authority says of a good query.
fn answer(deployment: &Deployment) -> Result<String> {
    stamped(deployment, "/tsa", &["-sha256", "-cert"])?.text()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_its_source_calls_wrong_stamps_nothing() -> Result<()> {
    let (source, prepared) = (TimeServer::start()?, Prepared::new(Kind::SqliteSoftware, &[])?);
    let address = source.address().to_string();
    prepared.configure(|config| timestamp(config, "clock_sources", Value::from(vec![address])))?;
    source.be_ahead(3600);
    let mut deployment = prepared.serve()?;
    let refused =
        |text: &String| text.contains("the clock differs by") && text.contains("time source is not available");
    let limit = Duration::from_secs(20);
    wait::until("a refusal", limit, || Ok(Some(answer(&deployment)?).filter(refused)))?;
    let doctor = run(&mut deployment.signet(&["doctor"])?)?;
    ensure!(!doctor.status.success() && doctor.words().contains("nothing is stamped"), "{}", doctor.words());
    source.be_ahead(0);
    deployment.server.terminate()?;
    deployment.server.restart()?;
    wait::until("a timestamp", limit, || Ok(Some(answer(&deployment)?).filter(|text| text.contains("Granted"))))?;
    output(&mut deployment.signet(&["doctor"])?)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hsm_that_is_away_is_named_and_comes_back() -> Result<()> {
    let mut deployment = Prepared::with_remote_token()?.serve()?;
    ensure!(answer(&deployment)?.contains("Granted"), "{}", answer(&deployment)?);
    deployment.remote_token()?.kill()?;
    let away = |text: &String| text.contains("does not sign at the moment") && text.contains("system failure");
    wait::until("a refusal", Duration::from_secs(60), || Ok(Some(answer(&deployment)?).filter(away)))?;
    deployment.remote_token()?.restart()?;
    wait::until("a timestamp", Duration::from_secs(90), || {
        Ok(Some(answer(&deployment)?).filter(|text| text.contains("Granted")))
    })?;
    Ok(())
}
