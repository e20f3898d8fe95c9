//! What every backend must do, and what a token does beyond: against SoftHSM2, one process a test.

#![expect(clippy::unwrap_used, reason = "tests")]

/// The full path of a test, by which its own process finds it.
macro_rules! name {
    ($test:ident) => {
        concat!(module_path!(), "::", stringify!($test))
    };
}

mod abilities;
mod finding;
mod keys;
mod login;
mod loss;
mod sessions;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};

use super::super::block_on::wait;
use super::super::conformance::{conformance, fresh_id, new_key, p256, request, request_for};
use super::super::{ErrorClass, Input, KeySpec, SignPurpose, clock};
use super::fixture::{PIN, in_own_process, p11_kit_client, soft_hsm, spy};
use super::generating::Pair;
use super::module::Module;
use super::objects::{by_id, find};
use super::wrapping::Method;
use super::*;
use crate::x509::SignatureAlgorithm;

fn on_soft_hsm(name: &str, body: fn(&dyn Hsm)) {
    in_own_process(name, |tokens| body(&tokens.hsm(&soft_hsm(), "conformance")));
}

conformance!(on_soft_hsm);

/// Does `work` on the token itself, beside the interface under test.
fn beside<T>(hsm: &Pkcs11Hsm, work: impl Fn(&Use<'_>) -> Result<T, Trouble>) -> Result<T, Failure> {
    hsm.token.call(Deadline::after(Duration::from_secs(30)), work)
}

fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = clock::now() + Duration::from_secs(60);
    while clock::now() < end {
        if let Some(found) = attempt() {
            return found;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    panic!("{what} did not happen");
}
