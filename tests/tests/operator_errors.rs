//! What goes wrong in an operator's hands: every failure exits with the right code and names what to mend.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::inventory;
use signet_tests::orders;
use signet_tests::postgres::{Cluster, Database};
use signet_tests::process::{output, run};
use signet_tests::raw_acme::RawAcme;
use signet_tests::refusal::expect_exit;
use signet_tests::server::{Server, signet};
use signet_tests::softhsm::Token;
use signet_tests::wait;

/// `serve` must end by itself with this code and these words.
fn serve_fails(prepared: &Prepared, code: i32, words: &[&str]) -> Result<()> {
    expect_exit(&run(&mut prepared.signet(&["serve"])?)?, code, words)
}

#[test]
fn a_wrong_passphrase_is_told_from_a_damaged_keystore() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let passphrase = prepared.data().join("keys.passphrase");
    let right = std::fs::read(&passphrase)?;
    std::fs::write(&passphrase, "not the passphrase")?;
    serve_fails(&prepared, 1, &["passphrase", "local"])?;
    expect_exit(&run(&mut prepared.signet(&["doctor"])?)?, 1, &["passphrase"])?;
    std::fs::write(&passphrase, right)?;
    damage_every_file(&prepared.data().join("keys"))?;
    let said = run(&mut prepared.signet(&["serve"])?)?;
    ensure!(said.status.code() == Some(1), "{}", said.words());
    ensure!(!said.words().contains("wrong passphrase"), "damage is not the passphrase's fault: {}", said.words());
    Ok(())
}

/// Flips a bit in the last byte of every file, where an authentication tag lies.
fn damage_every_file(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            let mut bytes = std::fs::read(&path)?;
            // Before a closing brace or line end, should the file be text.
            if let Some(byte) = bytes.iter_mut().rev().find(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()) {
                *byte ^= 1;
            }
            std::fs::write(&path, bytes)?;
        }
    }
    Ok(())
}

#[test]
fn an_unknown_key_is_named_with_its_line() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let text = std::fs::read_to_string(prepared.config())?;
    let line = text.lines().position(|line| line.trim() == "[database]").context("[database]")?;
    let broken = text.replacen("[database]\n", "[database]\nspeed = \"high\"\n", 1);
    std::fs::write(prepared.config(), broken)?;
    serve_fails(&prepared, 2, &["speed", "signet.toml", &(line + 2).to_string()])?;
    let missing = run(&mut signet(&Vec::new(), &["serve", "--config", "no-such-file.toml"])?)?;
    expect_exit(&missing, 2, &["no-such-file.toml"])
}

#[test]
fn a_missing_module_and_a_missing_token_are_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let token = Token::create(&folder.path().join("token"))?;
    let data = folder.path().join("pki").display().to_string();
    let init = |hsm: String| run(&mut signet(&token.variables(), &["init", "--data", &data, "--hsm", &hsm])?);
    let no_module = init(format!("token={}", token.uri(Path::new("/nowhere/module.so"))))?;
    ensure!(!no_module.status.success() && no_module.words().contains("/nowhere/module.so"), "{}", no_module.words());
    let module = signet_tests::environment::softhsm_module()?;
    let no_token = init(format!("token={}", token.uri(&module).replace("token=signet", "token=absent")))?;
    ensure!(!no_token.status.success() && no_token.words().contains("absent"), "{}", no_token.words());
    ensure!(!Path::new(&data).join("signet.toml").exists(), "a failed init leaves nothing");
    init(format!("token={}", token.uri(&module)))?.success().map(drop)
}

#[test]
fn a_wrong_pin_is_tried_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let token = Token::create(folder.path())?;
    std::fs::write(token.pin_file(), "0000")?;
    let data = folder.path().join("pki").display().to_string();
    let hsm = format!("token={}", token.uri(&signet_tests::environment::softhsm_module()?));
    let said = run(&mut signet(&token.variables(), &["init", "--data", &data, "--hsm", &hsm])?)?;
    ensure!(!said.status.success() && said.words().to_uppercase().contains("PIN"), "{}", said.words());
    ensure!(!said.words().contains("0000"), "a PIN in a message: {}", said.words());
    Ok(())
}

#[test]
fn a_folder_that_holds_a_pki_is_refused() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let before = std::fs::read(prepared.data().join("root.pem"))?;
    let data = prepared.data().display().to_string();
    let again = run(&mut signet(&Vec::new(), &["init", "--data", &data])?)?;
    ensure!([Some(1), Some(2)].contains(&again.status.code()) && again.words().contains(&data), "{}", again.words());
    ensure!(std::fs::read(prepared.data().join("root.pem"))? == before, "the root was replaced");
    Ok(())
}

