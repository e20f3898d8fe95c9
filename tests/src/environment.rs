//! What a test takes from `tests/run`. A missing value is a failure with the remedy in it, never a skipped test.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

const REMEDY: &str =
    "run the tests through tests/run, which builds the binary and provides PostgreSQL, tokens and tools";

static CHOSEN: OnceLock<PathBuf> = OnceLock::new();

/// Has this process run another binary than the environment names. The first choice stays.
pub fn choose_signet(path: PathBuf) {
    // A second choice is ignored, as said.
    let _ = CHOSEN.set(path);
}

/// The built `signet`: the chosen one, else `SIGNET_BIN`, else the one beside the running test.
///
/// # Errors
/// If no binary is there.
pub fn signet() -> Result<PathBuf> {
    if let Some(chosen) = CHOSEN.get() {
        return Ok(chosen.clone());
    }
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("signet"));
    let path = std::env::var_os("SIGNET_BIN").map(PathBuf::from).or_else(beside).context(REMEDY)?;
    if !path.is_file() {
        bail!("no signet binary at {}: {REMEDY}", path.display());
    }
    Ok(path)
}

/// The built `signet-sign`, beside `signet`.
///
/// # Errors
/// If no binary is there.
pub fn signet_sign() -> Result<PathBuf> {
    let path = signet()?.with_file_name("signet-sign");
    if !path.is_file() {
        bail!("no signet-sign at {}: {REMEDY}", path.display());
    }
    Ok(path)
}

/// The URL of a PostgreSQL in which tests may create databases.
///
/// # Errors
/// If `SIGNET_TEST_POSTGRES` is not set.
pub fn postgres() -> Result<String> {
    variable("SIGNET_TEST_POSTGRES")
}

/// The same server through a role that may connect over TLS only, and the PEM file of the authority that vouches for it.
///
/// # Errors
/// If `SIGNET_TEST_POSTGRES_TLS` or `SIGNET_TEST_POSTGRES_CA` is not set.
pub fn postgres_over_tls() -> Result<(String, PathBuf)> {
    Ok((variable("SIGNET_TEST_POSTGRES_TLS")?, variable("SIGNET_TEST_POSTGRES_CA")?.into()))
}

/// SoftHSM2's PKCS#11 module.
///
/// # Errors
/// If `SIGNET_TEST_SOFTHSM` is not set.
pub fn softhsm_module() -> Result<PathBuf> {
    Ok(variable("SIGNET_TEST_SOFTHSM")?.into())
}

/// A program of the virtual environment that holds certbot, pkilint and schemathesis.
///
/// # Errors
/// If `SIGNET_TEST_TOOLS` is not set.
pub fn tool(name: &str) -> Result<PathBuf> {
    Ok(PathBuf::from(variable("SIGNET_TEST_TOOLS")?).join(name))
}

/// axe-core in one file.
///
/// # Errors
/// If `SIGNET_TEST_AXE` is not set.
pub fn axe() -> Result<PathBuf> {
    Ok(variable("SIGNET_TEST_AXE")?.into())
}

/// Where the pictures of pages go: `screenshots` beside the folder of the built binaries.
///
/// # Errors
/// If the running test lies nowhere.
pub fn screenshots() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    Ok(test.ancestors().nth(3).context("the folder of what was built")?.join("screenshots"))
}

/// The folder in which npm installed the identity provider.
///
/// # Errors
/// If `SIGNET_TEST_NODE` is not set.
pub fn node_packages() -> Result<PathBuf> {
    Ok(variable("SIGNET_TEST_NODE")?.into())
}

/// The script that makes, starts and stops PostgreSQL clusters.
pub fn postgres_script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("postgres")
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: {REMEDY}"))
}
