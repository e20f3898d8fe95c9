//! Who may connect to PostgreSQL, and how the server speaks to them.

use std::fs;
use std::path::PathBuf;

use diesel::prelude::*;
use diesel::sql_types::Text;
use tempfile::TempDir;

use crate::store::connection::on_each;
use crate::store::testing::{Server, config_for};
use crate::store::{DatabaseConfig, Store, StoreError, migration};

/// A server with a role that needs a password (SCRAM-SHA-256), and the file that holds it.
struct Guarded {
    server: Server,
    folder: TempDir,
}

const ROLE: &str = "scram";

impl Guarded {
    async fn start() -> Self {
        let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
        let admin = config_for(&server.url, "postgres");
        migration::migrate(&admin).await.unwrap();
        let store = Store::open(&admin).await.unwrap();
        let role = format!(
            "SET password_encryption = 'scram-sha-256'; CREATE ROLE {ROLE} LOGIN PASSWORD 'first'; \
             GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}"
        );
        store.write(move |c| Ok(c.batch_execute(&role)?)).await.unwrap();
        store.close().await;
        let rules = format!("host all {ROLE} 127.0.0.1/32 scram-sha-256\nhost all signet 127.0.0.1/32 trust\n");
        fs::write(format!("{}/data/pg_hba.conf", server.directory), rules).unwrap();
        let guarded = Self { server, folder: tempfile::tempdir().unwrap() };
        guarded.reload().await
    }

    /// Until the server has read its rules again, everybody comes in.
    async fn reload(self) -> Self {
        tokio::task::spawn_blocking(move || {
            self.server.pg_ctl("restart");
            self
        })
        .await
        .unwrap()
    }

    async fn set_password(&self, password: &str) {
        let admin = Store::open(&config_for(&self.server.url, "postgres")).await.unwrap();
        let statement = format!("ALTER ROLE {ROLE} PASSWORD '{password}'");
        admin.write(move |c| Ok(c.batch_execute(&statement)?)).await.unwrap();
        admin.close().await;
    }

    fn password_file(&self) -> PathBuf {
        self.folder.path().join("database.password")
    }

    fn config(&self) -> DatabaseConfig {
        let mut url = self.server.url.clone();
        url.set_username(ROLE).unwrap();
        DatabaseConfig { password_file: Some(self.password_file()), ..config_for(&url, "postgres") }
    }

    /// Whether the role comes in with what is in the file now.
    async fn open(&self, password: &str) -> Result<Store, StoreError> {
        fs::write(self.password_file(), password).unwrap();
        Store::open(&self.config()).await
    }
}

fn refused(answer: Result<Store, StoreError>) -> String {
    let error = answer.err().unwrap();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    format!("{error} {error:?}")
}

#[tokio::test]
async fn the_password_is_read_from_its_file_at_each_connection() {
    let guarded = Guarded::start().await;
    let missing = Store::open(&guarded.config()).await.err().unwrap();
    assert!(matches!(missing, StoreError::Configuration(_)), "{missing:?}");
    assert!(missing.to_string().contains("database.password"), "{missing}");
    guarded.open("first").await.unwrap().close().await;
    let store = guarded.open("first\r\n").await.unwrap();
    for wrong in ["hunter2", "first\n\nx", "First"] {
        let text = refused(guarded.open(wrong).await);
        assert!(text.contains("refused the user or the password") && text.contains("password_file"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    // A new password needs no restart of ours.
    guarded.set_password("second").await;
    fs::write(guarded.password_file(), "second").unwrap();
    let guarded = guarded.reload().await;
    for _ in 0..4 {
        store.read(|c| Ok(c.batch_execute("SELECT 1")?)).await.unwrap();
    }
    refused(guarded.open("first").await);
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

async fn language(store: &Store) -> String {
    let query = "SELECT current_setting('lc_messages') AS word";
    let read = move |c: &mut crate::store::Connection| {
        let row: Word = on_each!(c, |c| diesel::sql_query(query).get_result(c))?;
        Ok(row.word)
    };
    store.read(read).await.unwrap()
}

/// Messages are asked for untranslated. A role that may not ask is served all the same.
#[tokio::test]
async fn whoever_may_not_choose_the_language_is_served_all_the_same() {
    let guarded = Guarded::start().await;
    let admin = Store::open(&config_for(&guarded.server.url, "postgres")).await.unwrap();
    let other = format!("ALTER ROLE {ROLE} SET lc_messages = 'POSIX'; ALTER ROLE signet SET lc_messages = 'POSIX'");
    admin.write(move |c| Ok(c.batch_execute(&other)?)).await.unwrap();
    admin.close().await;
    let superuser = Store::open(&config_for(&guarded.server.url, "postgres")).await.unwrap();
    assert_eq!(language(&superuser).await, "C");
    let ordinary = guarded.open("first").await.unwrap();
    assert_eq!(language(&ordinary).await, "POSIX");
}
