//! Keys on a token: found by `CKA_ID`, compared with the public key on record, listed, destroyed.

use std::sync::Arc;

use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};

use super::super::{Failure, KeyDescription, KeyId, KeyProtection, KeyRef, KeySpec};
use super::connection::Use;
use super::key_cache::Located;
use super::locator;
use super::objects::{KeyAttributes, by_id, destroy, find, find_one};
use super::trouble::Trouble;
use crate::x509::SubjectPublicKeyInfo;

/// A private key with all that is known of it.
struct Found {
    private: ObjectHandle,
    attributes: KeyAttributes,
    public_key: SubjectPublicKeyInfo,
}

/// The private key of `key`: from the cache, or searched on the token and compared with the record.
pub(super) fn locate(token: &Use<'_>, key: &KeyRef) -> Result<Arc<Located>, Trouble> {
    let known = token.connection.keys.find(&key.locator);
    if let Some(known) = known {
        compare(token, key, &known.public_key)?;
        return Ok(known);
    }
    let found = found_for(token, key)?;
    let label = found.attributes.label.unwrap_or_default();
    let located = Arc::new(Located { private: found.private, public_key: found.public_key, label });
    token.connection.keys.remember(&key.locator, &located);
    Ok(located)
}

pub(super) fn describe(token: &Use<'_>, key: &KeyRef) -> Result<KeyDescription, Trouble> {
    let found = found_for(token, key)?;
    description(token, key.id, &found).ok_or_else(|| not_ours(token).into())
}

/// The key with this id, if there is one.
pub(super) fn describe_id(token: &Use<'_>, id: KeyId) -> Result<Option<KeyDescription>, Trouble> {
    let Some(private) = find_one(token, &by_id(ObjectClass::PRIVATE_KEY, id.as_bytes()))? else { return Ok(None) };
    let found = read(token, private)?;
    description(token, id, &found).map(Some).ok_or_else(|| not_ours(token).into())
}

/// Keys that sign and carry an id like ours. A key that cannot be described, because its public half is missing or
/// its names are doubled, is left out: it must not hide the others, and using it says what is wrong.
pub(super) fn list(token: &Use<'_>) -> Result<Vec<KeyDescription>, Trouble> {
    let template = [Attribute::Token(true), Attribute::Class(ObjectClass::PRIVATE_KEY)];
    let mut keys = Vec::new();
    for private in find(token, &template)? {
        let attributes = KeyAttributes::of_private(token, private)?;
        let id = attributes.id.as_deref().and_then(|id| uuid::Uuid::from_slice(id).ok()).map(KeyId::new);
        let Some(id) = id.filter(|_| attributes.sign == Some(true)) else { continue };
        match describe_id(token, id) {
            Ok(described) => keys.extend(described),
            Err(trouble) if is_about_one_key(&trouble.failure) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    keys.sort_unstable_by_key(|key| key.key.id);
    Ok(keys)
}

fn is_about_one_key(failure: &Failure) -> bool {
    matches!(failure, Failure::KeyAmbiguous { .. } | Failure::Unsupported(_))
}

/// Destroys both halves; a half that is gone is no error.
pub(super) fn destroy_pair(token: &Use<'_>, key: &KeyRef) -> Result<(), Trouble> {
    let id = locator::id_of(key)?;
    if let Some(private) = find_one(token, &by_id(ObjectClass::PRIVATE_KEY, &id))? {
        compare(token, key, &read(token, private)?.public_key)?;
        destroy(token, private)?;
    }
    token.connection.keys.forget(&key.locator);
    find(token, &by_id(ObjectClass::PUBLIC_KEY, &id))?.into_iter().try_for_each(|public| destroy(token, public))
}

fn found_for(token: &Use<'_>, key: &KeyRef) -> Result<Found, Trouble> {
    let id = locator::id_of(key)?;
    let private = find_one(token, &by_id(ObjectClass::PRIVATE_KEY, &id))?;
    let place = || token.place().to_owned();
    let found = read(token, private.ok_or_else(|| Failure::KeyNotFound { place: place() })?)?;
    compare(token, key, &found.public_key)?;
    Ok(found)
}

/// Reads a private key's attributes, and its public key from the object beside it, else from the private key itself.
fn read(token: &Use<'_>, private: ObjectHandle) -> Result<Found, Trouble> {
    let attributes = KeyAttributes::of_private(token, private)?;
    let id = attributes.id.clone().unwrap_or_default();
    let beside = match find_one(token, &by_id(ObjectClass::PUBLIC_KEY, &id))? {
        Some(public) => KeyAttributes::of_public(token, public)?.public_key(),
        None => None,
    };
    let public_key = beside.or_else(|| attributes.public_key());
    let public_key = public_key.ok_or_else(|| {
        Failure::Unsupported(format!("{} shows no public key of a kind that this CA uses for this key", token.place()))
    })?;
    Ok(Found { private, attributes, public_key })
}

fn description(token: &Use<'_>, id: KeyId, found: &Found) -> Option<KeyDescription> {
    let label = found.attributes.label.clone().unwrap_or_default();
    let octets = found.attributes.id.as_deref().unwrap_or_default();
    let locator = locator::format(token.connection.info.label(), octets, &label);
    Some(KeyDescription {
        spec: KeySpec::of(&found.public_key)?,
        key: KeyRef { id, locator, public_key: found.public_key.clone() },
        label,
        state: None,
        purposes: None,
        protection: KeyProtection::Token,
        born_inside: found.attributes.born_inside(),
    })
}

fn not_ours(token: &Use<'_>) -> Failure {
    Failure::Unsupported(format!("the key on {} is of a size that this CA does not make", token.place()))
}

fn compare(token: &Use<'_>, wanted: &KeyRef, found: &SubjectPublicKeyInfo) -> Result<(), Failure> {
    if wanted.public_key == *found {
        return Ok(());
    }
    Err(Failure::mismatch(token.place().to_owned(), &wanted.public_key, found))
}
