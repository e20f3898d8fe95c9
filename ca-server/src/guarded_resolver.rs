//! Names in URLs become addresses, and only those that the network guard permits.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::validation::NetworkGuard;

/// The system's resolver behind the guard. What it answers is what is connected to: a name is not resolved twice.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    guard: Arc<NetworkGuard>,
    /// The section of the configuration with the `allow` and `deny` of the guard.
    section: &'static str,
}

impl GuardedResolver {
    pub(crate) fn new(guard: NetworkGuard, section: &'static str) -> Self {
        Self { guard: Arc::new(guard), section }
    }

    /// An address in place of a name never comes to the resolver.
    ///
    /// # Errors
    /// A sentence that names the address and the keys that stand against it.
    pub(crate) fn permit(&self, url: &Url) -> Result<(), String> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if self.guard.permits(address) {
            return Ok(());
        }
        let section = self.section;
        Err(format!("{address}: {section}.allow and {section}.deny do not permit it"))
    }

    /// What of a name's addresses may be connected to, with `port`; there is at least one.
    ///
    /// # Errors
    /// When the name cannot be resolved, or the guard permits none of its addresses.
    pub(crate) async fn addresses(
        &self,
        name: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((name, port)).await?.collect();
        let permitted: Vec<SocketAddr> = found.iter().copied().filter(|found| self.guard.permits(found.ip())).collect();
        if permitted.is_empty() {
            let section = self.section;
            return Err(format!("{name}: {section}.allow and {section}.deny permit none of {found:?}").into());
        }
        Ok(permitted)
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move { Ok(Box::new(resolver.addresses(name.as_str(), 0).await?.into_iter()) as Addrs) })
    }
}
