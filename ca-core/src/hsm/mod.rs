//! The HSM layer: where the private keys of the authorities live, and the only doors to them.
//!
//! [`Hsm`] is object-safe, returns boxed futures and names no runtime. Nothing here ever hands out a private key: a
//! key is named by a [`KeyRef`], a signature asked for by a [`SignRequest`], and every answer is verified against the
//! public key before it leaves.

#[cfg(any(feature = "software-keystore", feature = "pkcs11"))]
mod answer;
mod base64_text;
#[cfg(test)]
pub(crate) mod block_on;
pub mod capabilities;
mod clock;
#[cfg(all(test, any(feature = "software-keystore", feature = "pkcs11")))]
mod conformance;
#[cfg(any(feature = "software-keystore", feature = "pkcs11"))]
mod deadline;
pub mod description;
mod entropy;
pub mod error;
pub mod independent;
pub mod key;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
pub mod probe;
#[cfg(any(feature = "software-keystore", feature = "pkcs11"))]
mod sealed_box;
pub mod sign_request;
#[cfg(feature = "software-keystore")]
pub mod software;
pub mod state;
pub mod uri;
#[cfg(any(feature = "software-keystore", feature = "pkcs11"))]
mod workers;

use std::future::Future;
use std::pin::Pin;

use zeroize::Zeroizing;

pub use capabilities::Capabilities;
pub use description::{HsmInfo, KeyDescription, KeyProtection, NewKey};
pub use error::{ErrorClass, Failure, HsmError};
pub use key::{KeyId, KeyRef, KeySpec};
pub use probe::Health;
pub use sign_request::{DigestAlgorithm, Input, SignPurpose, SignRequest, Signature, UnknownDigestAlgorithm};
pub use state::KeyState;
pub use uri::HsmUri;

/// A future that any runtime can drive.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a call on an [`Hsm`] answers.
pub type HsmFuture<'a, T> = BoxFuture<'a, Result<T, HsmError>>;

/// A place that holds private keys and uses them. No call gives a private key out.
///
/// Every error names the HSM, says what to do, and carries an [`ErrorClass`].
pub trait Hsm: Send + Sync {
    /// The name of the `[[hsm]]` entry this was configured by.
    fn name(&self) -> &str;

    /// What stands behind the name: kind, vendor, model, serial number, firmware.
    fn info(&self) -> HsmFuture<'_, HsmInfo>;

    /// What it can do, as probed.
    fn capabilities(&self) -> HsmFuture<'_, Capabilities>;

    /// Signs a fresh nonce with a key made for that purpose and verifies the result twice.
    fn health(&self) -> HsmFuture<'_, Health>;

    /// Makes a key pair. Idempotent by [`NewKey::id`]: a key that exists with the same specification and label is
    /// answered as it is; with another one the call fails with [`Failure::KeyExists`].
    fn generate(&self, key: NewKey) -> HsmFuture<'_, KeyDescription>;

    /// Describes one key after comparing its public key with `key.public_key`.
    fn describe<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, KeyDescription>;

    /// Describes every key that this layer made, in the order of their ids.
    fn list(&self) -> HsmFuture<'_, Vec<KeyDescription>>;

    /// Signs. The signature has been verified under the key's public key when the future resolves.
    fn sign(&self, request: SignRequest) -> HsmFuture<'_, Signature>;

    /// Encrypts a small secret (at most 4096 octets) under a key of the HSM, bound to `associated_data`.
    fn wrap<'a>(&'a self, secret: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Vec<u8>>;

    /// Opens what [`Hsm::wrap`] gave, for the same `associated_data` only.
    fn unwrap<'a>(&'a self, wrapped: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Zeroizing<Vec<u8>>>;

    /// Moves a key along its life cycle, where [`Capabilities::keeps_states`] says that the HSM records one.
    fn set_state<'a>(&'a self, key: &'a KeyRef, state: KeyState) -> HsmFuture<'a, ()>;

    /// Destroys the private key for good. A key that is not there any more counts as destroyed.
    fn destroy<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, ()>;

    /// Random octets (at most 4096) from the HSM's generator.
    fn random(&self, length: usize) -> HsmFuture<'_, Zeroizing<Vec<u8>>>;
}

/// The largest secret that [`Hsm::wrap`] takes and the longest answer of [`Hsm::random`], in octets.
pub const SMALL: usize = 4096;
