//! What a run leaves for the next one: `.signet/KEY.json` with the request and the token to read it, and `.signet/KEY/`
//! with the signatures that were fetched. The key is a hash over server and request: the same artifacts under another
//! profile, or at another server, are another request.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

const VERSION: u32 = 2;

/// The folder of all requests.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Tells people what is passed over.
    notify: fn(&str),
}

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
    /// Of the file as it lay here when it was submitted; unknown if another machine did that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// Lower-case hexadecimal, of the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) file_sha256: Option<String>,
    /// Lower-case hexadecimal: of the file as people saw it who approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approved_sha256: Option<String>,
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
    pub(crate) fn new(path: PathBuf, notify: fn(&str)) -> Self {
        Self { path, notify }
    }

    /// Writes a request down, readable by its owner only.
    pub(crate) fn remember(&self, request: &Remembered) -> Result<(), StateError> {
        let path = self.path.join(format!("{}.json", key(request)));
        let fault = |source| StateError::File { path: path.display().to_string(), source };
        std::fs::create_dir_all(&self.path).map_err(fault)?;
        self.ignore().map_err(fault)?;
        let mut file = tempfile::Builder::new().prefix(".state-").tempfile_in(&self.path).map_err(fault)?;
        let text = serde_json::to_vec_pretty(request).map_err(|error| fault(error.into()))?;
        file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(fault)?;
        file.persist(&path).map_err(|error| fault(error.error))?;
        Ok(())
    }

    /// Tokens are not for repositories.
    fn ignore(&self) -> std::io::Result<()> {
        let path = self.path.join(".gitignore");
        if path.exists() { Ok(()) } else { std::fs::write(path, "*\n") }
    }

    /// Every request that is known here. A damaged file is the loss of one request, not of all.
    pub(crate) fn all(&self) -> Result<Vec<Remembered>, StateError> {
        let fault = |source| StateError::File { path: self.path.display().to_string(), source };
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fault(error)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(fault)?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                match read(&path) {
                    Ok(known) => all.push(known),
                    Err(error) => (self.notify)(&format!("{error}; it is passed over")),
                }
            }
        }
        Ok(all)
    }

    /// The request with this id, or the only one.
    pub(crate) fn find(&self, id: Option<&str>) -> Result<Option<Remembered>, StateError> {
        let mut all = self.all()?;
        all.retain(|known| id.is_none_or(|id| known.id == id));
        if all.len() > 1 {
            let ids: Vec<String> = all.into_iter().map(|known| format!("{} of {}", known.id, known.server)).collect();
            return Err(StateError::Several { folder: self.path.display().to_string(), ids: ids.join(", ") });
        }
        Ok(all.pop())
    }

    /// The same, or an explanation.
    pub(crate) fn require(&self, id: Option<&str>) -> Result<Remembered, StateError> {
        self.find(id)?.ok_or_else(|| StateError::None(self.path.display().to_string()))
    }

    /// Keeps what was fetched for a request.
    pub(crate) fn keep(&self, request: &Remembered, name: &str, contents: &[u8]) -> Result<(), StateError> {
        let path = self.fetched(request, name);
        let fault = |source| StateError::File { path: path.display().to_string(), source };
        let folder = path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder).map_err(fault)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
        file.write_all(contents).map_err(fault)?;
        file.persist(&path).map_err(|error| fault(error.error))?;
        Ok(())
    }

    /// Reads what was fetched.
    pub(crate) fn kept(&self, request: &Remembered, name: &str) -> Result<Vec<u8>, StateError> {
        let path = self.fetched(request, name);
        std::fs::read(&path).map_err(|source| StateError::File { path: path.display().to_string(), source })
    }

    fn fetched(&self, request: &Remembered, name: &str) -> PathBuf {
        self.path.join(key(request)).join(name)
    }
}

/// Only digits: a request from elsewhere cannot name another file.
fn key(request: &Remembered) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(request.server.as_bytes());
    hash.update(&[0]);
    hash.update(request.id.as_bytes());
    hash.finish().as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
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

    fn folder(path: &Path) -> Folder {
        Folder::new(path.to_owned(), |_| {})
    }

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
        let folder = folder(&place.path().join("state"));
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
        folder(place.path()).remember(&request("one", "1")).unwrap();
        let file = place.path().join(format!("{}.json", key(&request("one", "1"))));
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_request_cannot_lead_elsewhere() {
        let place = tempfile::tempdir().unwrap();
        let other = request("../../etc/passwd", "1");
        let folder = folder(&place.path().join("state"));
        folder.remember(&other).unwrap();
        folder.keep(&other, "0000.signature", b"x").unwrap();
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
        assert_eq!(folder.require(None).unwrap(), other);
    }

    #[test]
    fn the_same_artifacts_elsewhere_are_another_request() {
        let place = tempfile::tempdir().unwrap();
        let folder = folder(place.path());
        let one = request("one", "1");
        let all = [
            one.clone(),
            Remembered { id: "two".to_owned(), profile: "release".to_owned(), ..one.clone() },
            Remembered { server: "https://other.example.org".to_owned(), ..one },
        ];
        for (known, text) in all.iter().zip(["a", "b", "c"]) {
            folder.remember(known).unwrap();
            folder.keep(known, "0000.signature", text.as_bytes()).unwrap();
        }
        for (known, text) in all.iter().zip(["a", "b", "c"]) {
            assert_eq!(folder.kept(known, "0000.signature").unwrap(), text.as_bytes());
        }
        assert_eq!(folder.all().unwrap().len(), 3);
        assert_eq!(folder.require(Some("two")).unwrap(), all[1]);
        let both = folder.require(Some("one")).unwrap_err().to_string();
        assert!(both.contains("one of https://ca.example.org") && both.contains("other.example.org"), "{both}");
    }

    #[test]
    fn a_damaged_file_is_named_and_passed_over() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("x.json"), "{").unwrap();
        std::fs::write(place.path().join("y.json"), r#"{"version":1}"#).unwrap();
        let folder = folder(place.path());
        folder.remember(&request("one", "1")).unwrap();
        assert_eq!(folder.require(None).unwrap(), request("one", "1"));
        let error = read(&place.path().join("x.json")).unwrap_err().to_string();
        assert!(error.contains("x.json is damaged"), "{error}");
    }
}
