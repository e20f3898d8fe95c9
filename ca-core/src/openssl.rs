//! The `openssl` program as an independent encoder and judge in tests.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A directory to run the program in.
pub(crate) struct OpenSsl(TempDir);

impl OpenSsl {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file for later commands.
    pub(crate) fn write(&self, name: &str, contents: &[u8]) {
        std::fs::write(self.0.path().join(name), contents).unwrap();
    }

    /// What a command wrote.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }

    /// Where it runs, for other programs.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.0.path()
    }

    /// Runs a command line without quoting and returns standard output; panics with standard error when it fails.
    pub(crate) fn run(&self, arguments: &str) -> Vec<u8> {
        self.run_with(&arguments.split_whitespace().collect::<Vec<_>>(), b"")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let (success, output, error) = self.try_run(arguments, input);
        assert!(success, "openssl {arguments:?}: {error}");
        output
    }

    /// Whether the command succeeded, its standard output and its standard error.
    pub(crate) fn try_run(&self, arguments: &[&str], input: &[u8]) -> (bool, Vec<u8>, String) {
        let mut child = Command::new("openssl")
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tests need the openssl program");
        // A command that reads no input closes the pipe early.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        (output.status.success(), output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
