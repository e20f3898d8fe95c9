//! What is served where: routes, media types, cache headers, TLS, logs without secrets.

use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use instant_acme::ChallengeType;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ClientConnection, NamedGroup, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use signet_tests::acme_client;
use signet_tests::crl;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::on_each_deployment;
use signet_tests::openssl;
use signet_tests::orders;
use signet_tests::process::run;
use signet_tests::raw_acme::RawAcme;

on_each_deployment!(public_routes, status_routes, acme_answers_carry_their_headers, logs_hold_no_secret);

async fn public_routes(deployment: &mut Deployment) -> Result<()> {
    let https = deployment.https()?;
    let base = deployment.directory()?.replace("/acme/acme/directory", "");
    let directory = https.get(&deployment.directory()?).await?.success()?.json()?;
    ensure!(
        https.get(&format!("{base}/directory")).await?.success()?.json()? == directory,
        "/directory is the first endpoint"
    );
    for name in ["newNonce", "newAccount", "newOrder", "revokeCert", "keyChange"] {
        let url = directory[name].as_str().with_context(|| format!("{name} in {directory}"))?;
        ensure!(url.starts_with(&format!("{base}/acme/acme/")), "{name}: {url}");
    }
    let health = https.get(&format!("{base}/health")).await?.success()?;
    ensure!(health.json()? == serde_json::json!({"status": "ok"}), "{}", health.text());
    for path in ["/healthz", "/readyz"] {
        https.get(&format!("{base}{path}")).await?.success().context(path)?;
    }
    let metrics = https.get(&format!("{base}/metrics")).await?.success()?.text();
    ensure!(metrics.contains("# TYPE"), "{metrics}");
    let root = std::fs::read_to_string(deployment.root())?;
    let roots = https.get(&format!("{base}/roots.pem")).await?.success()?.text();
    ensure!(openssl::to_der(&roots)? == openssl::to_der(&root)?, "{roots}");
    let intermediates = https.get(&format!("{base}/intermediates.pem")).await?.success()?.text();
    openssl::verify(&intermediates, &deployment.root(), &[])?.success()?;
    let page = https.get(&format!("{base}/")).await?.success()?;
    ensure!(page.header("content-type").is_some_and(|t| t.starts_with("text/html")), "{:?}", page.headers);
    ensure!(page.header("content-security-policy").is_some(), "{:?}", page.headers);
    let missing = https.get(&format!("{base}/no/such/page")).await?;
    ensure!(missing.status == 404, "{}", missing.status);
    Ok(())
}

async fn status_routes(deployment: &mut Deployment) -> Result<()> {
    let account = acme_client::account(&deployment.directory()?, &deployment.root()).await?;
    let issued =
        acme_client::obtain(&account, deployment.network(), &["web.signet.test"], ChallengeType::Http01).await?;
    let https = deployment.https()?;
    let base = format!("http://{}", deployment.server.status_listen());
    let path = crl::path_in(&issued.chain_pem)?;
    let list = https.get(&format!("{base}{path}")).await?.success()?;
    ensure!(list.header("content-type") == Some("application/pkix-crl"), "{:?}", list.headers);
    ensure!(list.header("cache-control").is_some_and(|value| value.contains("max-age")), "{:?}", list.headers);
    let authority = path.trim_start_matches("/crl/").split('/').next().context("an authority")?.to_owned();
    https.get(&format!("{base}/crl/{authority}.crl")).await?.success()?;

    let text = openssl::x509(&issued.chain_pem, &["-ext", "authorityInfoAccess"])?;
    let url = text
        .split_once("CA Issuers - URI:")
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .context(text.clone())?;
    let aia = url.find("/aia/").map(|at| &url[at..]).with_context(|| format!("{url} is below /aia/"))?;
    let issuer = https.get(&format!("{base}{aia}")).await?.success()?;
    ensure!(issuer.header("content-type") == Some("application/pkix-cert"), "{:?}", issuer.headers);
    ensure!(
        issuer.body[..] == openssl::to_der(&openssl::split(&issued.chain_pem)[1])?,
        "AIA is the issuer's certificate"
    );
    ensure!(!text.contains("OCSP"), "no OCSP URL before OCSP is served: {text}");
    for path in ["/roots.pem", "/health"] {
        https.get(&format!("{base}{path}")).await?.success().context(path)?;
    }
    let answer = https.get(&format!("{base}/tsa")).await?;
    ensure!(answer.status == 405 && answer.header("allow") == Some("POST"), "GET /tsa: {:?}", answer);
    for path in ["/crl/nobody.crl", "/crl/issuing/999.crl", "/aia/nobody.cer", "/acme/acme/directory", "/ocsp"] {
        let answer = https.get(&format!("{base}{path}")).await?;
        ensure!(answer.status == 404, "{path}: {}", answer.status);
    }
    Ok(())
}

