//! iPAddress: 4 octets or 16, and no mask.

use x509_cert::ext::pkix::name::GeneralName;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("addresses", "RFC 5280 §4.2.1.6", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let length = certificate.names().iter().find_map(|name| match name {
        GeneralName::IpAddress(octets) => Some(octets.as_bytes().len()).filter(|length| ![4, 16].contains(length)),
        _ => None,
    });
    length.map_or(Ok(()), |length| Err(format!("an iPAddress has {length} octets, not 4 or 16")))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{address, alternative_names, breaks, leaf, passes};

    #[test]
    fn an_address_has_4_or_16_octets() {
        let named = |length| leaf().put(alternative_names(&[address(&vec![1; length])], false));
        passes(&RULE, named(4));
        passes(&RULE, named(16));
        for length in [0, 3, 8, 32] {
            breaks(&RULE, named(length), &length.to_string());
        }
    }
}
