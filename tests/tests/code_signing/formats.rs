//! Digests and embedding against independent programs, with signatures that they made.

use std::path::Path;

use anyhow::{Result, ensure};
use ca_client::artifact::{ArtifactError, Existing, embed, guess, prepare, signature_within, signed_digest};
use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::Format;
use ca_core::signing::jar::SignerName;
use signet_tests::local_signer::LocalSigner;
use signet_tests::process::Finished;
use signet_tests::workplace::Workplace;
use signet_tests::{samples, verifiers};

const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

fn put(path: &Path, format: Format, signature: &[u8]) -> Result<(), ArtifactError> {
    embed(path, format, SHA256, signature, &SignerName::default(), path, |_| Ok(()))
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn refuses(verdict: Finished, words: &str) -> Result<()> {
    ensure!(!verdict.status.success(), "{} accepts: {}", verdict.command, verdict.words());
    ensure!(verdict.words().contains(words), "{}: {}", verdict.command, verdict.words());
    Ok(())
}

#[test]
fn authenticode_hashes_are_those_of_osslsigncode() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let images = [
        samples::windows_program(folder.path(), "a.exe")?,
        samples::windows_program_32(folder.path(), "b.exe")?,
        samples::efi_program(folder.path(), "c.efi")?,
    ];
    for image in &images {
        for algorithm in DigestAlgorithm::ALL {
            let ours = prepare(image, Format::AuthenticodePe, algorithm, Existing::Refuse)?;
            let theirs = verifiers::authenticode_hash(image, algorithm.as_str())?;
            assert_eq!(hexadecimal(&ours.item.digest), theirs, "{} {algorithm}", image.display());
        }
        // The length is no multiple of eight: zeros are hashed, too.
        let mut bytes = std::fs::read(image)?;
        bytes.extend([1, 2, 3]);
        std::fs::write(image, bytes)?;
        let ours = prepare(image, Format::AuthenticodePe, SHA256, Existing::Refuse)?;
        assert_eq!(hexadecimal(&ours.item.digest), verifiers::authenticode_hash(image, "sha256")?);
    }
    Ok(())
}

#[test]
fn an_image_with_an_embedded_signature_is_verified() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let signer = LocalSigner::create("rsa:2048")?;
    let root = signer.file("root.pem");
    for image in [samples::windows_program(folder.path(), "a.exe")?, samples::efi_program(folder.path(), "b.efi")?] {
        let before = prepare(&image, Format::AuthenticodePe, SHA256, Existing::Refuse)?.item.digest;
        let signature = signer.authenticode(&image)?;
        put(&image, Format::AuthenticodePe, &signature)?;
        verifiers::osslsigncode(&image, &root)?.success()?;
        verifiers::sbverify(&image, &root)?.success()?;
        verifiers::signify(&image, &root)?.success()?;
        assert_eq!(signature_within(&image, Format::AuthenticodePe)?, signature);
        assert_eq!(signed_digest(&image, Format::AuthenticodePe, SHA256)?, before);

        // Signing again replaces it; a changed octet is noticed by everybody.
        let again = signer.authenticode(&image)?;
        put(&image, Format::AuthenticodePe, &again)?;
        verifiers::osslsigncode(&image, &root)?.success()?;
        samples::damage(&image)?;
        refuses(verifiers::osslsigncode(&image, &root)?, "MISMATCH")?;
        refuses(verifiers::sbverify(&image, &root)?, "Hash doesn't match")?;
        refuses(verifiers::signify(&image, &root)?, "InvalidDigestError")?;
        assert_ne!(signed_digest(&image, Format::AuthenticodePe, SHA256)?, before);
    }
    Ok(())
}

#[test]
fn a_jar_with_our_signature_file_is_verified_by_jarsigner() -> Result<()> {
    for key in ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-256"] {
        let folder = tempfile::tempdir()?;
        let signer = LocalSigner::create(key)?;
        let root = signer.file("root.pem");
        let jar = samples::jar(folder.path(), "a.jar")?;
        let digest = prepare(&jar, Format::JarSf, SHA256, Existing::Refuse)?.item.digest;
        // What is signed is the signature file: a first block, of anything, has it written.
        put(&jar, Format::JarSf, &signer.cms(&jar)?)?;
        refuses(verifiers::jarsigner(&jar, &root)?, "")?;
        let file = folder.path().join("SIGNET.SF");
        std::fs::write(&file, entry(&jar, "META-INF/SIGNET.SF")?)?;
        put(&jar, Format::JarSf, &signer.cms(&file)?)?;

        let verdict = verifiers::jarsigner(&jar, &root)?.success()?;
        ensure!(verdict.stdout.contains("jar verified."), "{}", verdict.words());
        assert_eq!(signed_digest(&jar, Format::JarSf, SHA256)?, digest);
        assert_eq!(prepare(&jar, Format::JarSf, SHA256, Existing::Replace)?.item.digest, digest);
        let manifest = String::from_utf8(entry(&jar, "META-INF/MANIFEST.MF")?)?;
        ensure!(manifest.contains("Main-Class: a.Main") && manifest.contains("Content-Type: text/plain"), "{manifest}");

        samples::damage_entry(&jar, "META-INF/services/a.Service")?;
        refuses(verifiers::jarsigner(&jar, &root)?, "SecurityException")?;
        let refusal = signed_digest(&jar, Format::JarSf, SHA256).unwrap_err().to_string();
        ensure!(
            refusal.ends_with("the entry \"META-INF/services/a.Service\" is not the one that was signed"),
            "{refusal}"
        );
    }
    Ok(())
}

