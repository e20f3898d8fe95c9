//! Distinguished names, attribute by attribute, and general names.

use const_oid::ObjectIdentifier;
use const_oid::db::DB;
use der::asn1::{Any, Ia5StringRef};
use der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName, OtherName};
use x509_cert::name::Name;

use super::identifier;
use super::visible::{octets, visible};
use crate::x509::general_name::address;

/// One attribute of a distinguished name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// What it is, in words: `common name`.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// The attributes in the order of the encoding, most significant first.
pub(super) fn attributes(name: &Name) -> Vec<Attribute> {
    let attribute = |found: &x509_cert::attr::AttributeTypeAndValue| Attribute {
        label: label(found.oid),
        value: string(&found.value),
    };
    name.iter().map(attribute).collect()
}

/// RFC 4514 text, most specific first.
pub(super) fn text(name: &Name) -> String {
    visible(&name.to_string())
}

fn label(oid: ObjectIdentifier) -> String {
    let known = match oid.to_string().as_str() {
        "2.5.4.3" => "common name",
        "2.5.4.4" => "surname",
        "2.5.4.5" => "serial number of the subject",
        "2.5.4.6" => "country",
        "2.5.4.7" => "locality",
        "2.5.4.8" => "state or province",
        "2.5.4.9" => "street",
        "2.5.4.10" => "organization",
        "2.5.4.11" => "organizational unit",
        "2.5.4.12" => "title",
        "2.5.4.15" => "business category",
        "2.5.4.17" => "postal code",
        "2.5.4.42" => "given name",
        "2.5.4.46" => "distinguished name qualifier",
        "2.5.4.65" => "pseudonym",
        "2.5.4.97" => "organization identifier",
        "0.9.2342.19200300.100.1.1" => "user id",
        "0.9.2342.19200300.100.1.25" => "domain component",
        "1.2.840.113549.1.9.1" => "e-mail address",
        _ => return DB.by_oid(&oid).map_or_else(|| oid.to_string(), str::to_owned),
    };
    known.to_owned()
}

/// The text of a string of whatever kind, or its octets.
pub(super) fn string(value: &Any) -> String {
    if let Ok(text) = value.decode_as::<DirectoryString>() {
        return visible(&text.value());
    }
    if let Ok(text) = value.decode_as::<Ia5StringRef<'_>>() {
        return visible(text.as_str());
    }
    octets(value.value())
}

/// A general name with its kind in front.
pub(super) fn general(name: &GeneralName) -> String {
    match name {
        GeneralName::DnsName(text) => format!("DNS {}", visible(text.as_str())),
        GeneralName::Rfc822Name(text) => format!("e-mail {}", visible(text.as_str())),
        GeneralName::UniformResourceIdentifier(text) => format!("URI {}", visible(text.as_str())),
        GeneralName::IpAddress(value) => match address(value.as_bytes()) {
            Some(address) => format!("IP {address}"),
            None => format!("IP (malformed) {}", octets(value.as_bytes())),
        },
        GeneralName::DirectoryName(name) => format!("directory name {}", text(name)),
        GeneralName::RegisteredId(oid) => format!("registered id {}", identifier::name(*oid)),
        GeneralName::OtherName(other) => self::other(other),
        GeneralName::EdiPartyName(party) => {
            format!("EDI party {}", octets(&party.to_der().unwrap_or_default()))
        }
    }
}

// Microsoft's user principal name, by which smart cards sign in.
const USER_PRINCIPAL_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3");

fn other(name: &OtherName) -> String {
    let text = std::str::from_utf8(name.value.value()).ok().map(visible);
    match (name.type_id, text) {
        (USER_PRINCIPAL_NAME, Some(text)) => format!("user principal name {text}"),
        (kind, _) => format!("other name {} {}", identifier::name(kind), octets(name.value.value())),
    }
}

/// Names of an extension; the whole list fails if one of them cannot be read.
pub(super) fn general_list(der: &[u8]) -> der::Result<Vec<String>> {
    Ok(Vec::<GeneralName>::from_der(der)?.iter().map(general).collect())
}
