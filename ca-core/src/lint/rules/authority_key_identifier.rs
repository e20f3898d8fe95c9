//! The authority key identifier names the issuer's key as the issuer's certificate names it.

use x509_cert::ext::pkix::AuthorityKeyIdentifier;

use crate::lint::IssuerFacts;
use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("authority-key-identifier", "RFC 5280 §4.2.1.1", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    match (certificate.issuer(), &certificate.authority_key_identifier) {
        (Some(issuer), Some(identifier)) => names_issuer(identifier, issuer),
        (Some(_), None) => Err("there is no authority key identifier".into()),
        // A self-signed certificate MAY omit it; if not, it is its own.
        (None, Some(identifier)) => {
            let own = certificate.subject_key_identifier.as_ref().map(|own| own.0.as_bytes());
            plain(identifier).and_then(|found| same(found, own.unwrap_or_default()))
        }
        (None, None) => Ok(()),
    }
}

/// Whether `identifier` is the key identifier of the issuer, alone.
pub(in crate::lint) fn names_issuer(identifier: &AuthorityKeyIdentifier, issuer: &IssuerFacts) -> Verdict {
    let expected = issuer.key_identifier.clone().unwrap_or_else(|| issuer.key.key_identifier().to_vec());
    plain(identifier).and_then(|found| same(found, &expected))
}

// §4.2.1.1: keyIdentifier MUST be there. Issuer and serial would tie the certificate to one certificate of the issuer.
fn plain(identifier: &AuthorityKeyIdentifier) -> Result<&[u8], String> {
    if identifier.authority_cert_issuer.is_some() || identifier.authority_cert_serial_number.is_some() {
        return Err("the authority key identifier names the issuer's certificate".into());
    }
    let found = identifier.key_identifier.as_ref().map(|found| found.as_bytes());
    found.ok_or_else(|| "the authority key identifier has no keyIdentifier".into())
}

fn same(found: &[u8], expected: &[u8]) -> Verdict {
    if found == expected { Ok(()) } else { Err("the authority key identifier is not the issuer's".into()) }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;
    use x509_cert::ext::pkix::AuthorityKeyIdentifier;
    use x509_cert::serial_number::SerialNumber;

    use super::RULE;
    use crate::lint::fixture::{
        authority, authority_key_identifier, breaks, extension, key, leaf, passes, root, subject_key_identifier,
    };
    use crate::x509::KeyAlgorithm;

    #[test]
    fn the_identifier_is_the_issuers() {
        passes(&RULE, leaf());
        passes(&RULE, authority());
        let own_choice = authority().put(subject_key_identifier(b"own choice"));
        passes(&RULE, leaf().put(authority_key_identifier(b"own choice")).under(own_choice.facts()));
        breaks(&RULE, leaf().without(oid::ID_CE_AUTHORITY_KEY_IDENTIFIER), "no authority key identifier");
        breaks(&RULE, leaf().put(authority_key_identifier(b"other")), "not the issuer's");
        breaks(&RULE, leaf().under(own_choice.facts()), "not the issuer's");
    }

    #[test]
    fn a_self_signed_certificate_names_itself_or_nobody() {
        passes(&RULE, root());
        passes(&RULE, root().put(authority_key_identifier(&key(KeyAlgorithm::EcdsaP384).key_identifier())));
        breaks(&RULE, root().put(authority_key_identifier(b"other")), "not the issuer's");
    }

    #[test]
    fn it_holds_a_key_identifier_and_nothing_else() {
        let put =
            |value: &AuthorityKeyIdentifier| leaf().put(extension(oid::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, value));
        breaks(&RULE, put(&AuthorityKeyIdentifier::default()), "no keyIdentifier");
        let serial = SerialNumber::new(&[1]).ok();
        let by_serial = AuthorityKeyIdentifier { authority_cert_serial_number: serial, ..Default::default() };
        breaks(&RULE, put(&by_serial), "names the issuer's certificate");
    }
}
