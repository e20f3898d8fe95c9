//! Why an HSM did not do what it was asked, and whether asking again can help.
//!
//! The texts are for operators: they name the HSM, the key, the place, and what to do. Clients see none of it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{KeyId, KeyState, SignPurpose};
#[cfg(any(feature = "software-keystore", feature = "pkcs11"))]
use crate::x509::SubjectPublicKeyInfo;

/// What a caller may do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The same call on the same HSM may succeed in a moment.
    RetryHere,
    /// This HSM is away or misbehaves: another member may serve now, or this one later.
    RetryElsewhere,
    /// Asking again cannot help before a person changes something.
    Never,
}

/// A failed call on one HSM.
#[derive(Clone, Debug, thiserror::Error)]
pub struct HsmError {
    hsm: String,
    key: Option<KeyId>,
    #[source]
    failure: Box<Failure>,
}

impl fmt::Display for HsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HSM {:?}", self.hsm)?;
        if let Some(key) = &self.key {
            write!(f, ", key {key}")?;
        }
        write!(f, ": {}", self.failure)
    }
}

impl HsmError {
    /// An error of the HSM that the configuration calls `hsm`.
    pub fn new(hsm: &str, failure: Failure) -> Self {
        Self { hsm: hsm.to_owned(), key: None, failure: Box::new(failure) }
    }

    /// The same error, naming the key it is about.
    #[must_use]
    pub fn with_key(mut self, key: KeyId) -> Self {
        self.key = Some(key);
        self
    }

    /// The HSM's name in the configuration.
    pub fn hsm(&self) -> &str {
        &self.hsm
    }

    /// The key it is about.
    pub fn key(&self) -> Option<KeyId> {
        self.key
    }

    /// What happened.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Whether asking again can help.
    pub fn class(&self) -> ErrorClass {
        self.failure.class()
    }

    /// Whether asking again can help, here or elsewhere.
    pub fn is_retryable(&self) -> bool {
        self.class() != ErrorClass::Never
    }
}

/// A call into a PKCS#11 module that answered something else than `CKR_OK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The function, for instance `C_Sign`.
    pub function: String,
    /// The return value, for instance `CKR_DEVICE_ERROR`.
    pub code: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.function, self.code)
    }
}

