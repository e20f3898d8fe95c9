//! `[server]`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use ca_core::x509::GeneralName;
use serde::Deserialize;
use url::{Host, Url};

use super::error::ConfigError;
use super::key::Place;
use super::tls::{ListenerCertificate, TlsConfig};

/// `[server]` as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Base of every URL handed out: https, without a path.
    /// Example: `"https://ca.example.org:8443"`
    pub public_url: String,
    /// Address and port of the HTTPS listener: ACME, REST, web UI.
    /// Default: `"127.0.0.1:8443"`
    pub listen: Option<String>,
    /// Base of the CRL, issuer and OCSP URLs inside certificates: plain http, because whoever checks a certificate cannot
    /// be asked to check another one first. The host is a full name, `localhost` or an address.
    /// Example: `"http://ca.example.org:8080"`
    pub status_url: String,
    /// Address and port of the plain HTTP listener: CRL, issuer certificates, roots, health.
    /// Default: `"127.0.0.1:8080"`
    pub status_listen: Option<String>,
    /// Address and port of a second HTTPS listener that asks browsers for a client certificate; none without it.
    /// Example: `"127.0.0.1:8444"`
    pub mtls_listen: Option<String>,
    /// Base of the URLs of that listener, as browsers reach it. Without it, the host of `public_url` and the port of
    /// `mtls_listen`.
    /// Example: `"https://ca.example.org:8444"`
    pub mtls_url: Option<String>,
    /// PEM file with the roots below which those certificates must be, if not this server's own.
    /// Example: `"staff-roots.pem"`
    pub mtls_ca_file: Option<PathBuf>,
    /// More names and addresses in the listener's own certificate; the host of `public_url` and the address of `listen` are
    /// in it anyway.
    /// Example: `["ca.internal.example.org", "10.0.0.7"]`
    pub names: Option<Vec<String>>,
    /// What this installation is for, shown on every page so that nobody mistakes a test for the real thing.
    /// Example: `"production"`
    pub environment: Option<String>,
    /// Connections that one client address may have at the same time on each listener; further ones are closed at once. An
    /// IPv6 client is its /64. A proxy that hides its clients is one client: raise this behind one.
    /// Default: `256`
    pub connections_per_address: Option<u32>,
    /// Folder with `profiles/`, `authorization/` and `blocked-keys.txt` in place of the built-in ones.
    /// Example: `"policies"`
    pub policies_dir: Option<PathBuf>,
    /// `[server.tls]`.
    pub tls: Option<TlsConfig>,
}

/// A checked `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// Base of every URL handed out; https, no path.
    pub public_url: BaseUrl,
    /// The HTTPS listener.
    pub listen: SocketAddr,
    /// Base of the URLs inside certificates; http.
    pub status_url: BaseUrl,
    /// The plain HTTP listener.
    pub status_listen: SocketAddr,
    /// The listener that asks for client certificates.
    pub mutual_tls: Option<MutualTlsSettings>,
    /// More names of the listener's certificate, as written.
    pub names: Vec<GeneralName>,
    /// What this installation is for.
    pub environment: Option<String>,
    /// Connections of one client address on each listener.
    pub connections_per_address: NonZeroU32,
    /// The folder that replaces the built-in policies.
    pub policies_dir: Option<PathBuf>,
    /// Where the HTTPS listener's certificate comes from.
    pub certificate: ListenerCertificate,
}

/// The listener that asks for client certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutualTlsSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Base of its URLs.
    pub url: BaseUrl,
    /// Roots of client certificates; none for this server's own.
    pub ca_file: Option<PathBuf>,
}

