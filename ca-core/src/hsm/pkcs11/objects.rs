//! Objects on a token: finding exactly one, reading attributes, and the public key they give.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};

use super::super::Failure;
use super::connection::Use;
use super::ec_parameters;
use super::trouble::{Trouble, trouble};
use crate::x509::{KeyAlgorithm, SubjectPublicKeyInfo};

/// Every object that has all of `template`.
pub(super) fn find(token: &Use<'_>, template: &[Attribute]) -> Result<Vec<ObjectHandle>, Trouble> {
    token.session.find_objects(template).map_err(trouble(token.place()))
}

/// The one object that has all of `template`. Tokens accept a second one with the same names; that is an error here.
pub(super) fn find_one(token: &Use<'_>, template: &[Attribute]) -> Result<Option<ObjectHandle>, Trouble> {
    let found = find(token, template)?;
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        many => Err(Failure::KeyAmbiguous { place: token.place().to_owned(), count: many.len() }.into()),
    }
}

/// What identifies one half of a key pair.
pub(super) fn by_id(class: ObjectClass, id: &[u8]) -> [Attribute; 3] {
    [Attribute::Token(true), Attribute::Class(class), Attribute::Id(id.to_vec())]
}

/// Removes an object.
pub(super) fn destroy(token: &Use<'_>, object: ObjectHandle) -> Result<(), Trouble> {
    token.session.destroy_object(object).map_err(trouble(token.place()))
}

/// Attributes of a key, each `None` if the token does not give it. Missing is not false.
#[derive(Default)]
pub(super) struct KeyAttributes {
    pub(super) id: Option<Vec<u8>>,
    pub(super) label: Option<String>,
    key_type: Option<KeyType>,
    ec_parameters: Option<Vec<u8>>,
    ec_point: Option<Vec<u8>>,
    modulus: Option<Vec<u8>>,
    public_exponent: Option<Vec<u8>>,
    pub(super) sign: Option<bool>,
    pub(super) sensitive: Option<bool>,
    pub(super) extractable: Option<bool>,
    always_sensitive: Option<bool>,
    never_extractable: Option<bool>,
    local: Option<bool>,
}

const PUBLIC: [AttributeType; 5] = [
    AttributeType::KeyType,
    AttributeType::EcParams,
    AttributeType::EcPoint,
    AttributeType::Modulus,
    AttributeType::PublicExponent,
];

const PRIVATE: [AttributeType; 11] = [
    AttributeType::Id,
    AttributeType::Label,
    AttributeType::KeyType,
    AttributeType::Modulus,
    AttributeType::PublicExponent,
    AttributeType::Sign,
    AttributeType::Sensitive,
    AttributeType::Extractable,
    AttributeType::AlwaysSensitive,
    AttributeType::NeverExtractable,
    AttributeType::Local,
];

impl KeyAttributes {
    /// Of a public key, in one call: some tokens ask the network each time.
    pub(super) fn of_public(token: &Use<'_>, object: ObjectHandle) -> Result<Self, Trouble> {
        Self::read(token, object, &PUBLIC)
    }

    /// Of a private key.
    pub(super) fn of_private(token: &Use<'_>, object: ObjectHandle) -> Result<Self, Trouble> {
        Self::read(token, object, &PRIVATE)
    }

    /// Of a secret key.
    pub(super) fn of_secret(token: &Use<'_>, object: ObjectHandle) -> Result<Self, Trouble> {
        Self::read(token, object, &[AttributeType::Sensitive, AttributeType::Extractable])
    }

    fn read(token: &Use<'_>, object: ObjectHandle, wanted: &[AttributeType]) -> Result<Self, Trouble> {
        let mut attributes = Self::default();
        for attribute in token.session.get_attributes(object, wanted).map_err(trouble(token.place()))? {
            attributes.take(attribute);
        }
        Ok(attributes)
    }

    fn take(&mut self, attribute: Attribute) {
        use Attribute as A;
        match attribute {
            A::Id(value) => self.id = Some(value),
            A::Label(value) => self.label = Some(String::from_utf8_lossy(&value).into_owned()),
            A::KeyType(value) => self.key_type = Some(value),
            A::EcParams(value) => self.ec_parameters = Some(value),
            A::EcPoint(value) => self.ec_point = Some(value),
            A::Modulus(value) => self.modulus = Some(value),
            A::PublicExponent(value) => self.public_exponent = Some(value),
            A::Sign(value) => self.sign = Some(value),
            A::Sensitive(value) => self.sensitive = Some(value),
            A::Extractable(value) => self.extractable = Some(value),
            A::AlwaysSensitive(value) => self.always_sensitive = Some(value),
            A::NeverExtractable(value) => self.never_extractable = Some(value),
            A::Local(value) => self.local = Some(value),
            _ => {}
        }
    }

    /// The public key that these attributes give, if they do.
    pub(super) fn public_key(&self) -> Option<SubjectPublicKeyInfo> {
        match self.key_type? {
            // RFC 8017 numbers are positive; tokens differ in whether they pad them with zeros.
            KeyType::RSA => {
                let (modulus, exponent) = (self.modulus.as_deref()?, self.public_exponent.as_deref()?);
                SubjectPublicKeyInfo::from_rsa(without_zeros(modulus), without_zeros(exponent)).ok()
            }
            KeyType::EC => {
                let algorithm = ec_parameters::curve(self.ec_parameters.as_deref()?)?;
                ec_parameters::public_key(algorithm, self.ec_point.as_deref()?)
            }
            KeyType::EC_EDWARDS => ec_parameters::public_key(KeyAlgorithm::Ed25519, self.ec_point.as_deref()?),
            _ => None,
        }
    }

    /// Whether the private key was made on the token and could never leave it.
    pub(super) fn born_inside(&self) -> Option<bool> {
        let signs = [self.local, self.always_sensitive, self.never_extractable];
        if signs.contains(&Some(false)) {
            return Some(false);
        }
        (!signs.contains(&None)).then_some(true)
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    number.get(zeros..).unwrap_or_default()
}
