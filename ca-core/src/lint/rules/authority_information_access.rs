//! Authority information access names OCSP responders and issuer certificates by plain HTTP URLs.

use const_oid::db::rfc5280 as oid;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::lint::url::publication_fault;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("authority-information-access", "RFC 5280 §4.2.2.1 and §8", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(access) = certificate.authority_information_access.as_ref().map(|a| &a.0) else { return Ok(()) };
    if access.is_empty() {
        return Err("the authority information access is empty".into());
    }
    access.iter().try_for_each(|description| {
        if ![oid::ID_AD_CA_ISSUERS, oid::ID_AD_OCSP].contains(&description.access_method) {
            return Err(format!("{} is no access method for an authority", description.access_method));
        }
        let fault = publication_fault(&description.access_location);
        fault.map_or(Ok(()), |fault| Err(format!("an access location {fault}")))
    })
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{breaks, information_access, leaf, passes};

    #[test]
    fn access_is_by_http() {
        let url = "http://ca.example.org/aia/issuing.cer";
        passes(&RULE, leaf());
        passes(&RULE, leaf().without(oid::ID_PE_AUTHORITY_INFO_ACCESS));
        passes(&RULE, leaf().put(information_access(&[(oid::ID_AD_OCSP, url), (oid::ID_AD_CA_ISSUERS, url)])));
        breaks(&RULE, leaf().put(information_access(&[])), "empty");
        breaks(&RULE, leaf().put(information_access(&[(oid::ID_AD_CA_REPOSITORY, url)])), "no access method");
        breaks(&RULE, leaf().put(information_access(&[(oid::ID_AD_OCSP, "https://ca.example.org/ocsp")])), "https");
        breaks(&RULE, leaf().put(information_access(&[(oid::ID_AD_OCSP, "http://ca/ocsp")])), "single label");
    }
}
