//! Names of webhooks become addresses, and only those that the network guard permits.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::validation::NetworkGuard;

/// The system's resolver behind the guard. What it answers is what is connected to: a name is not resolved twice.
pub(super) struct GuardedResolver(pub(super) Arc<NetworkGuard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted: Vec<SocketAddr> = found.iter().copied().filter(|found| guard.permits(found.ip())).collect();
            if permitted.is_empty() {
                let refusal = format!("{}: notices.allow and notices.deny permit none of {found:?}", name.as_str());
                return Err(refusal.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}
