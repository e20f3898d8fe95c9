//! A root, a CA below it and signers, made by the `openssl` program, which also holds the keys.

use std::cell::Cell;
use std::time::Duration;

use uuid::Uuid;

use crate::hsm::{DigestAlgorithm, Input, KeyId, KeyRef, KeyState, SignRequest, Signature};
use crate::openssl::OpenSsl;
use crate::policy::{Action, Actor, Permitted, PolicyEngine};
use crate::signing::{ArtifactSigner, UnusableSigner};
use crate::time::UnixTime;
use crate::timestamp::{TsaSigner, UnusableTsa};
use crate::x509::Certificate;

pub(crate) const P256: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
pub(crate) const P384: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-384";
pub(crate) const P521: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-521";
pub(crate) const RSA: &str = "-newkey rsa:3072";
pub(crate) const ED25519: &str = "-newkey ed25519";

pub(crate) const CODE_SIGNING: &str =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n";
pub(crate) const TIME_STAMPING: &str =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";
const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";

pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(5);

/// `root.pem` and `sub.pem` with their keys.
pub(crate) struct Hierarchy {
    pub(crate) ssl: OpenSsl,
    pub(crate) root: Certificate,
    pub(crate) sub: Certificate,
    /// The first second at which every certificate so far is valid.
    now: Cell<UnixTime>,
}

/// A certificate with its key.
pub(crate) struct Leaf {
    pub(crate) name: String,
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyRef,
}

impl Hierarchy {
    pub(crate) fn new() -> Self {
        let ssl = OpenSsl::new();
        ssl.run(&format!(
            "req -x509 -nodes -days 3650 -keyout root.key -out root.pem -subj /O=Example/CN=Root -addext \
             keyUsage=critical,keyCertSign,cRLSign {P384}"
        ));
        let root = certificate(&ssl, "root");
        let sub = issue(&ssl, "root", "sub", P256, AUTHORITY, 1825);
        let now = Cell::new(sub.validity().not_before);
        Self { ssl, root, sub, now }
    }

    /// A certificate of the CA below the root, for `days`.
    pub(crate) fn issue(&self, name: &str, key: &str, extensions: &str, days: u32) -> Leaf {
        let certificate = issue(&self.ssl, "sub", name, key, extensions, days);
        self.now.set(self.now.get().max(certificate.validity().not_before));
        let id = KeyId::new(Uuid::from_u128(7));
        let locator = format!("openssl:{name}.key");
        let key = KeyRef { id, locator, public_key: certificate.public_key().clone() };
        Leaf { name: name.to_owned(), certificate, key }
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.now.get()
    }

    pub(crate) fn path(&self, leaf: &Leaf) -> Vec<Certificate> {
        vec![leaf.certificate.clone(), self.sub.clone(), self.root.clone()]
    }

    pub(crate) fn try_artifact_signer(&self, leaf: &Leaf) -> Result<ArtifactSigner, UnusableSigner> {
        ArtifactSigner::new(self.path(leaf), leaf.key.clone(), KeyState::Active)
    }

    pub(crate) fn artifact_signer(&self, leaf: &Leaf) -> ArtifactSigner {
        self.try_artifact_signer(leaf).unwrap()
    }

    pub(crate) fn try_tsa(&self, leaf: &Leaf) -> Result<TsaSigner, UnusableTsa> {
        TsaSigner::new(self.path(leaf), leaf.key.clone(), KeyState::Active)
    }

    /// Signs what the request says, with OpenSSL.
    pub(crate) fn sign(&self, leaf: &Leaf, request: &SignRequest) -> Signature {
        request.check().unwrap();
        assert_eq!(request.key(), &leaf.key);
        let key = &leaf.name;
        let command = match (request.input(), DigestAlgorithm::of(request.algorithm())) {
            (Input::Message(message), Some(digest)) => {
                self.ssl.write("tbs", message);
                format!("dgst -{digest} -sign {key}.key tbs")
            }
            (Input::Message(message), None) => {
                self.ssl.write("tbs", message);
                format!("pkeyutl -sign -rawin -inkey {key}.key -in tbs")
            }
            (Input::Digest { algorithm, value }, _) => {
                self.ssl.write("tbs", value);
                format!("pkeyutl -sign -inkey {key}.key -in tbs -pkeyopt digest:{algorithm}")
            }
        };
        request.verified(self.ssl.run(&command)).unwrap()
    }

    /// Whether a command line succeeds, with what it says.
    pub(crate) fn judges(&self, arguments: &str) -> (bool, String) {
        let (success, output, error) = self.ssl.try_run(&arguments.split_whitespace().collect::<Vec<_>>(), b"");
        (success, format!("{}{error}", String::from_utf8_lossy(&output)))
    }
}

fn certificate(ssl: &OpenSsl, name: &str) -> Certificate {
    Certificate::from_der(&ssl.run(&format!("x509 -in {name}.pem -outform DER"))).unwrap()
}

fn issue(ssl: &OpenSsl, issuer: &str, name: &str, key: &str, extensions: &str, days: u32) -> Certificate {
    ssl.run(&format!("req -new -nodes -keyout {name}.key -out {name}.csr -subj /O=Example/CN={name} {key}"));
    let extensions = format!("{extensions}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n");
    ssl.write("extensions.cnf", extensions.as_bytes());
    ssl.run(&format!(
        "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days {days} -extfile \
         extensions.cnf -out {name}.pem"
    ));
    certificate(ssl, name)
}

/// What the default policies permit the signing job.
pub(crate) fn permitted<A: Action>(act: A) -> Permitted<A> {
    PolicyEngine::built_in().unwrap().decide(&Actor::Job { name: "signing" }, act).unwrap()
}
