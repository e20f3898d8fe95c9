//! Whether names lie inside the subtrees that a CA may certify (RFC 5280 §4.2.1.10).

use std::net::IpAddr;

use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

/// The first name that the constraints forbid, and why.
pub(super) fn violation(constraints: &NameConstraints, names: &[GeneralName], subject: &Name) -> Option<String> {
    let subject = (!subject.is_empty()).then(|| GeneralName::DirectoryName(subject.clone()));
    names.iter().chain(subject.as_ref()).find_map(|name| violation_by(constraints, name))
}

fn violation_by(constraints: &NameConstraints, name: &GeneralName) -> Option<String> {
    let bases = |subtrees: &Option<Vec<x509_cert::ext::pkix::constraints::name::GeneralSubtree>>| {
        subtrees.iter().flatten().map(|subtree| subtree.base.clone()).filter(|base| same_form(base, name)).collect()
    };
    let (excluded, permitted): (Vec<_>, Vec<_>) =
        (bases(&constraints.excluded_subtrees), bases(&constraints.permitted_subtrees));
    if excluded.iter().any(|base| touches(base, name)) {
        return Some(format!("{} lies in a subtree that the issuer excludes", text(name)));
    }
    // Only forms of which the extension permits something are limited to what it permits.
    let inside = permitted.is_empty() || permitted.iter().any(|base| contains(base, name));
    (!inside).then(|| format!("{} lies outside the subtrees that the issuer is permitted", text(name)))
}

fn same_form(base: &GeneralName, name: &GeneralName) -> bool {
    std::mem::discriminant(base) == std::mem::discriminant(name)
}

/// Whether all that `name` stands for lies in the subtree. A form that we cannot judge never does.
fn contains(base: &GeneralName, name: &GeneralName) -> bool {
    match (base, name) {
        (GeneralName::DnsName(base), GeneralName::DnsName(name)) => dns_contains(base.as_str(), name.as_str()),
        (GeneralName::IpAddress(base), GeneralName::IpAddress(name)) => {
            address_inside(base.as_bytes(), name.as_bytes())
        }
        (GeneralName::Rfc822Name(base), GeneralName::Rfc822Name(name)) => mailbox_inside(base.as_str(), name.as_str()),
        (GeneralName::UniformResourceIdentifier(base), GeneralName::UniformResourceIdentifier(name)) => {
            uri_host(name.as_str()).is_some_and(|host| host_inside(base.as_str(), &host))
        }
        (GeneralName::DirectoryName(base), GeneralName::DirectoryName(name)) => name_inside(base, name),
        _ => false,
    }
}

/// Whether anything that `name` stands for lies in the subtree. A form that we cannot judge always does.
fn touches(base: &GeneralName, name: &GeneralName) -> bool {
    match (base, name) {
        (GeneralName::DnsName(base), GeneralName::DnsName(name)) => {
            dns_contains(base.as_str(), name.as_str()) || wildcard_covers(name.as_str(), base.as_str())
        }
        // A URI without a host name MUST be rejected when URIs are constrained.
        (GeneralName::UniformResourceIdentifier(_), GeneralName::UniformResourceIdentifier(name))
            if uri_host(name.as_str()).is_none() =>
        {
            true
        }
        (GeneralName::OtherName(_) | GeneralName::EdiPartyName(_) | GeneralName::RegisteredId(_), _) => true,
        _ => contains(base, name),
    }
}

// Zero or more labels may be added on the left; the empty constraint is the root of all names.
fn dns_contains(base: &str, name: &str) -> bool {
    let (base, name) = (base.to_ascii_lowercase(), name.to_ascii_lowercase());
    base.is_empty() || name == base || is_below(&name, base.strip_prefix('.').unwrap_or(&base))
}

fn is_below(name: &str, base: &str) -> bool {
    name.strip_suffix(base).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}

/// `*.example.org` stands for every name with one more label, so for the excluded `www.example.org` too.
fn wildcard_covers(name: &str, base: &str) -> bool {
    let (name, base) = (name.to_ascii_lowercase(), base.to_ascii_lowercase());
    name.strip_prefix("*.").is_some_and(|parent| base.split_once('.').is_some_and(|(_, rest)| rest == parent))
}

// Address and mask, 8 or 32 octets.
fn address_inside(base: &[u8], address: &[u8]) -> bool {
    let (network, mask) = base.split_at(base.len() / 2);
    let masked = |octets: &[u8]| octets.iter().zip(mask).map(|(octet, mask)| octet & mask).collect::<Vec<_>>();
    network.len() == address.len() && mask.len() == address.len() && masked(network) == masked(address)
}

// A mailbox, all mailboxes of a host, or with a leading dot all mailboxes of the hosts below.
fn mailbox_inside(base: &str, mailbox: &str) -> bool {
    let Some((local, host)) = mailbox.rsplit_once('@') else { return false };
    match base.rsplit_once('@') {
        Some((base_local, base_host)) => base_local == local && base_host.eq_ignore_ascii_case(host),
        None => host_inside(base, host),
    }
}

// A host, or with a leading dot all hosts below, but not the domain itself.
fn host_inside(base: &str, host: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => is_below(&host.to_ascii_lowercase(), &domain.to_ascii_lowercase()),
        None => base.eq_ignore_ascii_case(host),
    }
}

fn uri_host(uri: &str) -> Option<String> {
    let url = ::url::Url::parse(uri).ok()?;
    let host = url.host_str()?;
    (host.parse::<IpAddr>().is_err() && !host.starts_with('[')).then(|| host.to_owned())
}

// RFC 5280 §7.1: initial RDNs are compared without regard to case.
fn name_inside(base: &Name, name: &Name) -> bool {
    let folded = |name: &Name| name.iter_rdn().map(|rdn| rdn.to_string().to_lowercase()).collect::<Vec<_>>();
    folded(name).starts_with(&folded(base))
}

fn text(name: &GeneralName) -> String {
    match name {
        GeneralName::DnsName(text) | GeneralName::Rfc822Name(text) | GeneralName::UniformResourceIdentifier(text) => {
            text.to_string()
        }
        GeneralName::IpAddress(octets) => address_text(octets.as_bytes()),
        GeneralName::DirectoryName(name) => name.to_string(),
        _ => "a name of another form".to_owned(),
    }
}

/// The address that 4 or 16 octets stand for.
pub(super) fn address_text(octets: &[u8]) -> String {
    address(octets).map_or_else(|| format!("an address of {} octets", octets.len()), |address| address.to_string())
}

/// The address that 4 or 16 octets stand for.
pub(super) fn address(octets: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(octets).map(IpAddr::from).ok();
    four.or_else(|| <[u8; 16]>::try_from(octets).map(IpAddr::from).ok())
}

#[cfg(test)]
mod tests;
