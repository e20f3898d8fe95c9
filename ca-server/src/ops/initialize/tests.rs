//! A ceremony that fails leaves nothing, wherever it fails, and the next one succeeds.

use std::sync::atomic::{AtomicBool, Ordering};

use ca_core::hsm::software::SoftwareKeystore;
use ca_core::hsm::{Capabilities, Failure, Health, HsmError, HsmFuture, HsmInfo, SignRequest, Signature};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::store::fields::IssuerState;
use crate::store::revocation::{self, RevocationOutcome};
use crate::store::testing::{TestStore, on_both_engines};
use crate::store::{StoreError, certificate, crl, installation, issuer};

/// A real keystore that can be told to refuse one act.
struct Faulty {
    keystore: SoftwareKeystore,
    signs_no_crl: AtomicBool,
    destroys_nothing: AtomicBool,
}

impl Faulty {
    async fn create(folder: &TempDir) -> Arc<Self> {
        let keystore = SoftwareKeystore::new("local", &folder.path().join("keys"));
        keystore.create(Zeroizing::new("passphrase".to_owned())).await.unwrap();
        let (signs_no_crl, destroys_nothing) = (AtomicBool::new(true), AtomicBool::new(false));
        Arc::new(Self { keystore, signs_no_crl, destroys_nothing })
    }

    fn refuse<T: Send + 'static>(&self) -> HsmFuture<'_, T> {
        let error = HsmError::new("local", Failure::Unsupported("the test says so".to_owned()));
        Box::pin(async move { Err(error) })
    }

    async fn labels(&self) -> Vec<String> {
        self.keystore.list().await.unwrap().into_iter().map(|key| key.label).collect()
    }
}

impl Hsm for Faulty {
    fn name(&self) -> &str {
        self.keystore.name()
    }

    fn info(&self) -> HsmFuture<'_, HsmInfo> {
        self.keystore.info()
    }

    fn capabilities(&self) -> HsmFuture<'_, Capabilities> {
        self.keystore.capabilities()
    }

    fn health(&self) -> HsmFuture<'_, Health> {
        self.keystore.health()
    }

    fn generate(&self, key: NewKey) -> HsmFuture<'_, KeyDescription> {
        self.keystore.generate(key)
    }

    fn describe<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, KeyDescription> {
        self.keystore.describe(key)
    }

    fn list(&self) -> HsmFuture<'_, Vec<KeyDescription>> {
        self.keystore.list()
    }

    fn sign(&self, request: SignRequest) -> HsmFuture<'_, Signature> {
        let refused = request.purpose() == SignPurpose::Crl && self.signs_no_crl.load(Ordering::Relaxed);
        if refused { self.refuse() } else { self.keystore.sign(request) }
    }

    fn wrap<'a>(&'a self, secret: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Vec<u8>> {
        self.keystore.wrap(secret, associated_data)
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8], associated_data: &'a [u8]) -> HsmFuture<'a, Zeroizing<Vec<u8>>> {
        self.keystore.unwrap(wrapped, associated_data)
    }

    fn set_state<'a>(&'a self, key: &'a KeyRef, state: KeyState) -> HsmFuture<'a, ()> {
        self.keystore.set_state(key, state)
    }

    fn destroy<'a>(&'a self, key: &'a KeyRef) -> HsmFuture<'a, ()> {
        if self.destroys_nothing.load(Ordering::Relaxed) { self.refuse() } else { self.keystore.destroy(key) }
    }

    fn random(&self, length: usize) -> HsmFuture<'_, Zeroizing<Vec<u8>>> {
        self.keystore.random(length)
    }
}

const SETTINGS: &str = r#"
[server]
public_url = "https://127.0.0.1:8443"
status_url = "http://127.0.0.1:8080"
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
"#;

/// One ceremony with this HSM.
async fn hold(folder: &TempDir, hsm: &Arc<Faulty>, keys: &mut MadeKeys) -> Result<Hierarchy, OpError> {
    let file = folder.path().join("signet.toml");
    std::fs::write(&file, SETTINGS).unwrap();
    let (settings, clock) = (Settings::load(&file).unwrap(), Clock::system());
    let hsm: Arc<dyn Hsm> = Arc::clone(hsm) as _;
    let ceremony = Ceremony {
        clock: &clock,
        entropy: &Entropy::new(clock.clone()),
        policies: &Policies::load(None).unwrap(),
        settings: &settings,
        actor: &Actor::LocalRoot { os_user: "root".to_owned() },
        origin: &Origin { address: "test".to_owned(), request_id: "r1".to_owned() },
        name: "Example",
        key: KeySpec::EcdsaP256,
        root_hsm: &hsm,
        issuing_hsm: &hsm,
    };
    ceremony.hold(keys).await
}

