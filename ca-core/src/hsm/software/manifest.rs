//! `manifest.json`: which keystore this is, and its master key under the passphrase.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::super::sealed_box::{self, Key};
use super::super::{Failure, base64_text, entropy};
use super::files::{self, Write};

/// The version of the format of manifest and key files.
pub(crate) const VERSION: u32 = 1;

const NAME: &str = "manifest.json";

/// The manifest as read.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// The keystore's id, bound into every key file.
    pub(crate) keystore: String,
    unlock: Unlock,
    sealed_master_key: Vec<u8>,
}

/// How the passphrase becomes the key that opens the master key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unlock {
    method: Method,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    #[serde(with = "base64_text")]
    salt: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    Argon2id,
}

/// What stands in the file. The checksum tells a damaged file from a wrong passphrase; it is no protection.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    header: Header,
    #[serde(with = "base64_text")]
    sealed_master_key: Vec<u8>,
    #[serde(with = "base64_text")]
    checksum: Vec<u8>,
}

/// The associated data of the sealed master key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    version: u32,
    keystore: String,
    unlock: Unlock,
}

const FORMAT: &str = "signet-software-keystore";

fn file(directory: &Path) -> PathBuf {
    directory.join(NAME)
}

fn tampered(directory: &Path, what: &'static str) -> Failure {
    Failure::Tampered { path: file(directory), what }
}

impl Manifest {
    /// Makes a keystore with a fresh master key; never over one that is there.
    pub(crate) fn create(directory: &Path, passphrase: &str) -> Result<(Self, Key), Failure> {
        if passphrase.is_empty() {
            return Err(Failure::InvalidInput("a keystore needs a passphrase"));
        }
        files::create_directory(directory)?;
        let keystore = uuid::Builder::from_random_bytes(entropy::array()?).into_uuid().to_string();
        let (unlock, master_key) = (Unlock::fresh()?, sealed_box::random_key()?);
        let header = header_of(&keystore, &unlock)?;
        let sealed_master_key = sealed_box::seal(&unlock.derive(passphrase)?, &header, &*master_key)?;
        let manifest = Self { keystore, unlock, sealed_master_key };
        if !files::write(&file(directory), &manifest.to_json()?, Write::New)? {
            return Err(Failure::KeystoreExists { path: directory.to_owned() });
        }
        Ok((manifest, master_key))
    }

    /// Reads the manifest of a directory.
    pub(crate) fn load(directory: &Path) -> Result<Self, Failure> {
        let contents = files::read(&file(directory))?;
        let contents = contents.ok_or_else(|| Failure::NoKeystore { path: directory.to_owned() })?;
        let written: Written =
            serde_json::from_slice(&contents).map_err(|_| tampered(directory, "it is not a keystore manifest"))?;
        if written.header.format != FORMAT || written.header.version != VERSION {
            return Err(tampered(directory, "its format or version is unknown"));
        }
        let Header { keystore, unlock, .. } = written.header;
        let manifest = Self { keystore, unlock, sealed_master_key: written.sealed_master_key };
        if manifest.checksum()? != written.checksum {
            return Err(tampered(directory, "its checksum is wrong"));
        }
        Ok(manifest)
    }

    /// The master key, if the passphrase is the right one.
    pub(crate) fn unlock(&self, directory: &Path, passphrase: &str) -> Result<Key, Failure> {
        self.unlock.check().map_err(|what| tampered(directory, what))?;
        let header = header_of(&self.keystore, &self.unlock)?;
        let opened = sealed_box::open(&self.unlock.derive(passphrase)?, &header, &self.sealed_master_key);
        let opened = opened.ok_or_else(|| Failure::WrongPassphrase { path: directory.to_owned() })?;
        let mut master_key = Key::default();
        if opened.len() != master_key.len() {
            return Err(tampered(directory, "the master key has a wrong length"));
        }
        master_key.copy_from_slice(&opened);
        Ok(master_key)
    }

    fn checksum(&self) -> Result<Vec<u8>, Failure> {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&header_of(&self.keystore, &self.unlock)?);
        context.update(&self.sealed_master_key);
        Ok(context.finish().as_ref().to_vec())
    }

    #[cfg(test)]
    pub(crate) fn weaken(&mut self) {
        self.unlock.memory_kib = 64;
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>, Failure> {
        let written = Written {
            header: header(&self.keystore, &self.unlock),
            sealed_master_key: self.sealed_master_key.clone(),
            checksum: self.checksum()?,
        };
        let json = serde_json::to_vec_pretty(&written);
        json.map(|json| [json.as_slice(), b"\n"].concat()).map_err(|_| Failure::Engine("JSON"))
    }
}

fn header(keystore: &str, unlock: &Unlock) -> Header {
    Header { format: FORMAT.to_owned(), version: VERSION, keystore: keystore.to_owned(), unlock: unlock.clone() }
}

fn header_of(keystore: &str, unlock: &Unlock) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(&header(keystore, unlock)).map_err(|_| Failure::Engine("JSON"))
}

impl Unlock {
    // RFC 9106 §4: the second recommended option, 3 passes over 64 MiB in 4 lanes, salt of 128 bits.
    fn fresh() -> Result<Self, Failure> {
        let salt = entropy::array::<16>()?.to_vec();
        Ok(Self { method: Method::Argon2id, memory_kib: 64 * 1024, passes: 3, lanes: 4, salt })
    }

    /// Refuses parameters that this code never wrote: too weak to protect, or so large that they stop the machine.
    fn check(&self) -> Result<(), &'static str> {
        let memory = (64 * 1024..=1024 * 1024).contains(&self.memory_kib);
        if memory && (3..=64).contains(&self.passes) && (1..=16).contains(&self.lanes) && self.salt.len() >= 16 {
            return Ok(());
        }
        Err("its Argon2 parameters are out of bounds")
    }

    fn derive(&self, passphrase: &str) -> Result<Key, Failure> {
        let Method::Argon2id = self.method;
        let failed = |_| Failure::Engine("Argon2id");
        let parameters = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(failed)?;
        let mut memory = Zeroizing::new(vec![Block::default(); parameters.block_count()]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let mut key = Key::default();
        let derived = argon2.hash_password_into_with_memory(
            passphrase.as_bytes(),
            &self.salt,
            key.as_mut(),
            memory.as_mut_slice(),
        );
        if derived.is_err() {
            key.zeroize();
        }
        derived.map(|()| key).map_err(failed)
    }
}
