//! Files that are not signed, each with the reason that the user reads and before anybody is asked.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use signet_tests::local_signer::LocalSigner;
use signet_tests::samples;
use signet_tests::workplace::Workplace;

/// With the root of some CA and a server that is never asked.
fn place() -> Result<Workplace> {
    let signer = LocalSigner::create("ec -pkeyopt ec_paramgen_curve:P-256")?;
    let mut place = Workplace::of(&signer.file("root.pem"), "https://127.0.0.1:9")?;
    place.set("SIGNET_PROFILE", "release");
    Ok(place)
}

fn refused(place: &Workplace, code: i32, arguments: &[&str], words: &str) -> Result<()> {
    let said = place.ends_with(code, arguments)?;
    ensure!(said.stderr.contains(words), "{words}: {}", said.stderr);
    ensure!(said.stdout.is_empty(), "{}", said.stdout);
    Ok(())
}

#[test]
fn files_that_cannot_be_signed_are_refused_before_anybody_is_asked() -> Result<()> {
    let place = place()?;
    let refused = |arguments: &[&str], words| refused(&place, 1, &[&["sign"], arguments].concat(), words);
    let image = samples::windows_program(place.path(), "a.exe")?;
    let bytes = std::fs::read(&image)?;
    std::fs::write(place.file("short.exe"), bytes.get(..bytes.len() / 2).context("a program")?)?;
    refused(&["short.exe"], "short.exe: the image is truncated: its section")?;
    refused(&["--format", "authenticode-pe", "root.pem"], "root.pem: this is no Portable Executable")?;
    refused(&["missing"], "missing: No such file")?;

    let jar = samples::jar(place.path(), "a.jar")?;
    samples::sign_with_jarsigner(&jar, place.path())?;
    refused(&["a.jar"], "a.jar: the JAR holds signature files: say that its signature is to be replaced")?;
    refused(&["--format", "jar-sf", "a.exe"], "a.exe: this is no JAR")?;
    samples::add_entry(&samples::jar(place.path(), "b.jar")?, "größe.txt", "another")?;
    refused(&["b.jar"], "b.jar: two entries have the same name")?;
    samples::add_entry(&samples::jar(place.path(), "c.jar")?, "a\nb", "x")?;
    refused(&["c.jar"], "control characters are not allowed")?;
    samples::add_entry(&samples::jar(place.path(), "d.jar")?, "meta-inf/manifest.mf", "Manifest-Version: 1.0\n\n")?;
    refused(&["d.jar"], "d.jar: the entry \"meta-inf/manifest.mf\" would be taken for META-INF/MANIFEST.MF")?;
    samples::add_entry(&samples::jar(place.path(), "e.jar")?, "META-INF/Services/a.Service", "another.One\n")?;
    let bomb = samples::add_entry(&samples::jar(place.path(), "f.jar")?, "bomb", &"x".repeat(12_345));
    bomb.and_then(|()| announce(&place.file("f.jar"), 12_345, 0xffff_fffe))?;
    refused(&["f.jar"], "f.jar: the entry \"bomb\" has more than 2 GiB")?;
    refused(&["e.jar"], "e.jar: another entry is called \"META-INF/")?;
    Ok(())
}

/// Lets an archive say of the entry with so many octets, which is not packed, that they become as many.
fn announce(archive: &Path, octets: u32, as_many: u32) -> Result<()> {
    let mut bytes = std::fs::read(archive)?;
    let sizes = [octets.to_le_bytes(), octets.to_le_bytes()].concat();
    for place in 0..bytes.len() - sizes.len() {
        if bytes[place..].starts_with(&sizes) {
            bytes[place + 4..place + 8].copy_from_slice(&as_many.to_le_bytes());
        }
    }
    Ok(std::fs::write(archive, bytes)?)
}

