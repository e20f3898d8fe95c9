//! Clients that order certificates without pause and keep a ledger of what they were promised, while a test pulls plugs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;

use crate::acme_client::request;
use crate::network::Network;
use crate::orders::{self, Obtained};
use crate::raw_acme::{Order, RawAcme};

/// How long a client waits after a failure, as a polite one would.
const PAUSE: Duration = Duration::from_millis(100);

/// What one client was promised.
#[derive(Debug)]
pub struct Ledger {
    /// The client, for asking later.
    pub client: RawAcme,
    /// Every order that the server acknowledged.
    pub orders: Vec<Order>,
    /// Every certificate that the client holds.
    pub certificates: Vec<Obtained>,
    /// Requests that failed, in the client's words.
    pub failures: Vec<String>,
}

/// Running clients.
#[derive(Debug)]
pub struct Workload {
    stop: Arc<AtomicBool>,
    issued: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Ledger>>,
}

impl Workload {
    /// Starts `clients` clients, an account each.
    ///
    /// # Errors
    /// If an account is refused.
    pub async fn start(directory: &str, root: &Path, network: &Arc<Network>, clients: usize) -> Result<Self> {
        let (stop, issued) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut running = Vec::new();
        for number in 0..clients {
            let client = RawAcme::registered(directory, root).await?;
            let ledger = Ledger { client, orders: Vec::new(), certificates: Vec::new(), failures: Vec::new() };
            let (network, stop, issued) = (Arc::clone(network), Arc::clone(&stop), Arc::clone(&issued));
            running.push(tokio::spawn(work(ledger, network, number, stop, issued)));
        }
        Ok(Self { stop, issued, clients: running })
    }

    /// Certificates fetched so far.
    pub fn issued(&self) -> usize {
        self.issued.load(Ordering::Relaxed)
    }

    /// Waits until this many more certificates were fetched.
    ///
    /// # Errors
    /// If they are not within two minutes.
    pub async fn until_issued(&self, more: usize) -> Result<()> {
        let goal = self.issued() + more;
        let reached = || async { Ok((self.issued() >= goal).then_some(())) };
        crate::wait::until_async(&format!("{more} more certificates"), Duration::from_secs(120), reached).await
    }

    /// Lets every client finish its current step and returns their ledgers.
    ///
    /// # Errors
    /// If a client panicked.
    pub async fn finish(self) -> Result<Vec<Ledger>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut ledgers = Vec::new();
        for client in self.clients {
            ledgers.push(client.await.context("a client of the workload")?);
        }
        Ok(ledgers)
    }
}

async fn work(
    mut ledger: Ledger,
    network: Arc<Network>,
    number: usize,
    stop: Arc<AtomicBool>,
    issued: Arc<AtomicUsize>,
) -> Ledger {
    for round in 0_usize.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("c{number}-{round}.load.test");
        // What a client may lose in a crash is the answer, so every acknowledged step is in the ledger before the next.
        match one(&mut ledger, &network, &name).await {
            Ok(()) => drop(issued.fetch_add(1, Ordering::Relaxed)),
            Err(failure) => {
                ledger.failures.push(format!("{failure:#}"));
                ledger.client.forget_nonces();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    ledger
}

async fn one(ledger: &mut Ledger, network: &Network, name: &str) -> Result<()> {
    let order = ledger.client.order(&[name]).await?;
    ledger.orders.push(order.clone());
    let order = orders::prove(&ledger.client, network, &order).await?;
    let (csr, _) = request(&[name])?;
    let obtained = orders::finalize(&ledger.client, &order, &csr).await?;
    ledger.certificates.push(obtained);
    Ok(())
}
