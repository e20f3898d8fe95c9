//! Files that change after they were submitted, in parts that their digests leave out.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use ca_client::artifact::{Existing, prepare, unsigned_prefix};
use ca_core::hsm::DigestAlgorithm::Sha256;
use ca_core::signing::{DigestSet, Format};
use serde_json::{Value, json};
use signet_tests::busy_server::{BusyServer, Fate};
use signet_tests::samples;
use signet_tests::workplace::Workplace;

const SCRIPT: &str = "#!/bin/sh\nexec java -jar \"$0\" \"$@\"\n";
const OTHER: &str = "#!/bin/sh\nexec curl -s https://x \"$0\" \"$\"\n";

/// A JAR that starts itself, submitted; in the state folder lies what a fetch leaves.
async fn submitted() -> Result<(BusyServer, Workplace, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let jar = samples::jar(folder.path(), "a.jar")?;
    let item = prepare(&jar, Format::JarSf, Sha256, Existing::Refuse)?.item;
    let item = ca_core::signing::DigestItem { name: "a.jar".to_owned(), ..item };
    let digest_set = DigestSet::new(Format::JarSf, vec![item])?.hash().to_string();
    let answer = json!({ "id": "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10", "state": "pending_approval",
        "profile": "release", "format": "jar-sf", "digest_set": digest_set });
    let server = BusyServer::start(vec![Fate::json("201 Created", "", &answer.to_string())]).await?;
    let mut place = Workplace::of(&server.root(), &server.url())?;
    place.set("SIGNET_PROFILE", "release");
    put(&place, &jar, SCRIPT)?;
    place.ends_with(3, &["submit", "--format", "jar-sf", "a.jar"])?;
    let state = state(&place)?;
    let fetched = state.with_extension("");
    std::fs::create_dir(&fetched)?;
    std::fs::copy(server.root(), fetched.join("chain.pem"))?;
    std::fs::write(fetched.join("0000.signature"), "no signature")?;
    std::fs::copy(&jar, place.file("original"))?;
    Ok((server, place, state))
}

fn put(place: &Workplace, jar: &Path, script: &str) -> Result<()> {
    Ok(std::fs::write(place.file("a.jar"), [script.as_bytes(), &std::fs::read(jar)?].concat())?)
}

fn state(place: &Workplace) -> Result<PathBuf> {
    let files = std::fs::read_dir(place.file(".signet"))?.flatten().map(|entry| entry.path());
    files.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "json")).context("a state file")
}

fn embed(place: &Workplace, words: &str) -> Result<()> {
    let said = place.ends_with(1, &["embed"])?;
    ensure!(said.stderr.contains(words), "{words}: {}", said.stderr);
    Ok(())
}

const CHANGED: &str = "a.jar: the file was changed since it was submitted, in parts that no signature covers";
/// How it ends when nothing changed: what the test put there is no signature.
const UNCHANGED: &str = "the signature is not one of this format";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_in_front_of_a_jar_is_the_one_that_was_submitted() -> Result<()> {
    let (_server, place, _) = submitted().await?;
    assert_eq!(unsigned_prefix(&place.file("a.jar"), Format::JarSf)?, SCRIPT.len() as u64);
    embed(&place, UNCHANGED)?;
    put(&place, &place.file("original"), OTHER)?;
    embed(&place, CHANGED)?;
    put(&place, &place.file("original"), "")?;
    embed(&place, CHANGED)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_in_front_of_a_jar_is_the_one_that_was_approved() -> Result<()> {
    let (_server, place, path) = submitted().await?;
    let mut state: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    state["files"][0]["approved_sha256"] = "0".repeat(64).into();
    std::fs::write(&path, state.to_string())?;
    embed(&place, CHANGED)?;
    // Without a script, the digest says everything that matters.
    for known in ["file_sha256", "size"] {
        state["files"][0].as_object_mut().context("a file")?.remove(known);
    }
    std::fs::write(&path, state.to_string())?;
    put(&place, &place.file("original"), "")?;
    embed(&place, UNCHANGED)
}
