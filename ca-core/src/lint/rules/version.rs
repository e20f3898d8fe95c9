//! Extensions need version 3.

use x509_cert::certificate::Version;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("version", "RFC 5280 §4.1.2.1", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    match certificate.tbs.version() {
        Version::V3 => Ok(()),
        other => Err(format!("the version is {other:?}, not V3")),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, passes};

    #[test]
    fn only_version_3_passes() {
        passes(&RULE, leaf());
        breaks(&RULE, leaf().with(|draft| draft.version = None), "V1");
        breaks(&RULE, leaf().with(|draft| draft.version = Some(1)), "V2");
    }
}
