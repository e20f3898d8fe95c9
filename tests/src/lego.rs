//! lego against the server under test.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{Finished, run};

/// How lego proves a name.
#[derive(Clone, Debug)]
pub enum Proof {
    /// http-01 with its own web server on this port.
    Http(u16),
    /// tls-alpn-01 with its own TLS server on this port.
    Tls(u16),
    /// dns-01, publishing into this folder of a [`crate::dns::DnsServer`].
    Dns(PathBuf),
}

/// A lego with a folder of its own.
#[derive(Debug)]
pub struct Lego {
    folder: PathBuf,
    directory: String,
    root: PathBuf,
    proof: Proof,
}

impl Lego {
    /// Keeps its state below `folder`, trusts `root` and speaks to `directory`.
    pub fn new(folder: &Path, directory: &str, root: &Path, proof: Proof) -> Self {
        Self { folder: folder.join("lego"), directory: directory.to_owned(), root: root.to_owned(), proof }
    }

    /// Gets a certificate.
    ///
    /// # Errors
    /// If lego fails.
    pub fn obtain(&self, name: &str) -> Result<Finished> {
        self.run(name, &["run"])?.success()
    }

    /// Renews at once.
    ///
    /// # Errors
    /// If lego fails.
    pub fn renew(&self, name: &str) -> Result<Finished> {
        self.run(name, &["renew", "--days", "100000", "--no-random-sleep"])?.success()
    }

    /// Revokes through the account, with a numeric reason (RFC 5280 §5.3.1).
    ///
    /// # Errors
    /// If lego fails.
    pub fn revoke(&self, name: &str, reason: u8) -> Result<Finished> {
        self.run(name, &["revoke", "--keep", "--reason", &reason.to_string()])?.success()
    }

    /// The chain it holds for `name`.
    ///
    /// # Errors
    /// If it holds none.
    pub fn chain(&self, name: &str) -> Result<String> {
        let path = self.folder.join("certificates").join(format!("{}.crt", name.replace('*', "_")));
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// lego for `name` with this command.
    ///
    /// # Errors
    /// If it cannot be started; its verdict is in the answer.
    pub fn run(&self, name: &str, verb: &[&str]) -> Result<Finished> {
        let mut command = Command::new("lego");
        command.args(["--server", &self.directory, "--accept-tos", "--email", "ops@signet.test", "--domains", name]);
        command.arg("--path").arg(&self.folder).env("LEGO_CA_CERTIFICATES", &self.root);
        match &self.proof {
            Proof::Http(port) => command.args(["--http", "--http.port", &format!("127.0.0.1:{port}")]),
            Proof::Tls(port) => command.args(["--tls", "--tls.port", &format!("127.0.0.1:{port}")]),
            Proof::Dns(zone) => {
                let hook = self.write_hook(zone)?;
                command.env("EXEC_PATH", hook).env("EXEC_POLLING_INTERVAL", "1");
                command.args(["--dns", "exec", "--dns.disable-cp"])
            }
        };
        run(command.args(verb))
    }

    /// lego's `exec` provider calls a program: `present|cleanup FQDN VALUE`.
    fn write_hook(&self, zone: &Path) -> Result<PathBuf> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::create_dir_all(&self.folder)?;
        let path = self.folder.join("publish");
        let text = format!(
            "#!/bin/sh\nfile={}/${{2%.}}.txt\ncase $1 in present) echo \"$3\" >>\"$file\" ;; cleanup) rm -f \"$file\" ;; esac\n",
            zone.display()
        );
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        Ok(path)
    }
}
