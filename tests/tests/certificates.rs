//! What every profile and every key algorithm yields, before independent judges.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use signet_tests::crl;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::judge;
use signet_tests::on_each_deployment;
use signet_tests::openssl;
use signet_tests::pkilint;
use signet_tests::process::{output, run};
use signet_tests::refusal::expect_exit;

on_each_deployment!(every_profile);

/// Profile, CSR options, names, and the purpose for which OpenSSL must accept the certificate.
const PROFILES: [(&str, &[&str], &[&str]); 3] = [
    ("tls-server", &["dns:web.signet.test", "ip:10.1.2.3"], &["sslserver"]),
    ("tls-client", &["dns:client.signet.test"], &["sslclient"]),
    ("tls-server-client", &["dns:both.signet.test"], &["sslserver", "sslclient"]),
];

/// Those who sign are known by their subject.
const SIGNERS: [(&str, &[&str], &[&str]); 3] = [
    ("code-signing", &["uri:https://git.signet.test/team/app/.ci/release.yml"], &["any"]),
    ("code-signing", &[], &["any"]),
    ("timestamping", &[], &["timestampsign"]),
];

async fn every_profile(deployment: &mut Deployment) -> Result<()> {
    let signers = SIGNERS.map(|signer| (signer, "/O=Signet Test/CN=Releases"));
    for ((profile, names, purposes), subject) in PROFILES.map(|profile| (profile, "/")).into_iter().chain(signers) {
        let chain = issue(deployment, profile, names, &[P256, &["-subj", subject]].concat())?;
        for purpose in purposes {
            openssl::verify(&chain, &deployment.root(), &["-purpose", purpose])?.success().context(profile)?;
        }
        lint(&chain, &deployment.root()).context(profile)?;
    }
    Ok(())
}

const P256: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// The root certifies another CA; the issuing CA, which has no room below it, does not.
#[test]
fn a_subordinate_authority() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let csr = prepared.folder().join("branch.der");
    std::fs::write(&csr, openssl::csr(&[P256, &["-subj", "/O=Signet Test/CN=Branch CA"]].concat())?)?;
    let csr = csr.to_str().context("UTF-8")?;
    let below = |authority: &str| {
        run(&mut prepared.signet(&[
            "certificate",
            "issue",
            "--csr",
            csr,
            "--profile",
            "subordinate-ca",
            "--authority",
            authority,
        ])?)
    };
    let chain = below("root")?.success()?.stdout;
    lint(&chain, &prepared.data().join("root.pem"))?;
    let text = openssl::x509(&chain, &["-text"])?;
    ensure!(text.contains("CA:TRUE") && text.contains("CN = Branch CA"), "{text}");
    expect_exit(&below("issuing")?, 1, &["path"])
}

/// The certificate alone, and what it and its issuer must agree on.
fn lint(chain: &str, root: &Path) -> Result<()> {
    let mut certificates = openssl::split(chain);
    certificates.push(std::fs::read_to_string(root)?);
    pkilint::certificate(&certificates[0])?;
    pkilint::issuer_and_subject(&certificates[1], &certificates[0])
}

/// `signet certificate issue` for a key made by `openssl req` with these options.
fn issue(prepared: &Prepared, profile: &str, names: &[&str], key: &[&str]) -> Result<String> {
    let csr = prepared.folder().join("request.der");
    let subject: &[&str] = if key.contains(&"-subj") { &[] } else { &["-subj", "/"] };
    std::fs::write(&csr, openssl::csr(&[key, subject].concat())?)?;
    let csr = csr.to_str().context("UTF-8")?;
    let mut arguments = vec!["certificate", "issue", "--csr", csr, "--profile", profile];
    arguments.extend(names.iter().flat_map(|name| ["--san", name]));
    output(&mut prepared.signet(&arguments)?)
}

/// Subjects of every kind of key that a profile may certify.
#[tokio::test]
async fn every_subject_key() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let keys: [&[&str]; 6] = [
        &["-newkey", "rsa:2048"],
        &["-newkey", "rsa:3072"],
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
        &["-newkey", "ed25519"],
    ];
    for key in keys {
        let chain =
            issue(&prepared, "tls-server", &["dns:web.signet.test"], key).with_context(|| format!("{key:?}"))?;
        let root = prepared.data().join("root.pem");
        openssl::verify(&chain, &root, &["-purpose", "sslserver"])?.success().with_context(|| format!("{key:?}"))?;
        lint(&chain, &root).with_context(|| format!("{key:?}"))?;
    }
    Ok(())
}

/// CAs of every algorithm: chains, listener and lists.
async fn every_authority_key(algorithm: &str) -> Result<()> {
    let deployment = Prepared::new(Kind::SqliteSoftware, &["--key-algorithm", algorithm])?.serve()?;
    let chain = issue(&deployment, "tls-server", &["dns:web.signet.test"], P256)?;
    let root = deployment.root();
    openssl::verify(&chain, &root, &["-purpose", "sslserver", "-verify_hostname", "web.signet.test"])?.success()?;
    judge::rustls_webpki(&chain, &root, "web.signet.test")?;
    for certificate in [&openssl::split(&chain)[1], &std::fs::read_to_string(&root)?] {
        pkilint::certificate(certificate)?;
    }
    lint(&chain, &root)?;
    let lists = crl::fetch_all(&deployment.server, &chain)?;
    openssl::verify_with_crls(&chain, &root, &lists)?.success()?;
    deployment.https()?.get(&deployment.directory()?).await?.success().map(drop)
}

macro_rules! authority_keys {
    ($($name:ident: $algorithm:literal),+ $(,)?) => { $(
        #[tokio::test]
        async fn $name() -> Result<()> {
            every_authority_key($algorithm).await
        }
    )+ };
}

authority_keys!(
    authority_on_p256: "ecdsa-p256",
    authority_on_p384: "ecdsa-p384",
    authority_on_p521: "ecdsa-p521",
    authority_on_rsa_3072: "rsa-3072",
    authority_on_rsa_4096: "rsa-4096",
    authority_on_ed25519: "ed25519",
);
