//! A time-stamping key has that one purpose, marked critical.

use const_oid::db::rfc5280 as oid;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::extensions::find;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("time-stamping-alone", "RFC 3161 §2.3", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let purposes = certificate.extended_key_usage.as_ref().map(|usage| usage.0.as_slice()).unwrap_or_default();
    if certificate.is_authority() || !purposes.contains(&oid::ID_KP_TIME_STAMPING) {
        return Ok(());
    }
    let critical = find(certificate.extensions(), oid::ID_CE_EXT_KEY_USAGE).is_some_and(|extension| extension.critical);
    if purposes.len() != 1 {
        Err("a time-stamping certificate has other purposes too".into())
    } else if !critical {
        Err("the extended key usage of a time-stamping certificate is not critical".into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{authority, breaks, extended_key_usage, leaf, passes};

    #[test]
    fn time_stamping_stands_alone_and_critical() {
        let stamping = || leaf().put(extended_key_usage(&[oid::ID_KP_TIME_STAMPING]));
        passes(&RULE, leaf());
        passes(&RULE, stamping().criticality(oid::ID_CE_EXT_KEY_USAGE, true));
        passes(&RULE, authority().put(extended_key_usage(&[oid::ID_KP_TIME_STAMPING])));
        breaks(&RULE, stamping(), "not critical");
        let two = leaf().put(extended_key_usage(&[oid::ID_KP_TIME_STAMPING, oid::ID_KP_CODE_SIGNING]));
        breaks(&RULE, two.criticality(oid::ID_CE_EXT_KEY_USAGE, true), "other purposes");
    }
}