#[test]
fn a_status_url_that_no_certificate_may_name_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("pki");
    let arguments = ["init", "--data", &data.display().to_string(), "--status-url", "http://ca:8080"];
    let said = run(&mut signet(&Vec::new(), &arguments)?)?;
    expect_exit(&said, 2, &["server.status_url", "single label", "http://ca:8080"])?;
    ensure!(!data.exists(), "a failed init leaves nothing");
    Ok(())
}

#[test]
fn a_second_server_on_one_sqlite_file_is_refused() -> Result<()> {
    let deployment = Deployment::start(Kind::SqliteSoftware)?;
    serve_fails(&deployment, 1, &["signet.db"])
}

#[test]
fn what_the_policies_forbid_no_command_does() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let folder = prepared.data().join("policies/authorization");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("default.cedar"), include_str!("../../policies/authorization/default.cedar"))?;
    let forbid = "@id(\"inventory\") @reason(\"closed for the inventory\") forbid (principal is Signet::LocalRoot, \
                  action in [Signet::Action::\"Read\", Signet::Action::\"Administer\"], resource);";
    std::fs::write(folder.join("inventory.cedar"), forbid)?;
    prepared.configure(|config| {
        let server = config.get_mut("server").and_then(toml::Value::as_table_mut).context("[server]")?;
        server.insert("policies_dir".into(), "policies".into());
        Ok(())
    })?;
    let refused = |arguments: &[&str]| -> Result<()> {
        let words = ["closed for the inventory", "forbidden by inventory"];
        expect_exit(&run(&mut prepared.signet(arguments)?)?, 1, &words)
    };
    for command in ["status", "keys", "probe"] {
        refused(&["hsm", command])?;
    }
    refused(&["doctor"])?;
    refused(&["certificate", "list"])?;
    refused(&["crl", "publish"])?;
    std::fs::remove_file(prepared.data().join("signet.db"))?;
    refused(&["migrate"])
}

#[test]
fn a_port_in_use_is_named() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let config: toml::Table = std::fs::read_to_string(prepared.config())?.parse()?;
    let address = config["server"]["listen"].as_str().context("listen")?.to_owned();
    let _taken = std::net::TcpListener::bind(&address)?;
    serve_fails(&prepared, 1, &[&address])
}

#[test]
fn an_old_schema_is_refused_on_postgres() -> Result<()> {
    let prepared = Prepared::new(Kind::PostgresSofthsm2, &[])?;
    let database = prepared.database().context("PostgreSQL")?;
    database.query("DROP SCHEMA public CASCADE")?;
    database.query("CREATE SCHEMA public")?;
    serve_fails(&prepared, 1, &["signet migrate"])?;
    output(&mut prepared.signet(&["migrate", "--dry-run"])?)?;
    serve_fails(&prepared, 1, &["signet migrate"])?;
    output(&mut prepared.signet(&["migrate"])?).map(drop)
}

#[test]
fn no_password_reaches_a_message() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    prepared.configure(|config| {
        let database = config.get_mut("database").and_then(toml::Value::as_table_mut).context("[database]")?;
        database.insert("url".into(), "postgres://signet:s3cr3t-word@127.0.0.1:1/none".into());
        Ok(())
    })?;
    let said = run(&mut prepared.signet(&["serve"])?)?;
    ensure!(!said.status.success(), "{}", said.words());
    ensure!(!said.words().contains("s3cr3t-word"), "{}", said.words());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_said_and_waited_for() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let cluster = Cluster::start(folder.path())?;
    let deployment = Prepared::with_database(Database::create_in(cluster.url())?)?.serve()?;
    let client = RawAcme::registered(&deployment.directory()?, &deployment.root()).await?;
    cluster.crash()?;
    let url = client.resource("newOrder")?;
    let answer = client.post(&url, &json!({"identifiers": [{"type": "dns", "value": "a.signet.test"}]})).await?;
    ensure!(answer.status == 503 || answer.status == 500, "{} {}", answer.status, answer.text());
    ensure!(answer.json()?["type"] == "urn:ietf:params:acme:error:serverInternal", "{}", answer.text());
    let ready = client.http().get(&deployment.directory()?.replace("/acme/acme/directory", "/readyz")).await?;
    ensure!(ready.status == 503, "/readyz without a database: {} {}", ready.status, ready.text());
    expect_exit(&run(&mut deployment.signet(&["certificate", "list"])?)?, 1, &["database"])?;
    cluster.restart()?;
    client.forget_nonces();
    wait::until_async("service after the database is back", Duration::from_secs(60), || async {
        Ok(orders::obtain(&client, deployment.network(), "a.signet.test").await.ok().map(drop))
    })
    .await
}

