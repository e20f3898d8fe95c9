//! keyCertSign and cRLSign belong to CAs, and every CA here has both.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("key-usage-of-authority", "RFC 5280 §4.2.1.3 and §4.2.1.9", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(usage) = certificate.key_usage else { return Ok(()) };
    match (certificate.is_authority(), usage.key_cert_sign(), usage.crl_sign()) {
        (true, false, _) => Err("a CA's key usage lacks keyCertSign".into()),
        (true, _, false) => Err("a CA's key usage lacks cRLSign".into()),
        (false, true, _) | (false, _, true) => Err("an end entity's key usage has keyCertSign or cRLSign".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use x509_cert::ext::pkix::KeyUsages;

    use super::RULE;
    use crate::lint::fixture::{authority, breaks, key_usage, leaf, passes, root};

    #[test]
    fn signing_certificates_is_for_cas() {
        passes(&RULE, leaf());
        passes(&RULE, authority());
        passes(&RULE, root());
        breaks(&RULE, authority().put(key_usage(KeyUsages::CRLSign.into())), "lacks keyCertSign");
        breaks(&RULE, authority().put(key_usage(KeyUsages::KeyCertSign.into())), "lacks cRLSign");
        breaks(&RULE, leaf().put(key_usage(KeyUsages::DigitalSignature | KeyUsages::KeyCertSign)), "end entity");
        breaks(&RULE, leaf().put(key_usage(KeyUsages::DigitalSignature | KeyUsages::CRLSign)), "end entity");
    }
}
