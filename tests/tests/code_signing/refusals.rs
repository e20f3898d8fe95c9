//! Files that are not signed, each with the reason that the user reads and before anybody is asked.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use signet_tests::local_signer::LocalSigner;
use signet_tests::process::{Finished, run};
use signet_tests::{environment, samples};
use tempfile::TempDir;

/// `signet-sign` in a folder, without the variables of a CI around the test.
fn signet_sign(folder: &Path, arguments: &[&str]) -> Result<Finished> {
    let mut command = Command::new(environment::signet_sign()?);
    for (name, _) in std::env::vars() {
        if ["SIGNET_", "GITHUB_", "ACTIONS_", "CI_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    run(command.current_dir(folder).args(arguments))
}

/// A folder with the root of some CA.
fn place() -> Result<TempDir> {
    let place = tempfile::tempdir()?;
    let signer = LocalSigner::create("ec -pkeyopt ec_paramgen_curve:P-256")?;
    std::fs::copy(signer.file("root.pem"), place.path().join("root.pem"))?;
    Ok(place)
}

/// `sign` towards a server that is never asked.
fn refused(folder: &Path, files: &[&str], code: i32, words: &str) -> Result<()> {
    let arguments = ["sign", "--server", "https://127.0.0.1:9", "--profile", "p", "--ca-file", "root.pem"];
    let said = signet_sign(folder, &[&arguments[..], files].concat())?;
    ensure!(said.status.code() == Some(code), "{}: {}", said.status, said.words());
    ensure!(said.stderr.contains(words), "{words}: {}", said.stderr);
    ensure!(said.stdout.is_empty(), "{}", said.stdout);
    Ok(())
}

#[test]
fn files_that_cannot_be_signed_are_refused_before_anybody_is_asked() -> Result<()> {
    let place = place()?;
    let folder = place.path();
    let image = samples::windows_program(folder, "a.exe")?;
    let bytes = std::fs::read(&image)?;
    std::fs::write(folder.join("short.exe"), bytes.get(..bytes.len() / 2).context("a program")?)?;
    refused(folder, &["short.exe"], 1, "short.exe: the image is truncated: its section")?;
    refused(folder, &["--format", "authenticode-pe", "root.pem"], 1, "root.pem: this is no Portable Executable")?;
    refused(folder, &["missing"], 1, "missing: No such file")?;

    samples::jar(folder, "a.jar")?;
    samples::sign_with_jarsigner(&folder.join("a.jar"), folder)?;
    refused(folder, &["a.jar"], 1, "a.jar: the JAR holds signature files: say that its signature is to be replaced")?;
    refused(folder, &["--format", "jar-sf", "a.exe"], 1, "a.exe: this is no JAR")?;
    let twice = samples::jar(folder, "b.jar")?;
    samples::add_entry(&twice, "größe.txt", "another")?;
    refused(folder, &["b.jar"], 1, "b.jar: two entries are called \"größe.txt\"")?;
    let odd = samples::jar(folder, "c.jar")?;
    samples::add_entry(&odd, "a\nb", "x")?;
    refused(folder, &["c.jar"], 1, "control characters are not allowed")?;
    Ok(())
}

#[test]
fn wrong_usage_ends_with_2_and_names_the_flag() -> Result<()> {
    let place = place()?;
    let folder = place.path();
    std::fs::write(folder.join("a.txt"), "a")?;
    samples::windows_program(folder, "a.exe")?;
    refused(folder, &[], 2, "<FILE>...")?;
    refused(folder, &["a.txt", "a.exe"], 2, "a request has one format, give --format")?;
    refused(folder, &["a.txt", "./a.txt"], 2, "two items are called \"a.txt\"")?;
    refused(folder, &["--format", "msi", "a.txt"], 2, "\"msi\" is not a signature format")?;
    refused(folder, &["--digest", "md5", "a.txt"], 2, "\"md5\" is not sha256, sha384 or sha512")?;
    refused(folder, &["--wait", "soon", "a.txt"], 2, "\"soon\" is no duration")?;
    refused(folder, &["--client-cert", "root.pem", "a.txt"], 2, "--client-key")?;
    let said = signet_sign(folder, &["sign", "--server", "https://127.0.0.1:9", "--profile", "p", "a.txt"])?;
    ensure!(said.status.code() == Some(2) && said.stderr.contains("--ca-file"), "{}", said.words());
    let plain = ["submit", "--server", "http://127.0.0.1:9", "--profile", "p", "a.txt"];
    let said = signet_sign(folder, &plain)?;
    ensure!(said.status.code() == Some(2) && said.stderr.contains("https only"), "{}", said.words());
    let said = signet_sign(folder, &["wait", "--server", "https://127.0.0.1:9"])?;
    ensure!(said.status.code() == Some(2) && said.stderr.contains("name one with --request"), "{}", said.words());
    Ok(())
}

#[test]
fn a_server_that_does_not_answer_is_asked_until_the_time_is_over() -> Result<()> {
    let place = place()?;
    std::fs::write(place.path().join("a.txt"), "a")?;
    refused(place.path(), &["--timeout", "2s", "a.txt"], 1, "the server cannot be reached")?;
    Ok(())
}
