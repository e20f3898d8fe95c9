//! Names a certificate may bind (RFC 5280 §4.2.1.6) in normalised form.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// One subject alternative name. DNS names are lower-case A-labels, perhaps with a leading `*.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GeneralName {
    /// `dNSName`.
    Dns(String),
    /// `iPAddress`.
    Ip(IpAddr),
    /// `uniformResourceIdentifier`.
    Uri(String),
    /// `rfc822Name`.
    Email(String),
}

/// Text that is no such name, and why.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid {kind}: {reason}")]
pub struct InvalidName {
    /// What it should have been.
    pub kind: &'static str,
    /// The text as given.
    pub text: String,
    /// The rule that it breaks.
    pub reason: &'static str,
}

impl GeneralName {
    /// Reads a name of a kind we know, as it stands; `None` for the others.
    pub(crate) fn from_asn1(name: &x509_cert::ext::pkix::name::GeneralName) -> Option<Self> {
        use x509_cert::ext::pkix::name::GeneralName as Asn1;
        match name {
            Asn1::DnsName(text) => Some(Self::Dns(text.to_string())),
            Asn1::Rfc822Name(text) => Some(Self::Email(text.to_string())),
            Asn1::UniformResourceIdentifier(text) => Some(Self::Uri(text.to_string())),
            Asn1::IpAddress(octets) => address(octets.as_bytes()).map(Self::Ip),
            _ => None,
        }
    }

    /// `dns`, `ip`, `uri` or `email`: the form of the database and of JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
            Self::Uri(_) => "uri",
            Self::Email(_) => "email",
        }
    }

    /// The name without its kind.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(text) | Self::Uri(text) | Self::Email(text) => text.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }

    /// A name with its kind in front, `dns:www.example.org`: what `Display` writes.
    ///
    /// # Errors
    /// [`InvalidName`] with the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let reason = "give it as dns:NAME, ip:ADDRESS, uri:URI or email:ADDRESS";
        let fault = || InvalidName { kind: "name", text: text.to_owned(), reason };
        let (kind, value) = text.split_once(':').ok_or_else(fault)?;
        match kind {
            "dns" => Self::dns(value),
            "ip" => value.parse().map(Self::Ip).map_err(|_| fault()),
            "uri" => Self::uri(value),
            "email" => Self::email(value),
            _ => Err(fault()),
        }
    }

    /// A DNS name: lower-cased, checked by the LDH rule of RFC 1123 §2.1, wildcard only as the whole leftmost label.
    ///
    /// # Errors
    /// [`InvalidName`] with the rule that is broken.
    pub fn dns(text: &str) -> Result<Self, InvalidName> {
        let name = text.to_ascii_lowercase();
        let host = name.strip_prefix("*.").unwrap_or(&name);
        match host_fault(host) {
            Some(reason) => Err(InvalidName { kind: "DNS name", text: text.to_owned(), reason }),
            None => Ok(Self::Dns(name)),
        }
    }

    /// An absolute URI with a host or a path, in the characters of RFC 3986 §2, of which RFC 5280 §4.2.1.6 takes no others.
    ///
    /// # Errors
    /// [`InvalidName`] with the rule that is broken.
    pub fn uri(text: &str) -> Result<Self, InvalidName> {
        let fault = |reason| InvalidName { kind: "URI", text: text.to_owned(), reason };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
        if !text.chars().all(allowed) {
            return Err(fault("it has a character that RFC 3986 does not allow: encode it"));
        }
        url::Url::parse(text).map_err(|_| fault("it is not an absolute URI"))?;
        Ok(Self::Uri(text.to_owned()))
    }

    /// An e-mail address `local@host` (RFC 5321 §4.1.2, without quoting); the host is lower-cased.
    ///
    /// # Errors
    /// [`InvalidName`] with the rule that is broken.
    pub fn email(text: &str) -> Result<Self, InvalidName> {
        let fault = |reason| InvalidName { kind: "e-mail address", text: text.to_owned(), reason };
        let (local, host) = text.rsplit_once('@').ok_or_else(|| fault("there is no @"))?;
        let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        if local.is_empty() || local.len() > 64 || !local.chars().all(atext) {
            return Err(fault("the part before @ is empty, too long or holds a forbidden character"));
        }
        let host = host.to_ascii_lowercase();
        match host_fault(&host) {
            Some(reason) => Err(fault(reason)),
            None => Ok(Self::Email(format!("{local}@{host}"))),
        }
    }
}

