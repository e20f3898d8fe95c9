//! Programs: run to the end with their words kept, or kept running and killed with the test.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long any program of a test may take: a hang is a failure, not a hanging test run.
const LIMIT: Duration = Duration::from_secs(180);

/// What a finished program said.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// The command line, for messages.
    pub command: String,
}

impl Finished {
    /// The output of a program that succeeded.
    ///
    /// # Errors
    /// If it did not, with everything it said.
    pub fn success(self) -> Result<Self> {
        if self.status.success() {
            return Ok(self);
        }
        bail!("{}\n{}\nstdout: {}\nstderr: {}", self.command, self.status, self.stdout, self.stderr)
    }

    /// Everything it said, for looking for words.
    pub fn words(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Runs a program to its end.
///
/// # Errors
/// If it cannot be started or takes longer than three minutes (then it is killed). Its exit status is not judged.
pub fn run(command: &mut Command) -> Result<Finished> {
    let line = format!("{command:?}");
    let folder = tempfile::tempdir()?;
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    command.stdin(Stdio::null()).stdout(File::create(&out)?).stderr(File::create(&err)?);
    let mut child = command.spawn().with_context(|| format!("starting {line}"))?;
    let status = wait_or_kill(&mut child, LIMIT).with_context(|| format!("{line}: {}", read_lossy(&err)))?;
    Ok(Finished { status, stdout: read_lossy(&out), stderr: read_lossy(&err), command: line })
}

/// Runs a program that must succeed and returns its standard output.
///
/// # Errors
/// If it fails, with everything it said.
pub fn output(command: &mut Command) -> Result<String> {
    Ok(run(command)?.success()?.stdout)
}

fn wait_or_kill(child: &mut Child, limit: Duration) -> Result<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            bail!("still running after {limit:?}, killed");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A file's text, whatever bytes are in it; empty if it cannot be read.
pub fn read_lossy(path: &Path) -> String {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// A program that runs beside the test, killed when dropped. Both its outputs are appended to one file.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
    name: String,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// If the program or its log file cannot be opened.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(log).with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let name = format!("{command:?}");
        let child = command.spawn().with_context(|| format!("starting {name}"))?;
        Ok(Self { child, log: log.to_owned(), name })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has said so far.
    pub fn log(&self) -> String {
        read_lossy(&self.log)
    }

    /// Whether it has ended, and how.
    ///
    /// # Errors
    /// If the operating system cannot say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// If the process is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)
            .with_context(|| format!("{signal} to {}", self.name))
    }

    /// Kills it as a power cut would, and waits until it is gone.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits.
    ///
    /// # Errors
    /// If it does not end within `limit`.
    pub fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        wait_or_kill(&mut self.child, limit).with_context(|| format!("{}: {}", self.name, self.log()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes whose parent is `pid`.
///
/// # Errors
/// If `/proc` cannot be read.
pub fn children_of(pid: u32) -> Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(candidate) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // A process may end while we look.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{candidate}/stat")) else { continue };
        let after_name = stat.rsplit_once(')').map(|(_, rest)| rest);
        let parent = after_name.and_then(|rest| rest.split_whitespace().nth(1)).and_then(|p| p.parse::<u32>().ok());
        if parent == Some(pid) {
            children.push(candidate);
        }
    }
    Ok(children)
}
