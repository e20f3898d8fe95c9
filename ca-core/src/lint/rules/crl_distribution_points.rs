//! CRL distribution points are plain HTTP URLs that everyone can resolve.

use x509_cert::ext::pkix::name::DistributionPointName;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::lint::url::publication_fault;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("crl-distribution-points", "RFC 5280 §4.2.1.13 and §8", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(points) = certificate.crl_distribution_points.as_ref().map(|points| &points.0) else { return Ok(()) };
    if points.is_empty() {
        return Err("the list of CRL distribution points is empty".into());
    }
    if points.iter().any(|point| point.reasons.is_some() || point.crl_issuer.is_some()) {
        return Err("a CRL distribution point is limited to reasons or names another issuer".into());
    }
    points.iter().try_for_each(|point| match &point.distribution_point {
        Some(name) => publishes(name),
        None => Err("a CRL distribution point names no place".into()),
    })
}

/// Whether a distribution point is given by URLs that everyone can fetch.
pub(in crate::lint) fn publishes(name: &DistributionPointName) -> Verdict {
    match name {
        DistributionPointName::FullName(urls) if urls.is_empty() => Err("a distribution point names no place".into()),
        DistributionPointName::FullName(urls) => {
            let fault = urls.iter().find_map(publication_fault);
            fault.map_or(Ok(()), |fault| Err(format!("a distribution point {fault}")))
        }
        DistributionPointName::NameRelativeToCRLIssuer(_) => {
            Err("a distribution point is relative to a directory name".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;
    use x509_cert::ext::pkix::CrlDistributionPoints;
    use x509_cert::ext::pkix::crl::dp::DistributionPoint;

    use super::RULE;
    use crate::lint::fixture::{breaks, distribution_points, extension, leaf, passes};

    #[test]
    fn distribution_points_are_http_urls() {
        passes(&RULE, leaf());
        passes(&RULE, leaf().without(oid::ID_CE_CRL_DISTRIBUTION_POINTS));
        for bad in ["https://ca.example.org/1.crl", "http://ca/1.crl", "ldap:///CN=a"] {
            breaks(&RULE, leaf().put(distribution_points(bad)), bad);
        }
        let put =
            |value: CrlDistributionPoints| leaf().put(extension(oid::ID_CE_CRL_DISTRIBUTION_POINTS, false, &value));
        breaks(&RULE, put(CrlDistributionPoints(vec![])), "empty");
        let nowhere = DistributionPoint { distribution_point: None, reasons: None, crl_issuer: None };
        breaks(&RULE, put(CrlDistributionPoints(vec![nowhere])), "no place");
        let indirect = DistributionPoint { distribution_point: None, reasons: None, crl_issuer: Some(vec![]) };
        breaks(&RULE, put(CrlDistributionPoints(vec![indirect])), "another issuer");
    }
}
