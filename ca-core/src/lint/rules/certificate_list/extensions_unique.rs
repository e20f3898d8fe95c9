//! No extension of a CRL occurs twice.

use crate::lint::certificate_list::ListRule;
use crate::lint::extensions::repeated;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-extensions-unique", "RFC 5280 §4.2 and §5.2", check);

fn check(list: &Listed<'_>) -> Verdict {
    repeated(list.extensions()).map_or(Ok(()), |id| Err(format!("extension {id} occurs more than once")))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{list, list_breaks, list_passes};

    #[test]
    fn an_extension_occurs_once() {
        list_passes(&RULE, list());
        let twice = list().with(|draft| {
            let first = draft.extensions.first().cloned();
            draft.extensions.extend(first);
        });
        list_breaks(&RULE, twice, "more than once");
    }
}
