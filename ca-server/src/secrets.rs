//! Secrets in the database, sealed under the installation's data-encryption key, which an HSM wraps.
//!
//! With that HSM away the server starts all the same: what needs a secret answers 503 until the key could be unwrapped.

use ca_core::hsm::HsmError;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::hsms::Hsms;
use crate::ops::OpError;
use crate::store::Store;
use crate::store::installation::{self, WrappedDataKey};
use crate::store::sealed::{DataKeys, Place};

/// The data-encryption keys, unwrapped when first needed.
#[derive(Default)]
pub struct Secrets(OnceCell<DataKeys>);

/// What the wrapping is bound to, so that no other secret can be passed off as the key.
fn associated_data(version: i64) -> Vec<u8> {
    format!("signet data-encryption key {version}").into_bytes()
}

/// Makes the first data-encryption key of an installation, wrapped by `hsm`.
///
/// # Errors
/// When the HSM cannot wrap.
pub async fn create(
    hsm: &dyn ca_core::hsm::Hsm,
    entropy: &Entropy,
    now: ca_core::time::UnixTime,
) -> Result<WrappedDataKey, HsmError> {
    let key = Zeroizing::new(entropy.bytes::<32>());
    let wrapped = hsm.wrap(key.as_slice(), &associated_data(FIRST)).await?;
    Ok(WrappedDataKey { key_version: FIRST, hsm: hsm.name().to_owned(), wrapped, created_at: now })
}

const FIRST: i64 = 1;

impl Secrets {
    /// Opens a sealed value of the database.
    ///
    /// # Errors
    /// When the HSM is away, or the value does not belong to its place.
    pub async fn open(
        &self,
        store: &Store,
        hsms: &Hsms,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpError> {
        let keys = self.keys(store, hsms).await?;
        keys.open(place, sealed)
            .map_err(|fault| OpError::Integrity(format!("{}.{} {}: {fault}", place.table, place.column, place.row)))
    }

    /// Seals a value for its place in the database.
    ///
    /// # Errors
    /// When the HSM is away.
    pub async fn seal(
        &self,
        store: &Store,
        hsms: &Hsms,
        entropy: &Entropy,
        place: Place<'_>,
        secret: &[u8],
    ) -> Result<Vec<u8>, OpError> {
        let keys = self.keys(store, hsms).await?;
        keys.seal(place, entropy.bytes(), secret).map_err(|fault| OpError::Integrity(fault.to_string()))
    }

    async fn keys(&self, store: &Store, hsms: &Hsms) -> Result<&DataKeys, OpError> {
        self.0.get_or_try_init(|| unwrap_all(store, hsms)).await
    }
}

async fn unwrap_all(store: &Store, hsms: &Hsms) -> Result<DataKeys, OpError> {
    let wrapped = store.read(installation::data_keys).await?;
    let mut keys = Vec::new();
    for row in wrapped {
        let version = u32::try_from(row.key_version).unwrap_or_default();
        keys.push((version, unwrap(hsms, &row).await?));
    }
    Ok(DataKeys::new(keys))
}

async fn unwrap(hsms: &Hsms, row: &WrappedDataKey) -> Result<Zeroizing<[u8; 32]>, OpError> {
    let missing =
        || OpError::NotFound(format!("HSM {:?}, which wraps the data-encryption key, is not configured", row.hsm));
    let hsm = hsms.get(&row.hsm).ok_or_else(missing)?;
    let opened = hsm.unwrap(&row.wrapped, &associated_data(row.key_version)).await?;
    let mut key = Zeroizing::new([0; 32]);
    if opened.len() != key.len() {
        return Err(OpError::Integrity(format!("data_encryption_key {}: not 32 octets", row.key_version)));
    }
    key.copy_from_slice(&opened);
    Ok(key)
}
