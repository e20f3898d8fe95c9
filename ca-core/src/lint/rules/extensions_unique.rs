//! No extension occurs twice.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::extensions::repeated;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("extensions-unique", "RFC 5280 §4.2", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    repeated(certificate.extensions()).map_or(Ok(()), |id| Err(format!("extension {id} occurs more than once")))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, passes};

    #[test]
    fn an_extension_occurs_once() {
        passes(&RULE, leaf());
        let twice = leaf().with(|draft| {
            let first = draft.extensions.first().cloned();
            draft.extensions.extend(first);
        });
        breaks(&RULE, twice, "more than once");
    }
}
