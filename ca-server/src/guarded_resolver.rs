//! Names in URLs become addresses, and only those that the network guard permits.

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
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { guard, section } = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted: Vec<SocketAddr> = found.iter().copied().filter(|found| guard.permits(found.ip())).collect();
            if permitted.is_empty() {
                let refusal = format!("{}: {section}.allow and {section}.deny permit none of {found:?}", name.as_str());
                return Err(refusal.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}
