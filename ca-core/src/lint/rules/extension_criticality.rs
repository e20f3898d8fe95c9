//! Each extension is critical where the RFC says MUST, and not where it says MUST NOT.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::extensions::find;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new(
    "extension-criticality",
    "RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.1.3, §4.2.1.4, §4.2.1.9, §4.2.1.10, §4.2.1.13, §4.2.2.1",
    check,
);

/// The extension, whether it must be critical, and whether that holds for CA certificates only.
const DEMANDS: [(ObjectIdentifier, bool, bool); 8] = [
    (oid::ID_CE_KEY_USAGE, true, false),
    (oid::ID_CE_BASIC_CONSTRAINTS, true, true),
    (oid::ID_CE_NAME_CONSTRAINTS, true, false),
    (oid::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, false),
    (oid::ID_CE_SUBJECT_KEY_IDENTIFIER, false, false),
    (oid::ID_CE_CERTIFICATE_POLICIES, false, false),
    (oid::ID_CE_CRL_DISTRIBUTION_POINTS, false, false),
    (oid::ID_PE_AUTHORITY_INFO_ACCESS, false, false),
];

fn check(certificate: &Examined<'_>) -> Verdict {
    for (id, critical, authorities_only) in DEMANDS {
        let applies = certificate.is_authority() || !authorities_only;
        let found = find(certificate.extensions(), id);
        if applies && found.is_some_and(|extension| extension.critical != critical) {
            let must = if critical { "must be" } else { "must not be" };
            return Err(format!("extension {id} {must} critical"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::{DEMANDS, RULE};
    use crate::lint::fixture::{authority, breaks, constrained_authority, leaf, passes};

    #[test]
    fn criticality_is_as_demanded() {
        passes(&RULE, leaf());
        passes(&RULE, constrained_authority());
        for (id, critical, _) in DEMANDS {
            breaks(&RULE, constrained_authority().criticality(id, !critical), &id.to_string());
        }
        passes(&RULE, leaf().criticality(oid::ID_CE_BASIC_CONSTRAINTS, false));
        breaks(&RULE, authority().criticality(oid::ID_CE_BASIC_CONSTRAINTS, false), "must be critical");
    }
}
