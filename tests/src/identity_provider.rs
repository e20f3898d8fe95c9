//! A real identity provider: npm's `oidc-provider`, over TLS on this machine.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::environment::node_packages;
use crate::https::Https;
use crate::ports;
use crate::process::Running;
use crate::visitor::encoded;
use crate::wait;

/// The client that it knows.
pub const CLIENT_ID: &str = "signet test";
/// Its secret, with characters that a careless encoding would change.
pub const CLIENT_SECRET: &str = "s3cret+:%/ of the tests";

/// The running provider.
#[derive(Debug)]
pub struct IdentityProvider {
    folder: TempDir,
    port: u16,
    process: Option<Running>,
    configuration: Value,
}

impl IdentityProvider {
    /// Starts one that sends people back to this URI. `accounts` has the claims of each by name.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(redirect_uri: &str, accounts: Value) -> Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, ports::free()?);
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
        std::fs::write(folder.path().join("tls.pem"), certificate.pem())?;
        std::fs::write(folder.path().join("tls.key"), key.serialize_pem())?;
        let configuration = json!({
            "port": port,
            "certificate": folder.path().join("tls.pem"),
            "key": folder.path().join("tls.key"),
            "client": { "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": [redirect_uri] },
            "jwks": [key_pair("first", "RS256", &folder)?],
            "accounts": accounts,
        });
        let mut provider = Self { folder, port, process: None, configuration };
        provider.restart()?;
        Ok(provider)
    }

    /// Changes what it is configured with and starts it anew.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn change(&mut self, change: impl FnOnce(&mut Value)) -> Result<()> {
        change(&mut self.configuration);
        self.restart()
    }

    /// Starts it anew with another key, for another algorithm.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn change_key(&mut self, name: &str, algorithm: &str) -> Result<()> {
        let key = key_pair(name, algorithm, &self.folder)?;
        self.change(|configuration| {
            configuration["jwks"] = json!([key]);
            configuration["client"]["id_token_signed_response_alg"] = json!(algorithm);
        })
    }

    fn restart(&mut self) -> Result<()> {
        self.stop()?;
        let file = self.folder.path().join("configuration.json");
        std::fs::write(&file, self.configuration.to_string())?;
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("oidc-provider.mjs");
        let mut command = Command::new("node");
        command.arg(script).arg(file).env("SIGNET_TEST_NODE", node_packages()?);
        let mut process = Running::start(&mut command, &self.folder.path().join("log"))?;
        wait::until("the identity provider", Duration::from_secs(60), || {
            anyhow::ensure!(process.ended()?.is_none(), "it ended: {}", process.log());
            Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok())
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// Stops it.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn stop(&mut self) -> Result<()> {
        match self.process.take() {
            Some(mut process) => process.kill(),
            None => Ok(()),
        }
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The PEM file of its certificate, which is its own root.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("tls.pem")
    }

    /// Everything it has said.
    pub fn log(&self) -> String {
        crate::process::read_lossy(&self.folder.path().join("log"))
    }

    /// The next ID tokens have these claims, whatever is true.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn lie(&self, claims: Value) -> Result<()> {
        let url = format!("{}/faults?claims={}", self.issuer(), encoded(&claims.to_string()));
        Https::trusting(&self.root())?.get(&url).await?.success().map(drop)
    }
}

/// A private key as the provider wants it, made by OpenSSL.
fn key_pair(name: &str, algorithm: &str, folder: &TempDir) -> Result<Value> {
    let pem = folder.path().join(format!("{name}.key"));
    let mut command = Command::new("openssl");
    command.args(["genpkey", "-out"]).arg(&pem).arg("-algorithm");
    match algorithm {
        "RS256" => command.args(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        "ES256" => command.args(["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        _ => command.arg("ed25519"),
    };
    crate::process::output(&mut command)?;
    to_jwk(&pem, name, algorithm)
}

fn to_jwk(pem: &Path, name: &str, algorithm: &str) -> Result<Value> {
    let script = "const { createPrivateKey } = require('crypto'); const { readFileSync } = require('fs');
        console.log(JSON.stringify(createPrivateKey(readFileSync(process.argv[1])).export({ format: 'jwk' })))";
    let text = crate::process::output(Command::new("node").args(["-e", script]).arg(pem))?;
    let mut jwk: Value = serde_json::from_str(&text).context(text)?;
    jwk["kid"] = json!(name);
    jwk["alg"] = json!(algorithm);
    jwk["use"] = json!("sig");
    Ok(jwk)
}
