//! Making a key pair that cannot leave the token.

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::types::Ulong;

use super::super::{Failure, KeyDescription, KeySpec, NewKey};
use super::connection::Use;
use super::objects::{KeyAttributes, by_id, destroy, find};
use super::trouble::{Trouble, trouble};
use super::{ec_parameters, keys};
use crate::x509::KeyAlgorithm;

/// The halves of a new key pair.
pub(super) struct Pair {
    pub(super) public: ObjectHandle,
    pub(super) private: ObjectHandle,
}

/// Makes the key, or answers with the one that an earlier call with the same id made.
pub(super) fn generate(token: &Use<'_>, key: &NewKey) -> Result<KeyDescription, Trouble> {
    if let Some(existing) = existing(token, key)? {
        return Ok(existing);
    }
    if !token.connection.mechanisms.offers(key.spec) {
        return Err(Failure::Unsupported(format!("{} cannot make {} keys", token.place(), key.spec)).into());
    }
    let pair = generate_pair(token, key.spec, Role::Sign, key.id.as_bytes(), &key.label)?;
    protected_or_destroyed(token, &pair)?;
    // Tokens accept a second key of the same id: another process may have made it between the search and the making.
    if find(token, &by_id(ObjectClass::PRIVATE_KEY, key.id.as_bytes()))?.len() > 1 {
        destroy_both(token, &pair)?;
    }
    existing(token, key)?.ok_or_else(|| Failure::Interrupted.into())
}

/// The key of this id if it is the one asked for. Id and label are each given once per token.
fn existing(token: &Use<'_>, key: &NewKey) -> Result<Option<KeyDescription>, Trouble> {
    let taken = |name: String| Trouble::from(Failure::KeyExists { name, place: token.place().to_owned() });
    if let Some(known) = keys::describe_id(token, key.id)? {
        let same = known.spec == key.spec && known.label == key.label;
        return if same { Ok(Some(known)) } else { Err(taken(format!("the id {}", key.id))) };
    }
    let label = Attribute::Label(key.label.as_bytes().to_vec());
    let same_label = [Attribute::Token(true), Attribute::Class(ObjectClass::PRIVATE_KEY), label];
    if find(token, &same_label)?.is_empty() { Ok(None) } else { Err(taken(format!("the label {:?}", key.label))) }
}

/// What a new key pair may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Sign and verify, nothing else.
    Sign,
    /// Encrypt and decrypt, nothing else.
    Encrypt,
}

/// How much a template says. Tokens contradict one another about what must be there and what must not.
#[derive(Clone, Copy)]
struct Template {
    /// Whether every other use is refused in so many words.
    strict: bool,
    /// `CKA_PRIVATE` of the public half: AWS CloudHSM demands true, others false.
    public_is_private: bool,
}

const TEMPLATES: [Template; 3] = [
    Template { strict: true, public_is_private: false },
    Template { strict: false, public_is_private: false },
    Template { strict: false, public_is_private: true },
];

/// Makes a pair with the first template that the token takes.
pub(super) fn generate_pair(
    token: &Use<'_>,
    spec: KeySpec,
    role: Role,
    id: &[u8],
    label: &str,
) -> Result<Pair, Trouble> {
    let mechanism = match spec.algorithm() {
        KeyAlgorithm::Rsa { .. } => Mechanism::RsaPkcsKeyPairGen,
        KeyAlgorithm::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521 => Mechanism::EccKeyPairGen,
    };
    let mut answer = Err(Failure::Unsupported(format!("{} keys on {}", spec, token.place())).into());
    for kind in kinds(spec.algorithm()) {
        for template in TEMPLATES {
            let names = [Attribute::Token(true), Attribute::Id(id.to_vec()), Attribute::Label(label.into())];
            let public = [names.as_slice(), &kind, &public_half(template, role)].concat();
            let private = [names.as_slice(), &private_half(template, role)].concat();
            let made = token.session.generate_key_pair(&mechanism, &public, &private);
            answer = made.map(|(public, private)| Pair { public, private }).map_err(trouble(token.place()));
            if !answer.as_ref().is_err_and(Trouble::is_about_the_way) {
                return answer;
            }
        }
    }
    answer
}

/// The attributes that say which kind of key; more than one where tokens spell it differently.
fn kinds(algorithm: KeyAlgorithm) -> Vec<Vec<Attribute>> {
    match algorithm {
        KeyAlgorithm::Rsa { modulus_bits } => {
            // RFC 8017 and FIPS 186-5: 65537.
            let exponent = Attribute::PublicExponent(vec![1, 0, 1]);
            vec![vec![Attribute::ModulusBits(Ulong::from(u64::from(modulus_bits))), exponent]]
        }
        curve => {
            let spellings = ec_parameters::spellings(curve).iter();
            spellings.map(|spelling| vec![Attribute::EcParams(spelling.to_vec())]).collect()
        }
    }
}

fn public_half(template: Template, role: Role) -> Vec<Attribute> {
    let sign = role == Role::Sign;
    let mut attributes = vec![Attribute::Private(template.public_is_private)];
    attributes.push(if sign { Attribute::Verify(true) } else { Attribute::Encrypt(true) });
    if template.strict {
        attributes.push(if sign { Attribute::Encrypt(false) } else { Attribute::Verify(false) });
        attributes.push(Attribute::Wrap(false));
    }
    attributes
}

fn private_half(template: Template, role: Role) -> Vec<Attribute> {
    let sign = role == Role::Sign;
    let mut attributes = vec![Attribute::Private(true), Attribute::Sensitive(true), Attribute::Extractable(false)];
    attributes.push(if sign { Attribute::Sign(true) } else { Attribute::Decrypt(true) });
    if template.strict {
        attributes.push(if sign { Attribute::Decrypt(false) } else { Attribute::Sign(false) });
        attributes.extend([Attribute::Unwrap(false), Attribute::Derive(false)]);
    }
    attributes
}

/// Reads back what the token made: it is used only if it is sensitive and cannot be extracted. Missing is not false.
pub(super) fn protected_or_destroyed(token: &Use<'_>, pair: &Pair) -> Result<(), Trouble> {
    let attributes = KeyAttributes::of_private(token, pair.private)?;
    let Some(what) = flaw(attributes.sensitive, attributes.extractable) else { return Ok(()) };
    destroy_both(token, pair)?;
    Err(Failure::KeyUnprotected { place: token.place().to_owned(), what: what.to_owned() }.into())
}

/// What is wrong with a private or secret key's protection.
pub(super) fn flaw(sensitive: Option<bool>, extractable: Option<bool>) -> Option<&'static str> {
    match (sensitive, extractable) {
        (Some(true), Some(false)) => None,
        (None, _) => Some("the token does not say whether it is sensitive (CKA_SENSITIVE)"),
        (_, None) => Some("the token does not say whether it can be extracted (CKA_EXTRACTABLE)"),
        (Some(false), _) => Some("it is not sensitive (CKA_SENSITIVE is false)"),
        (_, Some(true)) => Some("it can be extracted (CKA_EXTRACTABLE is true)"),
    }
}

fn destroy_both(token: &Use<'_>, pair: &Pair) -> Result<(), Trouble> {
    destroy(token, pair.private)?;
    destroy(token, pair.public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_that_is_known_to_stay_is_used() {
        for sensitive in [Some(true), Some(false), None] {
            for extractable in [Some(true), Some(false), None] {
                let good = (sensitive, extractable) == (Some(true), Some(false));
                assert_eq!(flaw(sensitive, extractable).is_none(), good, "{sensitive:?} {extractable:?}");
            }
        }
    }
}
