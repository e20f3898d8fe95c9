//! The unique identifiers of version 2 are not written.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("unique-identifiers", "RFC 5280 §4.1.2.8", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    if certificate.tbs.issuer_unique_id().is_some() || certificate.tbs.subject_unique_id().is_some() {
        return Err("the certificate has a unique identifier".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use der::asn1::BitString;

    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, passes};

    #[test]
    fn unique_identifiers_are_refused() {
        passes(&RULE, leaf());
        let identifier = || BitString::from_bytes(&[1]).ok();
        breaks(&RULE, leaf().with(|draft| draft.issuer_unique_id = identifier()), "unique identifier");
        breaks(&RULE, leaf().with(|draft| draft.subject_unique_id = identifier()), "unique identifier");
    }
}
