//! Timestamps as clients get them: a query made by OpenSSL, posted over plain HTTP or HTTPS, judged by OpenSSL.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::{Finished, output, run};

/// The media type of a query.
pub const QUERY: &str = "application/timestamp-query";

/// A file with its query, and later the answer.
pub struct Stamping {
    folder: TempDir,
}

impl Stamping {
    /// A query of OpenSSL about `data`, with options such as `-sha384 -cert`.
    ///
    /// # Errors
    /// If OpenSSL makes none.
    pub fn of(data: &[u8], options: &[&str]) -> Result<Self> {
        let stamping = Self { folder: tempfile::tempdir()? };
        std::fs::write(stamping.file("data"), data)?;
        let mut command = Command::new("openssl");
        command.args(["ts", "-query", "-data"]).arg(stamping.file("data")).args(options);
        output(command.arg("-out").arg(stamping.file("query")))?;
        Ok(stamping)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The query in DER.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn query(&self) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.file("query"))?)
    }

    /// Posts the query to a plain listener and keeps the answer, which has status 200.
    ///
    /// # Errors
    /// If there is no such answer.
    pub fn send(&self, listener: SocketAddr, path: &str) -> Result<()> {
        let (head, body) = post(listener, path, QUERY, &self.query()?)?;
        ensure!(head.contains(" 200 OK"), "{head}");
        ensure!(head.to_ascii_lowercase().contains("content-type: application/timestamp-reply"), "{head}");
        self.keep(&body)
    }

    /// Keeps an answer that came another way.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, answer: &[u8]) -> Result<()> {
        Ok(std::fs::write(self.file("answer"), answer)?)
    }

    /// The answer as OpenSSL reads it to people.
    ///
    /// # Errors
    /// If it cannot.
    pub fn text(&self) -> Result<String> {
        output(Command::new("openssl").args(["ts", "-reply", "-text", "-in"]).arg(self.file("answer")))
    }

    /// `openssl ts -verify` of the answer against the query.
    ///
    /// # Errors
    /// If OpenSSL cannot be run; its verdict is in the answer.
    pub fn verify(&self, root: &Path, options: &[&str]) -> Result<Finished> {
        let mut command = self.judge(root);
        run(command.arg("-queryfile").arg(self.file("query")).args(options))
    }

    /// The same against other data.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_data(&self, root: &Path, data: &[u8]) -> Result<Finished> {
        std::fs::write(self.file("other"), data)?;
        let mut command = self.judge(root);
        run(command.arg("-data").arg(self.file("other")))
    }

    fn judge(&self, root: &Path) -> Command {
        let mut command = Command::new("openssl");
        command.args(["ts", "-verify", "-in"]).arg(self.file("answer")).arg("-CAfile").arg(root);
        command
    }
}

/// Head and body of the answer to a POST over plain HTTP.
///
/// # Errors
/// If there is no answer.
pub fn post(listener: SocketAddr, path: &str, kind: &str, body: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect_timeout(&listener, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    // HTTP/1.0, so that the end of the connection is the end of the body.
    let head = format!("POST {path} HTTP/1.0\r\nHost: {listener}\r\nContent-Type: {kind}\r\n");
    write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").context("an HTTP answer has a head")?;
    let head = String::from_utf8_lossy(answer.get(..split).unwrap_or_default()).into_owned();
    Ok((head, answer.split_off(split + 4)))
}