#[test]
fn wrong_usage_ends_with_2_and_names_the_flag() -> Result<()> {
    let mut place = place()?;
    std::fs::write(place.file("a.txt"), "a")?;
    samples::windows_program(place.path(), "a.exe")?;
    for (arguments, words) in [
        (&["sign"][..], "<FILE>..."),
        (&["sign", "a.txt", "a.exe"], "a request has one format, give --format"),
        (&["sign", "a.txt", "./a.txt"], "two items are called \"a.txt\""),
        (&["sign", "--format", "msi", "a.txt"], "\"msi\" is not a signature format"),
        (&["sign", "--digest", "md5", "a.txt"], "\"md5\" is not sha256, sha384 or sha512"),
        (&["sign", "--wait", "soon", "a.txt"], "\"soon\" is no duration"),
        (&["sign", "--client-cert", "root.pem", "a.txt"], "--client-key"),
        (&["submit", "--server", "http://127.0.0.1:9", "a.txt"], "https only"),
        (&["submit", "--server", "https://ann:secret@127.0.0.1:9", "a.txt"], "--server has a user name"),
        (&["submit", "--server", "https://127.0.0.1:9/?a=b", "a.txt"], "a query or a fragment: write https://"),
        (&["wait"], "name one with --request"),
        (&["embed"], "no request is known here"),
        (&["verify", "--signature", "x", "a.txt", "a.exe"], "--signature belongs to exactly one FILE"),
    ] {
        refused(&place, 2, arguments, words)?;
    }
    place.variables.retain(|(name, _)| name != "SIGNET_CA_FILE");
    refused(&place, 2, &["sign", "a.txt"], "--ca-file (or SIGNET_CA_FILE) is needed")?;
    refused(&place, 2, &["sign", "--ca-file", "a.txt", "a.txt"], "--ca-file a.txt")?;
    Ok(())
}

#[test]
fn results_that_would_destroy_something_are_refused_before_anybody_is_asked() -> Result<()> {
    let place = place()?;
    for folder in ["one", "two"] {
        std::fs::create_dir(place.file(folder))?;
        samples::windows_program(&place.file(folder), "a.exe")?;
        std::fs::write(place.file(folder).join("a.txt"), folder)?;
    }
    std::fs::write(place.file("one/a.txt.p7s"), "something else")?;
    let both = "would both be";
    let over = "which is to be signed itself";
    for (arguments, words) in [
        (&["sign", "--out", "all", "one/a.exe", "two/a.exe"][..], both),
        (&["sign", "--out", "all/", "one/a.txt", "two/a.txt"], both),
        (&["sign", "--out", "one/a.txt", "one/a.txt"], over),
        (&["sign", "--out", "one/../one/a.txt", "one/a.txt"], over),
        (&["sign", "one/a.txt", "one/a.txt.p7s"], over),
        (&["sign", "--out", "two/", "one/a.exe", "two/a.exe"], over),
        (&["sign", "--chain-out", "one/a.txt", "one/a.txt"], "--chain-out one/a.txt is a file or a result"),
        (&["sign", "--chain-out", "./one/a.txt.p7s", "--out", "one/", "two/a.txt"], "is a file or a result"),
    ] {
        refused(&place, 2, arguments, words)?;
    }
    std::os::unix::fs::symlink("a.exe", place.file("one/b.exe"))?;
    refused(&place, 2, &["sign", "one/a.exe", "one/b.exe"], both)?;
    ensure!(std::fs::read_to_string(place.file("one/a.txt"))? == "one");
    ensure!(!place.file("all").exists());
    Ok(())
}

#[test]
fn a_server_that_does_not_answer_is_asked_until_the_time_is_over() -> Result<()> {
    let place = place()?;
    std::fs::write(place.file("a.txt"), "a")?;
    refused(&place, 1, &["sign", "--timeout", "2s", "a.txt"], "the server cannot be reached")?;
    Ok(())
}

#[test]
fn a_token_is_in_no_message() -> Result<()> {
    let mut place = place()?;
    std::fs::write(place.file("a.txt"), "a")?;
    place.set("SIGNET_TOKEN", "sgt_secret value");
    let said = place.ends_with(1, &["sign", "--timeout", "1s", "a.txt"])?;
    ensure!(said.stderr.contains("SIGNET_TOKEN: the token is empty or has characters"), "{}", said.stderr);
    ensure!(!said.words().contains("sgt_"), "{}", said.words());
    Ok(())
}
