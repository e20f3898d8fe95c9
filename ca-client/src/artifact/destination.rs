//! Where signatures go, and how they get there at once or not at all.

use std::collections::{HashMap, HashSet};
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

/// Results that would destroy something.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Collision {
    /// Two files, one result.
    #[error("the results of {first} and {second} would both be {result}: give them names or folders that differ")]
    SameResult {
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// Where both would go.
        result: String,
    },
    /// A result in the place of a file that is to be signed.
    #[error(
        "the result of {file} would overwrite {input}, which is to be signed itself: name another place with --out"
    )]
    Input {
        /// What is signed.
        file: String,
        /// What would be lost.
        input: String,
    },
}

impl Destination {
    /// What `--out` says for so many files: a folder if it is one, ends like one, or has to hold several. It need not exist.
    pub fn new(out: Option<&Path>, files: usize) -> Self {
        let Some(out) = out else { return Self::InPlace };
        let looks_like_folder = out.to_string_lossy().ends_with(std::path::is_separator);
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

    /// Where each result goes: no two to the same place, and none over a file that is to be signed, unless it is this
    /// file with its signature.
    ///
    /// # Errors
    /// [`Collision`].
    pub fn of_all(&self, artifacts: &[&Path], format: Format) -> Result<Vec<PathBuf>, Collision> {
        let inputs: HashMap<PathBuf, &Path> = artifacts.iter().map(|path| (place(path), *path)).collect();
        let mut taken: HashMap<PathBuf, &Path> = HashMap::new();
        let mut all = Vec::with_capacity(artifacts.len());
        for &artifact in artifacts {
            let (result, file) = (self.of(artifact, format), artifact.display().to_string());
            let there = place(&result);
            if let Some(first) = taken.insert(there.clone(), artifact) {
                let (first, result) = (first.display().to_string(), result.display().to_string());
                return Err(Collision::SameResult { first, second: file, result });
            }
            let embedded = matches!(format, Format::AuthenticodePe | Format::JarSf);
            match inputs.get(&there) {
                Some(_) if embedded && place(artifact) == there => {}
                Some(input) => return Err(Collision::Input { file, input: input.display().to_string() }),
                None => {}
            }
            all.push(result);
        }
        Ok(all)
    }
}

/// Whether one of these files would be overwritten by writing to `path`.
pub fn is_among(path: &Path, files: &[PathBuf]) -> bool {
    let places: HashSet<PathBuf> = files.iter().map(|file| place(file)).collect();
    places.contains(&place(path))
}

/// What a path stands for, by which two spellings of it, and links, are the same. The file need not exist.
fn place(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if folder.as_os_str().is_empty() => place(Path::new(".")).join(name),
        (Some(folder), Some(name)) => place(folder).join(name),
        _ => path.to_owned(),
    }
}

/// `app` and `.sig` are `app.sig`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Where an artifact really lies if it is replaced in its place: a link to it stays a link.
pub(super) fn resolved(artifact: &Path, destination: &Path) -> Result<PathBuf, ArtifactError> {
    if artifact != destination {
        return Ok(destination.to_owned());
    }
    destination.canonicalize().map_err(ArtifactError::file(destination))
}

/// An empty file in the destination's folder, which is made if it is missing.
pub(super) fn temporary(destination: &Path) -> Result<Temporary, ArtifactError> {
    let folder = folder(destination);
    std::fs::create_dir_all(folder).map_err(ArtifactError::file(folder))?;
    tempfile::Builder::new().prefix(".signet-").tempfile_in(folder).map_err(ArtifactError::file(folder))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

/// On the disk first, then under its name, and then the name on the disk.
pub(super) fn persist(file: Temporary, destination: &Path) -> Result<(), ArtifactError> {
    file.as_file().sync_all().map_err(ArtifactError::file(destination))?;
    file.persist(destination).map_err(|error| ArtifactError::file(destination)(error.error))?;
    sync_folder(folder(destination)).map_err(ArtifactError::file(destination))
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_need_not_exist() {
        let folder = |out: &str, files| matches!(Destination::new(Some(Path::new(out)), files), Destination::Folder(_));
        assert!(folder("missing/", 1) && folder("missing", 2) && folder(".", 1));
        assert!(!folder("missing", 1));
    }

    #[test]
    fn results_of_files_that_differ_have_their_places() {
        let paths = [Path::new("one/a.txt"), Path::new("two/b.txt")];
        let all = Destination::new(Some(Path::new("out")), 2).of_all(&paths, Format::Raw).unwrap();
        assert_eq!(all, [Path::new("out/a.txt.sig"), Path::new("out/b.txt.sig")]);
        let image = [Path::new("a.exe")];
        assert_eq!(Destination::InPlace.of_all(&image, Format::AuthenticodePe).unwrap(), image);
        // The file's own folder is in place.
        let here = Destination::new(Some(Path::new("./")), 1);
        assert_eq!(here.of_all(&image, Format::AuthenticodePe).unwrap(), [Path::new("./a.exe")]);
    }

    #[test]
    fn two_spellings_of_a_path_are_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("a/../b"), folder.path().join("b"));
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(&two, "b").unwrap();
        assert!(is_among(&one, std::slice::from_ref(&two)));
        let collision = Destination::File(one).of_all(&[&two], Format::CmsDetached).unwrap_err();
        assert!(matches!(collision, Collision::Input { .. }), "{collision}");
    }
}
