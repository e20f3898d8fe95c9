//! A delta CRL has a base before itself and no delta of its own.

use const_oid::db::rfc5280::ID_CE_FRESHEST_CRL;

use super::number::short_enough;
use crate::lint::certificate_list::ListRule;
use crate::lint::extensions::find;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-delta-indicator", "RFC 5280 §5.2.4 and §5.2.6", check);

fn check(list: &Listed<'_>) -> Verdict {
    let Some(base) = &list.base else { return Ok(()) };
    let base = base.0.as_bytes();
    short_enough(base)?;
    let ordered = |octets: &[u8]| (octets.len(), octets.to_vec());
    if list.number.as_ref().is_some_and(|number| ordered(number.0.as_bytes()) <= ordered(base)) {
        Err("the base CRL number is not less than the CRL number".into())
    } else if find(list.extensions(), ID_CE_FRESHEST_CRL).is_some() {
        Err("a delta CRL names a delta CRL".into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{base_crl_number, crl_number, delta_list, freshest_crl, list, list_breaks, list_passes};

    #[test]
    fn a_delta_comes_after_its_base() {
        let numbered = |number: &[u8], base: &[u8]| delta_list().put(crl_number(number)).put(base_crl_number(base));
        list_passes(&RULE, list());
        list_passes(&RULE, delta_list());
        list_passes(&RULE, numbered(&[1, 0], &[0xff]));
        list_breaks(&RULE, numbered(&[7], &[7]), "not less");
        list_breaks(&RULE, numbered(&[7], &[1, 0]), "not less");
        list_breaks(&RULE, numbered(&[7], &[0x80; 20]), "longer");
        list_breaks(&RULE, delta_list().put(freshest_crl("http://ca.example.org/delta.crl")), "names a delta");
    }
}
