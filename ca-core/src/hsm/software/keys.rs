//! The keys of an unsealed keystore.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::super::clock;
use super::super::sealed_box::Key;
use super::super::{Failure, KeyDescription, KeyId, KeyRef, KeyState, NewKey, SignRequest, Signature};
use super::files::{self, Write};
use super::key_file::{self, Header, KeyFile};
use super::signer::Signer;

/// How long a key in memory is used before its file is looked at again: another process may have changed its state.
const FRESH: Duration = Duration::from_millis(500);

/// An unsealed keystore.
pub(crate) struct Keys {
    directory: PathBuf,
    keystore: String,
    master_key: Key,
    loaded: RwLock<HashMap<KeyId, Arc<Loaded>>>,
}

/// A key in memory.
struct Loaded {
    header: Header,
    signer: Signer,
    file: Stamp,
    looked: Mutex<Instant>,
}

/// Tells one version of a file from the next: a change of state puts a new file in the place of the old.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    modified: (i64, i64),
}

impl Keys {
    pub(crate) fn new(directory: PathBuf, keystore: String, master_key: Key) -> Self {
        Self { directory, keystore, master_key, loaded: RwLock::default() }
    }

    pub(crate) fn master_key(&self) -> &Key {
        &self.master_key
    }

    /// Signs and verifies. From memory, except for the first use of a key.
    pub(crate) fn sign(&self, request: &SignRequest) -> Result<Signature, Failure> {
        let loaded = self.load(request.key().id)?;
        self.compare(request.key(), &loaded.header)?;
        request.check_state(loaded.header.state)?;
        let purpose = request.purpose();
        if !loaded.header.purposes.contains(&purpose) {
            return Err(Failure::PurposeForbids { purpose });
        }
        request.verified(loaded.signer.sign(request)?)
    }

    pub(crate) fn describe(&self, key: &KeyRef) -> Result<KeyDescription, Failure> {
        let file = self.read_verified(key.id)?.ok_or_else(|| self.not_found())?;
        self.compare(key, &file.header)?;
        Ok(file.header.describe())
    }

    pub(crate) fn list(&self) -> Result<Vec<KeyDescription>, Failure> {
        let mut ids = self.ids()?;
        ids.sort_unstable();
        let read = ids.into_iter().map(|id| self.read_verified(id)).filter_map(Result::transpose);
        read.map(|file| Ok(file?.header.describe())).collect()
    }

    pub(crate) fn generate(&self, key: &NewKey) -> Result<KeyDescription, Failure> {
        key.check()?;
        if let Some(made_before) = self.existing(key)? {
            return Ok(made_before);
        }
        // Outside the lock: an RSA key takes seconds.
        let pkcs8 = Signer::generate(key.spec)?;
        let public_key = Signer::from_pkcs8(key.spec, &pkcs8).and_then(|signer| signer.public_key(key.spec));
        let public_key = public_key.ok_or(Failure::Engine("a key could not be made"))?;
        let header = Header::new(&self.keystore, key, public_key);
        let file = KeyFile::seal(header, &self.master_key, &pkcs8)?;
        let _lock = files::lock(&self.directory)?;
        if let Some(made_meanwhile) = self.existing(key)? {
            return Ok(made_meanwhile);
        }
        if !file.write(&self.directory, Write::New)? {
            return Err(self.taken(format!("the id {}", key.id)));
        }
        Ok(file.header.describe())
    }

    pub(crate) fn set_state(&self, key: &KeyRef, state: KeyState) -> Result<(), Failure> {
        let _lock = files::lock(&self.directory)?;
        let file = self.read_verified(key.id)?.ok_or_else(|| self.not_found())?;
        self.compare(key, &file.header)?;
        let from = file.header.state;
        if from == state {
            return Ok(());
        }
        if state == KeyState::Destroyed || !from.may_become(state) {
            return Err(Failure::NoSuchTransition { from, to: state });
        }
        let pkcs8 = file.open(&self.directory, &self.master_key)?;
        let changed = KeyFile::seal(file.header.with_state(state), &self.master_key, &pkcs8)?;
        changed.write(&self.directory, Write::Replace)?;
        self.forget(key.id);
        Ok(())
    }

