//! Real tokens for tests: SoftHSM2, by itself, behind `p11-kit server`, and under a module that writes every call down.
//!
//! A PKCS#11 module is global to its process and configured by the environment, so each test runs in a process of its
//! own, started anew from the test binary. What is missing on the machine fails the test; `tests/run` installs it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::super::uri::TokenSelector;
use super::{Config, PinSource, Pkcs11Hsm};

/// Set in the process that a test body runs in: the directory of its tokens.
const DIRECTORY: &str = "SIGNET_TEST_TOKENS";

pub(super) const PIN: &str = "correct-pin";

pub(super) fn soft_hsm() -> PathBuf {
    std::env::var_os("SIGNET_TEST_SOFTHSM").map_or("/usr/lib/softhsm/libsofthsm2.so".into(), PathBuf::from)
}

/// A module of Debian's multi-architecture directory.
fn module_beside(name: &str) -> PathBuf {
    let directories = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path().join("pkcs11").join(name));
    directories.into_iter().find(|path| path.exists()).unwrap_or_else(|| panic!("{name} is not installed"))
}

/// The module that speaks to a `p11-kit server`.
pub(super) fn p11_kit_client() -> PathBuf {
    module_beside("p11-kit-client.so")
}

/// The module that passes every call on to SoftHSM2 and writes it down.
pub(super) fn spy() -> PathBuf {
    module_beside("pkcs11-spy.so")
}

/// Runs `body` in a process of its own with an empty directory of tokens. `name` is the test's full path.
pub(super) fn in_own_process(name: &str, body: impl FnOnce(&Tokens)) {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return body(&Tokens(PathBuf::from(directory)));
    }
    let directory = TempDir::new().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("tokens")).unwrap();
    let tokens = root.join("tokens");
    let configuration = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
    fs::write(root.join("softhsm2.conf"), configuration).unwrap();
    let (_, inside_crate) = name.split_once("::").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", inside_crate, "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, root)
        .env("SOFTHSM2_CONF", root.join("softhsm2.conf"))
        .env("P11_KIT_SERVER_ADDRESS", format!("unix:path={}", root.join("p11-kit.socket").display()))
        .env("PKCS11SPY", soft_hsm())
        .env("PKCS11SPY_OUTPUT", root.join("spy.log"))
        .output()
        .unwrap();
    assert_success(&output, name);
    let ran = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    assert!(ran, "{name} was not found in its own process");
}

fn assert_success(output: &Output, what: &str) {
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what} failed:\n{out}\n{error}");
}

/// The directory of tokens of this process.
pub(super) struct Tokens(PathBuf);

impl Tokens {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes a token in a free slot.
    pub(super) fn initialise(&self, label: &str) {
        let output = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", label, "--so-pin", "officer-pin", "--pin", PIN])
            .output()
            .expect("softhsm2-util is not installed");
        assert_success(&output, "softhsm2-util --init-token");
    }

    pub(super) fn write_pin(&self, pin: &str) -> PathBuf {
        let path = self.path("pin");
        fs::write(&path, format!("{pin}\n")).unwrap();
        path
    }

    pub(super) fn config(&self, module: &Path, label: &str) -> Config {
        let token = TokenSelector::Label(label.to_owned());
        Config::new(module.to_owned(), token, PinSource::File(self.write_pin(PIN)))
    }

    /// A new token with the right PIN.
    pub(super) fn hsm(&self, module: &Path, label: &str) -> Pkcs11Hsm {
        self.initialise(label);
        Pkcs11Hsm::new(label, &self.config(module, label))
    }

    /// How often each function of PKCS#11 was called through [`spy`] so far.
    pub(super) fn calls(&self, function: &str) -> usize {
        let log = fs::read_to_string(self.path("spy.log")).unwrap();
        log.lines().filter(|line| line.split_once(": ").is_some_and(|(_, called)| called == function)).count()
    }

    /// Serves the tokens named to [`p11_kit_client`], as a daemon beside a network HSM would.
    pub(super) fn serve(&self, label: &str) -> Server {
        let _ = fs::remove_file(self.path("p11-kit.socket"));
        let child = Command::new("p11-kit")
            .args(["server", "--foreground", "--name"])
            .arg(self.path("p11-kit.socket"))
            .arg("--provider")
            .arg(soft_hsm())
            .arg(format!("pkcs11:token={label}"))
            .env("XDG_RUNTIME_DIR", &self.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("p11-kit is not installed");
        for _ in 0..400 {
            if self.path("p11-kit.socket").exists() {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(25));
        }
        assert!(self.path("p11-kit.socket").exists(), "p11-kit server did not start");
        Server(child)
    }
}

/// A running `p11-kit server`; killed when dropped.
pub(super) struct Server(Child);

impl Server {
    /// Ends it and the children that serve its connections, at once and without a word.
    pub(super) fn kill(&mut self) {
        let server = self.0.id();
        let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap_or_default();
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        for child in children.split_whitespace() {
            assert!(Command::new("kill").args(["-KILL", child]).status().unwrap().success());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}
