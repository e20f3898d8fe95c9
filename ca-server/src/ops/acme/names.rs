//! Identifiers between the rules and the rows.

use ca_core::acme::Identifier;
use ca_core::acme::message::WireIdentifier;
use ca_core::x509::GeneralName;

use crate::store::authorization::Authorization;
use crate::store::fields::{Name, NameKind};

/// A stored identifier in the form that [`Identifier::parse`] reads.
pub(super) fn wire(name: &Name) -> WireIdentifier {
    WireIdentifier { kind: name.kind.to_string(), value: name.value.clone() }
}

/// The identifier of an authorization in that form.
pub(super) fn of_authorization(authorization: &Authorization) -> WireIdentifier {
    WireIdentifier { kind: authorization.identifier_kind.to_string(), value: authorization.identifier.clone() }
}

/// An identifier as it is stored.
pub(super) fn stored(identifier: &Identifier) -> Name {
    general(&identifier.to_general_name())
}

/// A name of a certificate as it is stored.
pub fn general(name: &GeneralName) -> Name {
    let kind = match name {
        GeneralName::Dns(_) => NameKind::Dns,
        GeneralName::Ip(_) => NameKind::Ip,
        GeneralName::Uri(_) => NameKind::Uri,
        GeneralName::Email(_) => NameKind::Email,
    };
    Name { kind, value: name.value() }
}
