//! The main job as a stranger does it: one command, and the printed certbot and lego lines work as they stand.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::Method;
use signet_tests::environment::tool;
use signet_tests::https::Https;
use signet_tests::openssl;
use signet_tests::ports;
use signet_tests::process::run;
use signet_tests::quickstart::Quickstart;

/// The printed line that runs this program.
fn printed_line<'a>(words: &'a str, program: &str) -> Result<&'a str> {
    let runs_it = |line: &&str| line.split_whitespace().any(|word| word == program) && line.contains("--server");
    words.lines().map(str::trim).find(runs_it).with_context(|| format!("no {program} line in:\n{words}"))
}

/// A shell that finds certbot, in a folder of its own, without anything of ours in its environment.
fn paste(line: &str, folder: &Path) -> Result<()> {
    let tools = tool("certbot")?;
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", tools.parent().context("tools")?.display());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env_clear().env("PATH", path).env("HOME", folder);
    run(&mut command)?.success().map(drop)
}

/// The files below a folder whose name is this or ends so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] })
        .filter(|p| p.display().to_string().ends_with(ending))
        .collect()
}

fn judge(chain: &Path, root: &Path) -> Result<()> {
    let chain = std::fs::read_to_string(chain)?;
    openssl::verify(&chain, root, &["-purpose", "sslserver"])?.success().map(drop)
}

/// Both printed lines use the ports 5002 and 5001, so they run one after the other, in one test.
#[test]
fn the_printed_lines_work() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (listen, status) = (ports::free()?, ports::free()?);
    let mut first = Quickstart::start(folder.path(), listen, status, "first.log")?;
    let root = folder.path().join("signet-data/root.pem");
    let elsewhere = tempfile::tempdir()?;

    paste(printed_line(&first.words, "certbot")?, elsewhere.path()).with_context(|| first.process.log())?;
    let issued = [files(folder.path(), "/fullchain.pem"), files(elsewhere.path(), "/fullchain.pem")].concat();
    judge(issued.first().context("certbot left no chain")?, &root)?;

    paste(printed_line(&first.words, "lego")?, elsewhere.path()).with_context(|| first.process.log())?;
    let lego = [files(folder.path(), ".crt"), files(elsewhere.path(), ".crt")].concat();
    let chain =
        lego.iter().find(|path| !path.display().to_string().ends_with(".issuer.crt")).context("lego left no chain")?;
    judge(chain, &root)?;

    let fingerprint = openssl::x509(&std::fs::read_to_string(&root)?, &["-fingerprint", "-sha256"])?;
    let fingerprint = fingerprint.trim().rsplit('=').next().context("fingerprint")?.to_owned();
    let plain = |text: &str| text.replace(':', "").to_lowercase();
    ensure!(
        plain(&first.words).contains(&plain(&fingerprint)),
        "the root's fingerprint is not printed:\n{}",
        first.words
    );

    // Idempotent: the same folder is served again, with the same root.
    ensure!(first.process.terminate(Duration::from_secs(30))?.success(), "SIGTERM drains and exits 0");
    let second = Quickstart::start(folder.path(), listen, status, "second.log")?;
    ensure!(plain(&second.words).contains(&plain(&fingerprint)), "another root:\n{}", second.words);
    ensure!(second.one_time_password().is_none(), "the first password is shown once:\n{}", second.words);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_password_signs_in_and_is_kept_nowhere() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (listen, status) = (ports::free()?, ports::free()?);
    let running = Quickstart::start(folder.path(), listen, status, "log")?;
    let password = running.one_time_password().context("a one-time password")?.to_owned();
    let https = Https::trusting(&folder.path().join("signet-data/root.pem"))?;
    let url = format!("https://127.0.0.1:{listen}/sign-in");
    let form = Bytes::from(format!("name=admin&password={password}"));
    let answer = https.send(Method::POST, &url, Some("application/x-www-form-urlencoded"), form).await?;
    ensure!(answer.status == 303 && answer.header("location") == Some("/"), "{}: {}", answer.status, answer.text());
    let cookie = answer.header("set-cookie").context("a cookie")?;
    ensure!(cookie.starts_with("__Host-signet-session="), "{cookie}");
    for file in files(&folder.path().join("signet-data"), "") {
        let kept = String::from_utf8_lossy(&std::fs::read(&file)?).contains(&password);
        ensure!(!kept, "{} holds the password", file.display());
    }
    ensure!(running.process.log().matches(&password).count() == 1, "it is printed once, and never logged");
    Ok(())
}

#[test]
fn the_file_says_what_is_for_this_machine_only() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let running = Quickstart::start(folder.path(), ports::free()?, ports::free()?, "log")?;
    let config = std::fs::read_to_string(folder.path().join("signet-data/signet.toml"))?;
    for line in ["http_port = 5002", "tls_alpn_port = 5001"] {
        let found = config.lines().find(|l| l.contains(line)).with_context(|| format!("{line} in\n{config}"))?;
        ensure!(found.contains("for this machine only"), "{found}");
    }
    ensure!(running.words.contains("for this machine only"), "{}", running.words);
    Ok(())
}
