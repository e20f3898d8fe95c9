//! An end entity is known by its subject alternative names: there is at least one. Who signs code or timestamps may be
//! known by a subject instead.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("alternative-names-present", "RFC 5280 §4.2.1.6; RFC 9525 §2", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    match &certificate.names {
        Some(names) if names.0.is_empty() => Err("the subject alternative name extension is empty".into()),
        None if !certificate.is_authority() && !certificate.is_known_by_subject() => {
            Err("there is no subject alternative name".into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{alternative_names, authority, breaks, extended_key_usage, leaf, name, passes};

    #[test]
    fn an_end_entity_has_a_name() {
        passes(&RULE, leaf());
        passes(&RULE, authority());
        breaks(&RULE, leaf().without(oid::ID_CE_SUBJECT_ALT_NAME), "no subject alternative name");
        breaks(&RULE, leaf().put(alternative_names(&[], false)), "empty");
        for purpose in [oid::ID_KP_CODE_SIGNING, oid::ID_KP_TIME_STAMPING] {
            let unnamed =
                |purposes: &[_]| leaf().without(oid::ID_CE_SUBJECT_ALT_NAME).put(extended_key_usage(purposes));
            passes(&RULE, unnamed(&[purpose]));
            breaks(&RULE, unnamed(&[purpose]).with(|draft| draft.subject = name("")), "no subject alternative name");
            breaks(&RULE, unnamed(&[purpose, oid::ID_KP_CLIENT_AUTH]), "no subject alternative name");
        }
        breaks(&RULE, authority().put(alternative_names(&[], false)), "empty");
    }
}
