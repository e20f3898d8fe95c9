//! certbot against the server under test.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::environment::tool;
use crate::process::{Finished, run};

/// A certbot with folders of its own.
#[derive(Debug)]
pub struct Certbot {
    folder: PathBuf,
    directory: String,
    root: PathBuf,
}

impl Certbot {
    /// Keeps its state below `folder`, trusts `root` and speaks to `directory`.
    pub fn new(folder: &Path, directory: &str, root: &Path) -> Self {
        Self { folder: folder.join("certbot"), directory: directory.to_owned(), root: root.to_owned() }
    }

    /// Gets a certificate by http-01 with certbot's own web server on `port`.
    ///
    /// # Errors
    /// If certbot fails.
    pub fn obtain_by_http(&self, name: &str, port: u16) -> Result<Finished> {
        let port = port.to_string();
        self.obtain(&["--standalone", "--http-01-address", "127.0.0.1", "--http-01-port", &port, "-d", name])
    }

    /// Gets a certificate by dns-01, publishing into the folder of a [`crate::dns::DnsServer`].
    ///
    /// # Errors
    /// If certbot fails.
    pub fn obtain_by_dns(&self, names: &[&str], zone: &Path) -> Result<Finished> {
        let zone = zone.display();
        // A name and its wildcard are proved under one label: the values stand side by side until the clean-up.
        let publish = format!("echo \"$CERTBOT_VALIDATION\" >> {zone}/_acme-challenge.$CERTBOT_DOMAIN.txt");
        let clean = format!("rm -f {zone}/_acme-challenge.$CERTBOT_DOMAIN.txt");
        let mut arguments = vec!["--manual", "--preferred-challenges", "dns"];
        arguments.extend(["--manual-auth-hook", &publish, "--manual-cleanup-hook", &clean]);
        arguments.extend(names.iter().flat_map(|name| ["-d", name]));
        self.obtain(&arguments)
    }

    fn obtain(&self, arguments: &[&str]) -> Result<Finished> {
        let account = ["certonly", "--agree-tos", "--register-unsafely-without-email"];
        self.run(&[&account[..], arguments].concat())?.success()
    }

    /// Renews at once what it holds for `name`.
    ///
    /// # Errors
    /// If certbot fails.
    pub fn renew(&self, name: &str) -> Result<Finished> {
        self.run(&["renew", "--force-renewal", "--no-random-sleep-on-renew", "--cert-name", name])?.success()
    }

    /// Revokes what it holds for `name`, through its account.
    ///
    /// # Errors
    /// If certbot fails.
    pub fn revoke(&self, name: &str, reason: &str) -> Result<Finished> {
        self.run(&["revoke", "--no-delete-after-revoke", "--cert-name", name, "--reason", reason])?.success()
    }

    /// Revokes with the certificate's own key (RFC 8555 §7.6).
    ///
    /// # Errors
    /// If certbot fails.
    pub fn revoke_with_key(&self, name: &str, reason: &str) -> Result<Finished> {
        let (certificate, key) = (self.live(name, "cert.pem"), self.live(name, "privkey.pem"));
        let paths = [certificate.to_str().context("UTF-8")?, key.to_str().context("UTF-8")?];
        let arguments =
            ["revoke", "--no-delete-after-revoke", "--reason", reason, "--cert-path", paths[0], "--key-path", paths[1]];
        self.run(&arguments)?.success()
    }

    /// The chain it holds for `name`.
    ///
    /// # Errors
    /// If it holds none.
    pub fn chain(&self, name: &str) -> Result<String> {
        let path = self.live(name, "fullchain.pem");
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    fn live(&self, name: &str, file: &str) -> PathBuf {
        self.folder.join("config/live").join(name).join(file)
    }

    /// certbot with these arguments in its own folders.
    ///
    /// # Errors
    /// If it cannot be started; its verdict is in the answer.
    pub fn run(&self, arguments: &[&str]) -> Result<Finished> {
        let mut command = Command::new(tool("certbot")?);
        command.args(arguments).args(["--non-interactive", "--server", &self.directory]);
        for folder in ["config", "work", "logs"] {
            command.arg(format!("--{folder}-dir")).arg(self.folder.join(folder));
        }
        run(command.env("REQUESTS_CA_BUNDLE", &self.root))
    }
}
