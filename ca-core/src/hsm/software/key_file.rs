//! One key in one file: a header in clear, and the private key under two layers that bind the header.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::super::sealed_box::{self, Key};
use super::super::{
    Failure, KeyDescription, KeyId, KeyProtection, KeyRef, KeySpec, KeyState, NewKey, SignPurpose, base64_text,
};
use super::files::{self, Write};
use super::manifest::VERSION;
use crate::x509::SubjectPublicKeyInfo;

/// What may be known of a key without the passphrase, and changed by nobody without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    format: String,
    version: u32,
    /// The keystore this file belongs to.
    keystore: String,
    pub(crate) id: KeyId,
    pub(crate) spec: KeySpec,
    #[serde(with = "base64_text::public_key")]
    pub(crate) public_key: SubjectPublicKeyInfo,
    #[serde(with = "base64_text")]
    spki_sha256: Vec<u8>,
    pub(crate) label: String,
    pub(crate) purposes: BTreeSet<SignPurpose>,
    pub(crate) state: KeyState,
    /// Grows by one with every change of state.
    revision: u64,
}

const FORMAT: &str = "signet-software-key";

impl Header {
    pub(crate) fn new(keystore: &str, key: &NewKey, public_key: SubjectPublicKeyInfo) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            keystore: keystore.to_owned(),
            id: key.id,
            spec: key.spec,
            spki_sha256: public_key.sha256().to_vec(),
            public_key,
            label: key.label.clone(),
            purposes: key.purposes.clone(),
            state: key.state,
            revision: 1,
        }
    }

    /// The next revision, in another state.
    pub(crate) fn with_state(&self, state: KeyState) -> Self {
        Self { state, revision: self.revision.saturating_add(1), ..self.clone() }
    }

    pub(crate) fn describe(&self) -> KeyDescription {
        let locator = format!("software:{}", self.id);
        KeyDescription {
            key: KeyRef { id: self.id, locator, public_key: self.public_key.clone() },
            spec: self.spec,
            label: self.label.clone(),
            state: Some(self.state),
            purposes: Some(self.purposes.clone()),
            protection: KeyProtection::Software,
            born_inside: Some(true),
        }
    }

    /// What does not fit, if anything: checked before any secret is touched, so that the message can be exact.
    fn flaw(&self, keystore: &str, id: KeyId) -> Option<&'static str> {
        if self.format != FORMAT || self.version != VERSION {
            Some("its format or version is unknown")
        } else if self.keystore != keystore {
            Some("it belongs to another keystore")
        } else if self.id != id {
            Some("the id inside is not the one in its name")
        } else if self.spki_sha256 != self.public_key.sha256() || self.spec.algorithm() != self.public_key.algorithm() {
            Some("its public key, hash and kind do not agree")
        } else {
            None
        }
    }

    /// The associated data of one layer.
    fn bound(&self, layer: &[u8]) -> Result<Vec<u8>, Failure> {
        let header = serde_json::to_vec(self).map_err(|_| Failure::Engine("JSON"))?;
        Ok([layer, &header].concat())
    }
}

const DATA_KEY: &[u8] = b"signet data key v1\0";
const PRIVATE_KEY: &[u8] = b"signet private key v1\0";

/// A key file as it stands on disk.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    pub(crate) header: Header,
    /// The file's own AES-256 key under the master key.
    #[serde(with = "base64_text")]
    data_key: Vec<u8>,
    /// PKCS#8 under the data key.
    #[serde(with = "base64_text")]
    private_key: Vec<u8>,
}

/// Where the file of a key is.
pub(crate) fn path_of(directory: &Path, id: KeyId) -> PathBuf {
    directory.join(format!("{id}.key"))
}

/// The key a file name belongs to.
pub(crate) fn id_of(name: &str) -> Option<KeyId> {
    name.strip_suffix(".key")?.parse().ok()
}

impl KeyFile {
    /// Seals a private key under a fresh data key.
    pub(crate) fn seal(header: Header, master_key: &Key, pkcs8: &[u8]) -> Result<Self, Failure> {
        let data_key = sealed_box::random_key()?;
        let private_key = sealed_box::seal(&data_key, &header.bound(PRIVATE_KEY)?, pkcs8)?;
        let data_key = sealed_box::seal(master_key, &header.bound(DATA_KEY)?, &*data_key)?;
        Ok(Self { header, data_key, private_key })
    }

    /// Reads the file of a key of this keystore; `None` if there is none.
    pub(crate) fn read(directory: &Path, keystore: &str, id: KeyId) -> Result<Option<Self>, Failure> {
        let path = path_of(directory, id);
        let Some(contents) = files::read(&path)? else { return Ok(None) };
        let file: Self = serde_json::from_slice(&contents)
            .map_err(|_| Failure::Tampered { path: path.clone(), what: "it is not a key file" })?;
        match file.header.flaw(keystore, id) {
            None => Ok(Some(file)),
            Some(what) => Err(Failure::Tampered { path, what }),
        }
    }

    /// The private key as PKCS#8. Anything else than what [`KeyFile::seal`] gave is an error.
    pub(crate) fn open(&self, directory: &Path, master_key: &Key) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let tampered = |what| Failure::Tampered { path: path_of(directory, self.header.id), what };
        let opened = sealed_box::open(master_key, &self.header.bound(DATA_KEY)?, &self.data_key);
        let opened = opened.ok_or_else(|| tampered("header or data key were changed"))?;
        let mut data_key = Key::default();
        if opened.len() != data_key.len() {
            return Err(tampered("the data key has a wrong length"));
        }
        data_key.copy_from_slice(&opened);
        let private_key = sealed_box::open(&data_key, &self.header.bound(PRIVATE_KEY)?, &self.private_key);
        private_key.ok_or_else(|| tampered("the private key was changed"))
    }

    /// Puts the file in its place; `false` if one is there and must not be.
    pub(crate) fn write(&self, directory: &Path, how: Write) -> Result<bool, Failure> {
        let json = serde_json::to_vec_pretty(self).map_err(|_| Failure::Engine("JSON"))?;
        files::write(&path_of(directory, self.header.id), &[json.as_slice(), b"\n"].concat(), how)
    }
}