on_both_engines! { a_ceremony_that_failed_is_as_if_it_had_not_been, authorities_are_certificates_too, }

async fn a_ceremony_that_failed_is_as_if_it_had_not_been(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let hsm = Faulty::create(&folder).await;
    let mut keys = MadeKeys::default();
    let Err(OpError::Hsm(_)) = hold(&folder, &hsm, &mut keys).await else { panic!("a CRL was signed") };
    assert_eq!(hsm.labels().await.len(), 2, "both keys had been made");
    assert_eq!(keys.destroy().await, Vec::<String>::new());
    assert_eq!(hsm.labels().await, Vec::<String>::new());
    assert!(store.read(installation::load).await.unwrap().is_none());

    hsm.signs_no_crl.store(false, Ordering::Relaxed);
    let hierarchy = hold(&folder, &hsm, &mut MadeKeys::default()).await.unwrap();
    hierarchy.record(&store).await.unwrap();
    hierarchy.record(&store).await.unwrap_or_else(|error| panic!("its own rows are no other's: {error}"));
    for slug in [ROOT, ISSUING] {
        let current = store.read(move |c| crl::current(c, slug, 0)).await.unwrap().unwrap();
        assert_eq!((current.entries, current.fencing), (0, 1), "{slug}");
    }
    let another = hold(&folder, &hsm, &mut MadeKeys::default()).await.unwrap();
    let refused = another.record(&store).await;
    assert!(matches!(refused, Err(OpError::Store(StoreError::Conflict(_)))), "{refused:?}");
    let kept = store.read(|c| issuer::by_slug(c, ISSUING)).await.unwrap().unwrap();
    assert_eq!(kept.der, hierarchy.issuing.as_der());
}

async fn authorities_are_certificates_too(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let hsm = Faulty::create(&folder).await;
    hsm.signs_no_crl.store(false, Ordering::Relaxed);
    let hierarchy = hold(&folder, &hsm, &mut MadeKeys::default()).await.unwrap();
    hierarchy.record(&store).await.unwrap();
    for (certificate, profile) in [(&hierarchy.root, "root"), (&hierarchy.issuing, "subordinate-ca")] {
        let serial = certificate.serial().clone();
        let row = store.read(move |c| certificate::by_serial(c, ROOT, &serial)).await.unwrap().unwrap();
        assert_eq!((row.der.as_slice(), row.record.profile.as_str()), (certificate.as_der(), profile));
        assert_eq!(row.record.subject, certificate.subject().to_string());
    }
    let revocation = revocation::Revocation {
        issuer: ROOT.to_owned(),
        serial: hierarchy.issuing.serial().clone(),
        at: Clock::system().now(),
        reason: "cACompromise".to_owned(),
        invalidity_date: None,
        block_key: true,
    };
    let outcome = store
        .write(move |c| {
            issuer::set_state(c, ISSUING, IssuerState::Revoked)?;
            revocation::revoke(c, &revocation)
        })
        .await;
    assert!(matches!(outcome, Ok(RevocationOutcome::Revoked(_))), "{outcome:?}");
    let states = store.read(issuer::states).await.unwrap();
    assert_eq!(states, [(ISSUING.to_owned(), IssuerState::Revoked), (ROOT.to_owned(), IssuerState::Active)]);
}

#[tokio::test]
async fn a_key_that_cannot_be_destroyed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let hsm = Faulty::create(&folder).await;
    hsm.destroys_nothing.store(true, Ordering::Relaxed);
    let mut keys = MadeKeys::default();
    assert!(hold(&folder, &hsm, &mut keys).await.is_err());
    let left = keys.destroy().await;
    assert_eq!(left.len(), 2, "{left:?}");
    for (line, label) in left.iter().zip(hsm.labels().await) {
        assert!(line.contains(&label) && line.contains("the test says so"), "{line}");
    }
}
