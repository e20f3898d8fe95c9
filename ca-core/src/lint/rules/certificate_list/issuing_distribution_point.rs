//! The issuing distribution point says what the CRL covers, once and in URLs.

use der::asn1::SequenceRef;
use der::{Decode as _, Encode as _};

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;
use crate::lint::rules::crl_distribution_points::publishes;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-issuing-distribution-point", "RFC 5280 §5.2.5", check);

fn check(list: &Listed<'_>) -> Verdict {
    let Some(point) = &list.distribution_point else { return Ok(()) };
    let encoded = point.to_der().map_err(|error| error.to_string())?;
    let only = [point.only_contains_user_certs, point.only_contains_ca_certs, point.only_contains_attribute_certs];
    if <&SequenceRef>::from_der(&encoded).is_ok_and(|content| content.as_bytes().is_empty()) {
        Err("the issuing distribution point is empty".into())
    } else if only.iter().filter(|set| **set).count() > 1 {
        Err("the CRL says that it holds only two different things".into())
    } else if point.indirect_crl || point.only_some_reasons.is_some() || point.only_contains_attribute_certs {
        Err("the CRL is indirect, for attribute certificates, or limited to some reasons".into())
    } else {
        point.distribution_point.as_ref().map_or(Ok(()), publishes)
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{issuing_distribution_point, list, list_breaks, list_passes};

    #[test]
    fn the_scope_is_one_thing_published_by_http() {
        let url = Some("http://ca.example.org/crl/issuing/1.crl");
        let point = |url, change: fn(&mut _)| list().put(issuing_distribution_point(url, change));
        list_passes(&RULE, list());
        list_passes(&RULE, point(url, |_| {}));
        list_passes(&RULE, point(None, |point| point.only_contains_ca_certs = true));
        list_breaks(&RULE, point(None, |_| {}), "empty");
        list_breaks(&RULE, point(Some("http://ca/1.crl"), |_| {}), "single label");
        let both = |point: &mut x509_cert::ext::pkix::IssuingDistributionPoint| {
            point.only_contains_ca_certs = true;
            point.only_contains_user_certs = true;
        };
        list_breaks(&RULE, point(url, both), "two different things");
        list_breaks(&RULE, point(url, |point| point.indirect_crl = true), "indirect");
        list_breaks(&RULE, point(url, |point| point.only_contains_attribute_certs = true), "attribute");
        list_breaks(&RULE, point(url, |point| point.only_some_reasons = Some(Default::default())), "reasons");
    }
}
