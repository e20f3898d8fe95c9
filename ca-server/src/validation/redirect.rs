//! Where an http-01 answer may send us.

use ca_core::acme::Identifier;
use ca_core::acme::challenge::ProbeFailure;
use url::{Host, Url};

use super::failure::Failure;

/// One GET of an http-01 probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Absolute, without fragment.
    pub(super) url: Url,
    pub(super) host: Identifier,
    pub(super) port: u16,
    pub(super) scheme: Scheme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Target {
    // RFC 8555 §8.3: "Construct a URL by populating the URL template ... http", always plain and on the validation port.
    pub(super) fn first(host: &Identifier, port: u16, path: &str) -> Result<Self, Failure> {
        let authority = match host {
            Identifier::Ip(std::net::IpAddr::V6(address)) => format!("[{address}]"),
            other => other.value(),
        };
        let malformed = |error| Failure::new(ProbeFailure::Malformed, format!("{host}: {error}"));
        let url = Url::parse(&format!("http://{authority}:{port}{path}")).map_err(malformed)?;
        Ok(Self { url, host: host.clone(), port, scheme: Scheme::Http })
    }

    /// The target of a redirect: http or https, a standard port or the one we validate on, no credentials.
    pub(super) fn redirected(&self, location: &[u8], validation_port: u16) -> Result<Self, Failure> {
        let refuse = |why: String| Failure::new(ProbeFailure::BadRedirect, format!("{} redirects {why}", self.url));
        let text = std::str::from_utf8(location).map_err(|_| refuse("to text that is not UTF-8".to_owned()))?;
        let mut url = self.url.join(text).map_err(|error| refuse(format!("to {text:?}: {error}")))?;
        url.set_fragment(None);
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(refuse(format!("to {text:?}: only http and https are followed"))),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("to a URL with credentials".to_owned()));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if ![80, 443, validation_port].contains(&port) {
            return Err(refuse(format!("to port {port}: only 80, 443 and {validation_port} are followed")));
        }
        let host = host_of(&url).ok_or_else(|| refuse("to a URL without a host".to_owned()))?;
        Ok(Self { url, host, port, scheme })
    }

    /// What the request line asks for.
    pub(super) fn path_and_query(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    // RFC 9110 §7.2: the port is left out when it is the scheme's own.
    pub(super) fn host_field(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

fn host_of(url: &Url) -> Option<Identifier> {
    match url.host()? {
        Host::Domain(name) => {
            Some(Identifier::Dns(name.trim_end_matches('.').to_owned())).filter(|host| !host.value().is_empty())
        }
        Host::Ipv4(address) => Some(Identifier::Ip(address.into())),
        Host::Ipv6(address) => Some(Identifier::Ip(address.into())),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn first() -> Target {
        Target::first(&Identifier::Dns("www.example.org".to_owned()), 5002, "/.well-known/acme-challenge/t").unwrap()
    }

    #[test]
    fn the_first_url_is_plain_http_on_the_validation_port() {
        assert_eq!(first().url.as_str(), "http://www.example.org:5002/.well-known/acme-challenge/t");
        assert_eq!(first().host_field(), "www.example.org:5002");
        let v6 = Target::first(&Identifier::Ip("2001:db8::1".parse().unwrap()), 80, "/t").unwrap();
        assert_eq!((v6.url.as_str(), v6.host_field().as_str()), ("http://[2001:db8::1]/t", "[2001:db8::1]"));
    }

    #[test]
    fn good_redirects_are_followed() {
        for (location, url, port) in [
            ("/other?x=1#y", "http://www.example.org:5002/other?x=1", 5002),
            ("https://b.example.org/t", "https://b.example.org/t", 443),
            ("http://b.example.org./t", "http://b.example.org./t", 80),
            ("https://b.example.org:5002/t", "https://b.example.org:5002/t", 5002),
            ("//B.example.org/t", "http://b.example.org/t", 80),
            ("http://0x7f000001/t", "http://127.0.0.1/t", 80),
        ] {
            let target = first().redirected(location.as_bytes(), 5002).unwrap();
            assert_eq!((target.url.as_str(), target.port), (url, port), "{location}");
        }
    }

    #[test]
    fn a_number_in_disguise_is_an_address_for_the_guard() {
        for location in ["http://2130706433/", "http://0177.1/", "http://127.1/", "http://%31%32%37.1/"] {
            let target = first().redirected(location.as_bytes(), 80).unwrap();
            assert_eq!(target.host, Identifier::Ip("127.0.0.1".parse().unwrap()), "{location}");
        }
    }

    #[test]
    fn bad_redirects_are_refused() {
        for location in [
            "ftp://b.example.org/",
            "file:///etc/passwd",
            "gopher://b.example.org:80/",
            "http://b.example.org:22/",
            "https://b.example.org:8443/",
            "http://b.example.org:0/",
            "http://user:password@b.example.org/",
            "http://user@b.example.org/",
            "http://",
            "http://./",
            "http://[::1/",
        ] {
            let outcome =
                ca_core::acme::challenge::Outcome::from(first().redirected(location.as_bytes(), 5002).unwrap_err());
            let ca_core::acme::challenge::Outcome::Failed { failure, .. } = outcome else { panic!("{location}") };
            assert_eq!(failure, ProbeFailure::BadRedirect, "{location}");
        }
        assert!(first().redirected(b"/\xff", 5002).is_err());
    }
}
