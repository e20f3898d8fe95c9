//! What a file is, by its content.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use ca_core::signing::Format;
use ca_core::signing::jar::MANIFEST;
use zip::ZipArchive;

/// A Portable Executable, a zip archive with a manifest, or anything else: which gets a detached signature.
///
/// # Errors
/// Those of the file.
pub fn guess(path: &Path) -> io::Result<Format> {
    let mut file = File::open(path)?;
    if is_portable_executable(&mut file)? {
        return Ok(Format::AuthenticodePe);
    }
    file.rewind()?;
    let mut magic = Vec::new();
    (&mut file).take(4).read_to_end(&mut magic)?;
    // Archives may have something in front; those are signed as JARs only when somebody says so.
    let is_jar =
        magic == b"PK\x03\x04" && ZipArchive::new(file).is_ok_and(|archive| archive.index_for_name(MANIFEST).is_some());
    Ok(if is_jar { Format::JarSf } else { Format::CmsDetached })
}

/// `MZ`, and `PE\0\0` where the DOS header says.
fn is_portable_executable(file: &mut File) -> io::Result<bool> {
    let mut header = Vec::new();
    file.take(64).read_to_end(&mut header)?;
    let offset = header.get(60..64).and_then(|octets| octets.first_chunk().copied()).map(u32::from_le_bytes);
    let (true, Some(offset)) = (header.starts_with(b"MZ"), offset) else { return Ok(false) };
    file.seek(SeekFrom::Start(offset.into()))?;
    let mut signature = Vec::new();
    file.take(4).read_to_end(&mut signature)?;
    Ok(signature == b"PE\0\0")
}
