//! The software keystore: a directory of encrypted keys, opened with a passphrase.
//!
//! `manifest.json` holds the master key, sealed under the passphrase by Argon2id and AES-256-GCM. Each key is one file:
//! a header in clear, the PKCS#8 sealed under a data key of its own, and that sealed under the master key; the header is
//! the associated data of both, so that no part of it can be changed unnoticed. Files are written beside their place,
//! flushed, renamed, and the directory is flushed.
//!
//! The keystore starts sealed. While unsealed the keys in use are in memory, as objects of aws-lc-rs that clear
//! themselves: a signature touches no disk. This is not an HSM, and every description says `software`.

mod files;
mod key_file;
mod keys;
mod manifest;
mod signer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use zeroize::Zeroizing;

use self::keys::Keys;
use self::manifest::Manifest;
use super::probe::Canary;
use super::workers::{Limits, Workers};
use super::{
    Capabilities, Failure, Health, Hsm, HsmError, HsmFuture, HsmInfo, KeyDescription, KeyId, KeyProtection, KeyRef,
    KeySpec, KeyState, NewKey, SMALL, SignRequest, Signature,
};
use super::{entropy, sealed_box};
use crate::x509::KeyAlgorithm;

/// Argon2, files and RSA keys take from milliseconds to seconds; none of them this long.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Distinguishes wrapped secrets from the data keys of key files, which the same master key seals.
const SECRET: &[u8] = b"signet wrapped secret v1\0";

/// A directory of encrypted keys as an [`Hsm`].
pub struct SoftwareKeystore {
    name: String,
    path: PathBuf,
    open: Arc<RwLock<Option<Arc<Keys>>>>,
    workers: Workers,
    canary: Canary,
}

impl SoftwareKeystore {
    /// The keystore in the directory `path`, sealed. Nothing is read yet.
    pub fn new(name: &str, path: &Path) -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            open: Arc::default(),
            workers: Workers::new(name, Limits { threads, waiting: 1024 }),
            canary: Canary::default(),
        }
    }

    /// Makes a new keystore in the directory, which is created if need be, and unseals it.
    ///
    /// # Errors
    /// [`Failure::KeystoreExists`], [`Failure::InvalidInput`] for an empty passphrase, [`Failure::Storage`].
    pub fn create(&self, passphrase: Zeroizing<String>) -> HsmFuture<'_, ()> {
        let (path, open) = (self.path.clone(), Arc::clone(&self.open));
        self.blocking(None, move || {
            let (manifest, master_key) = Manifest::create(&path, &passphrase)?;
            let keys = Keys::new(path, manifest.keystore, master_key);
            *open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
            Ok(())
        })
    }

    /// Opens the keystore. Takes a fraction of a second by design (Argon2id), on a thread of its own.
    ///
    /// # Errors
    /// [`Failure::NoKeystore`], [`Failure::WrongPassphrase`], [`Failure::Tampered`], [`Failure::Storage`]. The
    /// keystore stays as it was.
    pub fn unseal(&self, passphrase: Zeroizing<String>) -> HsmFuture<'_, ()> {
        let (path, open) = (self.path.clone(), Arc::clone(&self.open));
        self.blocking(None, move || {
            let manifest = Manifest::load(&path)?;
            let master_key = manifest.unlock(&path, &passphrase)?;
            let keys = Keys::new(path, manifest.keystore, master_key);
            *open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
            Ok(())
        })
    }

    /// Forgets the master key and every key in memory.
    pub fn seal(&self) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn keys(&self) -> Result<Arc<Keys>, Failure> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or_else(|| Failure::Sealed { path: self.path.clone() })
    }

    fn error(&self, key: Option<KeyId>) -> impl Fn(Failure) -> HsmError + '_ {
        move |failure| {
            let error = HsmError::new(&self.name, failure);
            key.map_or(error.clone(), |key| error.with_key(key))
        }
    }

    fn blocking<T: Send + 'static>(
        &self,
        key: Option<KeyId>,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> HsmFuture<'_, T> {
        let answer = self.workers.run(TIME_LIMIT, work);
        Box::pin(async move { answer.await.map_err(self.error(key)) })
    }

    fn ready<T: Send + 'static>(&self, key: Option<KeyId>, result: Result<T, Failure>) -> HsmFuture<'_, T> {
        let result = result.map_err(self.error(key));
        Box::pin(std::future::ready(result))
    }

    fn on_keys<T: Send + 'static>(
        &self,
        key: Option<KeyId>,
        work: impl FnOnce(&Keys) -> Result<T, Failure> + Send + 'static,
    ) -> HsmFuture<'_, T> {
        match self.keys() {
            Ok(keys) => self.blocking(key, move || work(&keys)),
            Err(failure) => self.ready(key, Err(failure)),
        }
    }
}

