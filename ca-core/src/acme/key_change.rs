//! Changing an account's key (RFC 8555 §7.3.5): a JWS by the new key inside one by the old.

use super::jws::{Flattened, JwsAlgorithm};
use super::message::{KeyChange, parse_object};
use super::{Jwk, JwsKey, Problem, VerifiedJws};
use crate::x509::SubjectPublicKeyInfo;

// RFC 8555 §7.3.5, the checks of the inner JWS in their order.
/// Verifies the request inside `outer`, which the account signed with its key `account_key`, and gives the new key.
///
/// That no other account has the new key is for the server to see: it answers 409 with that account's URL.
///
/// # Errors
/// `malformed` when the inner JWS or its payload breaks a rule, `badSignatureAlgorithm`, `badPublicKey`, `unauthorized` when its URL is
/// another.
pub fn verify(outer: &VerifiedJws, account_key: &SubjectPublicKeyInfo) -> Result<Jwk, Problem> {
    let JwsKey::Kid(account_url) = outer.key() else {
        return Err(Problem::malformed("keyChange must be signed with the account's key, given as kid"));
    };
    let (new_key, payload) = verify_inner(outer)?;
    let (account, old_key) = parse_object::<KeyChange>(&payload)?.into_parts()?;
    if account != *account_url {
        return Err(inner("its account is not the one that signed the request"));
    }
    if old_key.public_key() != account_key {
        return Err(inner("its oldKey is not the account's key"));
    }
    if new_key.public_key() == account_key {
        return Err(inner("the new key is the account's key already"));
    }
    Ok(new_key)
}

/// The new key, which has signed the payload.
fn verify_inner(outer: &VerifiedJws) -> Result<(Jwk, Vec<u8>), Problem> {
    let (header, parts) = Flattened::parse(outer.payload())?.open()?;
    let algorithm = JwsAlgorithm::from_name(&header.alg)?;
    header.forbid_nonce()?;
    let url = header.require_url()?;
    let JwsKey::Jwk(new_key) = header.into_key()? else {
        return Err(inner("it gives the new key as jwk, not kid"));
    };
    algorithm.verify(new_key.public_key(), parts.signing_input.as_bytes(), &parts.signature)?;
    if url != outer.url() {
        return Err(Problem::url_mismatch(&url, outer.url()));
    }
    Ok((new_key, parts.payload))
}

fn inner(rule: &str) -> Problem {
    Problem::malformed(format!("the inner JWS of keyChange: {rule} (RFC 8555 §7.3.5)"))
}

#[cfg(test)]
#[path = "key_change_tests.rs"]
mod tests;
