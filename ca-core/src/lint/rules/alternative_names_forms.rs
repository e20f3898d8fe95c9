//! Only forms of names whose control this CA can establish are certified.

use x509_cert::ext::pkix::name::GeneralName;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("alternative-names-forms", "RFC 5280 §4.2.1.6 (all parts are verified by the CA)", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    use GeneralName::{DnsName, IpAddress, Rfc822Name, UniformResourceIdentifier};
    let known = |n: &GeneralName| matches!(n, DnsName(_) | IpAddress(_) | Rfc822Name(_) | UniformResourceIdentifier(_));
    if certificate.names().iter().all(known) {
        return Ok(());
    }
    Err("there is a name that is neither dNSName, iPAddress, rfc822Name nor uniformResourceIdentifier".into())
}

#[cfg(test)]
mod tests {
    use const_oid::ObjectIdentifier;
    use x509_cert::ext::pkix::name::GeneralName;

    use super::RULE;
    use crate::lint::fixture::{address, alternative_names, breaks, leaf, mailbox, name, passes, uri};

    #[test]
    fn other_forms_are_refused() {
        passes(
            &RULE,
            leaf().put(alternative_names(&[address(&[0; 16]), mailbox("a@b.example"), uri("urn:a:b")], false)),
        );
        for other in [
            GeneralName::RegisteredId(ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473")),
            GeneralName::DirectoryName(name("CN=a")),
        ] {
            breaks(&RULE, leaf().put(alternative_names(&[other], false)), "neither");
        }
    }
}