impl Hsm for SoftwareKeystore {
    fn name(&self) -> &str {
        &self.name
    }

    fn info(&self) -> HsmFuture<'_, HsmInfo> {
        let path = self.path.clone();
        self.blocking(None, move || {
            let manifest = Manifest::load(&path)?;
            Ok(HsmInfo {
                kind: "software",
                protection: KeyProtection::Software,
                place: path.display().to_string(),
                manufacturer: "Signet".to_owned(),
                model: "software keystore".to_owned(),
                serial_number: manifest.keystore,
                firmware: format!("format {}", manifest::VERSION),
            })
        })
    }

    fn capabilities(&self) -> HsmFuture<'_, Capabilities> {
        let capabilities = Capabilities {
            key_specs: KeySpec::ALL.to_vec(),
            signature_algorithms: Capabilities::algorithms_of(&KeySpec::ALL),
            keeps_states: true,
            wrapping: Some("AES-256-GCM".to_owned()),
            mechanisms: vec!["aws-lc-rs".to_owned()],
        };
        self.ready(None, Ok(capabilities))
    }

    fn health(&self) -> HsmFuture<'_, Health> {
        Box::pin(self.canary.health(self))
    }

    fn generate(&self, key: NewKey) -> HsmFuture<'_, KeyDescription> {
        self.on_keys(Some(key.id), move |keys| keys.generate(&key))
    }

    fn describe<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, KeyDescription> {
        let wanted = key.clone();
        self.on_keys(Some(key.id), move |keys| keys.describe(&wanted))
    }

    fn list(&self) -> HsmFuture<'_, Vec<KeyDescription>> {
        self.on_keys(None, Keys::list)
    }

    /// ECDSA and Ed25519 take some ten microseconds and are done at once; RSA takes milliseconds and gets a thread.
    fn sign(&self, request: SignRequest) -> HsmFuture<'_, Signature> {
        let id = Some(request.key().id);
        let keys = match request.check().and_then(|()| self.keys()) {
            Ok(keys) => keys,
            Err(failure) => return self.ready(id, Err(failure)),
        };
        if !matches!(request.key().public_key.algorithm(), KeyAlgorithm::Rsa { .. }) {
            return self.ready(id, keys.sign(&request));
        }
        let answer = self.workers.run(request.time_limit(), move || keys.sign(&request));
        Box::pin(async move { answer.await.map_err(self.error(id)) })
    }

    fn wrap<'a>(&'a self, secret: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Vec<u8>> {
        let wrapped = self.keys().and_then(|keys| {
            if secret.len() > SMALL {
                return Err(Failure::InvalidInput("a wrapped secret has at most 4096 octets"));
            }
            sealed_box::seal(keys.master_key(), &[SECRET, associated_data].concat(), secret)
        });
        self.ready(None, wrapped)
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Zeroizing<Vec<u8>>> {
        let secret = self.keys().and_then(|keys| {
            let opened = sealed_box::open(keys.master_key(), &[SECRET, associated_data].concat(), wrapped);
            opened.ok_or(Failure::BadWrapping)
        });
        self.ready(None, secret)
    }

    fn set_state<'a>(&'a self, key: &'a KeyRef, state: KeyState) -> HsmFuture<'a, ()> {
        let wanted = key.clone();
        self.on_keys(Some(key.id), move |keys| keys.set_state(&wanted, state))
    }

    fn destroy<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, ()> {
        let wanted = key.clone();
        self.on_keys(Some(key.id), move |keys| keys.destroy(&wanted))
    }

    fn random(&self, length: usize) -> HsmFuture<'_, Zeroizing<Vec<u8>>> {
        let mut octets = Zeroizing::new(vec![0; length.min(SMALL)]);
        let filled = if length > SMALL {
            Err(Failure::InvalidInput("at most 4096 random octets are given at once"))
        } else {
            entropy::fill(&mut octets)
        };
        self.ready(None, filled.map(|()| octets))
    }
}

#[cfg(test)]
mod tests;
