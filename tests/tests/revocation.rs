//! A revocation shows in the served CRL within five seconds, whoever revoked, and OpenSSL agrees for the whole chain.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use instant_acme::{ChallengeType, RevocationReason};
use serde_json::{Value, json};
use signet_tests::acme_client::{self, Issued};
use signet_tests::crl;
use signet_tests::deployment::Deployment;
use signet_tests::inventory;
use signet_tests::jws::base64url;
use signet_tests::on_each_deployment;
use signet_tests::openssl;
use signet_tests::orders;
use signet_tests::pkilint::{self, CrlKind};
use signet_tests::process::{output, run};
use signet_tests::raw_acme::{Order, RawAcme, finalize_payload};
use signet_tests::refusal::{expect, expect_exit};
use signet_tests::wait;

on_each_deployment!(
    by_the_operator,
    by_the_operator_while_the_server_is_down,
    by_the_account,
    lists_are_fresh_and_clean,
    the_command_line_refuses,
    of_the_issuing_authority,
    of_a_trust_anchor,
);

async fn issue(deployment: &Deployment, name: &str) -> Result<Issued> {
    let account = acme_client::account(&deployment.directory()?, &deployment.root()).await?;
    acme_client::obtain(&account, deployment.network(), &[name], ChallengeType::Http01).await
}

/// OpenSSL's verdict with the lists that the chain's certificates name.
fn verdict(deployment: &Deployment, chain: &str) -> Result<String> {
    let lists = crl::fetch_all(&deployment.server, chain)?;
    Ok(openssl::verify_with_crls(chain, &deployment.root(), &lists)?.words())
}

fn judge_revoked(deployment: &Deployment, chain: &str) -> Result<()> {
    let words = verdict(deployment, chain)?;
    ensure!(words.contains("error 23") && words.contains("certificate revoked"), "{words}");
    Ok(())
}

async fn by_the_operator(deployment: &mut Deployment) -> Result<()> {
    let [kept, revoked] = [issue(deployment, "kept.signet.test").await?, issue(deployment, "gone.signet.test").await?];
    let words = verdict(deployment, &revoked.chain_pem)?;
    ensure!(words.contains(": OK"), "{words}");
    let serial = openssl::serial(&revoked.chain_pem)?;
    output(&mut deployment.signet(&["certificate", "revoke", &with_colons(&serial), "--reason", "superseded"])?)?;
    let text = crl::wait_until_listed(&deployment.server, &revoked.chain_pem)?;
    ensure!(text.contains("Superseded"), "{text}");
    judge_revoked(deployment, &revoked.chain_pem)?;
    let words = verdict(deployment, &kept.chain_pem)?;
    ensure!(words.contains(": OK"), "{words}");
    let shown: Value =
        serde_json::from_str(&output(&mut deployment.signet(&["certificate", "show", &serial, "--json"])?)?)?;
    ensure!(shown["status"] == "revoked" && shown["reason"] == "superseded", "{shown}");
    Ok(())
}

/// Serials are accepted with colons and in upper case too.
fn with_colons(serial: &str) -> String {
    let pairs: Vec<String> =
        serial.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
    pairs.join(":")
}

async fn by_the_operator_while_the_server_is_down(deployment: &mut Deployment) -> Result<()> {
    let issued = issue(deployment, "gone.signet.test").await?;
    ensure!(deployment.server.terminate()?.success(), "SIGTERM drains and exits 0");
    let serial = openssl::serial(&issued.chain_pem)?;
    output(&mut deployment.signet(&["certificate", "revoke", &serial, "--reason", "cessationOfOperation"])?)?;
    deployment.server.restart()?;
    crl::wait_until_listed(&deployment.server, &issued.chain_pem)?;
    judge_revoked(deployment, &issued.chain_pem)
}

async fn by_the_account(deployment: &mut Deployment) -> Result<()> {
    let account = acme_client::account(&deployment.directory()?, &deployment.root()).await?;
    let network = deployment.network();
    let issued = acme_client::obtain(&account, network, &["gone.signet.test"], ChallengeType::Http01).await?;
    acme_client::revoke(&account, &issued, RevocationReason::KeyCompromise).await?;
    let text = crl::wait_until_listed(&deployment.server, &issued.chain_pem)?;
    ensure!(text.contains("Key Compromise"), "{text}");
    judge_revoked(deployment, &issued.chain_pem)
}

