//! An address stands in an iPAddress, where software looks for it, never in a common name.

use std::net::IpAddr;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("common-name-address", "RFC 5280 §4.2.1.6; RFC 9525 §2", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let address = certificate.common_names().find(|text| text.parse::<IpAddr>().is_ok());
    address.map_or(Ok(()), |address| Err(format!("the common name is the address {address}")))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, name, passes};

    #[test]
    fn a_common_name_is_no_address() {
        passes(&RULE, leaf());
        for address in ["192.0.2.1", "2001:db8::1"] {
            breaks(&RULE, leaf().with(|draft| draft.subject = name(&format!("CN={address}"))), address);
        }
    }
}
