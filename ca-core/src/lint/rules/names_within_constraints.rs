//! What the issuer, and every CA above it, may not certify is not certified.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::lint::name_constraints::violation;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("names-within-constraints", "RFC 5280 §4.2.1.10 and §6.1.3 (b), (c)", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(issuer) = certificate.issuer() else { return Ok(()) };
    let (names, subject) = (certificate.names(), certificate.tbs.subject());
    let forbidden = issuer.name_constraints.iter().find_map(|constraints| violation(constraints, names, subject));
    forbidden.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]

    use x509_cert::ext::pkix::name::GeneralName;

    use super::RULE;
    use crate::lint::IssuerFacts;
    use crate::lint::fixture::{
        alternative_names, authority, breaks, constrained_authority, dns, leaf, name, name_constraints, passes, root,
        subtree,
    };

    #[test]
    fn the_issuers_constraints_are_honoured() {
        passes(&RULE, leaf());
        passes(&RULE, leaf().under(constrained_authority().facts()));
        let outside = leaf().put(alternative_names(&[dns("www.example.org"), dns("www.example.com")], false));
        breaks(&RULE, outside.under(constrained_authority().facts()), "www.example.com");
        let named = name_constraints(None, Some(vec![subtree(GeneralName::DirectoryName(name("CN=www.example.org")))]));
        breaks(&RULE, leaf().under(authority().put(named).facts()), "excludes");
    }

    #[test]
    fn constraints_of_the_whole_path_count() {
        let above = root().put(name_constraints(Some(vec![subtree(dns("example.com"))]), None));
        let path = [authority().certificate(), above.certificate()];
        let facts = IssuerFacts::from_path(path.iter().map(Vec::as_slice)).expect("a path");
        breaks(&RULE, leaf().under(facts), "www.example.org");
    }
}
