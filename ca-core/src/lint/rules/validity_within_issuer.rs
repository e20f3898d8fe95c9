//! A certificate that outlives its issuer, or begins before it, is invalid for part of its life.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("validity-within-issuer", "RFC 5280 §6.1.3 (a)(2)", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let Some(issuer) = certificate.issuer() else { return Ok(()) };
    let validity = certificate.tbs.validity();
    if validity.not_before.to_unix_duration() < issuer.not_before.to_unix_duration() {
        Err(format!("notBefore {} lies before the issuer's {}", validity.not_before, issuer.not_before))
    } else if validity.not_after.to_unix_duration() > issuer.not_after.to_unix_duration() {
        Err(format!("notAfter {} lies after the issuer's {}", validity.not_after, issuer.not_after))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{authority, breaks, generalized, leaf, passes, root, utc};

    #[test]
    fn validity_lies_within_the_issuers() {
        passes(&RULE, leaf());
        passes(&RULE, root());
        let issuer = authority();
        passes(&RULE, leaf().with(|draft| (draft.not_before, draft.not_after) = (issuer.not_before, issuer.not_after)));
        breaks(&RULE, leaf().with(|draft| draft.not_before = utc("2024-12-31T23:59:59Z")), "notBefore");
        breaks(&RULE, leaf().with(|draft| draft.not_after = generalized("2051-01-01T00:00:00Z")), "notAfter");
    }
}
