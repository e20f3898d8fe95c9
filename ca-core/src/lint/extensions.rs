//! Finding and decoding extensions, strictly: what does not encode to the same bytes again is not DER.

use const_oid::ObjectIdentifier;
use der::{Decode, Encode};
use x509_cert::ext::Extension;

use super::finding::{Finding, Rule};

pub(super) const ENCODING: Rule = Rule::new("distinguished-encoding", "RFC 5280 §4.1, X.690 §10 and §11");

/// The first extension of that kind.
pub(super) fn find(extensions: &[Extension], id: ObjectIdentifier) -> Option<&Extension> {
    extensions.iter().find(|extension| extension.extn_id == id)
}

/// The value of the extension of that kind, if there is one.
pub(super) fn value<T>(extensions: &[Extension], id: ObjectIdentifier) -> Result<Option<T>, Finding>
where
    T: for<'a> Decode<'a, Error = der::Error> + Encode,
{
    let Some(extension) = find(extensions, id) else { return Ok(None) };
    strict(extension.extn_value.as_bytes(), &format_args!("extension {id}")).map(Some)
}

/// Decodes all of `der` and refuses it if the value is encoded differently: a default that is written out, a bit string
/// with trailing zeros, a set out of order.
pub(super) fn strict<T>(der: &[u8], what: &dyn std::fmt::Display) -> Result<T, Finding>
where
    T: for<'a> Decode<'a, Error = der::Error> + Encode,
{
    let value = T::from_der(der).map_err(|error| ENCODING.finding(format!("{what} cannot be decoded: {error}")))?;
    match value.to_der() {
        Ok(again) if again == der => Ok(value),
        _ => Err(ENCODING.finding(format!("{what} is not in its distinguished encoding"))),
    }
}

/// The extension that occurs more than once, if any.
pub(super) fn repeated(extensions: &[Extension]) -> Option<ObjectIdentifier> {
    let later = |index: usize, id| extensions.iter().skip(index + 1).any(|other| other.extn_id == id);
    extensions
        .iter()
        .enumerate()
        .map(|(index, extension)| (index, extension.extn_id))
        .find(|(i, id)| later(*i, *id))
        .map(|(_, id)| id)
}