#[test]
fn a_jar_that_starts_itself_keeps_its_script() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let signer = LocalSigner::create("rsa:2048")?;
    let jar = samples::jar(folder.path(), "a.jar")?;
    let script = b"#!/bin/sh\nexec java -jar \"$0\" \"$@\"\n";
    std::fs::write(&jar, [script.to_vec(), std::fs::read(&jar)?].concat())?;
    assert_eq!(guess(&jar)?, Format::CmsDetached);
    let file = folder.path().join("SIGNET.SF");
    put(&jar, Format::JarSf, &signer.cms(&jar)?)?;
    std::fs::write(&file, entry(&jar, "META-INF/SIGNET.SF")?)?;
    put(&jar, Format::JarSf, &signer.cms(&file)?)?;
    ensure!(std::fs::read(&jar)?.starts_with(script));
    verifiers::jarsigner(&jar, &signer.file("root.pem"))?.success()?;
    // Nobody signed the script, and that is said.
    let place = Workplace::of(&signer.file("root.pem"), "https://127.0.0.1:9")?;
    std::fs::copy(&jar, place.file("a.jar"))?;
    let said = place.ends_with(0, &["verify", "--format", "jar-sf", "a.jar"])?;
    ensure!(said.stdout.contains(&format!("NOT SIGNED: the first {} octets", script.len())), "{}", said.words());
    let said = place.json(0, &["verify", "--format", "jar-sf", "a.jar"])?;
    ensure!(said["unsigned_prefix"] == script.len(), "{said}");
    Ok(())
}

#[test]
fn what_jarsigner_signed_is_read() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let jar = samples::jar(folder.path(), "a.jar")?;
    samples::sign_with_jarsigner(&jar, folder.path())?;
    assert_eq!(signed_digest(&jar, Format::JarSf, SHA256)?.len(), 32);
    signature_within(&jar, Format::JarSf)?;
    let refusal = prepare(&jar, Format::JarSf, SHA256, Existing::Refuse).unwrap_err();
    ensure!(refusal.is_already_signed() && refusal.to_string().contains("holds signature files"), "{refusal}");
    Ok(())
}

#[test]
fn what_is_not_accepted_changes_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let signer = LocalSigner::create("rsa:2048")?;
    let image = samples::windows_program(folder.path(), "a.exe")?;
    let before = std::fs::read(&image)?;
    let signature = signer.authenticode(&image)?;
    let name = SignerName::default();
    let refusal = embed(&image, Format::AuthenticodePe, SHA256, &signature, &name, &image, |written| {
        ensure!(std::fs::read(written)? != before, "what is judged is the new file");
        anyhow::bail!("not good")
    });
    assert_eq!(refusal.unwrap_err().to_string(), "not good");
    ensure!(std::fs::read(&image)? == before);
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 1, "nothing is left behind");
    Ok(())
}

#[test]
fn a_link_to_a_program_stays_a_link_to_the_signed_one() -> Result<()> {
    let (folder, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let signer = LocalSigner::create("rsa:2048")?;
    let image = samples::windows_program(elsewhere.path(), "a.exe")?;
    let link = folder.path().join("link.exe");
    std::os::unix::fs::symlink(&image, &link)?;
    let signature = signer.authenticode(&image)?;
    put(&link, Format::AuthenticodePe, &signature)?;
    ensure!(std::fs::symlink_metadata(&link)?.is_symlink());
    assert_eq!(signature_within(&image, Format::AuthenticodePe)?, signature);
    Ok(())
}

#[test]
fn formats_are_guessed_by_content() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("a.exe");
    std::fs::write(&text, "MZ, but no program")?;
    assert_eq!(guess(&text)?, Format::CmsDetached);
    std::fs::write(&text, "")?;
    assert_eq!(guess(&text)?, Format::CmsDetached);
    assert_eq!(guess(&samples::windows_program(folder.path(), "program")?)?, Format::AuthenticodePe);
    assert_eq!(guess(&samples::efi_program(folder.path(), "boot")?)?, Format::AuthenticodePe);
    assert_eq!(guess(&samples::jar(folder.path(), "archive")?)?, Format::JarSf);
    Ok(())
}

fn entry(jar: &Path, name: &str) -> Result<Vec<u8>> {
    samples::entry(jar, name)
}
