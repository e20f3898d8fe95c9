//! The tree under test: every text file of the repository, and the Rust files with what is not code blanked out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::rust_text;

/// Folders that hold no source of ours (`.git` is a file in a linked work tree).
const NOT_OURS: [&str; 4] = ["target", "signet-data", ".git", "node_modules"];

/// One file as it lies in the repository.
pub(crate) struct TextFile {
    /// Relative to the repository root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// One Rust file, prepared for looking at its code.
pub(crate) struct RustFile {
    /// Relative to the repository root, with `/`.
    pub(crate) path: String,
    /// Comments, strings and character literals blanked; lines stay where they are.
    pub(crate) code: String,
    /// `code` with everything blanked that is compiled for tests only.
    pub(crate) shipped: String,
}

impl RustFile {
    /// Whether the file lies under one of the folders or is one of the files named.
    pub(crate) fn is_under(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

/// The repository root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository")
}

/// Every UTF-8 file of the repository, sorted by path.
pub(crate) fn text_files() -> &'static [TextFile] {
    static FILES: LazyLock<Vec<TextFile>> = LazyLock::new(|| {
        let mut files = Vec::new();
        walk(root(), &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    });
    &FILES
}

/// Every Rust file of the repository, sorted by path.
pub(crate) fn rust_files() -> &'static [RustFile] {
    static FILES: LazyLock<Vec<RustFile>> = LazyLock::new(|| {
        let codes: Vec<(String, String)> = text_files()
            .iter()
            .filter(|f| f.path.ends_with(".rs"))
            .map(|f| (f.path.clone(), rust_text::blank_literals(&f.text)))
            .collect();
        let test_modules: Vec<String> = codes.iter().flat_map(|(path, code)| out_of_line_tests(path, code)).collect();
        codes.into_iter().map(|(path, code)| prepare(path, code, &test_modules)).collect()
    });
    &FILES
}

fn prepare(path: String, code: String, test_modules: &[String]) -> RustFile {
    let stem = path.trim_end_matches(".rs");
    let is_test = ["tests/", "benches/"].iter().any(|dir| path.starts_with(dir) || path.contains(&format!("/{dir}")))
        || test_modules.iter().any(|module| stem == module || stem.starts_with(&format!("{module}/")));
    let shipped = if is_test { String::new() } else { rust_text::blank_tests(&code) };
    RustFile { path, code, shipped }
}

/// `#[cfg(test)] mod name;` makes the file or folder `name` beside it test code: their paths without extension.
fn out_of_line_tests(path: &str, code: &str) -> Vec<String> {
    let here = Path::new(path);
    let folder = match here.file_stem().and_then(|s| s.to_str()) {
        Some("mod" | "lib" | "main") => here.with_file_name(""),
        _ => here.with_extension(""),
    };
    rust_text::test_module_declarations(code)
        .into_iter()
        .filter_map(|name| folder.join(name).to_str().map(str::to_owned))
        .collect()
}

fn walk(folder: &Path, files: &mut Vec<TextFile>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for path in entries.map(|entry| entry.expect("the folder stays readable").path()) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if NOT_OURS.contains(&name) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            walk(&path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.push(TextFile { path: relative(&path), text });
        }
    }
}

fn relative(path: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(root()).expect("the walk starts at the root").into();
    relative.to_str().expect("our file names are UTF-8").to_owned()
}

/// Fails with one line per finding.
pub(crate) fn report(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "\n{rule}\n  {}\n", findings.join("\n  "));
}
