//! instant-acme against the server under test.

use std::path::Path;

use anyhow::{Context, Result, bail};
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
    RevocationReason, RevocationRequest,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::challenge_server::HttpAnswer;
use crate::network::Network;

/// A certificate that was issued to us.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate and its chain as the server sent them.
    pub chain_pem: String,
    /// The private key.
    pub key_pem: String,
}

impl Issued {
    /// The end-entity certificate.
    ///
    /// # Errors
    /// If the chain does not start with one.
    pub fn certificate(&self) -> Result<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(self.chain_pem.as_bytes()).next().context("an empty chain")?.context("the chain")
    }
}

/// A fresh account at a directory.
///
/// # Errors
/// If the server refuses.
pub async fn account(directory: &str, root: &Path) -> Result<Account> {
    let new = NewAccount { contact: &[], terms_of_service_agreed: true, only_return_existing: false };
    let builder = Account::builder_with_root(root)?;
    let (account, _credentials) = builder.create(&new, directory.to_owned(), None).await?;
    Ok(account)
}

/// A whole order: every name proved by `kind`, a fresh P-256 key, the certificate fetched.
///
/// # Errors
/// If any step is refused.
pub async fn obtain(account: &Account, network: &Network, names: &[&str], kind: ChallengeType) -> Result<Issued> {
    let identifiers: Vec<Identifier> = names.iter().map(|name| Identifier::Dns((*name).to_owned())).collect();
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
    prove(&mut order, network, kind).await?;
    let (csr, key_pem) = request(names)?;
    order.finalize_csr(&csr).await?;
    let chain_pem = order.poll_certificate(&RetryPolicy::default()).await?;
    Ok(Issued { chain_pem, key_pem })
}

/// Answers every pending authorization of an order and waits until it is ready.
///
/// # Errors
/// If a challenge is not offered, fails, or the order does not become ready.
pub async fn prove(order: &mut Order, network: &Network, kind: ChallengeType) -> Result<()> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let mut challenge = authorization.challenge(kind.clone()).with_context(|| format!("no {kind:?} offered"))?;
        let name = challenge.identifier().to_string();
        let answer = challenge.key_authorization();
        match kind {
            ChallengeType::Http01 => {
                network.http.answer(&challenge.token, HttpAnswer::Body(answer.as_str().to_owned()))
            }
            ChallengeType::Dns01 => {
                let name = format!("_acme-challenge.{}", name.trim_start_matches("*."));
                network.dns.publish_txt(&name, &[&answer.dns_value()])?;
            }
            ChallengeType::TlsAlpn01 => network.tls.answer(&name, answer.digest().as_ref())?,
            ref other => bail!("no responder for {other:?}"),
        }
        challenge.set_ready().await?;
    }
    match order.poll_ready(&RetryPolicy::default()).await? {
        OrderStatus::Ready => Ok(()),
        other => bail!("the order became {other:?}"),
    }
}

/// A CSR in DER for these names with a fresh P-256 key, and the key in PEM.
///
/// # Errors
/// If a name cannot stand in a CSR.
pub fn request(names: &[&str]) -> Result<(Vec<u8>, String)> {
    let key = KeyPair::generate()?;
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = DistinguishedName::new();
    Ok((parameters.serialize_request(&key)?.der().to_vec(), key.serialize_pem()))
}

/// Revokes through the account.
///
/// # Errors
/// If the server refuses.
pub async fn revoke(account: &Account, issued: &Issued, reason: RevocationReason) -> Result<()> {
    let certificate = issued.certificate()?;
    Ok(account.revoke(&RevocationRequest { certificate: &certificate, reason: Some(reason) }).await?)
}
