//! SoftHSM2 tokens: in the server's own process, or behind `p11-kit server`, where they can be killed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::environment;
use crate::process::{Running, children_of, output};
use crate::server::Variables;
use crate::wait;

/// The user PIN of every test token.
pub const PIN: &str = "2468";
/// The label of every test token.
pub const LABEL: &str = "signet";

/// A token in a folder of its own.
#[derive(Debug)]
pub struct Token {
    configuration: PathBuf,
    pin: PathBuf,
}

impl Token {
    /// Initialises one in a new folder.
    ///
    /// # Errors
    /// If SoftHSM2 is missing.
    pub fn create(folder: &Path) -> Result<Self> {
        let objects = folder.join("tokens");
        std::fs::create_dir_all(&objects)?;
        let token = Self { configuration: folder.join("softhsm2.conf"), pin: folder.join("pin") };
        let text =
            format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", objects.display());
        std::fs::write(&token.configuration, text)?;
        std::fs::write(&token.pin, PIN)?;
        let mut command = Command::new("softhsm2-util");
        command.args(["--init-token", "--free", "--label", LABEL, "--so-pin", "13579246", "--pin", PIN]);
        output(command.envs(token.variables()))?;
        Ok(token)
    }

    /// What a process needs in its environment to see the token.
    pub fn variables(&self) -> Variables {
        vec![("SOFTHSM2_CONF".to_owned(), self.configuration.display().to_string())]
    }

    /// The file that holds the PIN.
    pub fn pin_file(&self) -> &Path {
        &self.pin
    }

    /// RFC 7512: how `signet init --hsm` names it, through this module.
    pub fn uri(&self, module: &Path) -> String {
        format!("pkcs11:token={LABEL}?module-path={}&pin-source={}", module.display(), self.pin.display())
    }
}

/// A token served to other processes through a Unix socket; its server can die and come back.
#[derive(Debug)]
pub struct RemoteToken {
    token: Token,
    socket: PathBuf,
    server: Running,
}

impl RemoteToken {
    /// Makes a token and serves it.
    ///
    /// # Errors
    /// If `p11-kit` or SoftHSM2 is missing.
    pub fn start(folder: &Path) -> Result<Self> {
        let token = Token::create(folder)?;
        let socket = folder.join("p11.sock");
        let server = serve(&token, &socket)?;
        Ok(Self { token, socket, server })
    }

    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The PKCS#11 module that speaks to the socket.
    ///
    /// # Errors
    /// If the package `p11-kit-modules` is missing.
    pub fn module() -> Result<PathBuf> {
        let found = output(Command::new("find").args(["/usr/lib", "-name", "p11-kit-client.so", "-print", "-quit"]))?;
        let path = found.trim();
        (!path.is_empty()).then(|| path.into()).context("p11-kit-client.so is missing: install p11-kit-modules")
    }

    /// What a process needs in its environment to reach the token.
    pub fn variables(&self) -> Variables {
        vec![("P11_KIT_SERVER_ADDRESS".to_owned(), format!("unix:path={}", self.socket.display()))]
    }

    /// Kills the server with the child that serves each connection: killing only the listener changes nothing for a
    /// client that is connected.
    ///
    /// # Errors
    /// If the processes cannot be found.
    pub fn kill(&mut self) -> Result<()> {
        let children = children_of(self.server.pid())?;
        self.server.kill()?;
        for child in children {
            // A child may have ended with its parent.
            let _ = kill(Pid::from_raw(i32::try_from(child)?), Signal::SIGKILL);
        }
        // The socket's file outlives its process.
        let _ = std::fs::remove_file(&self.socket);
        Ok(())
    }

    /// Serves the same token again.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn restart(&mut self) -> Result<()> {
        self.server = serve(&self.token, &self.socket)?;
        Ok(())
    }
}

impl Drop for RemoteToken {
    fn drop(&mut self) {
        // Already dead is as good.
        let _ = self.kill();
    }
}

fn serve(token: &Token, socket: &Path) -> Result<Running> {
    let mut command = Command::new("p11-kit");
    command.args(["server", "-f", "-n"]).arg(socket).arg("--provider").arg(environment::softhsm_module()?);
    command.arg(format!("pkcs11:token={LABEL}")).envs(token.variables());
    let server = Running::start(&mut command, &socket.with_extension("log"))?;
    wait::until("the token's socket", Duration::from_secs(10), || Ok(socket.exists().then_some(())))
        .with_context(|| server.log())?;
    Ok(server)
}
