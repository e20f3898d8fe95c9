//! Two servers over one PostgreSQL and one token, behind a balancer that keeps no client with one server.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use signet_tests::acme_client::request;
use signet_tests::crl;
use signet_tests::deployment::{Deployment, Kind};
use signet_tests::inventory;
use signet_tests::jws::{AccountKey, base64url};
use signet_tests::openssl;
use signet_tests::orders;
use signet_tests::process::output;
use signet_tests::raw_acme::{RawAcme, finalize_payload};
use signet_tests::refusal::expect;
use signet_tests::server::Server;
use signet_tests::wait;

fn pair() -> Result<(Deployment, Server)> {
    let first = Deployment::start(Kind::PostgresSofthsm2)?;
    let second = first.replica()?;
    Ok((first, second))
}

/// A client whose requests go to these servers in turn.
async fn client(deployment: &Deployment, servers: &[&Server]) -> Result<RawAcme> {
    let ports: Vec<u16> = servers.iter().map(|server| server.listen().port()).collect();
    let http = deployment.https()?.alternating(&ports);
    let mut client = RawAcme::connect_through(&deployment.directory()?, http, AccountKey::generate("ES256")?).await?;
    client.register(json!({"termsOfServiceAgreed": true})).await?;
    Ok(client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_served_by_both() -> Result<()> {
    let (first, second) = pair()?;
    let client = client(&first, &[&first.server, &second]).await?;
    for number in 0..4 {
        let name = format!("both-{number}.signet.test");
        let obtained = orders::obtain(&client, first.network(), &name).await?;
        openssl::verify(&obtained.chain_pem, &first.root(), &["-verify_hostname", &name])?.success()?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_orders_at_once() -> Result<()> {
    let (first, second) = pair()?;
    let mut running = Vec::new();
    for number in 0..32 {
        let client = client(&first, &[&first.server, &second]).await?;
        let network = Arc::clone(first.network());
        running.push(tokio::spawn(async move {
            orders::obtain(&client, &network, &format!("n{number}.signet.test")).await
        }));
    }
    let mut serials = BTreeSet::new();
    for order in running {
        serials.insert(openssl::serial(&order.await??.chain_pem)?);
    }
    ensure!(serials.len() == 32, "32 orders gave {} serials", serials.len());
    let recorded: BTreeSet<String> = inventory::serials(&first)?.into_iter().collect();
    ensure!(serials.is_subset(&recorded), "held but not recorded: {:?}", serials.difference(&recorded));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn finalize_requests_that_race_give_one_certificate() -> Result<()> {
    let (first, second) = pair()?;
    let client = client(&first, &[&first.server, &second]).await?;
    for round in 0..8 {
        let name = format!("race-{round}.signet.test");
        let order = orders::ready(&client, first.network(), &name).await?;
        let finalize = order.finalize();
        // Every other round the two ask for different keys.
        let (one, _) = request(&[&name])?;
        let other = if round % 2 == 0 { one.clone() } else { request(&[&name])?.0 };
        let (one, other) = (finalize_payload(&one), finalize_payload(&other));
        let (a, b) = tokio::join!(client.post(&finalize, &one), client.post(&finalize, &other));
        for answer in [a?, b?] {
            ensure!(answer.status < 500, "{} {}", answer.status, answer.text());
        }
        let settled = orders::settled(&client, &order, &["ready", "processing"]).await?;
        ensure!(settled.status() == "valid", "{}", settled.body);
        let issued = inventory::for_name(&first, &name)?;
        ensure!(issued.len() == 1, "one order, {} certificates: {issued:?}", issued.len());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_spent_for_both() -> Result<()> {
    let (first, second) = pair()?;
    let client = client(&first, &[&first.server, &second]).await?;
    let account = client.account()?.to_owned();
    for _ in 0..6 {
        let header = client.header(&account).await?;
        client.send(&account, &header, b"").await?.success()?;
        // The next request goes to the other server.
        expect(&client.send(&account, &header, b"").await?, 400, "badNonce")?;
        client.fetch(&account).await?.success()?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_at_one_shows_at_the_other() -> Result<()> {
    let (first, second) = pair()?;
    let at_first = client(&first, &[&first.server]).await?;
    let obtained = orders::obtain(&at_first, first.network(), "web.signet.test").await?;
    let payload = json!({"certificate": base64url(obtained.der()?), "reason": 4});
    at_first.post(&at_first.resource("revokeCert")?, &payload).await?.success()?;
    for server in [&first.server, &second] {
        crl::wait_until_listed(server, &obtained.chain_pem)?;
    }
    let other = orders::obtain(&client(&first, &[&second]).await?, first.network(), "www.signet.test").await?;
    output(&mut first.signet(&["certificate", "revoke", &openssl::serial(&other.chain_pem)?])?)?;
    for server in [&first.server, &second] {
        crl::wait_until_listed(server, &other.chain_pem)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_may_die_and_the_other_goes_on() -> Result<()> {
    let (mut first, second) = pair()?;
    let survivor = client(&first, &[&second]).await?;
    let order = orders::ready(&client(&first, &[&first.server]).await?, first.network(), "before.signet.test").await;
    ensure!(order.is_ok(), "{order:?}");
    first.server.kill()?;
    for number in 0..4 {
        orders::obtain(&survivor, first.network(), &format!("after-{number}.signet.test")).await?;
    }
    // The survivor also takes over the publishing of lists.
    let obtained = orders::obtain(&survivor, first.network(), "gone.signet.test").await?;
    let payload = json!({"certificate": base64url(obtained.der()?)});
    survivor.post(&survivor.resource("revokeCert")?, &payload).await?.success()?;
    let serial = openssl::serial(&obtained.chain_pem)?.to_uppercase();
    // The dead publisher's lease has to run out first.
    wait::until("the survivor's list", Duration::from_secs(90), || {
        let text = openssl::crl_text(&crl::fetch(&second, &obtained.chain_pem)?, None)?;
        Ok(text.contains(&serial).then_some(()))
    })
}
