//! Each CRL extension is critical where the RFC says so.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;

use crate::lint::certificate_list::ListRule;
use crate::lint::extensions::find;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule =
    ListRule::new("crl-extension-criticality", "RFC 5280 §5.2.1, §5.2.3, §5.2.4, §5.2.5, §5.2.6, §5.2.7", check);

const DEMANDS: [(ObjectIdentifier, bool); 6] = [
    (oid::ID_CE_AUTHORITY_KEY_IDENTIFIER, false),
    (oid::ID_CE_CRL_NUMBER, false),
    (oid::ID_CE_DELTA_CRL_INDICATOR, true),
    (oid::ID_CE_ISSUING_DISTRIBUTION_POINT, true),
    (oid::ID_CE_FRESHEST_CRL, false),
    (oid::ID_PE_AUTHORITY_INFO_ACCESS, false),
];

fn check(list: &Listed<'_>) -> Verdict {
    let wrong = DEMANDS
        .iter()
        .find(|(id, critical)| find(list.extensions(), *id).is_some_and(|extension| extension.critical != *critical));
    let must = |critical: bool| if critical { "must be" } else { "must not be" };
    wrong.map_or(Ok(()), |(id, critical)| Err(format!("extension {id} {} critical", must(*critical))))
}

#[cfg(test)]
mod tests {
    use super::{DEMANDS, RULE};
    use crate::lint::fixture::{delta_list, freshest_crl, information_access, list_breaks, list_passes};

    #[test]
    fn criticality_is_as_demanded() {
        let full = || delta_list().put(information_access(&[])).put(freshest_crl("http://ca.example.org/delta.crl"));
        list_passes(&RULE, full());
        for (id, critical) in DEMANDS {
            list_breaks(&RULE, full().criticality(id, !critical), &id.to_string());
        }
    }
}
