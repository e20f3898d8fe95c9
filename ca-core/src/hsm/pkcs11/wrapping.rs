//! Small secrets under a key of the token.
//!
//! The secret is sealed here under a fresh AES-256 key, with the caller's associated data; that key is encrypted on the
//! token, by AES-GCM where there is that, else by RSA-OAEP. What is stored names the way and the key:
//! version (1 octet), method (1), `CKA_ID` of the wrapping key (16), length (2), encrypted key, sealed secret.

use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::types::Ulong;
use zeroize::Zeroizing;

use super::super::sealed_box::{self, Key};
use super::super::{Failure, KeySpec, entropy};
use super::connection::Use;
use super::generating::{self, Role};
use super::objects::{KeyAttributes, by_id, destroy, find, find_one};
use super::trouble::{Trouble, trouble};

const VERSION: u8 = 1;
const LABEL: &str = "signet-wrapping";
const NONCE: usize = 12;

/// How the token encrypts. SoftHSM 2.6.1 knows OAEP with SHA-1 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    AesGcm = 1,
    OaepSha256 = 2,
    OaepSha1 = 3,
}

const METHODS: [Method; 3] = [Method::AesGcm, Method::OaepSha256, Method::OaepSha1];

/// A wrapped secret, taken apart.
struct Parts<'a> {
    method: Method,
    /// Version, method and id: associated data of both layers.
    head: &'a [u8],
    id: &'a [u8],
    key: &'a [u8],
    secret: &'a [u8],
}

/// Wraps in the first way that the token turns out to be able to undo.
pub(super) fn wrap(token: &Use<'_>, secret: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, Trouble> {
    for method in METHODS.into_iter().filter(|method| method.is_offered(token)) {
        match wrap_by(token, method, secret, associated_data) {
            Err(trouble) if trouble.is_about_the_way() => {}
            answer => return answer,
        }
    }
    let what = "can neither AES-GCM (CKM_AES_GCM) nor RSA-OAEP (CKM_RSA_PKCS_OAEP)";
    Err(Failure::Unsupported(format!("{} {what}", token.place())).into())
}

/// Wraps in one way, and unwraps to see that it works.
pub(super) fn wrap_by(
    token: &Use<'_>,
    method: Method,
    secret: &[u8],
    associated_data: &[u8],
) -> Result<Vec<u8>, Trouble> {
    let wrapping_key = WrappingKey::find_or_make(token, method)?;
    let head = [[VERSION, method as u8].as_slice(), &wrapping_key.id].concat();
    let data_key = sealed_box::random_key()?;
    let encrypted = wrapping_key.encrypt(token, method, &head, &data_key)?;
    let length = u16::try_from(encrypted.len()).map_err(|_| Failure::Engine("the token's ciphertext is too long"))?;
    let sealed = sealed_box::seal(&data_key, &[&head, associated_data].concat(), secret)?;
    let wrapped = [head.as_slice(), &length.to_be_bytes(), &encrypted, &sealed].concat();
    let again = unwrap(token, &wrapped, associated_data)?;
    if *again == secret { Ok(wrapped) } else { Err(Failure::BadWrapping.into()) }
}

/// Opens what [`wrap`] gave.
pub(super) fn unwrap(token: &Use<'_>, wrapped: &[u8], associated_data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let parts = Parts::of(wrapped).ok_or(Failure::BadWrapping)?;
    let class = parts.method.class_that_decrypts();
    let wrapping_key = find_one(token, &by_id(class, parts.id))?.ok_or(Failure::BadWrapping)?;
    let opened = decrypt(token, wrapping_key, &parts)?;
    let mut data_key = Key::default();
    if opened.len() != data_key.len() {
        return Err(Failure::BadWrapping.into());
    }
    data_key.copy_from_slice(&opened);
    let secret = sealed_box::open(&data_key, &[parts.head, associated_data].concat(), parts.secret);
    secret.ok_or_else(|| Failure::BadWrapping.into())
}

impl Method {
    fn is_offered(self, token: &Use<'_>) -> bool {
        match self {
            Self::AesGcm => token.connection.mechanisms.wraps_with_aes(),
            Self::OaepSha256 | Self::OaepSha1 => token.connection.mechanisms.wraps_with_rsa(),
        }
    }

    fn class_that_decrypts(self) -> ObjectClass {
        match self {
            Self::AesGcm => ObjectClass::SECRET_KEY,
            Self::OaepSha256 | Self::OaepSha1 => ObjectClass::PRIVATE_KEY,
        }
    }

    fn oaep(self) -> Mechanism<'static> {
        let (hash, mask) = match self {
            Self::OaepSha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
            Self::OaepSha256 | Self::AesGcm => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        };
        Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mask, PkcsOaepSource::empty()))
    }
}

