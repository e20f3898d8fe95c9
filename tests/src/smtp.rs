//! A mail server: aiosmtpd, which asks for TLS and a password and keeps what it takes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::process::Running;
use crate::{environment, ports, wait};

/// The name it knows.
pub const USER: &str = "signet";

/// The password it knows.
pub const PASSWORD: &str = "smtp-secret-7f3a";

/// The running mail server.
#[derive(Debug)]
pub struct SmtpServer {
    process: Running,
    folder: PathBuf,
    port: u16,
}

impl SmtpServer {
    /// Starts it with a certificate and key in PEM; what it takes is kept below `folder`.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(folder: &Path, certificate: &Path, key: &Path) -> Result<Self> {
        let (port, folder) = (ports::free()?, folder.join("mail"));
        std::fs::create_dir_all(&folder)?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("smtp_server.py");
        let mut command = Command::new(environment::tool("python")?);
        command.arg(script).arg(port.to_string()).arg(certificate).arg(key).arg(&folder).arg(USER).arg(PASSWORD);
        let process = Running::start(&mut command, &folder.with_extension("log"))?;
        wait::until("the mail server", Duration::from_secs(30), || {
            Ok(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(()))
        })
        .with_context(|| process.log())?;
        Ok(Self { process, folder, port })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every e-mail, oldest first: an `X-Envelope` header with sender and recipients, then the message as it came.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn messages(&self) -> Result<Vec<String>> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        files.sort();
        files.iter().map(|file| Ok(std::fs::read_to_string(file)?)).collect()
    }

    /// What it has said.
    pub fn log(&self) -> String {
        self.process.log()
    }
}
