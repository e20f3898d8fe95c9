//! Timestamps of somebody else's authority, in the signatures of a deployment that has none of its own.

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use serde_json::json;
use signet_tests::deployment::{Deployment, Kind};
use signet_tests::operator::Operator;
use signet_tests::signature_timestamp::SignatureTimestamp;
use signet_tests::workplace::Workplace;
use signet_tests::{on_each_deployment, samples};

on_each_deployment!(timestamps_of_others_are_believed_below_their_roots_only);

const PROFILE: &str = r#"
label = "Nightly"
environment = "test"
formats = ["cms-detached", "authenticode-pe"]
digests = ["sha256"]
[key]
algorithm = "ecdsa-p256"
[timestamp]
required = true
external = ["URL"]
[[trust]]
name = "tokens"
api_tokens = true
"#;

async fn timestamps_of_others_are_believed_below_their_roots_only(deployment: &mut Deployment) -> Result<()> {
    let others = Deployment::start(Kind::SqliteSoftware)?;
    ask(deployment, &others)?;
    let operator = Operator::sign_in(deployment, "ann", &["operator"]).await?;
    let machine = operator.token(&["signing"], &["operator"]).await?;
    let mut place = Workplace::new(deployment)?;
    place.set("SIGNET_TOKEN", machine.token());
    place.set("SIGNET_PROFILE", "nightly");
    std::fs::copy(others.root(), place.file("tsa.pem"))?;

    let image = samples::windows_program(place.path(), "app.exe")?;
    std::fs::write(place.file("notes.txt"), "notes")?;
    for name in ["app.exe", "notes.txt"] {
        let said = place.ends_with(1, &["sign", name])?;
        ensure!(said.stderr.contains("its timestamp is worth nothing"), "{}", said.stderr);
        place.ends_with(0, &["sign", "--tsa-ca-file", "tsa.pem", name])?;
        let said = place.ends_with(1, &["verify", name])?;
        ensure!(said.stderr.contains("no path to a trusted root"), "{}", said.stderr);
        place.ends_with(0, &["verify", "--tsa-ca-file", "tsa.pem", name])?;
    }
    // Their roots are nobody's for signatures.
    let said = place.ends_with(1, &["verify", "--ca-file", "tsa.pem", "--tsa-ca-file", "root.pem", "app.exe"])?;
    ensure!(said.stderr.contains("no path to a trusted root"), "{}", said.stderr);
    let timestamp = SignatureTimestamp::of_program(&image)?;
    timestamp.verify(&others.root())?.success()?;
    ensure!(!timestamp.verify(&deployment.root())?.status.success(), "our own root");

    let signature = STANDARD.encode(std::fs::read(place.file("notes.txt.p7s"))?);
    let digest = "ab5aa97074c454a0632057e704220d9a6678fbf773a0a5806fc09b8173b07309";
    let asked = json!({ "format": "cms-detached", "signature": signature, "alg": "sha256", "digest": digest });
    let https = deployment.https()?;
    let report = machine.send(&https, Method::POST, "/api/v1/signing/verify", &asked).await?.success()?.json()?;
    ensure!(report["findings"]["timestamp"] == "proved" && report["accepted"] == true, "{report}");
    Ok(())
}

/// Has the deployment ask the others' authority instead of one of its own.
fn ask(deployment: &mut Deployment, others: &Deployment) -> Result<()> {
    let folder = deployment.signing_profiles()?;
    let url = format!("http://{}/tsa", others.server.status_listen());
    std::fs::write(folder.join("nightly.toml"), PROFILE.replace("URL", &url))?;
    std::fs::copy(others.root(), deployment.data().join("tsa.pem"))?;
    deployment.configure(|config| {
        let timestamp = "enabled = false\nexternal_ca_file = \"tsa.pem\"\nallow = [\"127.0.0.0/8\"]";
        config.insert("timestamp".to_owned(), timestamp.parse::<toml::Table>()?.into());
        Ok(())
    })?;
    deployment.server.terminate()?;
    deployment.server.restart()
}
