//! A purpose and the key usage allow at least one thing in common.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use der::flagset::FlagSet;
use x509_cert::ext::pkix::KeyUsages;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("purpose-agrees-with-key-usage", "RFC 5280 §4.2.1.12", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let (Some(usage), Some(purposes)) = (certificate.key_usage, &certificate.extended_key_usage) else {
        return Ok(());
    };
    if certificate.is_authority() {
        // In a CA certificate purposes limit what is issued below it, not what its key does.
        return Ok(());
    }
    let useless = purposes.0.iter().find(|purpose| consistent(**purpose).is_some_and(|bits| usage.0.is_disjoint(bits)));
    useless.map_or(Ok(()), |purpose| Err(format!("no bit of the key usage serves the purpose {purpose}")))
}

/// The bits of which RFC 5280 says "consistent"; `None` for purposes that it does not know.
fn consistent(purpose: ObjectIdentifier) -> Option<FlagSet<KeyUsages>> {
    use KeyUsages::{DigitalSignature, KeyAgreement, KeyEncipherment, NonRepudiation};
    match purpose {
        oid::ID_KP_SERVER_AUTH => Some(DigitalSignature | KeyEncipherment | KeyAgreement),
        oid::ID_KP_CLIENT_AUTH => Some(DigitalSignature | KeyAgreement),
        oid::ID_KP_CODE_SIGNING => Some(DigitalSignature.into()),
        oid::ID_KP_EMAIL_PROTECTION => Some(DigitalSignature | NonRepudiation | KeyEncipherment | KeyAgreement),
        oid::ID_KP_TIME_STAMPING | oid::ID_KP_OCSP_SIGNING => Some(DigitalSignature | NonRepudiation),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;
    use x509_cert::ext::pkix::KeyUsages;

    use super::RULE;
    use crate::lint::fixture::{authority, breaks, extended_key_usage, key_usage, leaf, passes};

    #[test]
    fn purpose_and_usage_agree() {
        let with = |purpose, bit: KeyUsages| leaf().put(extended_key_usage(&[purpose])).put(key_usage(bit.into()));
        passes(&RULE, leaf());
        passes(&RULE, with(oid::ID_KP_SERVER_AUTH, KeyUsages::KeyEncipherment));
        passes(&RULE, with(oid::ID_KP_OCSP_SIGNING, KeyUsages::NonRepudiation));
        passes(&RULE, authority().put(extended_key_usage(&[oid::ID_KP_SERVER_AUTH])));
        breaks(&RULE, with(oid::ID_KP_SERVER_AUTH, KeyUsages::NonRepudiation), "serves the purpose");
        breaks(&RULE, with(oid::ID_KP_CLIENT_AUTH, KeyUsages::KeyEncipherment), "serves the purpose");
        breaks(&RULE, with(oid::ID_KP_CODE_SIGNING, KeyUsages::NonRepudiation), "serves the purpose");
        breaks(&RULE, with(oid::ID_KP_TIME_STAMPING, KeyUsages::KeyAgreement), "serves the purpose");
    }
}
