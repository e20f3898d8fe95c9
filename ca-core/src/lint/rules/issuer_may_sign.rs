//! The issuer is a CA whose key may sign certificates.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("issuer-may-sign", "RFC 5280 §6.1.4 (k) and (n)", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(issuer) = certificate.issuer() else { return Ok(()) };
    if !issuer.is_authority {
        Err("the issuer's certificate is not a CA's".into())
    } else if issuer.key_usage.is_some_and(|usage| !usage.key_cert_sign()) {
        Err("the issuer's key usage lacks keyCertSign".into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;
    use x509_cert::ext::pkix::KeyUsages;

    use super::RULE;
    use crate::lint::fixture::{authority, breaks, key_usage, leaf, passes};

    #[test]
    fn only_a_ca_issues() {
        passes(&RULE, leaf());
        passes(&RULE, leaf().under(authority().without(oid::ID_CE_KEY_USAGE).facts()));
        breaks(&RULE, leaf().under(leaf().facts()), "not a CA's");
        let signs_crls = authority().put(key_usage(KeyUsages::CRLSign.into())).facts();
        breaks(&RULE, leaf().under(signs_crls), "keyCertSign");
    }
}
