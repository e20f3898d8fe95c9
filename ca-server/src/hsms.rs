//! The configured HSMs, opened.

use std::collections::HashMap;
use std::sync::Arc;

use ca_core::hsm::pkcs11::{self, PinSource, Pkcs11Hsm};
use ca_core::hsm::software::SoftwareKeystore;
use ca_core::hsm::{Hsm, HsmError};
use zeroize::Zeroizing;

use crate::config::{HsmBackend, HsmSettings, SecretError, SecretSource};

/// An HSM that cannot be opened for a reason that only a person can change.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its secret cannot be read.
    #[error("HSM {hsm:?}: {source}")]
    Secret {
        /// The HSM's name.
        hsm: String,
        /// Which file or variable, and why.
        #[source]
        source: SecretError,
    },
    /// Its secret is not text.
    #[error("HSM {0:?}: its passphrase is not UTF-8 text")]
    NotText(String),
    /// It refuses to open.
    #[error(transparent)]
    Hsm(#[from] HsmError),
}

/// The HSMs by name.
pub type Hsms = HashMap<String, Arc<dyn Hsm>>;

/// Opens every HSM. A token that is away does not stand against it: its calls fail until it is back.
///
/// # Errors
/// A wrong passphrase, a missing keystore, a missing module: what waiting does not mend.
pub async fn open_all(settings: &[HsmSettings]) -> Result<Hsms, OpenError> {
    let mut hsms = Hsms::new();
    for hsm in settings {
        hsms.insert(hsm.name.clone(), open(hsm).await?);
    }
    Ok(hsms)
}

async fn open(settings: &HsmSettings) -> Result<Arc<dyn Hsm>, OpenError> {
    match &settings.backend {
        HsmBackend::Software { path, passphrase } => {
            let keystore = SoftwareKeystore::new(&settings.name, path);
            keystore.unseal(text(&settings.name, passphrase)?).await?;
            Ok(Arc::new(keystore))
        }
        HsmBackend::Pkcs11 { module, token, pin } => {
            let config = pkcs11::Config::new(module.clone(), token.clone(), pin_source(settings, pin)?);
            Ok(Arc::new(Pkcs11Hsm::new(&settings.name, &config)))
        }
    }
}

/// A file is read at every login, so that a PIN can be changed while the server runs.
fn pin_source(settings: &HsmSettings, pin: &SecretSource) -> Result<PinSource, OpenError> {
    match pin {
        SecretSource::File(path) => Ok(PinSource::File(path.clone())),
        SecretSource::Environment(name) => {
            Ok(PinSource::Value { name: format!("the environment variable {name}"), pin: text(&settings.name, pin)? })
        }
    }
}

/// A secret as text.
///
/// # Errors
/// When it cannot be read or is not UTF-8.
pub fn text(hsm: &str, source: &SecretSource) -> Result<Zeroizing<String>, OpenError> {
    let bytes = source.read().map_err(|source| OpenError::Secret { hsm: hsm.to_owned(), source })?;
    let text = std::str::from_utf8(&bytes).map_err(|_| OpenError::NotText(hsm.to_owned()))?;
    Ok(Zeroizing::new(text.to_owned()))
}
