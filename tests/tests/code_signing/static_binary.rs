//! `signet-sign` as it is handed out: without shared libraries, and small.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use signet_tests::local_signer::LocalSigner;
use signet_tests::process::run;

/// What the issue allows.
const LARGEST: u64 = 15 * 1024 * 1024;

/// The release as the manual says to build it. It is kept beside the other builds, so that only the first run, and one
/// after a change of what the client is made of, pays its few minutes of compiling.
#[test]
fn the_client_is_static_and_small() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::current_exe()?.ancestors().nth(3).context("the folder of what was built")?.join("static");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let built = Command::new(cargo)
        .current_dir(&root)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .args(["build", "--quiet", "--locked", "--release", "-p", "ca-client", "--target", &host])
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    ensure!(built.success(), "the static build");
    let program = target.join(&host).join("release/signet-sign");

    let libraries = run(Command::new("ldd").arg(&program))?;
    ensure!(libraries.words().contains("statically linked"), "{}", libraries.words());
    let size = std::fs::metadata(&program)?.len();
    ensure!(size <= LARGEST, "{size} octets are more than {LARGEST}");

    // It runs: reads files, refuses, and says why.
    let signer = LocalSigner::create("ec -pkeyopt ec_paramgen_curve:P-256")?;
    let mut verify = Command::new(&program);
    let said = run(verify.arg("verify").arg("--ca-file").arg(signer.file("root.pem")).arg(signer.file("key.pem")))?;
    ensure!(said.status.code() == Some(1) && said.stderr.contains("NOT verified"), "{}", said.words());
    Ok(())
}