impl ServerSettings {
    /// What the listener's own certificate must name: the host of `public_url`, the listen address if it is a concrete one,
    /// and `names`; without repetition.
    pub fn listener_names(&self) -> Vec<GeneralName> {
        let address = self.listen.ip().to_canonical();
        let concrete = (!address.is_unspecified()).then_some(GeneralName::Ip(address));
        let mut names = vec![self.public_url.host().clone()];
        for name in concrete.into_iter().chain(self.names.iter().cloned()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl ServerConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<ServerSettings, ConfigError> {
        let listen = address(self.listen.as_deref().unwrap_or("127.0.0.1:8443"), &at.key("listen"))?;
        let status_listen =
            address(self.status_listen.as_deref().unwrap_or("127.0.0.1:8080"), &at.key("status_listen"))?;
        if listen == status_listen && listen.port() != 0 {
            return Err(at.key("status_listen").refuse("`listen` has this address already"));
        }
        let public_url = BaseUrl::parse(&self.public_url, "https", &at.key("public_url"))?;
        let mutual = MutualTls { listen: self.mtls_listen, url: self.mtls_url, ca_file: self.mtls_ca_file };
        let mutual_tls = mutual.resolve(&public_url, &[listen, status_listen], at)?;
        let names = self.names.unwrap_or_default();
        let name = |(index, text): (usize, &String)| general_name(text, &at.key("names").index(index));
        Ok(ServerSettings {
            public_url,
            listen,
            status_url: publication_base(&self.status_url, &at.key("status_url"))?,
            status_listen,
            mutual_tls,
            names: names.iter().enumerate().map(name).collect::<Result<_, _>>()?,
            environment: self.environment.map(|word| environment(word, &at.key("environment"))).transpose()?,
            connections_per_address: connections(self.connections_per_address, &at.key("connections_per_address"))?,
            policies_dir: self.policies_dir.map(|folder| at.path(&folder)),
            certificate: self.tls.unwrap_or_default().resolve(&at.key("tls"))?,
        })
    }
}

/// The keys `mtls_*`: all of them belong to `mtls_listen`.
struct MutualTls {
    listen: Option<String>,
    url: Option<String>,
    ca_file: Option<PathBuf>,
}

impl MutualTls {
    fn resolve(
        self,
        public_url: &BaseUrl,
        taken: &[SocketAddr],
        at: &Place<'_>,
    ) -> Result<Option<MutualTlsSettings>, ConfigError> {
        let Some(listen) = self.listen else {
            let stray = self.url.is_some().then_some("mtls_url").or(self.ca_file.is_some().then_some("mtls_ca_file"));
            return match stray {
                Some(key) => Err(at.key(key).refuse("this key belongs to `mtls_listen`, which is not there")),
                None => Ok(None),
            };
        };
        let place = at.key("mtls_listen");
        let listen = address(&listen, &place)?;
        if listen.port() != 0 && taken.contains(&listen) {
            return Err(place.refuse("another listener has this address already"));
        }
        let url = self.url.unwrap_or_else(|| public_url.at_port(listen.port()));
        let url = BaseUrl::parse(&url, "https", &at.key("mtls_url"))?;
        Ok(Some(MutualTlsSettings { listen, url, ca_file: self.ca_file.map(|file| at.path(&file)) }))
    }
}

/// What lint would refuse in every certificate is refused here, once.
fn publication_base(text: &str, at: &Place<'_>) -> Result<BaseUrl, ConfigError> {
    let base = BaseUrl::parse(text, "http", at)?;
    match ca_core::lint::publication_url_fault(text) {
        Some(fault) => Err(at.refuse(format!(
            "`{text}` cannot be used: it {fault}, so that no certificate may name it; use a full name or an address"
        ))),
        None => Ok(base),
    }
}

fn connections(given: Option<u32>, at: &Place<'_>) -> Result<NonZeroU32, ConfigError> {
    NonZeroU32::new(given.unwrap_or(256)).ok_or_else(|| at.refuse("0 would let nobody in"))
}

fn address(text: &str, at: &Place<'_>) -> Result<SocketAddr, ConfigError> {
    text.parse()
        .map_err(|_| at.refuse(format!("`{text}` is not an IP address and port, such as 0.0.0.0:8443 or [::1]:8443")))
}

fn environment(word: String, at: &Place<'_>) -> Result<String, ConfigError> {
    let sound = !word.trim().is_empty() && word.chars().count() <= 30 && !word.chars().any(char::is_control);
    if sound { Ok(word) } else { Err(at.refuse("a word of 1 to 30 characters, such as production or test")) }
}

fn general_name(text: &str, at: &Place<'_>) -> Result<GeneralName, ConfigError> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(GeneralName::Ip(address.to_canonical())),
        Err(_) => GeneralName::dns(text).map_err(|error| at.refuse(error.to_string())),
    }
}

/// The beginning of URLs that are handed out: scheme, host, perhaps port and path, no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: GeneralName,
}

impl BaseUrl {
    /// The URL of `path`, which starts with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// The URL without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same host at another port.
    fn at_port(&self, port: u16) -> String {
        match &self.host {
            GeneralName::Ip(IpAddr::V6(address)) => format!("https://[{address}]:{port}"),
            host => format!("https://{}:{port}", host.value()),
        }
    }

    /// The host, as a certificate would name it.
    pub fn host(&self) -> &GeneralName {
        &self.host
    }

    fn parse(text: &str, scheme: &str, at: &Place<'_>) -> Result<Self, ConfigError> {
        let url: Url = at.parse(text, "a URL")?;
        if let Some(fault) = fault(&url, scheme) {
            return Err(at.refuse(format!("`{text}` cannot be used: {fault}")));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => GeneralName::dns(name).map_err(|error| at.refuse(error.to_string()))?,
            Some(Host::Ipv4(address)) => GeneralName::Ip(address.into()),
            Some(Host::Ipv6(address)) => GeneralName::Ip(IpAddr::from(address).to_canonical()),
            None => return Err(at.refuse(format!("`{text}` has no host"))),
        };
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), host })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn fault(url: &Url, scheme: &str) -> Option<String> {
    if url.scheme() != scheme {
        return Some(match scheme {
            "http" => "certificates must name plain http here, or checking one would need another".to_owned(),
            _ => format!("it must start with {scheme}://"),
        });
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Some("it must have no user, query or fragment".to_owned());
    }
    // RFC 8555 §6.4: the signed `url` is compared with what we hand out, and our routes begin at the root.
    (scheme == "https" && url.path() != "/").then(|| "it must have no path".to_owned())
}
