//! From a build to a verified file: the real server, `signet-sign`, and the programs that others verify with.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use signet_tests::ci_issuer::{CiIssuer, ISSUER};
use signet_tests::deployment::Deployment;
use signet_tests::operator::Operator;
use signet_tests::process::{Finished, run};
use signet_tests::signature_timestamp::SignatureTimestamp;
use signet_tests::workplace::Workplace;
use signet_tests::{on_each_deployment, samples, verifiers};

on_each_deployment!(every_format_is_signed_and_verified, a_job_hears_why_it_gets_nothing);

/// Nobody has to agree. RSA signs every hash; the second profile is this one with a key on P-256, the third one keeps its
/// certificate, which bare signatures need.
const REHEARSAL: &str = r#"
label = "Rehearsal"
environment = "test"
formats = ["cms-detached", "authenticode-pe", "jar-sf"]
digests = ["sha256", "sha384", "sha512"]
[key]
algorithm = "rsa-3072"
[certificate]
mode = "per-request"
profile = "code-signing"
validity = "24h"
[timestamp]
required = true
[[trust]]
name = "tokens"
api_tokens = true
"#;

/// Two people have to agree to what a job on a tag asks for.
const RELEASE: &str = r#"
label = "Release"
environment = "release"
formats = ["cms-detached", "authenticode-pe"]
digests = ["sha256"]
[key]
algorithm = "ecdsa-p256"
[certificate]
mode = "per-request"
profile = "code-signing"
validity = "24h"
[timestamp]
required = true
[[trust]]
name = "tags"
issuer = "ISSUER"
jwks_file = "ci.json"
claims = { project_id = "42", ref = "refs/tags/*" }
[approval]
stages = [{ group = "approver", required = 2 }]
"#;

/// These profiles instead of the built-in ones, and the keys of the CI.
fn with_profiles(deployment: &mut Deployment, ci: &CiIssuer) -> Result<()> {
    let folder = deployment.signing_profiles()?;
    std::fs::write(folder.join("rehearsal.toml"), REHEARSAL)?;
    let elliptic = REHEARSAL.replace("rsa-3072", "ecdsa-p256").replace(", \"sha384\", \"sha512\"", "");
    std::fs::write(folder.join("elliptic.toml"), elliptic)?;
    let bare = REHEARSAL.replace("per-request", "static").replace("[\"cms-detached\"", "[\"raw\", \"cms-detached\"");
    std::fs::write(folder.join("bare.toml"), bare)?;
    std::fs::write(folder.join("release.toml"), RELEASE.replace("ISSUER", ISSUER))?;
    std::fs::write(folder.join("ci.json"), ci.jwks()?.to_string())?;
    deployment.server.terminate()?;
    deployment.server.restart()
}

fn accepts(verdict: Finished) -> Result<()> {
    verdict.success().map(drop)
}

fn refuses(verdict: Finished) -> Result<()> {
    ensure!(!verdict.status.success(), "{} accepts: {}", verdict.command, verdict.words());
    Ok(())
}

/// OpenSSL takes the timestamp for this signature, and for no other.
fn stamped(timestamp: &SignatureTimestamp, root: &Path) -> Result<()> {
    let said = timestamp.verify(root)?.success()?;
    ensure!(said.words().contains("Verification: OK"), "{}", said.words());
    let said = timestamp.verify_other(root)?;
    ensure!(!said.status.success() && said.words().contains("message imprint mismatch"), "{}", said.words());
    Ok(())
}

async fn every_format_is_signed_and_verified(deployment: &mut Deployment) -> Result<()> {
    with_profiles(deployment, &CiIssuer::new()?)?;
    let operator = Operator::sign_in(deployment, "ann", &["operator"]).await?;
    let mut place = Workplace::new(deployment)?;
    place.set("SIGNET_TOKEN", operator.token(&["signing"], &["operator"]).await?.token());
    place.set("SIGNET_PROFILE", "rehearsal");
    let root = place.file("root.pem");

    programs(&place, &root)?;
    archives(&place, &root)?;
    messages(&place, &root)?;
    bare(&place)?;
    Ok(())
}

