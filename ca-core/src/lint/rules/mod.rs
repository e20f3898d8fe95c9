//! The rules, one a file. Those of certificates stand here, those of CRLs below `certificate_list`.

mod addresses;
mod alternative_names_critical;
mod alternative_names_forms;
mod alternative_names_present;
mod alternative_names_unique;
mod authority_information_access;
mod authority_key_identifier;
mod basic_constraints;
mod certificate_list;
mod certificate_policies;
mod code_signing_purposes;
mod common_name;
mod common_name_address;
mod crl_distribution_points;
mod dns_names;
mod extended_key_usage;
mod extension_criticality;
mod extensions_critical_known;
mod extensions_unique;
mod issuer_may_sign;
mod issuer_name;
mod key_usage_of_authority;
mod key_usage_of_key;
mod key_usage_present;
mod mailboxes;
mod name_constraints_shape;
mod names_within_constraints;
mod path_length;
mod public_key;
mod purpose_agrees_with_key_usage;
mod serial_number;
mod signature_algorithm;
mod subject_attributes;
mod subject_key_identifier;
mod subject_present;
mod time_stamping_alone;
mod unique_identifiers;
mod uris;
mod validity_encoding;
mod validity_order;
mod validity_within_issuer;
mod version;

use super::certificate::CertificateRule;

pub(super) use certificate_list::{ENTRY, LIST};

/// In the order of the fields they look at.
pub(super) const CERTIFICATE: &[CertificateRule] = &[
    version::RULE,
    serial_number::RULE,
    signature_algorithm::RULE,
    issuer_name::RULE,
    issuer_may_sign::RULE,
    validity_encoding::RULE,
    validity_order::RULE,
    validity_within_issuer::RULE,
    subject_present::RULE,
    subject_attributes::RULE,
    common_name::RULE,
    common_name_address::RULE,
    public_key::RULE,
    unique_identifiers::RULE,
    extensions_unique::RULE,
    extensions_critical_known::RULE,
    extension_criticality::RULE,
    alternative_names_present::RULE,
    alternative_names_critical::RULE,
    alternative_names_unique::RULE,
    alternative_names_forms::RULE,
    dns_names::RULE,
    addresses::RULE,
    uris::RULE,
    mailboxes::RULE,
    basic_constraints::RULE,
    path_length::RULE,
    key_usage_present::RULE,
    key_usage_of_authority::RULE,
    key_usage_of_key::RULE,
    extended_key_usage::RULE,
    purpose_agrees_with_key_usage::RULE,
    code_signing_purposes::RULE,
    time_stamping_alone::RULE,
    subject_key_identifier::RULE,
    authority_key_identifier::RULE,
    name_constraints_shape::RULE,
    names_within_constraints::RULE,
    crl_distribution_points::RULE,
    authority_information_access::RULE,
    certificate_policies::RULE,
];
