//! The subject key identifier is the SHA-1 of the key's bits, so that anyone can compute it.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("subject-key-identifier", "RFC 5280 §4.2.1.2 method (1)", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(identifier) = &certificate.subject_key_identifier else {
        return Err("there is no subject key identifier".into());
    };
    let expected = certificate.key.as_ref().map(|key| key.key_identifier());
    if expected.is_some_and(|expected| identifier.0.as_bytes() != expected) {
        return Err("the subject key identifier is not the SHA-1 of the key".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{breaks, key, leaf, passes, subject_key_identifier};
    use crate::x509::KeyAlgorithm;

    #[test]
    fn the_identifier_is_of_this_key() {
        passes(&RULE, leaf());
        breaks(&RULE, leaf().without(oid::ID_CE_SUBJECT_KEY_IDENTIFIER), "no subject key identifier");
        let other = key(KeyAlgorithm::EcdsaP384).key_identifier();
        breaks(&RULE, leaf().put(subject_key_identifier(&other)), "SHA-1");
    }
}
