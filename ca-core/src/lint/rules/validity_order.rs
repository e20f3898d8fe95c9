//! Validity does not end before it begins.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("validity-order", "RFC 5280 §4.1.2.5", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let validity = certificate.tbs.validity();
    let (first, last) = (validity.not_before, validity.not_after);
    if first.to_unix_duration() > last.to_unix_duration() {
        return Err(format!("notAfter {last} lies before notBefore {first}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, passes, utc};

    #[test]
    fn validity_ends_after_it_begins() {
        passes(&RULE, leaf());
        passes(&RULE, leaf().with(|draft| draft.not_after = draft.not_before));
        breaks(&RULE, leaf().with(|draft| draft.not_after = utc("2025-12-31T23:59:59Z")), "lies before");
    }
}
