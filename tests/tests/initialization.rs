//! An `init` that fails takes away what it has made, files, rows and keys on the token, and the next one succeeds.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use signet_tests::environment::softhsm_module;
use signet_tests::postgres::Database;
use signet_tests::process::{Finished, output, run};
use signet_tests::refusal::expect_exit;
use signet_tests::server::{Variables, signet};
use signet_tests::softhsm::Token;

/// Where one installation is to be made.
struct Site {
    data: PathBuf,
    options: Vec<String>,
    variables: Variables,
}

impl Site {
    fn new(folder: &Path, options: &[&str], variables: Variables) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Self { data: folder.join("pki"), options, variables }
    }

    fn init(&self) -> Result<Finished> {
        let data = self.data.display().to_string();
        let mut command = signet(&self.variables, &["init", "--data", &data])?;
        run(command.args(&self.options))
    }

    fn signet(&self, arguments: &[&str]) -> Result<String> {
        output(signet(&self.variables, arguments)?.arg("--config").arg(self.data.join("signet.toml")))
    }

    /// A file that cannot be written, not even by root: a link that leads nowhere is in its place.
    fn spoil(&self, file: &str) -> Result<PathBuf> {
        std::fs::create_dir_all(&self.data)?;
        let link = self.data.join(file);
        std::os::unix::fs::symlink("/nowhere/at/all", &link)?;
        Ok(link)
    }

    /// Fails at a file that is written when everything has been signed, then succeeds.
    fn fail_then_succeed(&self, nothing_is_left: impl Fn() -> Result<()>) -> Result<()> {
        let link = self.spoil("issuing.pem")?;
        expect_exit(&self.init()?, 1, &["issuing.pem"])?;
        let left: Vec<_> = std::fs::read_dir(&self.data)?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
        ensure!(left == ["issuing.pem"], "only what was there before is left: {left:?}");
        nothing_is_left()?;
        std::fs::remove_file(link)?;
        self.init()?.success()?;
        let lists = self.signet(&["crl", "show"])?;
        ensure!(lists.contains("root shard 0") && lists.contains("issuing shard 0"), "{lists}");
        let listed = self.signet(&["certificate", "list"])?;
        ensure!(listed.lines().count() == 2, "root and issuing CA: {listed}");
        Ok(())
    }
}

#[test]
fn on_sqlite_and_the_software_keystore() -> Result<()> {
    let folder = tempfile::tempdir()?;
    Site::new(folder.path(), &[], Variables::new()).fail_then_succeed(|| Ok(()))
}

/// Keystore and database outside of the folder are taken away too, the passphrase that was there before is not.
#[test]
fn with_keystore_and_database_elsewhere() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (keys, database) = (folder.path().join("safe"), folder.path().join("rows.db"));
    let passphrase = folder.path().join("safe.passphrase");
    std::fs::write(&passphrase, "of the operator\n")?;
    let hsm = format!("local=software:{}", keys.display());
    let url = format!("sqlite:{}", database.display());
    let site = Site::new(folder.path(), &["--hsm", &hsm, "--database", &url], Variables::new());
    site.fail_then_succeed(|| {
        ensure!(!keys.exists() && !database.exists(), "keystore or database is left");
        ensure!(std::fs::read(&passphrase)? == b"of the operator\n", "the operator's passphrase is gone");
        Ok(())
    })
}

#[test]
fn on_postgres_and_a_token() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (database, token) = (Database::create()?, Token::create(&folder.path().join("token"))?);
    let hsm = format!("token={}", token.uri(&softhsm_module()?));
    let site = Site::new(folder.path(), &["--hsm", &hsm, "--database", &database.url()], token.variables());
    site.fail_then_succeed(|| {
        let rows = database.query("SELECT (SELECT count(*) FROM installation) + (SELECT count(*) FROM issuer) + (SELECT count(*) FROM certificate)")?;
        ensure!(rows.trim() == "0", "rows are left: {rows}");
        let keys = private_keys(&token)?;
        ensure!(!keys.contains("signet/"), "keys of authorities are left on the token: {keys}");
        Ok(())
    })?;
    ensure!(private_keys(&token)?.matches("signet/").count() == 2, "one key an authority");

    let elsewhere = Site { data: folder.path().join("another"), ..site };
    expect_exit(&elsewhere.init()?, 2, &["--database", "Signet", "already"])?;
    ensure!(!elsewhere.data.exists(), "a refused init leaves nothing");
    ensure!(private_keys(&token)?.matches("signet/").count() == 2, "a refused init makes no keys");
    Ok(())
}

fn private_keys(token: &Token) -> Result<String> {
    let pin = std::fs::read_to_string(token.pin_file())?;
    let mut command = Command::new("pkcs11-tool");
    command.arg("--module").arg(softhsm_module()?).args(["--login", "--list-objects", "--type", "privkey"]);
    command.args(["--token-label", "signet", "--pin", pin.trim()]).envs(token.variables());
    output(&mut command).context("pkcs11-tool")
}
