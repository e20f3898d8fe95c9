//! `[acme.validation]`.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;

/// `[acme.validation]` as written; it belongs to the `[[acme]]` above it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationConfig {
    /// DNS servers to ask, address and port. Without it, the system's, and then /etc/hosts counts too.
    /// Example: `["10.0.0.53:53"]`
    pub resolvers: Option<Vec<String>>,
    /// Port of http-01. RFC 8555 §8.3 says 80; another one is for tests and closed networks.
    /// Default: `80`
    pub http_port: Option<u16>,
    /// Port of tls-alpn-01. RFC 8737 §3 says 443; another one is for tests and closed networks.
    /// Default: `443`
    pub tls_alpn_port: Option<u16>,
    /// Networks that a validation may reach. Without it, all unicast but loopback, link-local and cloud metadata services;
    /// a metadata service is reached only if an entry names nothing else.
    /// Example: `["10.0.0.0/8", "2001:db8::/32"]`
    pub allow: Option<Vec<String>>,
    /// Networks that a validation must not reach; wins over `allow`.
    /// Default: `[]`
    pub deny: Option<Vec<String>>,
    /// CAA records (RFC 8659): `off`. Checking them is not built in yet.
    /// Default: `"off"`
    pub caa: Option<String>,
}

/// A checked `[acme.validation]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationSettings {
    /// DNS servers to ask; empty for the system's.
    pub resolvers: Vec<SocketAddr>,
    /// Port of http-01.
    pub http_port: u16,
    /// Port of tls-alpn-01.
    pub tls_alpn_port: u16,
    /// The only networks to reach, if given.
    pub allow: Option<Vec<IpNet>>,
    /// Networks never to reach.
    pub deny: Vec<IpNet>,
    /// What CAA records do.
    pub caa: CaaChecking,
}

/// What CAA records do to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaaChecking {
    /// They are not asked for.
    Off,
}

impl ValidationConfig {
    /// What `quickstart` writes for a loopback listener: high ports that need no root, and only this machine.
    pub fn this_machine_only() -> Self {
        Self {
            http_port: Some(5002),
            tls_alpn_port: Some(5001),
            allow: Some(vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()]),
            ..Self::default()
        }
    }

    pub(super) fn resolve(self, at: &Place<'_>) -> Result<ValidationSettings, ConfigError> {
        if self.allow.as_ref().is_some_and(Vec::is_empty) {
            return Err(at.key("allow").refuse("nothing could be validated; without this key the default applies"));
        }
        Ok(ValidationSettings {
            resolvers: each(self.resolvers.unwrap_or_default(), &at.key("resolvers"), resolver)?,
            http_port: port(self.http_port, 80, &at.key("http_port"))?,
            tls_alpn_port: port(self.tls_alpn_port, 443, &at.key("tls_alpn_port"))?,
            allow: self.allow.map(|networks| each(networks, &at.key("allow"), network)).transpose()?,
            deny: each(self.deny.unwrap_or_default(), &at.key("deny"), network)?,
            caa: caa(self.caa.as_deref(), &at.key("caa"))?,
        })
    }
}

fn each<T>(
    texts: Vec<String>,
    at: &Place<'_>,
    parse: impl Fn(&str, &Place<'_>) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    texts.iter().enumerate().map(|(index, text)| parse(text, &at.index(index))).collect()
}

fn resolver(text: &str, at: &Place<'_>) -> Result<SocketAddr, ConfigError> {
    let bare = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    let address = text.parse().or_else(|_| bare()).map_err(|_| {
        at.refuse(format!("`{text}` is not the address of a DNS server, such as 10.0.0.53:53 or [2001:db8::53]:53"))
    })?;
    if address.port() == 0 { Err(at.refuse("a DNS server cannot listen on port 0")) } else { Ok(address) }
}

pub(super) fn network(text: &str, at: &Place<'_>) -> Result<IpNet, ConfigError> {
    let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(single);
    let network =
        network.ok_or_else(|| at.refuse(format!("`{text}` is not a network, such as 10.0.0.0/8 or fd00::/8")))?;
    if network.trunc() == network {
        Ok(network)
    } else {
        Err(at.refuse(format!("`{text}` has bits set after its prefix; did you mean `{}`?", network.trunc())))
    }
}

fn port(port: Option<u16>, default: u16, at: &Place<'_>) -> Result<u16, ConfigError> {
    match port.unwrap_or(default) {
        0 => Err(at.refuse("there is no port 0")),
        port => Ok(port),
    }
}

fn caa(text: Option<&str>, at: &Place<'_>) -> Result<CaaChecking, ConfigError> {
    match text.unwrap_or("off") {
        "off" => Ok(CaaChecking::Off),
        mode @ ("warn" | "strict") => {
            Err(at.refuse(format!("`{mode}` cannot be kept: this version does not check CAA records; write `off`")))
        }
        other => Err(at.refuse(format!("`{other}` is not a way to treat CAA records; write `off`"))),
    }
}
