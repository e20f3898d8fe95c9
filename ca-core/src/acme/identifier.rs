//! What an order asks a certificate for: DNS names (RFC 8555 §7.1.4) and IP addresses (RFC 8738).

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use super::message::WireIdentifier;
use super::{Problem, ProblemType};
use crate::x509::GeneralName;

/// Most identifiers that one order may have.
pub const MAX_IDENTIFIERS: usize = 100;

/// Longest text that is worth repeating in an error.
const LONGEST_VALUE: usize = 255;

/// One identifier in canonical form: a lower-case DNS name, in an order perhaps with a leading `*.`, or an IP address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// Type `dns`.
    Dns(String),
    /// Type `ip` (RFC 8738).
    Ip(IpAddr),
}

impl Identifier {
    /// Reads an identifier as a client sends it.
    ///
    /// # Errors
    /// `unsupportedIdentifier` for another type, `malformed` for text that is no such name, `rejectedIdentifier` for an address that
    /// names no single host. Each names the identifier.
    pub fn parse(wire: &WireIdentifier) -> Result<Self, Problem> {
        let problem = match wire.kind.as_str() {
            _ if wire.value.len().max(wire.kind.len()) > LONGEST_VALUE => {
                return Err(Problem::malformed(format!(
                    "type and value of an identifier have at most {LONGEST_VALUE} characters"
                )));
            }
            "dns" => match parse_dns(&wire.value) {
                Ok(identifier) => return Ok(identifier),
                Err(problem) => problem,
            },
            "ip" => match parse_ip(&wire.value) {
                Ok(identifier) => return Ok(identifier),
                Err(problem) => problem,
            },
            other => {
                let known: String = other.chars().take(32).collect();
                Problem::new(
                    ProblemType::UnsupportedIdentifier,
                    format!("identifiers of type {known:?} are not supported: use dns or ip"),
                )
            }
        };
        Err(problem.about_wire(wire.clone()))
    }

    /// Reads all identifiers of an order: duplicates fall away, the order of the rest is kept.
    ///
    /// # Errors
    /// `malformed` for none or more than [`MAX_IDENTIFIERS`]; else what [`Self::parse`] says, with all faults as subproblems.
    pub fn parse_all(wires: &[WireIdentifier]) -> Result<Vec<Self>, Problem> {
        if wires.is_empty() || wires.len() > MAX_IDENTIFIERS {
            return Err(Problem::malformed(format!(
                "an order has 1 to {MAX_IDENTIFIERS} identifiers, not {}",
                wires.len()
            )));
        }
        let (mut identifiers, mut problems, mut seen) = (Vec::with_capacity(wires.len()), Vec::new(), HashSet::new());
        for wire in wires {
            match Self::parse(wire) {
                Ok(identifier) if seen.insert(identifier.clone()) => identifiers.push(identifier),
                Ok(_) => {}
                Err(problem) => problems.push(problem),
            }
        }
        Problem::combined(problems).map_or(Ok(identifiers), Err)
    }

    /// The identifier as JSON has it.
    pub fn to_wire(&self) -> WireIdentifier {
        WireIdentifier { kind: self.kind().to_owned(), value: self.value() }
    }

    /// `dns` or `ip`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
        }
    }

    /// The name, or the address in the text form of RFC 8738 §3.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(name) => name.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }

    /// Whether this is `*.` and a name.
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Dns(name) if name.starts_with("*."))
    }

    // RFC 8555 §7.1.4: "the 'identifier' ... without the wildcard prefix, and the 'wildcard' field set to true".
    /// The identifier that is authorized for this one: a wildcard's name without `*.`.
    #[must_use]
    pub fn base(&self) -> Self {
        match self {
            Self::Dns(name) => Self::Dns(name.strip_prefix("*.").unwrap_or(name).to_owned()),
            Self::Ip(address) => Self::Ip(*address),
        }
    }

    /// The same name in a certificate.
    pub fn to_general_name(&self) -> GeneralName {
        match self {
            Self::Dns(name) => GeneralName::Dns(name.clone()),
            Self::Ip(address) => GeneralName::Ip(*address),
        }
    }

    /// The identifier for a name of a certificate or CSR; `None` for kinds that ACME does not order here.
    pub fn from_general_name(name: &GeneralName) -> Option<Self> {
        match name {
            GeneralName::Dns(name) => Some(Self::Dns(name.clone())),
            GeneralName::Ip(address) => Some(Self::Ip(*address)),
            GeneralName::Uri(_) | GeneralName::Email(_) => None,
        }
    }

    // RFC 8737 §3 for names; RFC 8738 §6 for addresses: the reverse-mapping name, because SNI cannot carry an address.
    /// The server name to send in a tls-alpn-01 handshake.
    pub fn tls_server_name(&self) -> String {
        match self {
            Self::Dns(name) => name.clone(),
            Self::Ip(IpAddr::V4(address)) => {
                let [a, b, c, d] = address.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa")
            }
            Self::Ip(IpAddr::V6(address)) => {
                let nibbles =
                    address.octets().into_iter().rev().map(|octet| format!("{:x}.{:x}.", octet & 0xf, octet >> 4));
                nibbles.collect::<String>() + "ip6.arpa"
            }
        }
    }
}

/// `dns:www.example.org`, the form of logs and errors.
impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Ip(address) => write!(f, "ip:{address}"),
        }
    }
}

fn parse_dns(value: &str) -> Result<Identifier, Problem> {
    let hint = if value.is_ascii() { "" } else { "; write international names as A-labels (xn--)" };
    match GeneralName::dns(value) {
        Ok(GeneralName::Dns(name)) => Ok(Identifier::Dns(name)),
        Ok(_) => Err(Problem::malformed("it is not a DNS name")),
        Err(fault) => Err(Problem::malformed(format!("{fault}{hint}"))),
    }
}

// RFC 8738 §3: the text form of RFC 1123 §2.1 for IPv4, of RFC 5952 §4 for IPv6. Rust prints exactly these.
fn parse_ip(value: &str) -> Result<Identifier, Problem> {
    let address: IpAddr = value.parse().map_err(|_| Problem::malformed(format!("{value:?} is not an IP address")))?;
    let canonical = address.to_string();
    if canonical != value {
        return Err(Problem::malformed(format!("the address {value:?} must be written {canonical:?} (RFC 8738 §3)")));
    }
    match unusable(address) {
        Some(rule) => {
            Err(Problem::new(ProblemType::RejectedIdentifier, format!("the address {canonical} is refused: {rule}")))
        }
        None => Ok(Identifier::Ip(address)),
    }
}

/// Why an address cannot stand in a certificate, if so. Which networks are allowed is for the profile and the network guard.
fn unusable(address: IpAddr) -> Option<&'static str> {
    match address {
        _ if address.is_unspecified() => Some("it is the unspecified address"),
        _ if address.is_multicast() => Some("it is a multicast address"),
        IpAddr::V4(v4) if v4.is_broadcast() => Some("it is the broadcast address"),
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => {
            Some("it is an IPv4-mapped address: ask for the IPv4 address")
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "identifier_tests.rs"]
mod tests;