/// What happened, in the words of an operator.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The HSM cannot be reached at present.
    #[error("away: {what}. {advice}")]
    Away {
        /// Which part is missing, with the PKCS#11 function and return value if there was one.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// More calls are waiting than the queue takes.
    #[error("busy: {waiting} calls are waiting already; ask again, or give this HSM more sessions")]
    Busy {
        /// Calls in the queue.
        waiting: usize,
    },
    /// The call did not end in time; whether it took effect is unknown.
    #[error("no answer within {limit:?}, outcome unknown; see whether the HSM is overloaded or hangs")]
    TimeLimit {
        /// The caller's time limit.
        limit: Duration,
    },
    /// The thread that served the call ended without an answer.
    #[error("the call was interrupted, outcome unknown; ask again")]
    Interrupted,
    /// The keystore has not been unsealed since the start.
    #[error("the keystore {} is sealed; unseal it with its passphrase", .path.display())]
    Sealed {
        /// The keystore's directory.
        path: PathBuf,
    },
    /// The passphrase does not open the keystore.
    #[error("wrong passphrase for the keystore {}; nothing was changed", .path.display())]
    WrongPassphrase {
        /// The keystore's directory.
        path: PathBuf,
    },
    /// A file of the keystore is not what the keystore wrote.
    #[error("{} was damaged or tampered with ({what}); restore it from a backup and find out who wrote to it", .path.display())]
    Tampered {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: &'static str,
    },
    /// There is no keystore in the directory.
    #[error("there is no keystore in {}; check the path, or make one with init", .path.display())]
    NoKeystore {
        /// The directory.
        path: PathBuf,
    },
    /// There is a keystore in the directory already.
    #[error("there is a keystore in {} already; it is never overwritten", .path.display())]
    KeystoreExists {
        /// The directory.
        path: PathBuf,
    },
    /// Reading or writing a file failed.
    #[error("cannot {action} {}: {source}", .path.display())]
    Storage {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        #[source]
        source: Arc<io::Error>,
    },
    /// The token refused the PIN. It is not tried again before the PIN changes.
    #[error(
        "the token refused the PIN from {pin} ({call}). It was tried once and will not be tried again, so that the \
         token does not lock: put the right PIN there, and it is tried once more"
    )]
    PinRefused {
        /// Where the PIN came from.
        pin: String,
        /// The refused call.
        call: Call,
    },
    /// The token is locked or one wrong PIN away from it.
    #[error("{what}; no PIN is sent. Unlock the token or log in by hand with its vendor's tool, then ask again")]
    PinLocked {
        /// Which flag the token shows.
        what: String,
    },
    /// The key is not there.
    #[error("there is no such key in {place}; is this the right token or directory?")]
    KeyNotFound {
        /// Where it was looked for.
        place: String,
    },
    /// More than one key answers to the name.
    #[error("{count} keys in {place} answer to this name; remove or rename all but one with the token's own tool")]
    KeyAmbiguous {
        /// Where they were found.
        place: String,
        /// How many.
        count: usize,
    },
    /// The id or the label is taken by another key.
    #[error("{name} is taken by another key in {place}; keys are never overwritten")]
    KeyExists {
        /// The id or label.
        name: String,
        /// Where it was found.
        place: String,
    },
    /// The key found is not the key recorded.
    #[error(
        "the key in {place} has another public key (SHA-256 {found}) than the one recorded ({expected}); it is not used"
    )]
    KeyMismatch {
        /// Where it was found.
        place: String,
        /// SHA-256 of the recorded SubjectPublicKeyInfo, in hex.
        expected: String,
        /// SHA-256 of the one found, in hex.
        found: String,
    },
    /// The token made a key that could leave it.
    #[error("the key in {place} is not protected: {what}; a key like this is not used. Check the token's policy")]
    KeyUnprotected {
        /// Where it is.
        place: String,
        /// Which attribute is wrong.
        what: String,
    },
    /// The state of the key does not permit this use.
    #[error("a key that is {state} must not sign for the purpose {purpose}")]
    StateForbids {
        /// The key's state.
        state: KeyState,
        /// What was asked.
        purpose: SignPurpose,
    },
    /// The key was not made for this use.
    #[error("the key was not made for the purpose {purpose}")]
    PurposeForbids {
        /// What was asked.
        purpose: SignPurpose,
    },
    /// The life cycle has no such step.
    #[error("a key that is {from} cannot become {to}")]
    NoSuchTransition {
        /// The key's state.
        from: KeyState,
        /// The state asked for.
        to: KeyState,
    },
    /// The request makes no sense for any HSM.
    #[error("the request is not valid: {0}")]
    InvalidInput(&'static str),
    /// This HSM cannot do it.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// The signature or the opened secret is not right.
    #[error("the HSM gave a signature that does not verify under the key's public key; it was thrown away")]
    BadSignature,
    /// A wrapped secret does not open.
    #[error("the wrapped secret does not open: it was changed, or wrapped for another purpose or by another HSM")]
    BadWrapping,
    /// A cryptographic operation that cannot fail with correct input failed.
    #[error("the cryptographic library failed: {0}")]
    Engine(&'static str),
    /// Anything else that a token answered.
    #[error("{call} on {place}. {advice}")]
    Token {
        /// The call and its answer.
        call: Call,
        /// Token, slot and module.
        place: String,
        /// What to do.
        advice: &'static str,
        /// Whether asking again can help.
        class: ErrorClass,
    },
}

impl Failure {
    /// Whether asking again can help.
    pub fn class(&self) -> ErrorClass {
        use ErrorClass as C;
        match self {
            Self::Busy { .. } | Self::Interrupted | Self::Storage { .. } => C::RetryHere,
            Self::Away { .. } | Self::TimeLimit { .. } | Self::Sealed { .. } | Self::BadSignature => C::RetryElsewhere,
            Self::Token { class, .. } => *class,
            Self::WrongPassphrase { .. }
            | Self::Tampered { .. }
            | Self::NoKeystore { .. }
            | Self::KeystoreExists { .. }
            | Self::PinRefused { .. }
            | Self::PinLocked { .. }
            | Self::KeyNotFound { .. }
            | Self::KeyAmbiguous { .. }
            | Self::KeyExists { .. }
            | Self::KeyMismatch { .. }
            | Self::KeyUnprotected { .. }
            | Self::StateForbids { .. }
            | Self::PurposeForbids { .. }
            | Self::NoSuchTransition { .. }
            | Self::InvalidInput(_)
            | Self::Unsupported(_)
            | Self::BadWrapping
            | Self::Engine(_) => C::Never,
        }
    }

    /// The key found is not the one recorded.
    #[cfg(any(feature = "software-keystore", feature = "pkcs11"))]
    pub(crate) fn mismatch(place: String, expected: &SubjectPublicKeyInfo, found: &SubjectPublicKeyInfo) -> Self {
        let hex = |key: &SubjectPublicKeyInfo| key.sha256().iter().map(|octet| format!("{octet:02x}")).collect();
        Self::KeyMismatch { place, expected: hex(expected), found: hex(found) }
    }

    /// An I/O error with the file it is about.
    #[cfg(any(feature = "software-keystore", feature = "pkcs11"))]
    pub(crate) fn storage(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Storage { action, path, source: Arc::new(source) }
    }
}