async fn lists_are_fresh_and_clean(deployment: &mut Deployment) -> Result<()> {
    let issued = issue(deployment, "web.signet.test").await?;
    let chain = openssl::split(&issued.chain_pem);
    let [leaf, issuing] = [&chain[0], &chain[1]];
    let issuing_file = deployment.folder().join("issuing.pem");
    std::fs::write(&issuing_file, issuing)?;

    let list = crl::fetch(&deployment.server, leaf)?;
    openssl::crl_text(&list, Some(&issuing_file))?;
    pkilint::crl(&list, CrlKind::Crl)?;
    let roots_list = crl::fetch(&deployment.server, issuing)?;
    openssl::crl_text(&roots_list, Some(&deployment.root()))?;
    pkilint::crl(&roots_list, CrlKind::Arl)?;

    let number = |text: String| -> Option<String> {
        Some(text.split_once("X509v3 CRL Number:")?.1.split_whitespace().next()?.to_owned())
    };
    let before = number(openssl::crl_text(&list, None)?);
    output(&mut deployment.signet(&["crl", "publish", "--authority", "issuing"])?)?;
    signet_tests::wait::until("a list with another number", crl::PUBLISHED_WITHIN, || {
        let now = number(openssl::crl_text(&crl::fetch(&deployment.server, leaf)?, None)?);
        Ok((now.is_some() && now != before).then_some(()))
    })
}

async fn the_command_line_refuses(deployment: &mut Deployment) -> Result<()> {
    let issued = issue(deployment, "web.signet.test").await?;
    let serial = openssl::serial(&issued.chain_pem)?;
    let unknown = run(&mut deployment.signet(&["certificate", "revoke", "00112233445566778899"])?)?;
    expect_exit(&unknown, 1, &["00112233445566778899"])?;
    let reason = run(&mut deployment.signet(&["certificate", "revoke", &serial, "--reason", "boredom"])?)?;
    expect_exit(&reason, 2, &["boredom"])?;
    output(&mut deployment.signet(&["certificate", "revoke", &serial])?)?;
    let again = run(&mut deployment.signet(&["certificate", "revoke", &serial])?)?;
    expect_exit(&again, 1, &["revoked before"])
}

async fn of_the_issuing_authority(deployment: &mut Deployment) -> Result<()> {
    let client = RawAcme::registered(&deployment.directory()?, &deployment.root()).await?;
    let obtained = orders::obtain(&client, deployment.network(), "web.signet.test").await?;
    let ready = orders::ready(&client, deployment.network(), "late.signet.test").await?;
    let chain = openssl::split(&obtained.chain_pem);
    let (leaf, issuing) = (openssl::serial(&chain[0])?, openssl::serial(&chain[1])?);
    shown_as_every_other(deployment, &chain[1])?;

    let unconfirmed = run(&mut deployment.signet(&["certificate", "revoke", &issuing])?)?;
    expect_exit(&unconfirmed, 2, &["--yes-revoke-authority issuing", "Nothing was changed"])?;
    let wrong = ["certificate", "revoke", &issuing, "--yes-revoke-authority", "root"];
    expect_exit(&run(&mut deployment.signet(&wrong)?)?, 2, &["--yes-revoke-authority issuing"])?;
    let payload = json!({"certificate": base64url(openssl::to_der(&chain[1])?)});
    expect(&client.post(&client.resource("revokeCert")?, &payload).await?, 403, "unauthorized")?;
    let words = verdict(deployment, &obtained.chain_pem)?;
    ensure!(words.contains(": OK"), "{words}");

    let confirmed =
        ["certificate", "revoke", &issuing, "--reason", "cACompromise", "--yes-revoke-authority", "issuing"];
    output(&mut deployment.signet(&confirmed)?)?;
    let text = crl::wait_until_listed(&deployment.server, &chain[1])?;
    ensure!(text.contains("CA Compromise"), "{text}");
    judge_revoked(deployment, &obtained.chain_pem)?;
    nothing_is_issued_any_more(deployment, &client, &ready).await?;

    // What is left to do for a revoked authority is done: its list is signed, its server starts.
    deployment.server.terminate()?;
    deployment.server.restart()?;
    output(&mut deployment.signet(&["certificate", "revoke", &leaf])?)?;
    crl::wait_until_listed(&deployment.server, &chain[0])?;
    judge_revoked(deployment, &obtained.chain_pem)
}

