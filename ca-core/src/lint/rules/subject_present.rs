//! A CA has a name.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("subject-present", "RFC 5280 §4.1.2.6", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    if certificate.is_authority() && certificate.tbs.subject().is_empty() {
        return Err("the subject of a CA certificate is empty".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{authority, breaks, leaf, name, passes};

    #[test]
    fn only_an_end_entity_may_lack_a_subject() {
        passes(&RULE, authority());
        passes(&RULE, leaf().with(|draft| draft.subject = name("")));
        breaks(&RULE, authority().with(|draft| draft.subject = name("")), "empty");
    }
}
