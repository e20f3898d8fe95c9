//! The last look before a signature: the exact bytes that are to be signed, decoded again and held against the standards.
//!
//! Nothing here trusts the code that built the bytes. Each rule is one file with its citation as data; a rule that is
//! broken is a refusal, never a warning. [`certificate`] and [`certificate_list`] answer with a value that borrows the
//! bytes they examined, so that what passed and what is signed are the same.

mod certificate;
mod certificate_list;
mod entry;
mod examined;
mod extensions;
mod finding;
mod host_name;
mod issuer;
mod listed;
mod name_constraints;
mod rules;
mod subject;
mod url;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use certificate::{Linted, certificate};
pub use certificate_list::{LintedList, certificate_list};
pub use finding::{Finding, Rule};
pub use issuer::{IssuerFacts, UnreadableIssuer};
pub use url::publication_url_fault;

/// Every rule there is, for documents and for the curious: those of certificates, of CRLs, of entries of CRLs.
pub fn rules() -> impl Iterator<Item = Rule> {
    let certificates = rules::CERTIFICATE.iter().map(|rule| rule.rule);
    let lists = rules::LIST.iter().map(|rule| rule.rule);
    let entries = rules::ENTRY.iter().map(|rule| rule.rule);
    let whole = [subject::SELF_SIGNED, extensions::ENCODING, certificate_list::SERIALS_UNIQUE];
    whole.into_iter().chain(certificates).chain(lists).chain(entries)
}
