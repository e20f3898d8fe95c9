//! The algorithm to sign with fits the issuer's key, with parameters as the RFCs encode them.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::x509::{KeyAlgorithm, SignatureAlgorithm, SubjectPublicKeyInfo};

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new(
    "signature-algorithm",
    "RFC 5280 §4.1.2.3, RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3; CA/Browser Forum BR §7.1.3.2",
    check,
);

fn check(certificate: &Examined<'_>) -> Verdict {
    let issuer_key = certificate.issuer().map(|issuer| &issuer.key);
    let key = issuer_key.or(certificate.key.as_ref()).ok_or("the key of a self-signed certificate is unknown")?;
    fits(certificate.tbs.signature(), key)
}

/// Whether an algorithm identifier, parameters and all, is one that `key` signs with.
pub(in crate::lint) fn fits(
    identifier: &x509_cert::spki::AlgorithmIdentifierOwned,
    key: &SubjectPublicKeyInfo,
) -> Verdict {
    let algorithm = SignatureAlgorithm::from_identifier(identifier)
        .ok_or_else(|| format!("{} with these parameters is not an accepted signature algorithm", identifier.oid))?;
    let fitting = match key.algorithm() {
        KeyAlgorithm::Rsa { .. } => matches!(
            algorithm,
            SignatureAlgorithm::RsaPkcs1Sha256
                | SignatureAlgorithm::RsaPkcs1Sha384
                | SignatureAlgorithm::RsaPkcs1Sha512
        ),
        // The hash of an elliptic-curve signature is the one that belongs to the curve.
        other => algorithm == SignatureAlgorithm::for_key(other),
    };
    if fitting { Ok(()) } else { Err(format!("{algorithm:?} does not fit the issuer's {} key", key.algorithm())) }
}

#[cfg(test)]
mod tests {
    use der::asn1::{Any, Null};

    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, passes, root, rsa_issuer};
    use crate::x509::SignatureAlgorithm;

    #[test]
    fn the_algorithm_fits_the_issuers_key() {
        let signed = |algorithm: SignatureAlgorithm| leaf().with(|draft| draft.signature = algorithm.identifier());
        passes(&RULE, signed(SignatureAlgorithm::EcdsaSha256));
        passes(&RULE, root());
        passes(&RULE, signed(SignatureAlgorithm::RsaPkcs1Sha384).under(rsa_issuer()));
        breaks(&RULE, signed(SignatureAlgorithm::EcdsaSha384), "does not fit");
        breaks(&RULE, signed(SignatureAlgorithm::RsaPkcs1Sha256), "does not fit");
        breaks(&RULE, signed(SignatureAlgorithm::Ed25519), "does not fit");
        breaks(&RULE, signed(SignatureAlgorithm::EcdsaSha256).under(rsa_issuer()), "does not fit");
        breaks(
            &RULE,
            root().with(|draft| draft.signature = SignatureAlgorithm::EcdsaSha256.identifier()),
            "does not fit",
        );
    }

    #[test]
    fn parameters_are_null_for_rsa_and_absent_otherwise() {
        let with_null = leaf().with(|draft| draft.signature.parameters = Some(Any::from(Null)));
        breaks(&RULE, with_null, "parameters");
        let without = leaf().under(rsa_issuer()).with(|draft| {
            draft.signature = SignatureAlgorithm::RsaPkcs1Sha256.identifier();
            draft.signature.parameters = None;
        });
        breaks(&RULE, without, "parameters");
    }
}
