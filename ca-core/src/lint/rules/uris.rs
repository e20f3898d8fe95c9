//! uniformResourceIdentifier: absolute, in the characters of RFC 3986.

use x509_cert::ext::pkix::name::GeneralName;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("uris", "RFC 5280 §4.2.1.6, RFC 3986 §2 and §3", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let bad = certificate.names().iter().find_map(|name| match name {
        GeneralName::UniformResourceIdentifier(text) if !is_absolute(text.as_str()) => Some(text.as_str()),
        _ => None,
    });
    bad.map_or(Ok(()), |text| Err(format!("{text:?} is not an absolute URI")))
}

fn is_absolute(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_char = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(scheme_char)
        && !rest.is_empty()
        && rest.chars().all(allowed)
        && ::url::Url::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{alternative_names, breaks, leaf, passes, uri};

    #[test]
    fn a_uri_is_absolute() {
        let named = |text: &str| leaf().put(alternative_names(&[uri(text)], false));
        for good in ["spiffe://trust.example/service", "https://[2001:db8::1]:8443/a?b#c", "urn:example:a%20b"] {
            passes(&RULE, named(good));
        }
        for bad in [
            "",
            "/path",
            "//host/path",
            "http:",
            "http:// host/",
            "1http://a.example",
            "http://a.example/<b>",
            "spiffe",
        ] {
            breaks(&RULE, named(bad), "absolute");
        }
    }
}
