//! Opens a connection for a probe: name to addresses, each address past the guard, then a socket to that very address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ca_core::acme::Identifier;
use ca_core::acme::challenge::ProbeFailure;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::failure::Failure;
use super::limits::Limits;
use super::network_guard::NetworkGuard;
use super::resolver::Resolver;

/// A name with more addresses than this is not tried further: each is a packet that somebody else paid for.
const MOST_ADDRESSES: usize = 8;

#[derive(Clone)]
pub(super) struct Dialer {
    guard: Arc<NetworkGuard>,
    resolver: Resolver,
    limits: Limits,
}

impl Dialer {
    pub(super) fn new(guard: NetworkGuard, resolver: Resolver, limits: Limits) -> Self {
        Self { guard: Arc::new(guard), resolver, limits }
    }

    /// The first of the host's permitted addresses that accepts. The name is resolved for this connection and not again, so
    /// what the guard saw is what is connected to, whatever DNS says a moment later.
    pub(super) async fn connect(&self, host: &Identifier, port: u16) -> Result<(TcpStream, SocketAddr), Failure> {
        let addresses = self.permitted(host, port).await?;
        let mut last = None;
        for address in addresses {
            match connect_to(address, self.limits.connect).await {
                Ok(stream) => return Ok((stream, address)),
                Err(failure) => last = Some(failure),
            }
        }
        Err(last.unwrap_or_else(|| Failure::new(ProbeFailure::Dns, format!("{host} has no addresses")).on_port(port)))
    }

    /// Refused addresses cost the same whether or not something listens: nothing is sent, and none is an error while others
    /// remain.
    async fn permitted(&self, host: &Identifier, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let found = match host {
            Identifier::Ip(address) => vec![*address],
            Identifier::Dns(name) => self.resolver.addresses(name).await.map_err(|failure| failure.on_port(port))?,
        };
        let sockets = || found.iter().map(|address| SocketAddr::new(address.to_canonical(), port));
        let open: Vec<_> = sockets().filter(|socket| self.guard.permits(socket.ip())).take(MOST_ADDRESSES).collect();
        match sockets().next() {
            Some(refused) if open.is_empty() => {
                let detail = format!("{host}: the network guard permits none of {found:?}");
                Err(Failure::new(ProbeFailure::NotPermitted, detail).at(refused))
            }
            _ => Ok(open),
        }
    }
}

async fn connect_to(address: SocketAddr, limit: Duration) -> Result<TcpStream, Failure> {
    match timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(Failure::new(ProbeFailure::Connection, error).at(address).during("connecting")),
        Err(_) => Err(Failure::new(ProbeFailure::Timeout, format!("no answer within {limit:?}"))
            .at(address)
            .during("connecting")),
    }
}
