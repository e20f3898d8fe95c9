//! What `init` has made so far, so that a failure takes it away again: nothing that was there before is touched.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::output::note;
use crate::ops::initialize::MadeKeys;

/// Paths and keys that this call has made or is about to make.
#[derive(Default)]
pub(super) struct Traces {
    paths: Vec<Trace>,
    pub(super) keys: MadeKeys,
}

enum Trace {
    /// A file or a folder with everything in it.
    Whole(PathBuf),
    /// A folder that others may have put something into.
    Folder(PathBuf),
    /// What is in a folder that was there and empty, such as a mount point.
    Contents(PathBuf),
}

impl Traces {
    /// A folder that is about to be made and has others' things beside ours, perhaps.
    pub(super) fn expect_folder(&mut self, path: &Path) {
        if !is_there(path) {
            self.paths.push(Trace::Folder(path.to_owned()));
        }
    }

    /// A file, or a folder all of which is ours, that is about to be made.
    pub(super) fn expect(&mut self, path: &Path) {
        if !is_there(path) {
            self.paths.push(Trace::Whole(path.to_owned()));
        } else if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()) {
            self.paths.push(Trace::Contents(path.to_owned()));
        }
    }

    /// Takes everything away, the newest first, and says what could not be.
    pub(super) async fn erase(self) {
        for line in self.keys.destroy().await {
            note(line);
        }
        for trace in self.paths.into_iter().rev() {
            trace.erase();
        }
    }
}

impl Trace {
    /// What is not there was not made in the end.
    fn erase(&self) {
        match self {
            Self::Whole(path) => drop(remove(path)),
            Self::Folder(path) => drop(fs::remove_dir(path)),
            Self::Contents(path) => {
                let entries = fs::read_dir(path).into_iter().flatten().flatten();
                entries.for_each(|entry| drop(remove(&entry.path())));
            }
        }
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

/// A link that leads nowhere is there too.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_was_not_there_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("mount")).unwrap();
        fs::create_dir(at("full")).unwrap();
        for kept in ["kept", "full/kept"] {
            fs::write(at(kept), "").unwrap();
        }
        let mut traces = Traces::default();
        traces.expect_folder(&at("data"));
        for path in ["kept", "mount", "full", "data/file", "data/keys", "never-made"] {
            traces.expect(&at(path));
        }
        fs::create_dir_all(at("data/keys/inner")).unwrap();
        for made in ["data/file", "mount/file", "full/file"] {
            fs::write(at(made), "").unwrap();
        }
        traces.erase().await;
        assert!(!at("data").exists() && at("kept").exists() && at("full/kept").exists());
        assert!(at("mount").exists() && !at("mount/file").exists());
    }
}
