//! Keys behind a PKCS#11 module: SoftHSM2, Kryoptic, AWS CloudHSM, and every other HSM.
//!
//! The module is C code that is global to the process, may block, may lose its token, and may answer differently from
//! the next one. So: calls run on threads of their own behind a bounded queue; every HSM over one module shares it; after
//! a loss the library is finalised and initialised again, with a generation that makes older sessions and handles
//! worthless; nothing is assumed of a token that it was not asked for. Nobody logs out while serving: on a token that is
//! a logout of every session.

mod back_off;
mod connection;
mod ec_parameters;
mod ecdsa_signature;
mod fence;
mod generating;
mod key_cache;
mod keys;
mod locator;
mod mechanisms;
mod module;
mod objects;
mod pin;
mod pool;
mod signing;
mod token;
mod trouble;
mod wrapping;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

pub use self::pin::PinSource;

use self::connection::Use;
use self::pin::Pin;
use self::token::Token;
use self::trouble::{Trouble, trouble};
use super::deadline::Deadline;
use super::probe::Canary;
use super::uri::TokenSelector;
use super::workers::{Limits, Workers};
use super::{
    Capabilities, Failure, Health, Hsm, HsmError, HsmFuture, HsmInfo, KeyDescription, KeyId, KeyProtection, KeyRef,
    KeyState, NewKey, SMALL, SignRequest, Signature,
};

/// Which token, and how it is used.
#[derive(Clone, Debug)]
pub struct Config {
    /// The module, a shared library.
    pub module: PathBuf,
    /// Which of its tokens.
    pub token: TokenSelector,
    /// Where the user PIN comes from.
    pub pin: PinSource,
    /// Sessions, and with them calls, at one time. A token that allows fewer gets fewer.
    pub sessions: usize,
    /// Calls that may wait for a session.
    pub waiting: usize,
}

impl Config {
    /// Eight sessions and 256 waiting calls.
    pub fn new(module: PathBuf, token: TokenSelector, pin: PinSource) -> Self {
        Self { module, token, pin, sessions: 8, waiting: 256 }
    }
}

/// Asking, searching, wrapping.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// An RSA key takes some tokens a minute.
const TIME_LIMIT_TO_GENERATE: Duration = Duration::from_secs(180);

/// A token of a PKCS#11 module as an [`Hsm`].
pub struct Pkcs11Hsm {
    name: String,
    token: Arc<Token>,
    workers: Workers,
    canary: Canary,
}

impl Pkcs11Hsm {
    /// The token that `config` names. Nothing is loaded or asked yet: the token, and even the module, may be away.
    pub fn new(name: &str, config: &Config) -> Self {
        let pin = Pin::new(config.pin.clone());
        let limits = Limits { threads: config.sessions.max(1), waiting: config.waiting };
        Self {
            name: name.to_owned(),
            token: Arc::new(Token::new(&config.module, config.token.clone(), pin, config.sessions)),
            workers: Workers::new(name, limits),
            canary: Canary::default(),
        }
    }

    /// Tries again at once, even with a PIN that was refused: an operator has seen to the token.
    pub fn reset(&self) {
        self.token.reset();
    }

    fn call<T: Send + 'static>(
        &self,
        key: Option<KeyId>,
        limit: Duration,
        work: impl Fn(&Use<'_>) -> Result<T, Trouble> + Send + 'static,
    ) -> HsmFuture<'_, T> {
        let (token, deadline) = (Arc::clone(&self.token), Deadline::after(limit));
        let answer = self.workers.run(limit, move || token.call(deadline, work));
        Box::pin(async move { answer.await.map_err(|failure| self.error(key, failure)) })
    }

    fn refuse<T: Send + 'static>(&self, key: Option<KeyId>, failure: Failure) -> HsmFuture<'_, T> {
        let error = self.error(key, failure);
        Box::pin(std::future::ready(Err(error)))
    }

    fn error(&self, key: Option<KeyId>, failure: Failure) -> HsmError {
        let error = HsmError::new(&self.name, failure);
        match key {
            Some(key) => error.with_key(key),
            None => error,
        }
    }
}

impl Hsm for Pkcs11Hsm {
    fn name(&self) -> &str {
        &self.name
    }

    fn info(&self) -> HsmFuture<'_, HsmInfo> {
        self.call(None, TIME_LIMIT, |token| {
            let info = &token.connection.info;
            Ok(HsmInfo {
                kind: "pkcs11",
                protection: KeyProtection::Token,
                place: token.place().to_owned(),
                manufacturer: info.manufacturer_id().to_owned(),
                model: info.model().to_owned(),
                serial_number: info.serial_number().to_owned(),
                firmware: info.firmware_version().to_string(),
            })
        })
    }

    fn capabilities(&self) -> HsmFuture<'_, Capabilities> {
        self.call(None, TIME_LIMIT, |token| Ok(token.connection.mechanisms.capabilities()))
    }

    fn health(&self) -> HsmFuture<'_, Health> {
        Box::pin(self.canary.health(self))
    }

    fn generate(&self, key: NewKey) -> HsmFuture<'_, KeyDescription> {
        if let Err(failure) = key.check() {
            return self.refuse(Some(key.id), failure);
        }
        self.call(Some(key.id), TIME_LIMIT_TO_GENERATE, move |token| generating::generate(token, &key))
    }

    fn describe<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, KeyDescription> {
        let wanted = key.clone();
        self.call(Some(key.id), TIME_LIMIT, move |token| keys::describe(token, &wanted))
    }

    fn list(&self) -> HsmFuture<'_, Vec<KeyDescription>> {
        self.call(None, TIME_LIMIT, keys::list)
    }

    fn sign(&self, request: SignRequest) -> HsmFuture<'_, Signature> {
        let id = Some(request.key().id);
        if let Err(failure) = request.check() {
            return self.refuse(id, failure);
        }
        self.call(id, request.time_limit(), move |token| signing::sign(token, &request))
    }

    fn wrap<'a>(&'a self, secret: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Vec<u8>> {
        if secret.len() > SMALL {
            return self.refuse(None, Failure::InvalidInput("a wrapped secret has at most 4096 octets"));
        }
        let (secret, bound) = (Zeroizing::new(secret.to_vec()), associated_data.to_vec());
        self.call(None, TIME_LIMIT_TO_GENERATE, move |token| wrapping::wrap(token, &secret, &bound))
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Zeroizing<Vec<u8>>> {
        let (wrapped, bound) = (wrapped.to_vec(), associated_data.to_vec());
        self.call(None, TIME_LIMIT, move |token| wrapping::unwrap(token, &wrapped, &bound))
    }

    /// Always refused: a token keeps no states. The state in each request decides.
    fn set_state<'a>(&'a self, key: &'a KeyRef, _: KeyState) -> HsmFuture<'a, ()> {
        let why = "a PKCS#11 token keeps no states of keys; the state on record with the caller decides";
        self.refuse(Some(key.id), Failure::Unsupported(why.to_owned()))
    }

    fn destroy<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, ()> {
        let wanted = key.clone();
        self.call(Some(key.id), TIME_LIMIT, move |token| keys::destroy_pair(token, &wanted))
    }

    fn random(&self, length: usize) -> HsmFuture<'_, Zeroizing<Vec<u8>>> {
        if length > SMALL {
            return self.refuse(None, Failure::InvalidInput("at most 4096 random octets are given at once"));
        }
        self.call(None, TIME_LIMIT, move |token| {
            let mut octets = Zeroizing::new(vec![0; length]);
            token.session.generate_random_slice(&mut octets).map_err(trouble(token.place()))?;
            Ok(octets)
        })
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
