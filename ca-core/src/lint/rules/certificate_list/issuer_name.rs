//! The issuer's name is, byte for byte, the subject of the issuer's certificate.

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule =
    ListRule::new("crl-issuer-name", "RFC 5280 §5.1.2.3 and §6.3.3 (b)(1)", check);

fn check(list: &Listed<'_>) -> Verdict {
    let (name, expected) = (&list.head.issuer, &list.issuer.name);
    if name.is_empty() || name != expected { Err(format!("the issuer is {name}, not {expected}")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{list, list_breaks, list_passes, name, printable_name};

    #[test]
    fn the_issuers_name_is_copied_exactly() {
        list_passes(&RULE, list());
        for other in [name("CN=Other CA"), printable_name("Issuing CA"), name("")] {
            list_breaks(&RULE, list().with(|draft| draft.issuer = other), "not CN=Issuing CA");
        }
    }
}
