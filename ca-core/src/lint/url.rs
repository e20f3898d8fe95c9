//! URLs under which certificates and CRLs are published.

use x509_cert::ext::pkix::name::GeneralName;

/// What is wrong with a name that relying parties are to fetch as a URL, if anything.
pub(super) fn publication_fault(name: &GeneralName) -> Option<String> {
    let GeneralName::UniformResourceIdentifier(text) = name else {
        return Some("is not a URL".to_owned());
    };
    publication_url_fault(text.as_str()).map(|fault| format!("{:?} {fault}", text.as_str()))
}

/// What is wrong with a URL that relying parties are to fetch, if anything: a configuration asks before a certificate
/// would be refused for it.
///
/// RFC 5280 §8 warns of HTTPS here: fetching what validates a certificate would need a certificate. A name of a single
/// label means another host in every network; `localhost` means the same everywhere (RFC 6761 §6.3).
pub fn publication_url_fault(text: &str) -> Option<&'static str> {
    let Ok(url) = ::url::Url::parse(text) else { return Some("is not a URL") };
    if url.scheme() != "http" {
        return Some("is not an http URL");
    }
    match url.host() {
        None => Some("has no host"),
        Some(::url::Host::Domain(host)) if !host.contains('.') && host != "localhost" => {
            Some("has a host of a single label, which means another host in every network")
        }
        Some(_) if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() => {
            Some("has a user name or a fragment")
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use der::asn1::Ia5String;

    use super::*;

    fn fault(text: &str) -> Option<String> {
        publication_fault(&GeneralName::UniformResourceIdentifier(Ia5String::new(text).unwrap()))
    }

    #[test]
    fn only_plain_http_urls_of_a_full_host_are_published() {
        for good in [
            "http://ca.example.org:8080/crl/issuing/1.crl",
            "http://192.0.2.1/a",
            "http://[::1]/a",
            "http://localhost:8080/a",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "https://ca.example.org/a",
            "ldap://ca.example.org/a",
            "http://ca/a",
            "/a",
            "http://u@ca.example.org/a",
            "http://ca.example.org/a#b",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
        assert!(publication_fault(&GeneralName::DnsName(Ia5String::new("ca.example.org").unwrap())).is_some());
    }
}
