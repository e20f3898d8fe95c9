//! The way of an order, step by step, with the raw client.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::acme_client::request;
use crate::network::Network;
use crate::openssl;
use crate::raw_acme::{Order, RawAcme, finalize_payload};
use crate::wait;

/// A certificate and the order that gave it.
#[derive(Clone, Debug)]
pub struct Obtained {
    /// The order, valid.
    pub order: Order,
    /// The chain as the server sent it.
    pub chain_pem: String,
}

impl Obtained {
    /// The certificate in DER.
    ///
    /// # Errors
    /// If the chain is none.
    pub fn der(&self) -> Result<Vec<u8>> {
        openssl::to_der(&self.chain_pem)
    }
}

/// An order whose one name is proved by http-01.
///
/// # Errors
/// If the server refuses, or the proof fails.
pub async fn ready(client: &RawAcme, network: &Network, name: &str) -> Result<Order> {
    let order = client.order(&[name]).await?;
    prove(client, network, &order).await
}

/// Proves every name of an order by http-01 and waits until it is ready.
///
/// # Errors
/// If the server refuses, or a proof fails.
pub async fn prove(client: &RawAcme, network: &Network, order: &Order) -> Result<Order> {
    for authorization in order.authorizations() {
        let challenge = client.challenge(&authorization, "http-01").await?;
        network.answer("http-01", &challenge)?;
        client.post(&challenge.url, &json!({})).await?.success()?;
    }
    let order = settled(client, order, &["pending"]).await?;
    ensure!(order.status() == "ready", "the proved order: {}", order.body);
    Ok(order)
}

/// The order once its status is none of these.
///
/// # Errors
/// If it still is after a minute.
pub async fn settled(client: &RawAcme, order: &Order, not: &[&str]) -> Result<Order> {
    let url = order.url.clone();
    wait::until_async(&format!("{url} to be none of {not:?}"), Duration::from_secs(60), || async {
        let now = Order { url: url.clone(), body: client.fetch(&url).await?.success()?.json()? };
        Ok((!not.contains(&now.status())).then_some(now))
    })
    .await
}

/// Finalizes a ready order with this CSR and fetches the certificate.
///
/// # Errors
/// If the server refuses, or the order does not become valid.
pub async fn finalize(client: &RawAcme, order: &Order, csr: &[u8]) -> Result<Obtained> {
    client.post(&order.finalize(), &finalize_payload(csr)).await?.success()?;
    let order = settled(client, order, &["ready", "processing"]).await?;
    let url = order.certificate().with_context(|| format!("no certificate in {}", order.body))?;
    let chain_pem = client.fetch(url).await?.success()?.text();
    Ok(Obtained { order, chain_pem })
}

/// The whole way for one name.
///
/// # Errors
/// If any step is refused.
pub async fn obtain(client: &RawAcme, network: &Network, name: &str) -> Result<Obtained> {
    let order = ready(client, network, name).await?;
    let (csr, _) = request(&[name])?;
    finalize(client, &order, &csr).await
}
