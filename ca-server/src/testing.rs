//! An installation of its own for a test: a real keystore, a real database, a real hierarchy, and a clock that the test
//! moves.

use std::sync::Arc;

use ca_core::hsm::KeySpec;
use ca_core::hsm::software::SoftwareKeystore;
use ca_core::policy::Actor;
use ca_core::time::UnixTime;
use tempfile::TempDir;

use crate::app::App;
use crate::clock::{Clock, ClockHand};
use crate::config::Settings;
use crate::entropy::Entropy;
use crate::ops::acme::Origin;
use crate::ops::initialize::{Ceremony, MadeKeys};
use crate::policies::Policies;
use crate::store::location::Location;
use crate::store::testing::TestStore;
use crate::{hsms, start, store};

/// What a test works with. Everything vanishes with it.
pub(crate) struct Installation {
    pub(crate) app: Arc<App>,
    pub(crate) hand: ClockHand,
    _database: TestStore,
    _folder: TempDir,
}

/// When every test's installation is made.
pub(crate) const BEGINNING: UnixTime = UnixTime::from_seconds(1_800_000_000);

/// An installation on SQLite.
pub(crate) async fn sqlite() -> Installation {
    on(store::testing::sqlite().await, "").await
}

/// An installation on PostgreSQL.
pub(crate) async fn postgres() -> Installation {
    on(store::testing::postgres().await, "").await
}

/// An installation on PostgreSQL with more lines in its configuration.
pub(crate) async fn configured_on_postgres(lines: &str) -> Installation {
    on(store::testing::postgres().await, lines).await
}

/// An installation on SQLite with more lines in its configuration.
pub(crate) async fn configured(lines: &str) -> Installation {
    on(store::testing::sqlite().await, lines).await
}

async fn on(database: TestStore, lines: &str) -> Installation {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signet.toml");
    std::fs::write(&file, format!("{}{lines}", configuration(&database))).unwrap();
    std::fs::write(folder.path().join("keys.passphrase"), "for tests").unwrap();
    let settings = Settings::load(&file).unwrap();
    let (clock, hand) = Clock::manual(BEGINNING);
    hold_ceremony(&settings, &database, &clock, &folder).await;
    let app = start::open_at(settings, clock).await.unwrap();
    Installation { app, hand, _database: database, _folder: folder }
}

fn configuration(database: &TestStore) -> String {
    let url = match &database.config.location {
        Location::Sqlite(path) => format!("sqlite:{}", path.display()),
        Location::Postgres(url) => url.url.to_string(),
    };
    format!(
        r#"
        [database]
        url = "{url}"
        [[hsm]]
        name = "local"
        backend = "software"
        path = "keys"
        passphrase_file = "keys.passphrase"
        [[authority]]
        name = "root"
        hsm = "local"
        [[authority]]
        name = "issuing"
        hsm = "local"
        [[acme]]
        name = "acme"
        issuer = "issuing"
        profiles = ["tls-server"]
        [server]
        public_url = "https://ca.example.org:8443"
        status_url = "http://ca.example.org:8080"
        "#
    )
}

async fn hold_ceremony(settings: &Settings, database: &TestStore, clock: &Clock, folder: &TempDir) {
    let keystore = SoftwareKeystore::new("local", &folder.path().join("keys"));
    keystore.create("for tests".to_owned().into()).await.unwrap();
    let opened = hsms::open_all(&settings.hsms).await.unwrap();
    let (policies, entropy) = (Policies::load(None).unwrap(), Entropy::new(clock.clone()));
    let ceremony = Ceremony {
        clock,
        entropy: &entropy,
        policies: &policies,
        settings,
        actor: &local_root(),
        origin: &origin(),
        name: "Test",
        key: KeySpec::EcdsaP256,
        root_hsm: &opened["local"],
        issuing_hsm: &opened["local"],
    };
    let hierarchy = ceremony.hold(&mut MadeKeys::default()).await.unwrap();
    hierarchy.record(&database.store).await.unwrap();
}

/// The local administrator.
pub(crate) fn local_root() -> Actor {
    Actor::LocalRoot { os_user: "root".to_owned() }
}

/// Where a test's acts come from.
pub(crate) fn origin() -> Origin {
    Origin { address: "command line".to_owned(), request_id: "test".to_owned() }
}
