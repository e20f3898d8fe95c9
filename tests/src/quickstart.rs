//! `signet quickstart`: one command, and a CA is served.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::environment::signet;
use crate::process::Running;
use crate::wait;

/// A quickstart that has printed its greeting.
#[derive(Debug)]
pub struct Quickstart {
    /// The running server.
    pub process: Running,
    /// The greeting.
    pub words: String,
}

impl Quickstart {
    /// Starts it in a folder, on ports of its own: the tests run beside each other.
    ///
    /// # Errors
    /// If it ends, or prints nothing.
    pub fn start(folder: &Path, listen: u16, status: u16, log: &str) -> Result<Self> {
        let mut command = Command::new(signet()?);
        command.current_dir(folder).args(["quickstart", "--listen", &format!("127.0.0.1:{listen}")]);
        command.args(["--status-listen", &format!("127.0.0.1:{status}")]);
        let mut process = Running::start(&mut command, &folder.join(log))?;
        let words = wait::until("quickstart's greeting", Duration::from_secs(60), || {
            if let Some(status) = process.ended()? {
                anyhow::bail!("quickstart ended with {status}: {}", process.log());
            }
            let said = process.log();
            Ok((said.contains("certbot") && said.contains("lego") && said.contains("/directory")).then_some(said))
        })?;
        Ok(Self { process, words })
    }

    /// What the greeting says that the first operator signs in with; nothing when there is one already.
    pub fn one_time_password(&self) -> Option<&str> {
        let (_, rest) = self.words.split_once("as admin with this one-time password")?;
        rest.lines().nth(2).map(str::trim)
    }
}
