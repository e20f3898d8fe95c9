//! The server that is measured, with a PKI made for it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::environment;
use signet_tests::process::children_of;
use signet_tests::server::Server;

use crate::options::{Options, Store};
use crate::responder::Responder;

/// A running server and the responder that proves names to it.
pub(crate) struct Target {
    deployment: Deployment,
    /// The server's process, also when it runs under a tracer.
    pub(crate) pid: u32,
    pub(crate) responder: Responder,
    pub(crate) description: String,
    traced: bool,
}

impl Target {
    /// Starts the binary as it is.
    pub(crate) fn start(options: &Options) -> Result<Self> {
        let (prepared, responder) = prepare(options)?;
        let deployment = prepared.serve()?;
        let pid = deployment.server.pid();
        Ok(Self { deployment, pid, responder, description: describe(options), traced: false })
    }

    /// Starts it under `strace`, which writes every sync with its time to a file.
    pub(crate) fn start_traced(options: &Options, trace: &PathBuf) -> Result<Self> {
        let (prepared, responder) = prepare(options)?;
        let mut command = Command::new("strace");
        command.args(["-f", "-ttt", "-e", "trace=fsync,fdatasync,msync,sync_file_range", "-e", "signal=none", "-o"]);
        command.arg(trace).arg(environment::signet()?).args(["serve", "--config"]).arg(prepared.config());
        command.envs(prepared.variables());
        let server = Server::start_with(&mut command, &prepared.config(), &prepared.variables())?;
        let pid = children_of(server.pid())?.first().copied().context("strace has a child")?;
        let description = describe(options);
        Ok(Self { deployment: prepared.served_by(server), pid, responder, description, traced: true })
    }

    pub(crate) fn directory(&self) -> Result<String> {
        self.deployment.directory()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.deployment.root()
    }
}

impl Drop for Target {
    /// A tracer that is killed leaves what it traced running.
    fn drop(&mut self) {
        if self.traced
            && let Ok(pid) = i32::try_from(self.pid)
        {
            // Already gone is as good.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

fn describe(options: &Options) -> String {
    let disk = options.folder();
    format!("{} on {:?}, {}, keys {}", options.binary.display(), options.store, disk.display(), options.key_algorithm)
}

fn prepare(options: &Options) -> Result<(Prepared, Responder)> {
    let binary = options.binary.canonicalize();
    environment::choose_signet(binary.with_context(|| format!("{}: build it first", options.binary.display()))?);
    let kind = match options.store {
        Store::Sqlite => Kind::SqliteSoftware,
        Store::Postgres => Kind::PostgresSofthsm2,
    };
    let prepared = Prepared::below(&options.folder(), kind, &["--key-algorithm", &options.key_algorithm])?;
    let responder = Responder::bind(prepared.network().http.give_up_port())?;
    Ok((prepared, responder))
}
