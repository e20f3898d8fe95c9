//! Purposes are named one by one: never none, never any, never twice.

use const_oid::db::rfc5280::ANY_EXTENDED_KEY_USAGE;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("extended-key-usage", "RFC 5280 §4.2.1.12; CA/Browser Forum BR §7.1.2.7.10", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(purposes) = certificate.extended_key_usage.as_ref().map(|usage| &usage.0) else { return Ok(()) };
    let repeated = |(index, id)| purposes.iter().skip(index + 1).any(|other| other == id);
    if purposes.is_empty() {
        Err("the extended key usage is empty".into())
    } else if purposes.contains(&ANY_EXTENDED_KEY_USAGE) {
        Err("the extended key usage has anyExtendedKeyUsage".into())
    } else if purposes.iter().enumerate().any(repeated) {
        Err("the extended key usage names a purpose twice".into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{breaks, extended_key_usage, leaf, passes};

    #[test]
    fn purposes_are_named() {
        passes(&RULE, leaf());
        passes(&RULE, leaf().without(oid::ID_CE_EXT_KEY_USAGE));
        breaks(&RULE, leaf().put(extended_key_usage(&[])), "empty");
        breaks(&RULE, leaf().put(extended_key_usage(&[oid::ANY_EXTENDED_KEY_USAGE])), "any");
        breaks(&RULE, leaf().put(extended_key_usage(&[oid::ID_KP_SERVER_AUTH; 2])), "twice");
    }
}
