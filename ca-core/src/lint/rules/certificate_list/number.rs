//! Every CRL is numbered, within 20 octets.

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-number", "RFC 5280 §5.2.3", check);

fn check(list: &Listed<'_>) -> Verdict {
    match &list.number {
        None => Err("there is no CRL number".into()),
        Some(number) => short_enough(number.0.as_bytes()),
    }
}

/// Whether a CRL number, without leading zeros, has at most 20 octets as an INTEGER.
pub(super) fn short_enough(octets: &[u8]) -> Verdict {
    let sign = usize::from(octets.first().is_some_and(|octet| *octet >= 0x80));
    if octets.len() + sign > 20 { Err("the CRL number is longer than 20 octets".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{crl_number, list, list_breaks, list_passes};

    #[test]
    fn a_crl_has_a_number_of_at_most_20_octets() {
        list_passes(&RULE, list());
        list_passes(&RULE, list().put(crl_number(&[0x7f; 20])));
        list_passes(&RULE, list().put(crl_number(&[0])));
        list_breaks(&RULE, list().without(oid::ID_CE_CRL_NUMBER), "no CRL number");
        list_breaks(&RULE, list().put(crl_number(&[0x7f; 21])), "longer");
        list_breaks(&RULE, list().put(crl_number(&[0x80; 20])), "longer");
    }
}
