//! What people call an artifact: its path within the build.

use std::path::{Component, Path, PathBuf};

/// A path that gives no name.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} has no name to put into a request: it has to be UTF-8 and to name a file")]
pub struct UnusableName(PathBuf);

/// The relative path with `/` between its parts; of a path that leads elsewhere, only the name of the file.
///
/// # Errors
/// [`UnusableName`].
pub fn name_of(path: &Path) -> Result<String, UnusableName> {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    parts(relative).or_else(|| parts(Path::new(path.file_name()?))).ok_or_else(|| UnusableName(path.to_owned()))
}

/// The path that a name from elsewhere stands for: always below the current folder.
///
/// # Errors
/// [`UnusableName`] for a name that leads anywhere else.
pub fn path_of(name: &str) -> Result<PathBuf, UnusableName> {
    let path = Path::new(name);
    if parts(path).as_deref() == Some(name) { Ok(path.to_owned()) } else { Err(UnusableName(path.to_owned())) }
}

fn parts(path: &Path) -> Option<String> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => names.push(name.to_str()?),
            _ => return None,
        }
    }
    (!names.is_empty()).then(|| names.join("/"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_within_the_build() {
        let here = std::env::current_dir().unwrap();
        for (path, name) in
            [("./dist/app.exe", "dist/app.exe"), ("a//b", "a/b"), ("../other/app.exe", "app.exe"), ("/etc/app", "app")]
        {
            assert_eq!(name_of(Path::new(path)).unwrap(), name);
        }
        assert_eq!(name_of(&here.join("dist/app.exe")).unwrap(), "dist/app.exe");
        for path in ["", "/", ".."] {
            name_of(Path::new(path)).unwrap_err();
        }
    }

    #[test]
    fn names_from_elsewhere_stay_below_this_folder() {
        assert_eq!(path_of("dist/app.exe").unwrap(), Path::new("dist/app.exe"));
        for name in ["", "/etc/passwd", "../app", "a/../../b", "./a", "a//b"] {
            path_of(name).unwrap_err();
        }
    }
}
