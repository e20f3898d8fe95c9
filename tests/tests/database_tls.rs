//! PostgreSQL over TLS: the server's certificate is checked against the root that the URL names, and the password comes
//! from a file.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use signet_tests::deployment::Prepared;
use signet_tests::environment::postgres_over_tls;
use signet_tests::orders;
use signet_tests::postgres::Database;
use signet_tests::process::{output, run};
use signet_tests::raw_acme::RawAcme;
use signet_tests::server::signet;

const PASSWORD: &str = "over-tls";

/// The URL of a database through the role that may come over TLS only, without the password, with these parameters.
fn url(database: &Database, parameters: &str) -> Result<String> {
    let (maintenance, _) = postgres_over_tls()?;
    Ok(format!("{}?{parameters}", database.url_in(&maintenance.replace(&format!(":{PASSWORD}@"), "@"))))
}

fn password_file(folder: &Path) -> Result<String> {
    let path = folder.join("database.password");
    std::fs::write(&path, PASSWORD)?;
    Ok(path.to_str().context("UTF-8")?.to_owned())
}

#[tokio::test]
async fn a_checked_certificate_and_a_password_file_serve() -> Result<()> {
    let (_, root) = postgres_over_tls()?;
    let folder = tempfile::tempdir()?;
    let database = Database::create()?;
    let url = url(&database, &format!("sslmode=verify-full&sslrootcert={}", root.display()))?;
    let options = ["--database-password-file", &password_file(folder.path())?];
    let deployment = Prepared::with_database_at(database, &url, &options)?.serve()?;
    let client = RawAcme::registered(&deployment.directory()?, &deployment.root()).await?;
    orders::obtain(&client, deployment.network(), "web.signet.test").await?;
    let sessions = deployment.database().context("PostgreSQL")?.query(
        "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl) FROM pg_stat_ssl \
         JOIN pg_stat_activity USING (pid) WHERE usename = 'signet_tls'",
    )?;
    let (encrypted, plain) = sessions.trim().split_once('|').context("two counts")?;
    ensure!(encrypted != "0" && plain == "0", "{sessions}");
    Ok(())
}

#[test]
fn a_certificate_of_another_authority_and_a_plain_connection_are_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let other = folder.path().join("other.pem");
    let mut command = Command::new("openssl");
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=Other",
    ]);
    output(command.arg("-keyout").arg(folder.path().join("other.key")).arg("-out").arg(&other))?;
    let database = Database::create()?;
    let password = password_file(folder.path())?;
    let data = folder.path().join("pki").display().to_string();
    for parameters in [format!("sslrootcert={}", other.display()), "sslmode=disable".to_owned()] {
        let url = url(&database, &parameters)?;
        let arguments = ["init", "--data", &data, "--database", &url, "--database-password-file", &password];
        let said = run(&mut signet(&Vec::new(), &arguments)?)?;
        ensure!(!said.status.success(), "{parameters}: {}", said.words());
        ensure!(
            said.words().contains("PostgreSQL") || said.words().contains("database"),
            "{parameters}: {}",
            said.words()
        );
        ensure!(!said.words().contains(PASSWORD), "a password in a message: {}", said.words());
    }
    Ok(())
}

#[test]
fn the_password_may_come_from_the_environment() -> Result<()> {
    let (_, root) = postgres_over_tls()?;
    let folder = tempfile::tempdir()?;
    let database = Database::create()?;
    let url = url(&database, &format!("sslmode=verify-full&sslrootcert={}", root.display()))?;
    let data = folder.path().join("pki").display().to_string();
    let init = |password: Option<&str>| {
        let variables = password.map(|password| ("PGPASSWORD".to_owned(), password.to_owned()));
        run(&mut signet(&variables.into_iter().collect(), &["init", "--data", &data, "--database", &url])?)
    };
    for refused in [None, Some("hunter2")] {
        let said = init(refused)?;
        ensure!(!said.status.success() && said.words().contains("PGPASSWORD"), "{refused:?}: {}", said.words());
        ensure!(!said.words().contains("hunter2"), "a password in a message: {}", said.words());
    }
    init(Some(PASSWORD))?.success().map(drop)
}
