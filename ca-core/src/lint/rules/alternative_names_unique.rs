//! No subject alternative name is written twice.

use std::collections::HashSet;

use x509_cert::ext::pkix::name::GeneralName;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("alternative-names-unique", "RFC 5280 §4.2.1.6; pkilint", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let mut seen = HashSet::new();
    let twice = certificate.names().iter().filter_map(key).find(|key| !seen.insert(key.clone()));
    twice.map_or(Ok(()), |(_, text)| Err(format!("{:?} is named twice", String::from_utf8_lossy(&text))))
}

/// Form and value; DNS names are equal without regard to case.
fn key(name: &GeneralName) -> Option<(u8, Vec<u8>)> {
    match name {
        GeneralName::Rfc822Name(text) => Some((1, text.as_bytes().to_vec())),
        GeneralName::DnsName(text) => Some((2, text.as_bytes().to_ascii_lowercase())),
        GeneralName::UniformResourceIdentifier(text) => Some((6, text.as_bytes().to_vec())),
        GeneralName::IpAddress(octets) => Some((7, octets.as_bytes().to_vec())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{address, alternative_names, breaks, dns, leaf, mailbox, passes, uri};

    #[test]
    fn each_name_is_written_once() {
        let named = |names: &[_]| leaf().put(alternative_names(names, false));
        passes(
            &RULE,
            named(&[dns("a.example.org"), dns("b.example.org"), mailbox("a@example.org"), mailbox("A@example.org")]),
        );
        breaks(&RULE, named(&[dns("a.example.org"), dns("A.example.org")]), "a.example.org");
        breaks(&RULE, named(&[address(&[192, 0, 2, 1]), dns("a.example.org"), address(&[192, 0, 2, 1])]), "twice");
        breaks(&RULE, named(&[uri("urn:a:b"), uri("urn:a:b")]), "urn:a:b");
        breaks(&RULE, named(&[mailbox("a@example.org"), mailbox("a@example.org")]), "a@example.org");
    }
}
