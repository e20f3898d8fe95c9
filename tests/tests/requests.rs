//! Certificates that people approve, over HTTPS against the built binary.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::person::Person;
use signet_tests::process::output;
use signet_tests::smtp::{self, SmtpServer};
use signet_tests::{on_each_deployment, openssl, wait};

on_each_deployment! {
    two_operators_approve_and_openssl_verifies,
}

/// Half seconds until an approved request is issued after the HSM is back.
const PATIENCE: usize = 180;

fn csr(names: &str) -> Result<String> {
    let names = format!("subjectAltName={names}");
    let options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/", "-addext", &names];
    Ok(openssl::to_pem("CERTIFICATE REQUEST", &openssl::csr(&options)?))
}

/// The built-in profiles, with one of them edited.
fn edit_profile(deployment: &Prepared, profile: &str, from: &str, to: &str) -> Result<()> {
    let folder = deployment.data().join("policies/profiles");
    std::fs::create_dir_all(&folder)?;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/profiles"))? {
        let path = entry?.path();
        std::fs::copy(&path, folder.join(path.file_name().context("a file's name")?))?;
    }
    let file = folder.join(format!("{profile}.toml"));
    let text = std::fs::read_to_string(&file)?;
    ensure!(text.contains(from), "{text}");
    std::fs::write(&file, text.replace(from, to))?;
    deployment.configure(|config| {
        let server = config.get_mut("server").and_then(toml::Value::as_table_mut).context("[server]")?;
        server.insert("policies_dir".to_owned(), "policies".into());
        Ok(())
    })
}

async fn two_operators_approve_and_openssl_verifies(deployment: &mut Deployment) -> Result<()> {
    edit_profile(deployment, "tls-server", "required = 1", "required = 2")?;
    deployment.server.terminate()?;
    deployment.server.restart()?;
    let mut ann = Person::operator(deployment, "ann", &["operator"]).await?;
    let mut bob = Person::operator(deployment, "bob", &["approver"]).await?;
    let mut eve = Person::operator(deployment, "eve", &["approver"]).await?;
    let path = ann.request(&csr("DNS:www.example.org,IP:10.0.0.7")?, &[("validity", "30d")]).await?;
    ensure!(ann.get(&format!("{path}/certificate.pem")).await?.status == 404);
    bob.approve(&path).await?;
    ensure!(ann.get(&path).await?.text().contains("1 of 2"));
    eve.approve(&path).await?;
    let chain = ann.get(&format!("{path}/certificate.pem")).await?.success()?.text();
    let options = ["-purpose", "sslserver", "-verify_hostname", "www.example.org"];
    openssl::verify(&chain, &deployment.root(), &options)?.success()?;
    let text = openssl::x509(&chain, &["-text"])?;
    ensure!(text.contains("DNS:www.example.org") && text.contains("IP Address:10.0.0.7"), "{text}");
    over_the_api(&mut ann, &mut bob, &mut eve, &deployment.root()).await
}

