#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod chain;
mod judges;
mod rules;

use std::time::Duration;

use super::*;
use crate::hsm::{KeyId, KeyRef, KeyState, SignRequest, Signature};
use crate::openssl::OpenSsl;
use crate::policy::action::PublishCrl;
use crate::policy::{Actor, Permitted, PolicyEngine};
use crate::revocation::RevocationReason;
use crate::time::{UnixMicros, UnixTime};
use crate::x509::{Certificate, SerialNumber};

/// 2026-01-01T00:00:00Z.
const NEW_YEAR: UnixTime = UnixTime::from_seconds(1_767_225_600);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// A CA that OpenSSL made and whose key OpenSSL uses.
struct Authority {
    openssl: OpenSsl,
    certificate: Certificate,
    key: KeyRef,
}

const USAGE: &str = "keyUsage=critical,keyCertSign,cRLSign";

impl Authority {
    fn new(key: &str) -> Self {
        Self::with_extension(key, USAGE)
    }

    fn with_extension(key: &str, extension: &str) -> Self {
        let openssl = OpenSsl::new();
        let mut arguments: Vec<_> = "req -x509 -nodes -keyout ca.key -out ca.pem -days 30".split(' ').collect();
        arguments.extend(["-subj", "/O=Example/CN=Issuing CA", "-addext", extension]);
        arguments.extend(key.split(' '));
        openssl.run_with(&arguments, b"");
        let certificate = Certificate::from_der(&openssl.run("x509 -in ca.pem -outform DER")).unwrap();
        let id = KeyId::new(uuid::Uuid::from_u128(1));
        let key = KeyRef { id, locator: "openssl:ca.key".to_owned(), public_key: certificate.public_key().clone() };
        Self { openssl, certificate, key }
    }

    fn issuer(&self) -> CertificateListIssuer<'_> {
        CertificateListIssuer { certificate: &self.certificate, key: &self.key, key_state: KeyState::Active }
    }

    /// Signs what the request says, with OpenSSL.
    fn sign(&self, request: &SignRequest) -> Signature {
        let crate::hsm::Input::Message(message) = request.input() else { panic!("a CRL is signed as a message") };
        self.openssl.write("message", message);
        let command = match DigestName::of(request) {
            Some(digest) => format!("dgst -{digest} -sign ca.key message"),
            None => "pkeyutl -sign -rawin -inkey ca.key -in message".to_owned(),
        };
        request.verified(self.openssl.run(&command)).unwrap()
    }

    fn linted(&self, facts: &CertificateListFacts, entries: &[RevokedEntry]) -> LintedCertificateList {
        let mut builder = CertificateListBuilder::new(&permitted(), self.issuer(), facts, 0).unwrap();
        for page in entries.chunks(3) {
            builder.append(page).unwrap();
        }
        builder.finish().unwrap().lint(self.issuer()).unwrap()
    }

    fn issue(&self, facts: &CertificateListFacts, entries: &[RevokedEntry]) -> IssuedCertificateList {
        let linted = self.linted(facts, entries);
        let signature = self.sign(&linted.sign_request(self.issuer(), TIME_LIMIT));
        linted.assemble(&signature, self.issuer()).unwrap()
    }
}

/// The name by which the `openssl` program knows the hash.
struct DigestName;

impl DigestName {
    fn of(request: &SignRequest) -> Option<&'static str> {
        use crate::hsm::DigestAlgorithm as D;
        crate::hsm::DigestAlgorithm::of(request.algorithm()).map(|digest| match digest {
            D::Sha256 => "sha256",
            D::Sha384 => "sha384",
            D::Sha512 => "sha512",
        })
    }
}

fn permitted() -> Permitted<PublishCrl> {
    let actor = Actor::LocalRoot { os_user: "root".to_owned() };
    let action = PublishCrl { issuer: "issuing".to_owned(), shard: None };
    PolicyEngine::built_in().unwrap().decide(&actor, action).unwrap()
}

fn facts() -> CertificateListFacts {
    CertificateListFacts {
        this_update: NEW_YEAR,
        next_update: NEW_YEAR.plus(WEEK),
        number: CrlNumber::next(None, UnixMicros::from_micros(NEW_YEAR.seconds() * 1_000_000)),
        issuing_distribution_point: None,
    }
}

fn serial(text: &str) -> SerialNumber {
    text.parse().unwrap()
}

fn entry(serial_number: &str, reason: RevocationReason) -> RevokedEntry {
    RevokedEntry { serial: serial(serial_number), revoked_at: NEW_YEAR, reason, invalidity_date: None }
}
