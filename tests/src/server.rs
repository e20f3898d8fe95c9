//! The built binary, running.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use crate::environment;
use crate::process::Running;
use crate::wait;

/// How long a server may take from its start to its first healthy answer, on a busy machine.
const START: Duration = Duration::from_secs(60);
/// How long it may drain after SIGTERM.
const DRAIN: Duration = Duration::from_secs(40);

/// Environment variables of a deployment, such as where SoftHSM finds its tokens.
pub type Variables = Vec<(String, String)>;

/// `signet` with arguments, in a deployment's environment.
///
/// # Errors
/// If there is no binary.
pub fn signet(variables: &Variables, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(environment::signet()?);
    command.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
    Ok(command)
}

/// A `signet serve` that answers.
#[derive(Debug)]
pub struct Server {
    process: Running,
    config: PathBuf,
    variables: Variables,
    listen: SocketAddr,
    status_listen: SocketAddr,
}

impl Server {
    /// Starts `serve` with a configuration file and waits until both listeners answer.
    ///
    /// # Errors
    /// If it ends or does not answer in time, with its log.
    pub fn start(config: &Path, variables: &Variables) -> Result<Self> {
        let mut server = Self::spawn(config, variables)?;
        server.wait_until_healthy()?;
        Ok(server)
    }

    /// Starts a command that becomes `serve` with this configuration, and waits until both listeners answer.
    ///
    /// # Errors
    /// As for [`Self::start`].
    pub fn start_with(command: &mut Command, config: &Path, variables: &Variables) -> Result<Self> {
        let mut server = Self::spawn_with(command, config, variables)?;
        server.wait_until_healthy()?;
        Ok(server)
    }

    /// Starts `serve` and does not wait.
    ///
    /// # Errors
    /// If the configuration names no listeners or the binary cannot be started.
    pub fn spawn(config: &Path, variables: &Variables) -> Result<Self> {
        let path = config.to_str().context("test folders have UTF-8 names")?;
        Self::spawn_with(&mut signet(variables, &["serve", "--config", path])?, config, variables)
    }

    fn spawn_with(command: &mut Command, config: &Path, variables: &Variables) -> Result<Self> {
        let table: toml::Table = std::fs::read_to_string(config)?.parse()?;
        let address = |key: &str| -> Result<SocketAddr> {
            let text = table.get("server").and_then(|server| server.get(key)).and_then(toml::Value::as_str);
            Ok(text.with_context(|| format!("server.{key} in {}", config.display()))?.parse()?)
        };
        let log = config.with_extension("log");
        Ok(Self {
            process: Running::start(command, &log)?,
            config: config.to_owned(),
            variables: variables.clone(),
            listen: address("listen")?,
            status_listen: address("status_listen")?,
        })
    }

    /// Waits until both listeners answer.
    ///
    /// # Errors
    /// If the server ends or does not answer in time, with its log.
    pub fn wait_until_healthy(&mut self) -> Result<()> {
        let (listen, status) = (self.listen, self.status_listen);
        let process = &mut self.process;
        let answered = wait::until("a healthy server", START, || {
            if let Some(status) = process.ended()? {
                bail!("the server ended with {status}");
            }
            Ok((TcpStream::connect(listen).is_ok()
                && plain_get(status, "/health").is_ok_and(|text| text.contains("ok")))
            .then_some(()))
        });
        answered.with_context(|| self.log())
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Where the HTTPS listener is.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Where the status listener is.
    pub fn status_listen(&self) -> SocketAddr {
        self.status_listen
    }

    /// Everything it and its predecessors on this configuration have logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Whether it has ended by itself.
    ///
    /// # Errors
    /// If the operating system cannot say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.ended()
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// SIGTERM; waits for the drain.
    ///
    /// # Errors
    /// If it does not end in time.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.process.terminate(DRAIN)
    }

    /// SIGTERM; does not wait.
    ///
    /// # Errors
    /// If it has ended.
    pub fn ask_to_end(&self) -> Result<()> {
        self.process.signal(Signal::SIGTERM)
    }

    /// Starts it again after it ended.
    ///
    /// # Errors
    /// As for [`Self::start`].
    pub fn restart(&mut self) -> Result<()> {
        *self = Self::start(&self.config, &self.variables)?;
        Ok(())
    }

    /// A file of the status listener, which speaks plain HTTP.
    ///
    /// # Errors
    /// If the answer is not 200.
    pub fn status_file(&self, path: &str) -> Result<Vec<u8>> {
        let answer = exchange(self.status_listen, path)?;
        let split = answer.windows(4).position(|window| window == b"\r\n\r\n").context("an HTTP answer has a head")?;
        let head = String::from_utf8_lossy(&answer[..split]).into_owned();
        if !head.starts_with("HTTP/1.0 200") && !head.starts_with("HTTP/1.1 200") {
            bail!("{path}: {head}");
        }
        Ok(answer[split + 4..].to_vec())
    }
}

fn plain_get(address: SocketAddr, path: &str) -> Result<String> {
    Ok(String::from_utf8_lossy(&exchange(address, path)?).into_owned())
}

/// HTTP/1.0, so that the end of the connection is the end of the body.
fn exchange(address: SocketAddr, path: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