impl<'a> Parts<'a> {
    fn of(wrapped: &'a [u8]) -> Option<Self> {
        let (head, rest) = wrapped.split_at_checked(18)?;
        let (version_and_method, id) = head.split_at_checked(2)?;
        let [VERSION, method] = version_and_method else { return None };
        let method = METHODS.into_iter().find(|known| *known as u8 == *method)?;
        let (length, rest) = rest.split_first_chunk()?;
        let (key, secret) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        Some(Self { method, head, id, key, secret })
    }
}

/// The key on the token, by the half that encrypts.
struct WrappingKey {
    id: Vec<u8>,
    encrypts: ObjectHandle,
}

impl WrappingKey {
    /// Two processes may each make one at the same time. That is no harm: what is wrapped names its key.
    fn find_or_make(token: &Use<'_>, method: Method) -> Result<Self, Trouble> {
        let class = method.class_that_decrypts();
        let label = Attribute::Label(LABEL.into());
        let template = [Attribute::Token(true), Attribute::Class(class), label, Attribute::Decrypt(true)];
        let Some(known) = find(token, &template)?.first().copied() else { return Self::make(token, method) };
        let attributes = token.session.get_attributes(known, &[AttributeType::Id]).map_err(trouble(token.place()))?;
        let id = attributes.into_iter().find_map(|attribute| match attribute {
            Attribute::Id(id) => Some(id),
            _ => None,
        });
        let id = id.filter(|id| id.len() == 16);
        let id = id.ok_or_else(|| Failure::Unsupported(format!("the wrapping key on {} has no id", token.place())))?;
        let encrypts = match method {
            Method::AesGcm => Some(known),
            Method::OaepSha256 | Method::OaepSha1 => find_one(token, &by_id(ObjectClass::PUBLIC_KEY, &id))?,
        };
        let place = || token.place().to_owned();
        Ok(Self { id, encrypts: encrypts.ok_or_else(|| Failure::KeyNotFound { place: place() })? })
    }

    fn make(token: &Use<'_>, method: Method) -> Result<Self, Trouble> {
        let id = entropy::array::<16>()?.to_vec();
        let encrypts = match method {
            Method::AesGcm => make_aes(token, &id)?,
            Method::OaepSha256 | Method::OaepSha1 => {
                let pair = generating::generate_pair(token, KeySpec::Rsa3072, Role::Encrypt, &id, LABEL)?;
                generating::protected_or_destroyed(token, &pair)?;
                pair.public
            }
        };
        Ok(Self { id, encrypts })
    }

    fn encrypt(&self, token: &Use<'_>, method: Method, head: &[u8], key: &Key) -> Result<Vec<u8>, Trouble> {
        let failed = trouble(token.place());
        if method != Method::AesGcm {
            return token.session.encrypt(&method.oaep(), self.encrypts, &**key).map_err(failed);
        }
        let mut nonce = entropy::array::<NONCE>()?;
        let text = {
            let mechanism = gcm(&mut nonce, head)?;
            token.session.encrypt(&mechanism, self.encrypts, &**key).map_err(failed)?
        };
        // Read after the call: some tokens choose the nonce themselves and write it here.
        Ok([nonce.as_slice(), &text].concat())
    }
}

fn make_aes(token: &Use<'_>, id: &[u8]) -> Result<ObjectHandle, Trouble> {
    let template = [
        Attribute::Token(true),
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::ValueLen(Ulong::from(32)),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Id(id.to_vec()),
        Attribute::Label(LABEL.into()),
    ];
    let made = token.session.generate_key(&Mechanism::AesKeyGen, &template).map_err(trouble(token.place()))?;
    let attributes = KeyAttributes::of_secret(token, made)?;
    let Some(what) = generating::flaw(attributes.sensitive, attributes.extractable) else { return Ok(made) };
    destroy(token, made)?;
    Err(Failure::KeyUnprotected { place: token.place().to_owned(), what: what.to_owned() }.into())
}

fn gcm<'a>(nonce: &'a mut [u8; NONCE], associated_data: &'a [u8]) -> Result<Mechanism<'a>, Failure> {
    let parameters = GcmParams::new(nonce, associated_data, Ulong::from(128));
    parameters.map(Mechanism::AesGcm).map_err(|_| Failure::Engine("AES-GCM parameters"))
}

fn decrypt(token: &Use<'_>, key: ObjectHandle, parts: &Parts<'_>) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let opened = if parts.method == Method::AesGcm {
        let (nonce, text) = parts.key.split_first_chunk::<NONCE>().ok_or(Failure::BadWrapping)?;
        let mut nonce = *nonce;
        let mechanism = gcm(&mut nonce, parts.head)?;
        token.session.decrypt(&mechanism, key, text)
    } else {
        token.session.decrypt(&parts.method.oaep(), key, parts.key)
    };
    opened.map(Zeroizing::new).map_err(|error| {
        let trouble = trouble(token.place())(error);
        // Tokens have many ways to say that a ciphertext is wrong. If the session still answers, it is that.
        let alive = token.session.get_session_info().is_ok();
        if alive && !trouble.is_about_the_way() { Trouble::from(Failure::BadWrapping) } else { trouble }
    })
}
