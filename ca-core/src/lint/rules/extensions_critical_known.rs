//! A critical extension that nobody processes makes a certificate useless: every one we write is known.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("extensions-critical-known", "RFC 5280 §4.2", check);

const KNOWN: [ObjectIdentifier; 10] = [
    oid::ID_CE_SUBJECT_ALT_NAME,
    oid::ID_CE_KEY_USAGE,
    oid::ID_CE_EXT_KEY_USAGE,
    oid::ID_CE_BASIC_CONSTRAINTS,
    oid::ID_CE_SUBJECT_KEY_IDENTIFIER,
    oid::ID_CE_AUTHORITY_KEY_IDENTIFIER,
    oid::ID_CE_NAME_CONSTRAINTS,
    oid::ID_CE_CRL_DISTRIBUTION_POINTS,
    oid::ID_PE_AUTHORITY_INFO_ACCESS,
    oid::ID_CE_CERTIFICATE_POLICIES,
];

fn check(certificate: &Examined<'_>) -> Verdict {
    let unknown = certificate.extensions().iter().find(|e| e.critical && !KNOWN.contains(&e.extn_id));
    unknown.map_or(Ok(()), |extension| Err(format!("the unknown extension {} is critical", extension.extn_id)))
}

#[cfg(test)]
mod tests {
    use const_oid::ObjectIdentifier;
    use der::asn1::Null;

    use super::RULE;
    use crate::lint::fixture::{breaks, extension, leaf, passes};

    #[test]
    fn an_unknown_extension_may_not_be_critical() {
        let private = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
        passes(&RULE, leaf().put(extension(private, false, &Null)));
        breaks(&RULE, leaf().put(extension(private, true, &Null)), "1.3.6.1.4.1.32473.1");
    }
}
