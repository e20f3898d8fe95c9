//! Where signatures go, and how they get there at once or not at all.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ca_core::signing::Format;

use super::{ArtifactError, Temporary};

/// Where signed files and signatures are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Images and JARs are replaced; signatures of other files lie beside them.
    InPlace,
    /// Everything goes into a folder, under the file's own name.
    Folder(PathBuf),
    /// The only result is this file.
    File(PathBuf),
}

impl Destination {
    /// What `--out` says for so many files: a folder if it is one, ends like one, or has to hold several.
    pub fn new(out: Option<&Path>, files: usize) -> Self {
        let Some(out) = out else { return Self::InPlace };
        let looks_like_folder = out.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
        if files != 1 || looks_like_folder || out.is_dir() {
            Self::Folder(out.to_owned())
        } else {
            Self::File(out.to_owned())
        }
    }

    /// Where the result for this artifact goes.
    pub fn of(&self, artifact: &Path, format: Format) -> PathBuf {
        let beside = match format {
            Format::Raw => with_suffix(artifact, ".sig"),
            Format::CmsDetached => with_suffix(artifact, ".p7s"),
            Format::AuthenticodePe | Format::JarSf => artifact.to_owned(),
        };
        match self {
            Self::InPlace => beside,
            Self::Folder(folder) => folder.join(beside.file_name().unwrap_or_default()),
            Self::File(file) => file.clone(),
        }
    }
}

/// `app` and `.sig` are `app.sig`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// An empty file in the destination's folder, which is made if it is missing.
pub(super) fn temporary(destination: &Path) -> Result<Temporary, ArtifactError> {
    let folder = match destination.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(ArtifactError::file(folder))?;
    tempfile::Builder::new().prefix(".signet-").tempfile_in(folder).map_err(ArtifactError::file(folder))
}

/// Writes a signature that others will read: 0644 within the umask's bounds does not apply to temporary files.
pub(super) fn write(file: &mut Temporary, bytes: &[u8], destination: &Path) -> Result<(), ArtifactError> {
    file.write_all(bytes).map_err(ArtifactError::file(destination))?;
    readable(file).map_err(ArtifactError::file(destination))
}

#[cfg(unix)]
fn readable(file: &Temporary) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &Temporary) -> std::io::Result<()> {
    Ok(())
}

/// A signed program stays executable.
pub(super) fn keep_permissions(file: &Temporary, original: &Path) -> Result<(), ArtifactError> {
    let permissions = std::fs::metadata(original).map_err(ArtifactError::file(original))?.permissions();
    file.as_file().set_permissions(permissions).map_err(ArtifactError::file(original))
}

/// On the disk first, then under its name.
pub(super) fn persist(file: Temporary, destination: &Path) -> Result<(), ArtifactError> {
    file.as_file().sync_all().map_err(ArtifactError::file(destination))?;
    file.persist(destination).map_err(|error| ArtifactError::file(destination)(error.error))?;
    Ok(())
}
