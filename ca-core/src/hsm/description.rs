//! What an HSM says about itself and about its keys.

use std::collections::BTreeSet;

use super::probe::CANARY_LABEL;
use super::{KeyId, KeyRef, KeySpec, KeyState, SignPurpose};

/// How well a private key is protected. Shown with every key, so that a file is never mistaken for hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyProtection {
    /// An encrypted file; the key is in this process's memory while it is in use.
    Software,
    /// Behind a PKCS#11 module.
    Token,
}

impl std::fmt::Display for KeyProtection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Software => "software",
            Self::Token => "token",
        })
    }
}

/// What stands behind the name of an HSM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsmInfo {
    /// `software` or `pkcs11`.
    pub kind: &'static str,
    /// Where keys are.
    pub protection: KeyProtection,
    /// Directory, or module and slot.
    pub place: String,
    /// Who made it.
    pub manufacturer: String,
    /// The model.
    pub model: String,
    /// The serial number, or the keystore's id.
    pub serial_number: String,
    /// The firmware's or format's version.
    pub firmware: String,
}

/// A key to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its name, chosen by the caller; generating twice under one id gives one key.
    pub id: KeyId,
    /// Its kind.
    pub spec: KeySpec,
    /// A label for people, unique in the HSM: 1 to 64 printable ASCII characters.
    pub label: String,
    /// What it may sign.
    pub purposes: BTreeSet<SignPurpose>,
    /// [`KeyState::PreActive`] or [`KeyState::Active`].
    pub state: KeyState,
}

impl NewKey {
    /// Refuses what no HSM may be asked to make.
    ///
    /// # Errors
    /// [`Failure::InvalidInput`](super::Failure::InvalidInput).
    pub fn check(&self) -> Result<(), super::Failure> {
        let printable = self.label.bytes().all(|b| (0x20..0x7f).contains(&b));
        let refusal = if self.label.is_empty() || self.label.len() > 64 || !printable {
            "a label has 1 to 64 printable ASCII characters"
        } else if self.purposes.is_empty() {
            "a key is made for at least one purpose"
        } else if self.is_canary() && self.purposes.len() > 1 {
            "a canary key signs nothing but probes"
        } else if !matches!(self.state, KeyState::PreActive | KeyState::Active) {
            "a new key is pre-active or active"
        } else if self.is_canary() != self.label.starts_with(CANARY_LABEL) {
            "the label of a canary key, and only that, starts with signet-canary"
        } else {
            return Ok(());
        };
        Err(super::Failure::InvalidInput(refusal))
    }

    fn is_canary(&self) -> bool {
        self.purposes.contains(&SignPurpose::Probe)
    }
}

/// A key as the HSM has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    /// Id, locator and public key.
    pub key: KeyRef,
    /// Its kind.
    pub spec: KeySpec,
    /// Its label.
    pub label: String,
    /// Its state, where the HSM keeps one.
    pub state: Option<KeyState>,
    /// What it may sign, where the HSM keeps that.
    pub purposes: Option<BTreeSet<SignPurpose>>,
    /// How the private key is protected.
    pub protection: KeyProtection,
    /// Whether the private key was made where it is and could never leave; `None` if the HSM does not say.
    pub born_inside: Option<bool>,
}
