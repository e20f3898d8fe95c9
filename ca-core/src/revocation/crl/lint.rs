//! The rules of RFC 5280 §5 for a CRL that is about to be signed. They read the very octets, and know nothing of how
//! these came to be.

mod entries;
mod entry_extensions;
mod extensions;
mod header;
mod time;

use std::fmt;

use super::CertificateListIssuer;
use super::reader::TbsReader;

/// A rule that a list breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where the rule stands, such as `RFC 5280 §5.2.3`.
    pub citation: &'static str,
    /// What is wrong.
    pub fault: String,
}

impl Violation {
    fn new(citation: &'static str, fault: impl Into<String>) -> Self {
        Self { citation, fault: fault.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.fault, self.citation)
    }
}

/// One rule about a list and the CA that is to sign it.
type Rule = fn(&TbsReader<'_>, &CertificateListIssuer<'_>) -> Option<Violation>;

const RULES: [Rule; 13] = [
    header::version_is_2,
    header::signature_algorithm_is_the_key_s,
    header::issuer_is_the_ca,
    header::times_are_in_order,
    header::times_are_in_the_form_of_their_year,
    header::issuer_may_sign_lists,
    extensions::none_twice_and_none_unknown,
    extensions::authority_key_identifier_is_the_ca_s,
    extensions::number_is_there,
    extensions::distribution_point_is_critical_and_says_something,
    entries::list_is_absent_when_empty,
    entries::each_is_well_formed,
    entries::no_serial_twice,
];

/// Holds a `TBSCertList` against every rule.
///
/// # Errors
/// All violations; of one rule about entries, the first.
pub(super) fn certificate_list(tbs: &[u8], issuer: CertificateListIssuer<'_>) -> Result<(), Vec<Violation>> {
    let list = TbsReader::from_der(tbs)
        .map_err(|error| vec![Violation::new("RFC 5280 §5.1", format!("it is no TBSCertList: {error}"))])?;
    let violations: Vec<_> = RULES.iter().filter_map(|rule| rule(&list, &issuer)).collect();
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}
