//! A critical extension that is not processed makes a whole CRL useless: every one we write is known.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-extensions-known", "RFC 5280 §5.2", check);

const KNOWN: [ObjectIdentifier; 2] = [oid::ID_CE_DELTA_CRL_INDICATOR, oid::ID_CE_ISSUING_DISTRIBUTION_POINT];

fn check(list: &Listed<'_>) -> Verdict {
    let unknown = list.extensions().iter().find(|extension| extension.critical && !KNOWN.contains(&extension.extn_id));
    unknown.map_or(Ok(()), |extension| Err(format!("extension {} is critical", extension.extn_id)))
}

#[cfg(test)]
mod tests {
    use const_oid::ObjectIdentifier;
    use der::asn1::Null;

    use super::RULE;
    use crate::lint::fixture::{extension, list, list_breaks, list_passes};

    #[test]
    fn an_unknown_extension_may_not_be_critical() {
        let private = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
        list_passes(&RULE, list().put(extension(private, false, &Null)));
        list_breaks(&RULE, list().put(extension(private, true, &Null)), "1.3.6.1.4.1.32473.1");
    }
}
