//! cA is TRUE in a CA certificate and in no other.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("basic-constraints", "RFC 5280 §4.2.1.9", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let authority = certificate.basic_constraints.as_ref().map(|constraints| constraints.ca);
    match (certificate.is_authority(), authority) {
        (true, None) => Err("a CA certificate has no basic constraints".into()),
        (true, Some(false)) => Err("a CA certificate says that it is none".into()),
        (false, Some(true)) => Err("the certificate of an end entity says that it is a CA's".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{authority, basic_constraints, breaks, leaf, passes, root};

    #[test]
    fn only_a_ca_is_called_one() {
        passes(&RULE, leaf());
        passes(&RULE, leaf().without(oid::ID_CE_BASIC_CONSTRAINTS));
        passes(&RULE, authority());
        passes(&RULE, root());
        breaks(&RULE, leaf().put(basic_constraints(true, None)), "end entity");
        breaks(&RULE, authority().put(basic_constraints(false, None)), "says that it is none");
        breaks(&RULE, root().without(oid::ID_CE_BASIC_CONSTRAINTS), "no basic constraints");
    }
}
