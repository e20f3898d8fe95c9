//! The JSON of requests and answers. Unknown members of requests are ignored (RFC 8555 §7: fields may be added).

mod identifier;
mod object;

use serde::Deserialize;

pub use identifier::WireIdentifier;
pub(super) use object::Object;

use super::Problem;

/// Reads a JSON object into a message.
///
/// # Errors
/// `malformed` with the member and place, or because the text is no JSON object.
pub fn parse_object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Problem> {
    let object: Result<Object<T>, _> = serde_json::from_slice(json);
    object.map(|Object(message)| message).map_err(|e| Problem::malformed(format!("the JSON does not fit: {e}")))
}