fn programs(place: &Workplace, root: &Path) -> Result<()> {
    let images = [
        samples::windows_program(place.path(), "a.exe")?,
        samples::windows_program_32(place.path(), "b.exe")?,
        samples::efi_program(place.path(), "c.efi")?,
    ];
    let said = place.json(0, &["sign", "a.exe", "b.exe", "c.efi"])?;
    ensure!(said["state"] == "signed" && said["files"].as_array().is_some_and(|files| files.len() == 3), "{said}");
    for image in &images {
        let said = verifiers::osslsigncode(image, root)?.success()?;
        ensure!(said.stdout.contains("Timestamp Server Signature verification: ok"), "{}", said.words());
        accepts(verifiers::sbverify(image, root)?)?;
        let said = verifiers::signify(image, root)?.success()?;
        ensure!(said.stdout.contains("verified timestamp 20"), "{}", said.words());
        stamped(&SignatureTimestamp::of_program(image)?, root)?;
    }
    // Again, in a folder that remembers: nothing changes. In one that does not: a refusal.
    let before = std::fs::read(&images[0])?;
    place.ends_with(0, &["sign", "a.exe", "b.exe", "c.efi"])?;
    ensure!(std::fs::read(&images[0])? == before, "the same request gives the same signature");
    let said = place.ends_with(1, &["sign", "--state-dir", "elsewhere", "a.exe"])?;
    ensure!(said.stderr.contains("already signed"), "{}", said.stderr);
    place.ends_with(0, &["sign", "--state-dir", "elsewhere", "--replace", "--digest", "sha384", "a.exe"])?;
    accepts(verifiers::osslsigncode(&images[0], root)?)?;

    place.ends_with(0, &["verify", "a.exe", "b.exe", "c.efi"])?;
    samples::damage(&images[0])?;
    refuses(verifiers::osslsigncode(&images[0], root)?)?;
    refuses(verifiers::sbverify(&images[0], root)?)?;
    refuses(verifiers::signify(&images[0], root)?)?;
    let said = place.ends_with(1, &["verify", "a.exe", "b.exe"])?;
    ensure!(said.stderr.contains("a.exe: NOT verified") && said.stdout.contains("b.exe: verified"), "{}", said.words());
    Ok(())
}

fn archives(place: &Workplace, root: &Path) -> Result<()> {
    for (profile, block) in [("rehearsal", "META-INF/ACME.RSA"), ("elliptic", "META-INF/ACME.EC")] {
        let name = format!("{profile}.jar");
        let jar = samples::jar(place.path(), &name)?;
        place.ends_with(0, &["sign", "--profile", profile, "--signer-name", "acme", &name])?;
        let said = verifiers::jarsigner(&jar, root)?.success()?;
        ensure!(said.stdout.contains("jar verified.") && said.stdout.contains("Timestamped by"), "{}", said.words());
        stamped(&SignatureTimestamp::of_jar(&jar, block)?, root)?;
        place.ends_with(0, &["sign", "--profile", profile, &name])?;
        place.ends_with(0, &["verify", &name])?;
        samples::damage_entry(&jar, "META-INF/services/a.Service")?;
        refuses(verifiers::jarsigner(&jar, root)?)?;
        place.ends_with(1, &["verify", &name])?;
    }
    Ok(())
}

fn messages(place: &Workplace, root: &Path) -> Result<()> {
    for algorithm in ["sha256", "sha384", "sha512"] {
        let content = place.file(&format!("{algorithm}.tar"));
        std::fs::write(&content, algorithm.repeat(100_000))?;
        let name = format!("{algorithm}.tar");
        place.ends_with(0, &["sign", "--digest", algorithm, "--out", "signatures/", &name])?;
        let signature = place.file(&format!("signatures/{algorithm}.tar.p7s"));
        accepts(verifiers::openssl_cms(&signature, &content, root)?)?;
        accepts(verifiers::certtool(&signature, &content, root)?)?;
        stamped(&SignatureTimestamp::of_message(&signature)?, root)?;
        let path = format!("signatures/{algorithm}.tar.p7s");
        place.ends_with(0, &["verify", "--signature", &path, &name])?;
        samples::damage(&content)?;
        refuses(verifiers::openssl_cms(&signature, &content, root)?)?;
        refuses(verifiers::certtool(&signature, &content, root)?)?;
        place.ends_with(1, &["verify", "--signature", &path, &name])?;
    }
    Ok(())
}

