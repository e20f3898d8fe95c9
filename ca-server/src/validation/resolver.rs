//! Names to addresses and TXT values: by the configured DNS servers, or by the system's and /etc/hosts.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ca_core::acme::challenge::ProbeFailure;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Hosts, TokioResolver, system_conf};
use tokio::time::timeout;

use super::failure::{Failure, causes};
use super::limits::Limits;

/// How long the addresses of one family wait for those of the other (RFC 8305 §3 has 50 ms; we would rather see both).
const OTHER_FAMILY: Duration = Duration::from_millis(500);

/// No name has more addresses that are worth a try, and no TXT set more values worth keeping.
const MOST_RECORDS: usize = 64;

/// Asks DNS without remembering: a client that has just published its proof must not wait for an old answer to expire.
#[derive(Clone)]
pub(super) struct Resolver {
    dns: TokioResolver,
    hosts_file: HostsFile,
    limits: Limits,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum HostsFile {
    Honoured,
    Ignored,
}

/// Why there is no resolver.
#[derive(Debug, thiserror::Error)]
#[error("the DNS resolver cannot be set up")]
pub struct ResolverError(#[from] NetError);

impl Resolver {
    /// Asks `servers`, or if there are none, what the system is configured to ask.
    pub(super) fn new(servers: &[SocketAddr], limits: Limits) -> Result<Self, ResolverError> {
        let hosts_file = if servers.is_empty() { HostsFile::Honoured } else { HostsFile::Ignored };
        let config = match hosts_file {
            HostsFile::Honoured => system(),
            HostsFile::Ignored => ResolverConfig::from_name_servers(servers.iter().map(server).collect()),
        };
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        set(builder.options_mut(), limits);
        Ok(Self { dns: builder.build()?, hosts_file, limits })
    }

    /// Every address of `name`, IPv6 and IPv4 in turn; at least one.
    pub(super) async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        let query = fully_qualified(name)?;
        if let Some(addresses) = self.in_hosts_file(&query) {
            return Ok(addresses);
        }
        let both = self.both_families(&query);
        let (v6, v4) = timeout(self.limits.resolution, both).await.map_err(|_| failure(name, &NetError::Timeout))?;
        match (v6, v4) {
            // A zone whose AAAA answers are broken is common, and its A answers are good.
            (Ok(v6), Ok(v4)) if v6.is_empty() && v4.is_empty() => {
                Err(Failure::new(ProbeFailure::Dns, format!("{name} has no addresses")))
            }
            (Ok(v6), Ok(v4)) => Ok(interleave(v6, v4)),
            (Ok(found), Err(_)) | (Err(_), Ok(found)) if !found.is_empty() => Ok(found),
            (Err(error), _) | (_, Err(error)) => Err(failure(name, &error)),
        }
    }

    /// Every TXT value of `name`, its strings joined; none is an answer too.
    pub(super) async fn txt(&self, name: &str) -> Result<Vec<Vec<u8>>, Failure> {
        let query = fully_qualified(name)?;
        let answer = timeout(self.limits.resolution, self.records(&query, RecordType::TXT))
            .await
            .unwrap_or(Err(NetError::Timeout));
        let lookup = answer.map_err(|error| failure(name, &error))?;
        let values = lookup.iter().flat_map(Lookup::answers).filter_map(|record| match &record.data {
            RData::TXT(txt) => Some(txt.txt_data.concat()),
            _ => None,
        });
        Ok(values.take(MOST_RECORDS).collect())
    }

    /// What the file says now: people add a line and try again.
    fn in_hosts_file(&self, name: &Name) -> Option<Vec<IpAddr>> {
        if self.hosts_file == HostsFile::Ignored {
            return None;
        }
        let hosts = Hosts::from_system().ok()?;
        let of = |kind| hosts.lookup_static_host(&Query::query(name.clone(), kind)).map(|found| ips(&found));
        let (v6, v4) = (of(RecordType::AAAA), of(RecordType::A));
        let addresses = interleave(v6.unwrap_or_default(), v4.unwrap_or_default());
        (!addresses.is_empty()).then_some(addresses)
    }

    /// Both at once; when one has found something, the other gets little more time.
    async fn both_families(&self, name: &Name) -> (Result<Vec<IpAddr>, NetError>, Result<Vec<IpAddr>, NetError>) {
        let (v6, v4) = (self.family(name, RecordType::AAAA), self.family(name, RecordType::A));
        tokio::pin!(v6, v4);
        tokio::select! {
            first = &mut v6 => {
                let patience = self.patience(&first);
                (first, timeout(patience, v4).await.unwrap_or(Err(NetError::Timeout)))
            }
            first = &mut v4 => {
                let patience = self.patience(&first);
                (timeout(patience, v6).await.unwrap_or(Err(NetError::Timeout)), first)
            }
        }
    }

    fn patience(&self, first: &Result<Vec<IpAddr>, NetError>) -> Duration {
        if first.as_ref().is_ok_and(|found| !found.is_empty()) { OTHER_FAMILY } else { self.limits.resolution }
    }

    async fn family(&self, name: &Name, kind: RecordType) -> Result<Vec<IpAddr>, NetError> {
        Ok(self.records(name, kind).await?.as_ref().map(ips).unwrap_or_default())
    }

    /// The answer with CNAMEs followed; `None` if the name is there without such records.
    async fn records(&self, name: &Name, kind: RecordType) -> Result<Option<Lookup>, NetError> {
        match self.dns.lookup(name.clone(), kind).await {
            Ok(lookup) => Ok(Some(lookup)),
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) if none.response_code == ResponseCode::NoError => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// A machine without DNS, as a sealed network may have it, still has its hosts file.
fn system() -> ResolverConfig {
    system_conf::read_system_conf().map(|(config, _)| config).unwrap_or_else(|error| {
        tracing::warn!(error = causes(&error), "the system names no DNS servers: only /etc/hosts is asked");
        ResolverConfig::from_name_servers(Vec::new())
    })
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    connections.iter_mut().for_each(|connection| connection.port = address.port());
    NameServerConfig::new(address.ip(), true, connections)
}

fn set(options: &mut ResolverOpts, limits: Limits) {
    (options.timeout, options.attempts) = (limits.question, 1);
    // Remembering nothing takes both: an entry lives for a moment in a cache of size zero.
    options.cache_size = 0;
    (options.positive_max_ttl, options.negative_max_ttl) = (Some(Duration::ZERO), Some(Duration::ZERO));
    options.use_hosts_file = ResolveHosts::Never;
    options.edns0 = true;
    options.try_tcp_on_error = true;
}

/// RFC 8555 identifiers are whole names: no search list applies.
fn fully_qualified(name: &str) -> Result<Name, Failure> {
    let mut parsed =
        Name::from_ascii(name).map_err(|error| Failure::new(ProbeFailure::Dns, format!("{name}: {error}")))?;
    parsed.set_fqdn(true);
    Ok(parsed)
}

fn ips(lookup: &Lookup) -> Vec<IpAddr> {
    lookup.answers().iter().filter_map(|record| record.data.ip_addr()).take(MOST_RECORDS).collect()
}

/// RFC 8305 §4: families alternate, IPv6 first, so that neither hides the other.
fn interleave(v6: Vec<IpAddr>, v4: Vec<IpAddr>) -> Vec<IpAddr> {
    let longest = v6.len().max(v4.len());
    (0..longest).flat_map(|index| [v6.get(index), v4.get(index)]).flatten().copied().collect()
}

fn failure(name: &str, error: &NetError) -> Failure {
    let detail = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => format!("{}: {}", name, none.response_code),
        NetError::Timeout => format!("{name}: the DNS servers did not answer in time"),
        other => format!("{name}: {}", causes(other)),
    };
    Failure::new(ProbeFailure::Dns, detail)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn families_alternate_and_nothing_is_lost() {
        let v6: Vec<IpAddr> = ["2001:db8::1", "2001:db8::2"].map(|ip| ip.parse().unwrap()).to_vec();
        let v4: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap()];
        assert_eq!(interleave(v6.clone(), v4.clone()), [v6[0], v4[0], v6[1]]);
        assert_eq!(interleave(Vec::new(), v4.clone()), v4);
    }

    #[tokio::test]
    async fn the_system_s_resolver_honours_the_hosts_file() {
        let resolver = Resolver::new(&[], Limits::STANDARD).unwrap();
        let addresses = resolver.addresses("localhost").await.unwrap();
        assert!(addresses.iter().all(IpAddr::is_loopback), "{addresses:?}");
    }
}
