//! `[[hsm]]`.

use std::path::PathBuf;

use ca_core::hsm::uri::TokenSelector;
use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;
use super::secret::SecretSource;
use super::{Named, slug};

/// One `[[hsm]]` as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HsmConfig {
    /// How authorities and commands call it.
    /// Example: `"local"`
    pub name: String,
    /// `software` (encrypted files) or `pkcs11` (a token behind a module).
    /// Example: `"software"`
    pub backend: String,
    /// software: folder of the encrypted keys.
    /// Example: `"keys"`
    pub path: Option<PathBuf>,
    /// software: file with the passphrase. Without it and `passphrase_env`, the name of `path` with `.passphrase` behind it.
    /// Example: `"keys.passphrase"`
    pub passphrase_file: Option<PathBuf>,
    /// software: environment variable with the passphrase, in place of the file.
    /// Example: `"SIGNET_PASSPHRASE"`
    pub passphrase_env: Option<String>,
    /// pkcs11: the module, a shared library.
    /// Example: `"/usr/lib/softhsm/libsofthsm2.so"`
    pub module: Option<PathBuf>,
    /// pkcs11: the token, by its label.
    /// Example: `"signet"`
    pub token: Option<String>,
    /// pkcs11: the token, by the number of its slot, in place of the label.
    /// Example: `0`
    pub slot: Option<u64>,
    /// pkcs11: the token, by its serial number, in place of the label.
    /// Example: `"7c38a9d1f2b04e65"`
    pub serial: Option<String>,
    /// pkcs11: file with the user's PIN.
    /// Example: `"pin"`
    pub pin_file: Option<PathBuf>,
    /// pkcs11: environment variable with the user's PIN, in place of the file.
    /// Example: `"SIGNET_PIN"`
    pub pin_env: Option<String>,
}

/// A checked `[[hsm]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsmSettings {
    /// Unique among HSMs.
    pub name: String,
    /// What it is.
    pub backend: HsmBackend,
}

/// The kinds of HSM that this build knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HsmBackend {
    /// Keys in encrypted files.
    Software {
        /// Their folder.
        path: PathBuf,
        /// What unlocks them.
        passphrase: SecretSource,
    },
    /// Keys on a PKCS#11 token.
    Pkcs11 {
        /// The shared library.
        module: PathBuf,
        /// Which of its tokens.
        token: TokenSelector,
        /// The user's PIN.
        pin: SecretSource,
    },
}

impl HsmBackend {
    /// Its word in the configuration.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Software { .. } => "software",
            Self::Pkcs11 { .. } => "pkcs11",
        }
    }
}

impl Named for HsmSettings {
    fn name(&self) -> &str {
        &self.name
    }
}

impl HsmConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<HsmSettings, ConfigError> {
        let name = slug::check(self.name.clone(), &at.key("name"))?;
        let backend = match self.backend.as_str() {
            "software" => self.software(at)?,
            "pkcs11" => self.pkcs11(at)?,
            "aws-kms" | "cluster" => {
                return Err(at.key("backend").refuse(format!("the backend `{}` is not built in", self.backend)));
            }
            other => {
                return Err(at.key("backend").refuse(format!("`{other}` is no backend: use software or pkcs11")));
            }
        };
        Ok(HsmSettings { name, backend })
    }

    fn software(self, at: &Place<'_>) -> Result<HsmBackend, ConfigError> {
        let foreign = [
            ("module", self.module.is_some()),
            ("token", self.token.is_some()),
            ("slot", self.slot.is_some()),
            ("serial", self.serial.is_some()),
            ("pin_file", self.pin_file.is_some()),
            ("pin_env", self.pin_env.is_some()),
        ];
        refuse_foreign(&foreign, "pkcs11", at)?;
        let path = self.path.ok_or_else(|| at.key("path").refuse("the backend software needs this key"))?;
        let mut beside = path.clone().into_os_string();
        beside.push(".passphrase");
        let passphrase = SecretSource::resolve("passphrase", self.passphrase_file.as_deref(), self.passphrase_env, at)?
            .unwrap_or_else(|| SecretSource::File(at.path(beside.as_ref())));
        Ok(HsmBackend::Software { path: at.path(&path), passphrase })
    }

    fn pkcs11(self, at: &Place<'_>) -> Result<HsmBackend, ConfigError> {
        let foreign = [
            ("path", self.path.is_some()),
            ("passphrase_file", self.passphrase_file.is_some()),
            ("passphrase_env", self.passphrase_env.is_some()),
        ];
        refuse_foreign(&foreign, "software", at)?;
        let module = self.module.ok_or_else(|| at.key("module").refuse("the backend pkcs11 needs this key"))?;
        let token = selector(self.token, self.slot, self.serial, at)?;
        let pin = SecretSource::resolve("pin", self.pin_file.as_deref(), self.pin_env, at)?
            .ok_or_else(|| at.key("pin_file").refuse("the backend pkcs11 needs this key or `pin_env`"))?;
        Ok(HsmBackend::Pkcs11 { module: at.path(&module), token, pin })
    }
}

fn refuse_foreign(keys: &[(&str, bool)], owner: &str, at: &Place<'_>) -> Result<(), ConfigError> {
    match keys.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(at.key(key).refuse(format!("this key belongs to the backend {owner}"))),
        None => Ok(()),
    }
}

fn selector(
    token: Option<String>,
    slot: Option<u64>,
    serial: Option<String>,
    at: &Place<'_>,
) -> Result<TokenSelector, ConfigError> {
    match (token, slot, serial) {
        (Some(label), None, None) => Ok(TokenSelector::Label(label)),
        (None, Some(number), None) => Ok(TokenSelector::Slot(number)),
        (None, None, Some(serial)) => Ok(TokenSelector::Serial(serial)),
        (None, None, None) => Err(at.key("token").refuse("the backend pkcs11 needs `token`, `slot` or `serial`")),
        _ => Err(at.refuse("`token`, `slot` and `serial` exclude each other: keep one")),
    }
}

/// Two names for one store would each believe to be its only writer.
pub(super) fn refuse_shared_stores(hsms: &[HsmSettings], at: &Place<'_>) -> Result<(), ConfigError> {
    let same = |left: &HsmBackend, right: &HsmBackend| match (left, right) {
        (HsmBackend::Software { path: left, .. }, HsmBackend::Software { path: right, .. }) => left == right,
        (
            HsmBackend::Pkcs11 { module: left, token: left_token, .. },
            HsmBackend::Pkcs11 { module: right, token: right_token, .. },
        ) => left == right && left_token == right_token,
        _ => false,
    };
    for (index, hsm) in hsms.iter().enumerate() {
        if let Some(earlier) = hsms[..index].iter().find(|earlier| same(&earlier.backend, &hsm.backend)) {
            return Err(at.index(index).refuse(format!("its keys are those of `{}` already", earlier.name)));
        }
    }
    Ok(())
}