async fn acme_answers_carry_their_headers(deployment: &mut Deployment) -> Result<()> {
    let client = RawAcme::registered(&deployment.directory()?, &deployment.root()).await?;
    let order = client.order(&["web.signet.test"]).await?;
    let directory = deployment.directory()?;
    let links = |answer: &signet_tests::https::Answer| -> Vec<String> {
        answer.headers.get_all("link").iter().filter_map(|v| v.to_str().ok().map(str::to_owned)).collect()
    };
    let authorization = &order.authorizations()[0];
    let challenge = client.challenge(authorization, "http-01").await?;
    for url in [&order.url, authorization, &challenge.url] {
        let answer = client.fetch(url).await?.success()?;
        ensure!(answer.header("replay-nonce").is_some(), "{url}: {:?}", answer.headers);
        ensure!(answer.header("cache-control").is_some_and(|v| v.contains("no-store")), "{url}: {:?}", answer.headers);
        // RFC 8555 §7.1: every response but the directory's has a link to it.
        let index = links(&answer).iter().any(|l| l.contains(&directory) && l.contains("index"));
        ensure!(index, "{url}: {:?}", answer.headers);
    }
    // RFC 8555 §7.5.1: a challenge links to its authorization.
    let answer = client.fetch(&challenge.url).await?.success()?;
    ensure!(links(&answer).iter().any(|l| l.contains(authorization) && l.contains("up")), "{:?}", answer.headers);
    let obtained = orders::obtain(&client, deployment.network(), "web.signet.test").await?;
    let url = obtained.order.certificate().context("certificate")?;
    let answer = client.fetch(url).await?.success()?;
    ensure!(answer.header("content-type") == Some("application/pem-certificate-chain"), "{:?}", answer.headers);
    let orders = client.fetch(client.account()?).await?.success()?.json()?;
    let list = client.fetch(orders["orders"].as_str().context("orders")?).await?.success()?.json()?;
    ensure!(list["orders"].as_array().is_some_and(|urls| !urls.is_empty()), "{list}");
    Ok(())
}

async fn logs_hold_no_secret(deployment: &mut Deployment) -> Result<()> {
    let account = acme_client::account(&deployment.directory()?, &deployment.root()).await?;
    acme_client::obtain(&account, deployment.network(), &["web.signet.test"], ChallengeType::Http01).await?;
    let created = signet_tests::process::output(&mut deployment.signet(&["eab", "create", "--json"])?)?;
    let created: serde_json::Value = serde_json::from_str(&created)?;
    let log = deployment.server.log();
    let passphrase = std::fs::read_to_string(deployment.data().join("keys.passphrase")).unwrap_or_default();
    let secrets = [passphrase.trim(), created["hmac_key"].as_str().context("hmac_key")?, "BEGIN PRIVATE KEY"];
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        ensure!(!log.contains(secret), "the log holds a secret");
    }
    let first = log.lines().next().context("a log")?;
    serde_json::from_str::<serde_json::Value>(first)
        .with_context(|| format!("logs are JSON when nobody watches: {first}"))?;
    Ok(())
}

/// The listener's own certificate is from its own issuing CA; TLS 1.3 with the hybrid group, and TLS 1.2.
#[tokio::test]
async fn tls_of_the_listener() -> Result<()> {
    let deployment = Deployment::start(Kind::SqliteSoftware)?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(deployment.root())?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from("127.0.0.1")?)?;
    let mut stream = TcpStream::connect(deployment.server.listen())?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    let group = connection.negotiated_key_exchange_group().context("a group")?.name();
    ensure!(group == NamedGroup::X25519MLKEM768, "{group:?}");

    let address = deployment.server.listen().to_string();
    let root = deployment.root().display().to_string();
    for version in ["-tls1_2", "-tls1_3"] {
        let arguments = [
            "s_client",
            "-connect",
            &address,
            version,
            "-CAfile",
            &root,
            "-verify_return_error",
            "-verify_ip",
            "127.0.0.1",
        ];
        let said = run(Command::new("openssl").args(arguments))?;
        ensure!(said.words().contains("Verify return code: 0 (ok)"), "{version}: {}", said.words());
    }
    let old = run(Command::new("openssl").args(["s_client", "-connect", &address, "-tls1_1"]))?;
    ensure!(old.words().contains("Cipher is (NONE)"), "TLS 1.1: {}", old.words());
    Ok(())
}

/// `tls.certificate` and `tls.key_file` take the place of the listener's own certificate.
#[tokio::test]
async fn tls_from_files() -> Result<()> {
    let prepared = Prepared::new(Kind::SqliteSoftware, &[])?;
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    std::fs::write(prepared.data().join("own.pem"), made.cert.pem())?;
    std::fs::write(prepared.data().join("own.key"), made.signing_key.serialize_pem())?;
    prepared.configure(|config| {
        let server = config.get_mut("server").and_then(toml::Value::as_table_mut).context("[server]")?;
        let files = [("certificate", "own.pem"), ("key_file", "own.key")];
        let tls: toml::Table = files.into_iter().map(|(key, file)| (key.to_owned(), file.into())).collect();
        server.insert("tls".into(), tls.into());
        Ok(())
    })?;
    let deployment = prepared.serve()?;
    let shown = run(Command::new("openssl").args(["s_client", "-connect", &deployment.server.listen().to_string()]))?;
    ensure!(openssl::to_der(&shown.stdout)? == made.cert.der().to_vec(), "{}", shown.words());
    Ok(())
}