/// A full disk under the SQLite file: requests fail and say so, nothing that was promised is lost, and service returns with
/// the space. The disk is a small tmpfs in a mount namespace of its own, which any user may make.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let (data, image) = (prepared.data(), prepared.folder().join("image"));
    output(Command::new("cp").arg("-a").arg(&data).arg(&image))?;
    let small_disk = format!(
        "mount -t tmpfs -o size=12m tmpfs '{data}' && cp -a '{image}/.' '{data}' && exec \"$0\" serve --config '{config}'",
        data = data.display(),
        image = image.display(),
        config = prepared.config().display(),
    );
    let mut command = Command::new("unshare");
    command.args(["-U", "-r", "-m", "sh", "-c", &small_disk]).arg(signet_tests::environment::signet()?);
    let server = Server::start_with(&mut command, &prepared.config(), &Vec::new())?;
    let deployment = prepared.served_by(server);
    let result = fill_the_disk(&deployment).await;
    deployment.explain(result)
}

async fn fill_the_disk(deployment: &Deployment) -> Result<()> {
    let inside = |script: &str| {
        let pid = deployment.server.pid().to_string();
        let mut command = Command::new("nsenter");
        command.args(["-t", &pid, "-U", "-m", "--preserve-credentials", "sh", "-c", script]);
        command.arg(signet_tests::environment::signet()?).arg(deployment.config());
        run(&mut command)
    };
    let (client, network) =
        (RawAcme::registered(&deployment.directory()?, &deployment.root()).await?, deployment.network());
    let before = orders::obtain(&client, network, "before.signet.test").await?;
    let filler = deployment.data().join("filler");
    let filled = inside(&format!("dd if=/dev/zero of='{}' bs=4k", filler.display()))?;
    ensure!(filled.words().contains("No space left"), "the disk is not full: {}", filled.words());

    let mut refusal = None;
    for number in 0..2_000 {
        let url = client.resource("newOrder")?;
        let answer = client
            .post(&url, &json!({"identifiers": [{"type": "dns", "value": format!("n{number}.signet.test")}]}))
            .await?;
        if answer.status >= 500 {
            refusal = Some(answer);
            break;
        }
        ensure!(answer.status == 201, "{} {}", answer.status, answer.text());
    }
    let refusal = refusal.context("2000 orders fit on a full disk")?;
    ensure!(refusal.json()?["type"] == "urn:ietf:params:acme:error:serverInternal", "{}", refusal.text());

    inside(&format!("rm '{}'", filler.display()))?.success()?;
    client.forget_nonces();
    let after = wait::until_async("service after the space is back", Duration::from_secs(60), || async {
        Ok(orders::obtain(&client, network, "after.signet.test").await.ok())
    })
    .await?;
    let listed = inside("exec \"$0\" certificate list --json --limit 500 --config \"$1\"")?.success()?.stdout;
    for held in [before, after] {
        let serial = signet_tests::openssl::serial(&held.chain_pem)?;
        ensure!(listed.contains(&serial), "{serial} is lost: {listed}");
    }
    Ok(())
}

#[test]
fn doctor_finds_nothing_on_a_healthy_server() -> Result<()> {
    for kind in [Kind::SqliteSoftware, Kind::PostgresSofthsm2] {
        let deployment = Deployment::start(kind)?;
        let said = output(&mut deployment.signet(&["doctor", "--json"])?)?;
        serde_json::from_str::<serde_json::Value>(&said).with_context(|| said.clone())?;
        inventory::certificates(&deployment)?;
    }
    Ok(())
}

#[test]
fn wrong_usage_exits_with_two() -> Result<()> {
    for arguments in [&["no-such-verb"][..], &["certificate", "revoke"], &["init"], &["serve", "--no-such-flag"]] {
        expect_exit(&run(&mut signet(&Vec::new(), arguments)?)?, 2, &["Usage"])?;
    }
    let help = run(&mut signet(&Vec::new(), &["--help"])?)?.success()?;
    ensure!(help.stdout.contains("quickstart"), "{}", help.stdout);
    Ok(())
}
