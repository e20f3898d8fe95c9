//! Machines that ask for signatures with a client certificate, at the listener that asks for one.

use anyhow::{Context as _, Result, ensure};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType};
use signet_tests::deployment::Deployment;
use signet_tests::process::output;
use signet_tests::workplace::Workplace;
use signet_tests::{on_each_deployment, openssl, ports, verifiers};

on_each_deployment!(a_machine_signs_with_its_certificate_until_it_is_revoked);

const PROFILE: &str = r#"
label = "Nightly"
environment = "test"
formats = ["cms-detached"]
digests = ["sha256"]
[key]
algorithm = "ecdsa-p256"
[timestamp]
required = true
[[trust]]
name = "builder"
mtls = { issuer = "issuing", san = "uri:spiffe://example.org/ci" }
"#;

async fn a_machine_signs_with_its_certificate_until_it_is_revoked(deployment: &mut Deployment) -> Result<()> {
    let url = listen_for_certificates(deployment)?;
    let mut place = Workplace::of(&deployment.root(), &url)?;
    place.set("SIGNET_PROFILE", "nightly");
    let serial = certify(deployment, &place, "ci", "uri:spiffe://example.org/ci")?;
    certify(deployment, &place, "other", "uri:spiffe://example.org/other")?;
    stranger(&place)?;

    let content = place.file("notes.txt");
    std::fs::write(&content, "notes")?;
    place.ends_with(0, &with("ci", &["sign", "notes.txt"]))?;
    let signature = place.file("notes.txt.p7s");
    verifiers::openssl_cms(&signature, &content, &place.file("root.pem"))?.success()?;
    // In steps, as jobs of their own.
    std::fs::write(place.file("more.txt"), "more")?;
    let asked = place.step(&with("ci", &["submit", "more.txt"]))?;
    ensure!(matches!(asked.status.code(), Some(0 | 3)), "{}", asked.words());
    let id = asked.stdout.trim().to_owned();
    for step in ["wait", "fetch"] {
        place.ends_with(0, &with("ci", &[step, "--request", &id]))?;
    }
    place.ends_with(0, &["embed", "--request", &id])?;

    std::fs::write(place.file("never.txt"), "never")?;
    let said = place.ends_with(5, &with("other", &["sign", "never.txt"]))?;
    ensure!(
        said.stderr.contains("nightly/builder") && said.stderr.contains("spiffe://example.org/ci"),
        "{}",
        said.stderr
    );
    let said = place.ends_with(1, &with("stranger", &["sign", "--timeout", "5s", "never.txt"]))?;
    ensure!(said.stderr.contains("certificate") || said.stderr.contains("connection"), "{}", said.stderr);
    let said = place.step(&["sign", "never.txt"])?;
    ensure!(said.status.code() == Some(1) && said.stderr.contains("token"), "{}: {}", said.status, said.stderr);
    // The other listener does not ask for it.
    let plain = format!("https://{}", deployment.server.listen());
    let said = place.ends_with(1, &with("ci", &["sign", "--server", &plain, "never.txt"]))?;
    ensure!(said.stderr.contains("401"), "{}", said.stderr);

    output(&mut deployment.signet(&["certificate", "revoke", &serial, "--reason", "superseded"])?)?;
    let said = place.ends_with(1, &with("ci", &["sign", "never.txt"]))?;
    ensure!(said.stderr.contains("the certificate was revoked"), "{}", said.stderr);
    ensure!(!place.file("never.txt.p7s").exists());
    Ok(())
}

/// The options of a step that shows a certificate, after its verb.
fn with<'a>(name: &'a str, step: &[&'a str]) -> Vec<&'a str> {
    let (certificate, key) = match name {
        "ci" => ("ci.pem", "ci.key"),
        "other" => ("other.pem", "other.key"),
        _ => ("stranger.pem", "stranger.key"),
    };
    [step, &["--client-cert", certificate, "--client-key", key]].concat()
}

/// The profile, and a listener that asks for certificates below the deployment's root.
fn listen_for_certificates(deployment: &mut Deployment) -> Result<String> {
    let folder = deployment.signing_profiles()?;
    std::fs::write(folder.join("nightly.toml"), PROFILE)?;
    let port = ports::free()?;
    deployment.configure(|config| {
        let server = config.get_mut("server").and_then(toml::Value::as_table_mut).context("[server]")?;
        server.insert("mtls_listen".to_owned(), format!("127.0.0.1:{port}").into());
        server.insert("mtls_ca_file".to_owned(), "root.pem".into());
        Ok(())
    })?;
    deployment.server.terminate()?;
    deployment.server.restart()?;
    Ok(format!("https://127.0.0.1:{port}"))
}

/// A client certificate of the deployment with its key in the workplace; answers with its serial number.
fn certify(deployment: &Deployment, place: &Workplace, name: &str, san: &str) -> Result<String> {
    let (key, csr) = (KeyPair::generate()?, place.file("request.der"));
    std::fs::write(&csr, CertificateParams::default().serialize_request(&key)?.der())?;
    let csr = csr.to_str().context("UTF-8")?;
    let arguments = ["certificate", "issue", "--csr", csr, "--profile", "tls-client", "--san", san];
    let chain = output(&mut deployment.signet(&arguments)?)?;
    std::fs::write(place.file(&format!("{name}.pem")), &chain)?;
    std::fs::write(place.file(&format!("{name}.key")), key.serialize_pem())?;
    openssl::serial(&chain)
}

/// A certificate with the right name that nobody vouches for.
fn stranger(place: &Workplace) -> Result<()> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, "stranger");
    parameters.subject_alt_names = vec![SanType::URI("spiffe://example.org/ci".try_into()?)];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    std::fs::write(place.file("stranger.pem"), parameters.self_signed(&key)?.pem())?;
    std::fs::write(place.file("stranger.key"), key.serialize_pem())?;
    Ok(())
}