fn bare(place: &Workplace) -> Result<()> {
    let content = place.file("notes.txt");
    std::fs::write(&content, "notes")?;
    place.ends_with(0, &["sign", "--profile", "bare", "--format", "raw", "--chain-out", "chain.pem", "notes.txt"])?;
    let (signature, chain) = (place.file("notes.txt.sig"), place.file("chain.pem"));
    accepts(verifiers::openssl_dgst("sha256", &signature, &content, &chain)?)?;
    place.ends_with(0, &["verify", "--chain", "chain.pem", "notes.txt"])?;
    samples::damage(&content)?;
    refuses(verifiers::openssl_dgst("sha256", &signature, &content, &chain)?)?;
    place.ends_with(1, &["verify", "--chain", "chain.pem", "notes.txt"])?;
    Ok(())
}

async fn a_job_hears_why_it_gets_nothing(deployment: &mut Deployment) -> Result<()> {
    let ci = CiIssuer::new()?;
    with_profiles(deployment, &ci)?;
    let audience = format!("https://{}", deployment.server.listen());
    let token = |reference: &str, audience: &str| {
        ci.token(
            audience,
            &json!({ "sub": format!("project_path:acme/app:ref:{reference}"), "project_id": "42", "ref": reference }),
        )
    };
    let mut job = Workplace::new(deployment)?;
    job.set("SIGNET_PROFILE", "release");
    samples::windows_program(job.path(), "app.exe")?;
    job.set("SIGNET_ID_TOKEN", &token("refs/heads/main", &audience)?);
    let said = job.ends_with(5, &["sign", "app.exe"])?;
    ensure!(said.stderr.contains("release/tags") && said.stderr.contains("refs/tags/*"), "{}", said.stderr);
    job.set("SIGNET_ID_TOKEN", &token("refs/tags/v1", "https://somewhere.else")?);
    job.ends_with(1, &["sign", "app.exe"])?;
    rejected(deployment, &ci, &audience).await?;
    action(deployment, &ci, &audience)
}

async fn rejected(deployment: &mut Deployment, ci: &CiIssuer, audience: &str) -> Result<()> {
    let mut job = Workplace::new(deployment)?;
    let claims = json!({ "sub": "project_path:acme/app", "project_id": "42", "ref": "refs/tags/v2" });
    job.set("SIGNET_ID_TOKEN", &ci.token(audience, &claims)?);
    job.set("SIGNET_PROFILE", "release");
    std::fs::write(job.file("notes.txt"), "never")?;
    let pending = job.json(3, &["submit", "notes.txt"])?;
    reject(deployment, "eve", &pending).await?;
    let said = job.ends_with(4, &["wait"])?;
    ensure!(said.stderr.contains("rejected"), "{}", said.stderr);
    ensure!(!job.file("notes.txt.p7s").exists());
    Ok(())
}

async fn reject(deployment: &Deployment, name: &str, request: &Value) -> Result<()> {
    let person = Operator::sign_in(deployment, name, &["approver"]).await?;
    let path = format!("/api/v1/signing/requests/{}/decisions", request["id"].as_str().context("an id")?);
    let body = json!({ "decision": "reject", "digest_set": request["digest_set"], "comment": "looked at" });
    person.script(Method::POST, &path, &body).await?.success().map(drop)
}

/// The step of the GitHub Action, as the runner starts it; who asks comes from where GitLab's token would.
fn action(deployment: &Deployment, ci: &CiIssuer, audience: &str) -> Result<()> {
    let mut job = Workplace::new(deployment)?;
    let claims = json!({ "sub": "project_path:acme/app", "project_id": "42", "ref": "refs/tags/v3" });
    job.set("SIGNET_ID_TOKEN", &ci.token(audience, &claims)?);
    let binary = signet_tests::environment::signet_sign()?.display().to_string();
    for (name, value) in [
        ("SIGNET_PROFILE", "release"),
        ("INPUT_BINARY", &binary),
        ("INPUT_FILES", "one.txt\ntwo words.txt\n"),
        ("INPUT_WAIT", "1s"),
        ("INPUT_ALLOW_PENDING", "true"),
        ("GITHUB_OUTPUT", "output"),
    ] {
        job.set(name, value);
    }
    std::fs::write(job.file("one.txt"), "1")?;
    std::fs::write(job.file("two words.txt"), "2")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/github-action/sign.sh");
    let mut command = job.with_variables(std::process::Command::new("bash"));
    let said = run(command.arg(&script))?.success()?;
    let output = std::fs::read_to_string(job.file("output"))?;
    ensure!(output.starts_with("state=pending\nrequest-id=0"), "{output}: {}", said.words());
    Ok(())
}
