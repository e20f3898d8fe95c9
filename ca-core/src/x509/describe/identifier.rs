//! Object identifiers by the names that people know.

use const_oid::ObjectIdentifier;
use const_oid::db::DB;

/// The name in the registers that come with the library, or the numbers.
pub(super) fn name(identifier: ObjectIdentifier) -> String {
    match DB.by_oid(&identifier) {
        Some(name) => format!("{name} ({identifier})"),
        None => identifier.to_string(),
    }
}