/// `list`, `show` and `export` know the issuing CA as they know a leaf.
fn shown_as_every_other(deployment: &Deployment, issuing: &str) -> Result<()> {
    let serial = openssl::serial(issuing)?;
    let rows = inventory::certificates(deployment)?;
    let row = rows.iter().find(|row| row["serial"] == serial.as_str()).context("the issuing CA is listed")?;
    ensure!(row["issuer"] == "root" && row["profile"] == "subordinate-ca" && row["status"] == "valid", "{row}");
    let shown = output(&mut deployment.signet(&["certificate", "show", &serial])?)?;
    ensure!(shown.contains("Issuing CA"), "{shown}");
    // RFC 5280 §6.1: the trust anchor is no part of the path.
    let exported = output(&mut deployment.signet(&["certificate", "export", &serial])?)?;
    ensure!(openssl::split(&exported).len() == 1 && openssl::serial(&exported)? == serial, "{exported}");
    Ok(())
}

async fn nothing_is_issued_any_more(deployment: &Deployment, client: &RawAcme, ready: &Order) -> Result<()> {
    let names = json!({"identifiers": [{"type": "dns", "value": "new.signet.test"}]});
    // The server notices within a second.
    wait::until_async("a refused order", Duration::from_secs(5), || async {
        Ok((client.post(&client.resource("newOrder")?, &names).await?.status != 201).then_some(()))
    })
    .await?;
    let (csr, _) = acme_client::request(&["late.signet.test"])?;
    let refusals = [
        client.post(&client.resource("newOrder")?, &names).await?,
        client.post(&ready.finalize(), &finalize_payload(&csr)).await?,
    ];
    for answer in refusals {
        let problem = expect(&answer, 503, "serverInternal")?;
        ensure!(problem["detail"].as_str().is_some_and(|detail| detail.contains("was revoked")), "{problem}");
    }
    let order = client.fetch(&ready.url).await?.success()?.json()?;
    ensure!(order["status"] == "ready", "a refused finalize changes nothing: {order}");

    let csr_file = deployment.folder().join("operator.csr");
    std::fs::write(&csr_file, &csr)?;
    let by_hand = ["certificate", "issue", "--csr", csr_file.to_str().context("UTF-8")?];
    expect_exit(&run(&mut deployment.signet(&by_hand)?)?, 1, &["issuing", "was revoked", "signet init"])?;
    expect_exit(&run(&mut deployment.signet(&["doctor"])?)?, 1, &["FAILED  authority issuing", "was revoked"])?;
    let url = deployment.directory()?.replace("/acme/acme/directory", "/readyz");
    let readiness = client.http().get(&url).await?;
    ensure!(readiness.status == 503, "{}", readiness.text());
    ensure!(readiness.json()?["parts"]["authority issuing"] == "failed", "{}", readiness.text());
    Ok(())
}

async fn of_a_trust_anchor(deployment: &mut Deployment) -> Result<()> {
    let serial = openssl::serial(&std::fs::read_to_string(deployment.root())?)?;
    let asked = ["certificate", "revoke", &serial, "--yes-revoke-authority", "root"];
    expect_exit(&run(&mut deployment.signet(&asked)?)?, 1, &["trust anchor", "trust store", "nothing was changed"])?;
    let shown: Value =
        serde_json::from_str(&output(&mut deployment.signet(&["certificate", "show", &serial, "--json"])?)?)?;
    ensure!(shown["status"] == "valid" && shown["profile"] == "root", "{shown}");
    Ok(())
}