/// Reads `dns:…`, `ip:…`, `uri:…` or `email:…`; without a kind, an address or else a DNS name.
impl FromStr for GeneralName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = |value: &str| {
            let reason = "it is neither an IPv4 nor an IPv6 address";
            let fault = |_| InvalidName { kind: "IP address", text: value.to_owned(), reason };
            value.parse().map(Self::Ip).map_err(fault)
        };
        match text.split_once(':') {
            Some(("dns", value)) => Self::dns(value),
            Some(("uri", value)) => Self::uri(value),
            Some(("email", value)) => Self::email(value),
            Some(("ip", value)) => address(value),
            _ => address(text).or_else(|_| Self::dns(text)),
        }
    }
}

/// `dns:www.example.org`, the form of logs and of the command line.
impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.value())
    }
}

// RFC 5280 §4.2.1.6: four octets for IPv4, sixteen for IPv6.
pub(crate) fn address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        _ => None,
    }
}

/// The rule that a lower-case host name breaks, if any.
fn host_fault(host: &str) -> Option<&'static str> {
    let label_fault = |label: &str| {
        let ldh = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        label.is_empty()
            || label.len() > 63
            || !label.chars().all(ldh)
            || label.starts_with('-')
            || label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    if host.is_empty() || host.len() > 253 {
        Some("it is empty or longer than 253 characters")
    } else if host.contains('*') {
        Some("a wildcard may only be the whole leftmost label")
    } else if host.split('.').any(label_fault) {
        Some("each label has 1 to 63 letters, digits and inner hyphens")
    } else if last.chars().all(|c| c.is_ascii_digit()) {
        Some("the last label is a number: give an address as an IP identifier")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_names_are_normalised_and_checked() {
        assert_eq!(GeneralName::dns("WWW.Example.ORG"), Ok(GeneralName::Dns("www.example.org".into())));
        assert_eq!(GeneralName::dns("*.example.org"), Ok(GeneralName::Dns("*.example.org".into())));
        for bad in [
            "",
            ".",
            "a..b",
            "-a.org",
            "a-.org",
            "a_b.org",
            "w*.example.org",
            "*",
            "*.*.org",
            "a.*.org",
            "ü.org",
            "1.2.3.4",
            "a b",
            "example.org.",
            "example.org\0",
            "www.example.org\0.example.com",
        ] {
            assert!(GeneralName::dns(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for text in ["dns:*.example.org", "ip:2001:db8::1", "uri:spiffe://trust/domain", "email:ann@example.org"] {
            assert_eq!(GeneralName::parse(text).map(|name| name.to_string()).as_deref(), Ok(text));
        }
        for bad in ["www.example.org", "dns:", "ip:localhost", "url:http://example.org", ""] {
            assert!(GeneralName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_and_uris_are_checked() {
        assert_eq!(GeneralName::email("Ann@Example.ORG"), Ok(GeneralName::Email("Ann@example.org".into())));
        for bad in ["ann", "@example.org", "a b@example.org", "ann@", "ann@exa_mple.org", "a\0@b.org", "a@b\0.org"] {
            assert!(GeneralName::email(bad).is_err(), "{bad}");
        }
        assert!(GeneralName::uri("spiffe://trust/domain").is_ok());
        for bad in ["no-scheme", "http://ü.org", "", "http://a.org/\0", "http://a.org/<b>", "http://a.org/a b"] {
            assert!(GeneralName::uri(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_read_with_its_kind_or_without() {
        let (v4, v6): (IpAddr, IpAddr) = (IpAddr::from([192, 0, 2, 7]), IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1]));
        let cases = [
            ("dns:A.example.org", GeneralName::Dns("a.example.org".into())),
            ("a.example.org", GeneralName::Dns("a.example.org".into())),
            ("ip:192.0.2.7", GeneralName::Ip(v4)),
            ("fd00::1", GeneralName::Ip(v6)),
            ("uri:spiffe://trust/a", GeneralName::Uri("spiffe://trust/a".into())),
            ("email:ann@example.org", GeneralName::Email("ann@example.org".into())),
        ];
        for (text, name) in cases {
            assert_eq!(text.parse(), Ok(name), "{text}");
        }
        for bad in ["", "dns:", "ip:a.example.org", "uri:x", "<script>", "dn:a.example.org"] {
            assert!(bad.parse::<GeneralName>().is_err(), "{bad}");
        }
    }
}
