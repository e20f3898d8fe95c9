//! The JSON of requests and answers, in both directions so that tests and clients can use the same types.
//!
//! Unknown members of requests are ignored (RFC 8555 §7.3.2 and others ask for it); known ones must fit. Members that this server
//! does not know how to honour are not here.

mod account;
mod authorization;
mod directory;
mod identifier;
mod object;
mod order;
mod revocation;

use serde::Deserialize;

pub use account::{AccountObject, KeyChange, NewAccount, OrdersList, UpdateAccount};
pub use authorization::{AuthorizationObject, ChallengeObject, ChallengeResponse, UpdateAuthorization};
pub use directory::{Directory, DirectoryMetadata};
pub use identifier::WireIdentifier;
pub(super) use object::Object;
pub use order::{Finalize, NewOrder, OrderObject};
pub use revocation::RevokeCertificate;

use super::{Problem, base64url};

/// Reads a JSON object into a message.
///
/// # Errors
/// `malformed` with the member and place, or because the text is no JSON object.
pub fn parse_object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Problem> {
    let object: Result<Object<T>, _> = serde_json::from_slice(json);
    object.map(|Object(message)| message).map_err(|e| Problem::malformed(format!("the JSON does not fit: {e}")))
}

/// DER in a member of a request.
fn der_member(member: &str, text: &str) -> Result<Vec<u8>, Problem> {
    let rule =
        || Problem::malformed(format!("{member} is not DER in base64url without padding and line breaks (not PEM)"));
    base64url::decode(text).filter(|der| !der.is_empty()).ok_or_else(rule)
}

#[cfg(test)]
mod tests;
