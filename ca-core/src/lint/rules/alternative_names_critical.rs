//! The subject alternative names are critical exactly when the subject is empty.

use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::extensions::find;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("alternative-names-critical", "RFC 5280 §4.1.2.6 and §4.2.1.6", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(extension) = find(certificate.extensions(), ID_CE_SUBJECT_ALT_NAME) else { return Ok(()) };
    match (certificate.tbs.subject().is_empty(), extension.critical) {
        (true, false) => Err("the subject is empty and its alternative names are not critical".into()),
        (false, true) => Err("the subject is not empty and its alternative names are critical".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;

    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, name, passes};

    #[test]
    fn names_are_critical_in_place_of_a_subject() {
        let nameless = || leaf().with(|draft| draft.subject = name(""));
        passes(&RULE, leaf());
        passes(&RULE, nameless().criticality(ID_CE_SUBJECT_ALT_NAME, true));
        breaks(&RULE, nameless(), "are not critical");
        breaks(&RULE, leaf().criticality(ID_CE_SUBJECT_ALT_NAME, true), "are critical");
    }
}
