//! Plugs pulled under load: the server killed, the database stopped as by a crash, the token's process killed. Afterwards
//! nothing that a client was promised is missing, nothing was issued twice, and no spent nonce is fresh again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::inventory;
use signet_tests::openssl;
use signet_tests::orders;
use signet_tests::postgres::{Cluster, Database};
use signet_tests::raw_acme::{Order, RawAcme};
use signet_tests::refusal::expect;
use signet_tests::wait;
use signet_tests::workload::{Ledger, Workload};

/// How long after a restart an order may still be in the making.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
const CLIENTS: usize = 8;

async fn workload(deployment: &Deployment) -> Result<Workload> {
    Workload::start(&deployment.directory()?, &deployment.root(), deployment.network(), CLIENTS).await
}

/// A request that the server has accepted, kept to be replayed.
struct Spent {
    client: RawAcme,
    header: Value,
}

async fn spend(deployment: &Deployment) -> Result<Spent> {
    let client = RawAcme::registered(&deployment.directory()?, &deployment.root()).await?;
    let account = client.account()?.to_owned();
    let header = client.header(&account).await?;
    client.send(&account, &header, b"").await?.success()?;
    Ok(Spent { client, header })
}

impl Spent {
    async fn replay_is_refused(&self) -> Result<()> {
        let account = self.client.account()?.to_owned();
        expect(&self.client.send(&account, &self.header, b"").await?, 400, "badNonce").map(drop)
    }
}

/// The promises, held against the database.
async fn judge(deployment: &Deployment, ledgers: &[Ledger]) -> Result<()> {
    let mut valid = Vec::new();
    for ledger in ledgers {
        ledger.client.forget_nonces();
        for order in &ledger.orders {
            if let Some(url) = settle(ledger, order).await?.certificate() {
                let chain = ledger.client.fetch(url).await?.success()?.text();
                valid.push((order.url.clone(), openssl::serial(&chain)?));
            }
        }
    }
    // Read after the orders have settled: recovery may still have been at work on some.
    let mut recorded = BTreeSet::new();
    for serial in inventory::serials(deployment)? {
        ensure!(recorded.insert(serial.clone()), "the serial {serial} was issued twice");
    }
    for (order, serial) in &valid {
        ensure!(recorded.contains(serial), "{order} is valid with {serial}, which is not in the database");
    }
    let mut held: BTreeMap<String, String> = BTreeMap::new();
    for obtained in ledgers.iter().flat_map(|ledger| &ledger.certificates) {
        let serial = openssl::serial(&obtained.chain_pem)?;
        ensure!(recorded.contains(&serial), "a client holds {serial}, the database does not");
        let before = held.insert(serial.clone(), obtained.order.url.clone());
        ensure!(before.is_none(), "two orders gave the serial {serial}");
    }
    Ok(())
}

/// Valid or invalid within a minute, or waiting for its client.
async fn settle(ledger: &Ledger, order: &Order) -> Result<Order> {
    wait::until_async(&format!("{} to settle", order.url), SETTLED_WITHIN, || async {
        let now = Order { url: order.url.clone(), body: ledger.client.fetch(&order.url).await?.success()?.json()? };
        Ok(["valid", "invalid", "pending", "ready"].contains(&now.status()).then_some(now))
    })
    .await
}

async fn the_server_is_killed(kind: Kind) -> Result<()> {
    let mut deployment = Deployment::start(kind)?;
    let result = kill_under_load(&mut deployment).await;
    deployment.explain(result)
}

async fn kill_under_load(deployment: &mut Deployment) -> Result<()> {
    let load = workload(deployment).await?;
    load.until_issued(CLIENTS).await?;
    for round in 0..4 {
        let spent = spend(deployment).await?;
        wait::pause(Duration::from_millis(300 + 137 * round)).await;
        deployment.server.kill()?;
        deployment.server.restart()?;
        spent.replay_is_refused().await.context("a nonce spent before kill -9")?;
        load.until_issued(CLIENTS).await?;
    }
    let spent = spend(deployment).await?;
    ensure!(deployment.server.terminate()?.success(), "SIGTERM under load drains and exits 0");
    deployment.server.restart()?;
    spent.replay_is_refused().await.context("a nonce spent before SIGTERM")?;
    load.until_issued(1).await?;
    judge(deployment, &load.finish().await?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_server_is_killed_on_sqlite() -> Result<()> {
    the_server_is_killed(Kind::SqliteSoftware).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_server_is_killed_on_postgres() -> Result<()> {
    the_server_is_killed(Kind::PostgresSofthsm2).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_database_crashes() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let cluster = Cluster::start(folder.path())?;
    let deployment = Prepared::with_database(Database::create_in(cluster.url())?)?.serve()?;
    let result = crash_the_database(&deployment, &cluster).await;
    deployment.explain(result)
}

async fn crash_the_database(deployment: &Deployment, cluster: &Cluster) -> Result<()> {
    let load = workload(deployment).await?;
    load.until_issued(CLIENTS).await?;
    for _ in 0..2 {
        let spent = spend(deployment).await?;
        cluster.crash()?;
        let gone = deployment.https()?.get(&deployment.directory()?).await?;
        ensure!(gone.status < 600, "the directory needs no database: {}", gone.text());
        wait::pause(Duration::from_millis(500)).await;
        cluster.restart()?;
        load.until_issued(CLIENTS).await.context("the server finds its database again")?;
        spent.replay_is_refused().await.context("a nonce spent before the crash")?;
    }
    judge(deployment, &load.finish().await?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_token_dies_and_returns() -> Result<()> {
    let mut deployment = Prepared::with_remote_token()?.serve()?;
    let result = lose_the_token(&mut deployment).await;
    deployment.explain(result)
}

async fn lose_the_token(deployment: &mut Deployment) -> Result<()> {
    let load = workload(deployment).await?;
    load.until_issued(CLIENTS).await?;
    for _ in 0..2 {
        deployment.remote_token()?.kill()?;
        wait::pause(Duration::from_secs(2)).await;
        ensure!(deployment.server.ended()?.is_none(), "the server must outlive its token");
        let health = deployment.server.status_file("/health")?;
        ensure!(String::from_utf8_lossy(&health).contains("ok"), "status services keep running");
        deployment.remote_token()?.restart()?;
        load.until_issued(CLIENTS).await.context("issuance goes on once the token is back")?;
    }
    let ledgers = load.finish().await?;
    judge(deployment, &ledgers).await?;
    let client = RawAcme::registered(&deployment.directory()?, &deployment.root()).await?;
    orders::obtain(&client, deployment.network(), "after.signet.test").await.map(drop)
}
