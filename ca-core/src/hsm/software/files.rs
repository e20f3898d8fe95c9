//! Files that are there whole or not at all, readable by their owner only.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use uuid::Uuid;

use super::super::{Failure, entropy};

/// Whether a file of the same name may be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// It must not be.
    New,
    /// It is replaced.
    Replace,
}

/// Makes the directory with mode 0700 unless it is there.
pub(crate) fn create_directory(path: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(Failure::storage("create the directory", path))
}

/// Writes through a temporary file beside it: flushed, put in place, and the directory flushed.
///
/// The outer `Ok(false)` says that the file was there and [`Write::New`] was asked for.
pub(crate) fn write(path: &Path, contents: &[u8], how: Write) -> Result<bool, Failure> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let temporary = directory.join(temporary_name()?);
    let written = write_new(&temporary, contents).and_then(|()| put_in_place(&temporary, path, how));
    if !matches!((&written, how), (Ok(true), Write::Replace)) {
        // After a link the temporary name is one too many; after a failure so is the file. Nothing depends on it.
        let _ = fs::remove_file(&temporary);
    }
    let written = written?;
    flush_directory(directory)?;
    Ok(written)
}

fn temporary_name() -> Result<String, Failure> {
    Ok(format!(".{}.tmp", Uuid::from_bytes(entropy::array()?)))
}

fn write_new(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    let failure = || Failure::storage("write", path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failure())?;
    file.write_all(contents).and_then(|()| file.sync_all()).map_err(failure())
}

fn put_in_place(temporary: &Path, path: &Path, how: Write) -> Result<bool, Failure> {
    let placed = match how {
        Write::Replace => fs::rename(temporary, path),
        // A link, unlike a rename, fails when the name is taken.
        Write::New => fs::hard_link(temporary, path),
    };
    match placed {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        placed => placed.map(|()| true).map_err(Failure::storage("write", path)),
    }
}

fn flush_directory(path: &Path) -> Result<(), Failure> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(Failure::storage("flush the directory", path))
}

/// The contents, or `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        contents => contents.map(Some).map_err(Failure::storage("read", path)),
    }
}

/// Overwrites a file with zeros and removes it. The first is a courtesy: a file system may keep old blocks.
pub(crate) fn erase(path: &Path) -> Result<(), Failure> {
    let failure = || Failure::storage("erase", path);
    let mut file = OpenOptions::new().write(true).open(path).map_err(failure())?;
    let length = file.metadata().map_err(failure())?.len();
    let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
    file.write_all(&zeros).and_then(|()| file.sync_all()).map_err(failure())?;
    fs::remove_file(path).map_err(failure())?;
    flush_directory(path.parent().unwrap_or(Path::new(".")))
}

/// Holds every other process that changes the keystore off until the answer is dropped, and removes what a crash left.
pub(crate) fn lock(directory: &Path) -> Result<File, Failure> {
    let path = directory.join(".lock");
    let failure = || Failure::storage("lock", &path);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(failure())?;
    file.lock().map_err(failure())?;
    remove_leftovers(directory)?;
    Ok(file)
}

fn remove_leftovers(directory: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(directory).map_err(Failure::storage("list", directory))? {
        let name = entry.map_err(Failure::storage("list", directory))?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(".tmp") {
            let path = directory.join(name.as_ref());
            fs::remove_file(&path).map_err(Failure::storage("remove", &path))?;
        }
    }
    Ok(())
}
