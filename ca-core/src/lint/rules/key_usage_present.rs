//! Key usage is always written, and always says something.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("key-usage-present", "RFC 5280 §4.2.1.3", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    match certificate.key_usage {
        None => Err("there is no key usage".into()),
        Some(usage) if usage.0.is_empty() => Err("the key usage has no bit set".into()),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;
    use der::flagset::FlagSet;

    use super::RULE;
    use crate::lint::fixture::{authority, breaks, key_usage, leaf, passes};

    #[test]
    fn a_key_has_a_usage() {
        passes(&RULE, leaf());
        passes(&RULE, authority());
        breaks(&RULE, leaf().without(oid::ID_CE_KEY_USAGE), "no key usage");
        breaks(&RULE, leaf().put(key_usage(FlagSet::default())), "no bit");
    }
}