/// The same over REST, with the pages' session.
async fn over_the_api(ann: &mut Person, bob: &mut Person, eve: &mut Person, root: &Path) -> Result<()> {
    let asked = json!({ "csr": csr("DNS:api.example.org")?, "profile": "tls-server", "owner": "team api" });
    let (status, tried) = ann.call("/api/v1/requests/preview", &asked).await?;
    ensure!((status, tried["acceptable"].as_bool()) == (200, Some(true)), "{tried}");
    let (status, made) = ann.call("/api/v1/requests", &asked).await?;
    ensure!(status == 201 && made["state"] == "pending" && made["names"] == json!(["dns:api.example.org"]), "{made}");
    let path = format!("/api/v1/requests/{}", made["id"].as_str().context("an id")?);
    let yes = json!({ "digest": made["digest"] });
    let (status, own) = ann.call(&format!("{path}/approve"), &yes).await?;
    ensure!(status == 403 && own["status"] == 403, "{own}");
    let stale = json!({ "digest": "00".repeat(32) });
    let (status, refused) = bob.call(&format!("{path}/approve"), &stale).await?;
    ensure!(status == 409, "{refused}");
    for person in [&mut *bob, eve] {
        let (status, voted) = person.call(&format!("{path}/approve"), &yes).await?;
        ensure!(status == 200, "{voted}");
    }
    let shown: Value = ann.get(&path).await?.success()?.json()?;
    ensure!(shown["state"] == "issued" && shown["approved_by"] == json!(["bob", "eve"]), "{shown}");
    let chain = bob.get(&format!("{path}/certificate")).await?.success()?.text();
    openssl::verify(&chain, root, &["-verify_hostname", "api.example.org"])?.success()?;
    let listed: Value = ann.get("/api/v1/requests?show=mine&state=issued&limit=1").await?.success()?.json()?;
    ensure!(listed["items"][0]["owner"] == "team api" && listed["next"].is_string(), "{listed}");
    let (status, garbage) = ann.call("/api/v1/requests", &json!({ "csr": "garbage", "profile": "tls-server" })).await?;
    ensure!(status == 422 && garbage["rule"] == "csr", "{garbage}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_approved_while_the_hsm_is_away_is_issued_when_it_is_back() -> Result<()> {
    let mut deployment = Prepared::with_remote_token()?.serve()?;
    let result = hsm_away(&mut deployment).await;
    deployment.explain(result)
}

async fn hsm_away(deployment: &mut Deployment) -> Result<()> {
    let mut ann = Person::operator(deployment, "ann", &["operator"]).await?;
    let mut bob = Person::operator(deployment, "bob", &["approver"]).await?;
    let path = ann.request(&csr("DNS:www.example.org")?, &[]).await?;
    deployment.remote_token()?.kill()?;
    bob.approve(&path).await?;
    let page = ann.get(&path).await?.text();
    ensure!(page.contains("It is approved and is signed as soon as the HSM answers"), "{page}");
    deployment.remote_token()?.restart()?;
    for _ in 0..PATIENCE {
        let answer = ann.get(&format!("{path}/certificate.pem")).await?;
        if answer.status == 200 {
            openssl::verify(&answer.text(), &deployment.root(), &[])?.success()?;
            return Ok(());
        }
        wait::pause(Duration::from_millis(500)).await;
    }
    bail!("the certificate did not come: {}", ann.get(&path).await?.text())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approvers_and_requesters_hear_of_it_by_mail() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let mail = mail_server(&prepared)?;
    std::fs::write(prepared.data().join("smtp.password"), smtp::PASSWORD)?;
    let port = i64::from(mail.port());
    prepared.configure(|config| {
        let notices = toml::toml! {
            [smtp]
            host = "localhost"
            from = "signet@example.org"
            username = "signet"
            password_file = "smtp.password"
            [[email]]
            to = ["approvers@example.org", "nobody@example.org"]
            events = ["request-submitted"]
        };
        config.insert("notices".to_owned(), notices.into());
        config["notices"]["smtp"].as_table_mut().context("[notices.smtp]")?.insert("port".to_owned(), port.into());
        Ok(())
    })?;
    let deployment = prepared.serve()?;
    let result = told_by_mail(&deployment, &mail).await.context(mail.log());
    deployment.explain(result)
}

/// A mail server whose certificate comes from the deployment's own CA.
fn mail_server(prepared: &Prepared) -> Result<SmtpServer> {
    let folder = prepared.folder();
    let (key, csr, chain) = (folder.join("mail.key"), folder.join("mail.csr"), folder.join("mail.pem"));
    let mut request = Command::new("openssl");
    request.args(["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/"]);
    output(request.args(["-addext", "subjectAltName=DNS:localhost", "-keyout"]).arg(&key).arg("-out").arg(&csr))?;
    let mut issue = prepared.signet(&["certificate", "issue", "--profile", "tls-server"])?;
    output(issue.arg("--csr").arg(&csr).arg("--out").arg(&chain))?;
    SmtpServer::start(folder, &chain, &key)
}

async fn told_by_mail(deployment: &Deployment, mail: &SmtpServer) -> Result<()> {
    let said = output(&mut deployment.signet(&["doctor"])?)?;
    ensure!(said.contains("mail server  answers and lets us in"), "{said}");
    ensure!(mail.messages()?.is_empty(), "the doctor sends nothing: {:?}", mail.messages()?);
    let mut ann = Person::operator(deployment, "ann", &["operator"]).await?;
    let mut bob = Person::operator(deployment, "bob", &["approver"]).await?;
    let path = ann.request(&csr("DNS:www.example.org")?, &[("notify", "ann@example.org")]).await?;
    let asked = nth_message(mail, 1)?;
    ensure!(asked.contains("X-Envelope: signet@example.org -> approvers@example.org"), "{asked}");
    ensure!(asked.contains("Subject: [Signet] www.example.org waits for your approval"), "{asked}");
    ensure!(asked.contains(&path) && asked.contains("ann asks for a certificate"), "{asked}");
    bob.approve(&path).await?;
    let issued = nth_message(mail, 2)?;
    ensure!(issued.contains("-> ann@example.org") && issued.contains("is issued"), "{issued}");
    ensure!(mail.messages()?.len() == 2, "{:?}", mail.messages()?);
    let log = deployment.server.log();
    ensure!(log.contains("no such user") && !log.contains(smtp::PASSWORD), "a refused recipient is told in the log");
    Ok(())
}

fn nth_message(mail: &SmtpServer, number: usize) -> Result<String> {
    wait::until("an e-mail", Duration::from_secs(30), || Ok(mail.messages()?.get(number - 1).cloned()))
}
