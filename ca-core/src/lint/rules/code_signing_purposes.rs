//! A code-signing key signs code: no host, no timestamp and no status answer, and nothing but signatures.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use x509_cert::ext::pkix::KeyUsages;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("code-signing-purposes", "CA/Browser Forum Code Signing BR §7.1.2.3", check);

const FOREIGN: [ObjectIdentifier; 4] =
    [oid::ID_KP_SERVER_AUTH, oid::ID_KP_CLIENT_AUTH, oid::ID_KP_TIME_STAMPING, oid::ID_KP_OCSP_SIGNING];

fn check(certificate: &Examined<'_>) -> Verdict {
    let purposes = certificate.extended_key_usage.as_ref().map(|usage| usage.0.as_slice()).unwrap_or_default();
    if certificate.is_authority() || !purposes.contains(&oid::ID_KP_CODE_SIGNING) {
        return Ok(());
    }
    if let Some(foreign) = purposes.iter().find(|purpose| FOREIGN.contains(purpose)) {
        return Err(format!("a code-signing certificate has the purpose {foreign} too"));
    }
    if certificate.key_usage.is_none_or(|usage| usage.0 != KeyUsages::DigitalSignature) {
        return Err("the key usage of a code-signing certificate is not digitalSignature alone".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;
    use x509_cert::ext::pkix::KeyUsages;

    use super::{FOREIGN, RULE};
    use crate::lint::fixture::{authority, breaks, extended_key_usage, key_usage, leaf, passes};

    #[test]
    fn code_signing_goes_with_nothing_else() {
        let code = oid::ID_KP_CODE_SIGNING;
        let signs = || leaf().put(key_usage(KeyUsages::DigitalSignature.into()));
        passes(&RULE, leaf());
        passes(&RULE, signs().put(extended_key_usage(&[code])));
        passes(&RULE, signs().put(extended_key_usage(&[code, oid::ID_KP_EMAIL_PROTECTION])));
        passes(&RULE, authority().put(extended_key_usage(&[code, oid::ID_KP_SERVER_AUTH])));
        for foreign in FOREIGN {
            breaks(&RULE, signs().put(extended_key_usage(&[code, foreign])), &foreign.to_string());
        }
        let more = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment;
        for draft in [leaf().put(key_usage(more)), leaf().without(oid::ID_CE_KEY_USAGE)] {
            breaks(&RULE, draft.put(extended_key_usage(&[code])), "alone");
        }
    }
}
