//! A key usage names only what the key's algorithm can do.

use der::flagset::FlagSet;
use x509_cert::ext::pkix::KeyUsages;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::x509::KeyAlgorithm;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("key-usage-of-key", "RFC 3279 §2.3.1, RFC 8813 §3, RFC 9295 §3", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let (Some(usage), Some(key)) = (certificate.key_usage, &certificate.key) else { return Ok(()) };
    let signing = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation | KeyUsages::KeyCertSign | KeyUsages::CRLSign;
    let possible: FlagSet<KeyUsages> = match key.algorithm() {
        KeyAlgorithm::Rsa { .. } => signing | KeyUsages::KeyEncipherment | KeyUsages::DataEncipherment,
        // encipherOnly and decipherOnly have a meaning only beside keyAgreement.
        KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521 if usage.key_agreement() => {
            signing | KeyUsages::KeyAgreement | KeyUsages::EncipherOnly | KeyUsages::DecipherOnly
        }
        _ => signing,
    };
    let impossible = usage.0 - possible;
    match impossible.into_iter().next() {
        Some(bit) => Err(format!("a key of type {} cannot do {bit:?}", key.algorithm())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use x509_cert::ext::pkix::KeyUsages;

    use super::RULE;
    use crate::lint::fixture::{breaks, key, key_usage, leaf, passes, rsa_key};
    use crate::x509::KeyAlgorithm;

    #[test]
    fn usage_fits_the_algorithm() {
        let with = |bits: KeyUsages| leaf().put(key_usage(KeyUsages::DigitalSignature | bits));
        let rsa = || rsa_key(2048, 0xff, &[1, 0, 1]);
        let edwards = || key(KeyAlgorithm::Ed25519);
        passes(&RULE, with(KeyUsages::KeyAgreement));
        passes(&RULE, with(KeyUsages::KeyEncipherment).certifying(&rsa()));
        passes(&RULE, with(KeyUsages::NonRepudiation).certifying(&edwards()));
        breaks(&RULE, with(KeyUsages::KeyEncipherment), "KeyEncipherment");
        breaks(&RULE, with(KeyUsages::EncipherOnly), "EncipherOnly");
        breaks(&RULE, with(KeyUsages::KeyAgreement).certifying(&rsa()), "KeyAgreement");
        breaks(&RULE, with(KeyUsages::KeyAgreement).certifying(&edwards()), "KeyAgreement");
    }
}
