//! What a run leaves for the next one: `.signet/DIGEST_SET.json` with the request and the token to read it, and
//! `.signet/DIGEST_SET/` with the signatures that were fetched.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use ca_core::signing::{DigestSetHash, InvalidDigestSetHash};
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;

/// The folder of all requests.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

/// One request as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    version: u32,
    pub(crate) server: String,
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request_token: Option<String>,
    pub(crate) profile: String,
    pub(crate) format: String,
    pub(crate) digest_set: String,
    pub(crate) files: Vec<RememberedFile>,
}

/// One file of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RememberedFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) algorithm: String,
    /// Lower-case hexadecimal.
    pub(crate) digest: String,
}

/// A state that cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path} is damaged: {reason}")]
    Damaged { path: String, reason: String },
    #[error("{0}: no request is known here: submit one, or name it with --request")]
    None(String),
    #[error("{folder} knows the requests {ids}: name one with --request")]
    Several { folder: String, ids: String },
    #[error(transparent)]
    DigestSet(#[from] InvalidDigestSetHash),
}

impl Remembered {
    pub(crate) fn new(server: &str, request: &crate::api::Request, files: Vec<RememberedFile>) -> Self {
        Self {
            version: VERSION,
            server: server.to_owned(),
            id: request.id.clone(),
            request_token: request.request_token.clone(),
            profile: request.profile.clone(),
            format: request.format.clone(),
            digest_set: request.digest_set.clone(),
            files,
        }
    }
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Writes a request down, readable by its owner only.
    pub(crate) fn remember(&self, request: &Remembered) -> Result<(), StateError> {
        let path = self.file(&request.digest_set)?;
        let fault = |source| StateError::File { path: path.display().to_string(), source };
        std::fs::create_dir_all(&self.0).map_err(fault)?;
        self.ignore().map_err(fault)?;
        let mut file = tempfile::Builder::new().prefix(".state-").tempfile_in(&self.0).map_err(fault)?;
        let text = serde_json::to_vec_pretty(request).map_err(|error| fault(error.into()))?;
        file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(fault)?;
        file.persist(&path).map_err(|error| fault(error.error))?;
        Ok(())
    }

    /// Tokens are not for repositories.
    fn ignore(&self) -> std::io::Result<()> {
        let path = self.0.join(".gitignore");
        if path.exists() { Ok(()) } else { std::fs::write(path, "*\n") }
    }

    /// Every request that is known here.
    pub(crate) fn all(&self) -> Result<Vec<Remembered>, StateError> {
        let fault = |source| StateError::File { path: self.0.display().to_string(), source };
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fault(error)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(fault)?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                all.push(read(&path)?);
            }
        }
        Ok(all)
    }

    /// The request with this id, or the only one.
    pub(crate) fn find(&self, id: Option<&str>) -> Result<Option<Remembered>, StateError> {
        let mut all = self.all()?;
        if let Some(id) = id {
            return Ok(all.into_iter().find(|known| known.id == id));
        }
        if all.len() > 1 {
            let ids: Vec<String> = all.into_iter().map(|known| known.id).collect();
            return Err(StateError::Several { folder: self.0.display().to_string(), ids: ids.join(", ") });
        }
        Ok(all.pop())
    }

    /// The same, or an explanation.
    pub(crate) fn require(&self, id: Option<&str>) -> Result<Remembered, StateError> {
        self.find(id)?.ok_or_else(|| StateError::None(self.0.display().to_string()))
    }

    /// Keeps what was fetched for a request.
    pub(crate) fn keep(&self, request: &Remembered, name: &str, contents: &[u8]) -> Result<(), StateError> {
        let path = self.fetched(request, name)?;
        let fault = |source| StateError::File { path: path.display().to_string(), source };
        let folder = path.parent().unwrap_or(&self.0);
        std::fs::create_dir_all(folder).map_err(fault)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
        file.write_all(contents).map_err(fault)?;
        file.persist(&path).map_err(|error| fault(error.error))?;
        Ok(())
    }

    /// Reads what was fetched.
    pub(crate) fn kept(&self, request: &Remembered, name: &str) -> Result<Vec<u8>, StateError> {
        let path = self.fetched(request, name)?;
        std::fs::read(&path).map_err(|source| StateError::File { path: path.display().to_string(), source })
    }

    fn fetched(&self, request: &Remembered, name: &str) -> Result<PathBuf, StateError> {
        Ok(self.file(&request.digest_set)?.with_extension("").join(name))
    }

    /// Only digits: a digest set from elsewhere cannot name another file.
    fn file(&self, digest_set: &str) -> Result<PathBuf, StateError> {
        let hash: DigestSetHash = digest_set.parse()?;
        Ok(self.0.join(format!("{}.json", hash.to_string().trim_start_matches("sha256:"))))
    }
}

fn read(path: &Path) -> Result<Remembered, StateError> {
    let place = || path.display().to_string();
    let text = std::fs::read(path).map_err(|source| StateError::File { path: place(), source })?;
    let damaged = |reason: String| StateError::Damaged { path: place(), reason };
    let known: Remembered = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    if known.version != VERSION {
        return Err(damaged(format!("version {} is not {VERSION}", known.version)));
    }
    Ok(known)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn request(id: &str, digit: &str) -> Remembered {
        Remembered {
            version: VERSION,
            server: "https://ca.example.org".to_owned(),
            id: id.to_owned(),
            request_token: Some("token".to_owned()),
            profile: "test".to_owned(),
            format: "raw".to_owned(),
            digest_set: format!("sha256:{}", digit.repeat(64)),
            files: vec![],
        }
    }

    #[test]
    fn a_request_is_found_again_by_id_or_because_it_is_the_only_one() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("state"));
        assert_eq!(folder.find(None).unwrap(), None);
        assert!(folder.require(None).unwrap_err().to_string().contains("no request is known here"));
        folder.remember(&request("one", "1")).unwrap();
        assert_eq!(folder.require(None).unwrap(), request("one", "1"));
        folder.remember(&request("two", "2")).unwrap();
        assert_eq!(folder.require(Some("two")).unwrap(), request("two", "2"));
        assert!(folder.require(None).unwrap_err().to_string().ends_with("name one with --request"));
        assert_eq!(std::fs::read_to_string(place.path().join("state/.gitignore")).unwrap(), "*\n");
    }

    #[cfg(unix)]
    #[test]
    fn the_token_is_for_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        Folder::new(place.path().to_owned()).remember(&request("one", "1")).unwrap();
        let file = place.path().join(format!("{}.json", "1".repeat(64)));
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_digest_set_cannot_lead_elsewhere() {
        let place = tempfile::tempdir().unwrap();
        let other = Remembered { digest_set: "../../etc/passwd".to_owned(), ..request("one", "1") };
        Folder::new(place.path().to_owned()).remember(&other).unwrap_err();
    }

    #[test]
    fn damage_is_named() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("x.json"), "{").unwrap();
        let error = Folder::new(place.path().to_owned()).all().unwrap_err().to_string();
        assert!(error.contains("x.json is damaged"), "{error}");
    }
}
