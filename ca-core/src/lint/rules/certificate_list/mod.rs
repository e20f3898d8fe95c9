//! Rules of certificate revocation lists: those of the list as a whole, and those of each entry.

mod authority_key_identifier;
mod delta_indicator;
mod entries_present;
mod entry_date;
mod entry_extensions;
mod entry_reason;
mod entry_serial;
mod extension_criticality;
mod extensions_known;
mod extensions_unique;
mod issuer_may_sign;
mod issuer_name;
mod issuing_distribution_point;
mod number;
mod signature_algorithm;
mod update_encoding;
mod update_order;
mod version;

use crate::lint::certificate_list::{EntryRule, ListRule};

/// Rules of the list, in the order of the fields they look at.
pub(in crate::lint) const LIST: &[ListRule] = &[
    version::RULE,
    signature_algorithm::RULE,
    issuer_name::RULE,
    issuer_may_sign::RULE,
    update_encoding::RULE,
    update_order::RULE,
    entries_present::RULE,
    extensions_unique::RULE,
    extensions_known::RULE,
    extension_criticality::RULE,
    authority_key_identifier::RULE,
    number::RULE,
    delta_indicator::RULE,
    issuing_distribution_point::RULE,
];

/// Rules of each entry.
pub(in crate::lint) const ENTRY: &[EntryRule] =
    &[entry_serial::RULE, entry_date::RULE, entry_extensions::RULE, entry_reason::RULE];