    pub(crate) fn destroy(&self, key: &KeyRef) -> Result<(), Failure> {
        let _lock = files::lock(&self.directory)?;
        let Some(file) = self.read_verified(key.id)? else { return Ok(()) };
        self.compare(key, &file.header)?;
        if !file.header.state.may_become(KeyState::Destroyed) {
            return Err(Failure::NoSuchTransition { from: file.header.state, to: KeyState::Destroyed });
        }
        files::erase(&key_file::path_of(&self.directory, key.id))?;
        self.forget(key.id);
        Ok(())
    }

    fn load(&self, id: KeyId) -> Result<Arc<Loaded>, Failure> {
        let known = self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(known) = known.filter(|known| self.is_current(known)) {
            return Ok(known);
        }
        self.forget(id);
        let loaded = Arc::new(self.load_from_file(id)?);
        self.loaded.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&loaded));
        Ok(loaded)
    }

    fn is_current(&self, loaded: &Loaded) -> bool {
        let mut looked = loaded.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.elapsed() < FRESH {
            return true;
        }
        *looked = clock::now();
        self.stamp(loaded.header.id).is_ok_and(|stamp| stamp == loaded.file)
    }

    fn load_from_file(&self, id: KeyId) -> Result<Loaded, Failure> {
        let file_stamp = self.stamp(id)?;
        let file = KeyFile::read(&self.directory, &self.keystore, id)?.ok_or_else(|| self.not_found())?;
        let pkcs8 = file.open(&self.directory, &self.master_key)?;
        let header = file.header;
        let signer = Signer::from_pkcs8(header.spec, &pkcs8);
        let signer = signer.filter(|signer| signer.public_key(header.spec).as_ref() == Some(&header.public_key));
        let what = "the private key does not belong to the public key";
        let path = key_file::path_of(&self.directory, id);
        let signer = signer.ok_or(Failure::Tampered { path, what })?;
        Ok(Loaded { header, signer, file: file_stamp, looked: Mutex::new(clock::now()) })
    }

    fn stamp(&self, id: KeyId) -> Result<Stamp, Failure> {
        let path = key_file::path_of(&self.directory, id);
        match fs::metadata(&path) {
            Ok(found) => Ok(Stamp { inode: found.ino(), modified: (found.mtime(), found.mtime_nsec()) }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(self.not_found()),
            Err(error) => Err(Failure::storage("read", &path)(error)),
        }
    }

    fn forget(&self, id: KeyId) {
        self.loaded.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// The key that an earlier call with the same id made.
    fn existing(&self, key: &NewKey) -> Result<Option<KeyDescription>, Failure> {
        if let Some(file) = self.read_verified(key.id)? {
            let same = file.header.spec == key.spec && file.header.label == key.label;
            return if same { Ok(Some(file.header.describe())) } else { Err(self.taken(format!("the id {}", key.id))) };
        }
        if self.list()?.iter().any(|other| other.label == key.label) {
            return Err(self.taken(format!("the label {:?}", key.label)));
        }
        Ok(None)
    }

    /// Reads a key file and checks all of it, the encrypted parts too.
    fn read_verified(&self, id: KeyId) -> Result<Option<KeyFile>, Failure> {
        let file = KeyFile::read(&self.directory, &self.keystore, id)?;
        file.as_ref().map(|file| file.open(&self.directory, &self.master_key)).transpose()?;
        Ok(file)
    }

    fn ids(&self) -> Result<Vec<KeyId>, Failure> {
        let failure = || Failure::storage("list", &self.directory);
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failure())? {
            let name = entry.map_err(failure())?.file_name();
            ids.extend(name.to_str().and_then(key_file::id_of));
        }
        Ok(ids)
    }

    fn compare(&self, wanted: &KeyRef, found: &Header) -> Result<(), Failure> {
        if wanted.public_key == found.public_key {
            return Ok(());
        }
        Err(Failure::mismatch(self.directory.display().to_string(), &wanted.public_key, &found.public_key))
    }

    fn not_found(&self) -> Failure {
        Failure::KeyNotFound { place: self.directory.display().to_string() }
    }

    fn taken(&self, name: String) -> Failure {
        Failure::KeyExists { name, place: self.directory.display().to_string() }
    }
}
