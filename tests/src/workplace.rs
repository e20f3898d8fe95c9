//! Where a build runs: a folder, `signet-sign`, and what a CI sets in the environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::deployment::Deployment;
use crate::environment;
use crate::process::{Finished, run};

/// A runner of a CI.
#[derive(Debug)]
pub struct Workplace {
    folder: TempDir,
    /// The environment of the step.
    pub variables: Vec<(String, String)>,
}

impl Workplace {
    /// A folder with the deployment's root, the address of its server, and no token yet.
    ///
    /// # Errors
    /// If files cannot be written.
    pub fn new(deployment: &Deployment) -> Result<Self> {
        Self::of(&deployment.root(), &format!("https://{}", deployment.server.listen()))
    }

    /// A folder with this root and the address of some server.
    ///
    /// # Errors
    /// If files cannot be written.
    pub fn of(root: &Path, server: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::copy(root, folder.path().join("root.pem"))?;
        let variables = vec![
            ("SIGNET_SERVER".to_owned(), server.to_owned()),
            ("SIGNET_CA_FILE".to_owned(), folder.path().join("root.pem").display().to_string()),
        ];
        Ok(Self { folder, variables })
    }

    /// Sets a variable for the steps to come.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `signet-sign` with these arguments, in this folder.
    ///
    /// # Errors
    /// If it cannot be run; how it ended is the test's to judge.
    pub fn step(&self, arguments: &[&str]) -> Result<Finished> {
        run(self.with_variables(Command::new(environment::signet_sign()?)).args(arguments))
    }

    /// A step that has to end with this code.
    ///
    /// # Errors
    /// If it ends otherwise, with everything it said.
    pub fn ends_with(&self, code: i32, arguments: &[&str]) -> Result<Finished> {
        let said = self.step(arguments)?;
        ensure!(said.status.code() == Some(code), "{}: {}\n{}", said.command, said.status, said.words());
        Ok(said)
    }

    /// The same for a step that prints JSON.
    ///
    /// # Errors
    /// If it ends otherwise, or prints something else.
    pub fn json(&self, code: i32, arguments: &[&str]) -> Result<Value> {
        let said = self.ends_with(code, &[arguments, &["--json"]].concat())?;
        serde_json::from_str(&said.stdout).with_context(|| said.words())
    }

    /// Any program in this folder, with these variables and none of a CI around the test.
    pub fn with_variables(&self, mut command: Command) -> Command {
        for (name, _) in std::env::vars() {
            if ["SIGNET_", "GITHUB_", "ACTIONS_", "CI_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.current_dir(self.folder.path()).envs(self.variables.iter().cloned());
        command
    }
}
