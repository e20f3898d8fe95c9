//! pathLenConstraint stands only in the certificate of a CA that signs certificates, and what is above is honoured.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("path-length", "RFC 5280 §4.2.1.9 and §6.1.4 (l), (m)", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let own = certificate.basic_constraints.as_ref().and_then(|constraints| constraints.path_len_constraint);
    let authority = certificate.basic_constraints.as_ref().is_some_and(|constraints| constraints.ca);
    let signs = certificate.key_usage.is_none_or(|usage| usage.key_cert_sign());
    if own.is_some() && !(authority && signs) {
        return Err("there is a path length without cA and keyCertSign".into());
    }
    let Some(allowed) = certificate.issuer().and_then(|issuer| issuer.path_length) else { return Ok(()) };
    match (certificate.is_authority(), allowed.checked_sub(1), own) {
        (true, None, _) => Err("the issuer's path length allows no CA below it".into()),
        (true, Some(below), Some(own)) if own > below => {
            Err(format!("the path length {own} is larger than the {below} that the issuer leaves"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]

    use x509_cert::ext::pkix::KeyUsages;

    use super::RULE;
    use crate::lint::IssuerFacts;
    use crate::lint::fixture::{authority, basic_constraints, breaks, key_usage, leaf, passes, root};

    #[test]
    fn a_path_length_belongs_to_a_ca_that_signs() {
        passes(&RULE, leaf());
        passes(&RULE, authority());
        breaks(&RULE, leaf().put(basic_constraints(false, Some(0))), "without cA");
        breaks(&RULE, authority().put(key_usage(KeyUsages::CRLSign.into())), "keyCertSign");
    }

    #[test]
    fn the_path_length_above_is_honoured() {
        let limited = |length| root().put(basic_constraints(true, Some(length)));
        let below = |length, own| authority().under(limited(length).facts()).put(basic_constraints(true, own));
        passes(&RULE, below(1, Some(0)));
        passes(&RULE, below(1, None));
        passes(&RULE, leaf().under(authority().put(basic_constraints(true, Some(0))).facts()));
        breaks(&RULE, below(0, None), "no CA below");
        breaks(&RULE, below(1, Some(1)), "larger");
        let path = [authority().put(basic_constraints(true, None)).certificate(), limited(1).certificate()];
        let facts = IssuerFacts::from_path(path.iter().map(Vec::as_slice)).expect("a path");
        breaks(&RULE, authority().under(facts), "no CA below");
    }
}
