//! Use cases of signatures over artifacts: who asks, who agrees, what is signed, and what became of it.

mod ask;
pub mod bundle;
pub mod canary;
pub mod cancel;
pub mod care;
pub(in crate::ops) mod certificate;
mod denial;
pub mod expire;
pub mod grant;
pub mod grantor;
mod history;
pub mod identity;
pub mod inbox;
pub(in crate::ops) mod key;
pub mod key_lane;
pub mod ledger;
mod limits;
pub mod list;
mod load;
mod people;
pub mod process;
pub mod profile;
pub mod profiles;
pub mod renew;
pub mod retire;
mod sign;
mod stamp;
pub mod submit;
mod telling;
pub mod tokens;
pub mod verify;
pub mod view;
pub mod vote;
pub mod wait;

use std::collections::HashMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, Semaphore};

pub use ask::{Asked, AskedItem};
pub(in crate::ops) use history::job_origin;

use crate::oidc::{JobIssuer, KeySource};
pub use crate::store::fields::{SigningGrantId, SigningRequestId};

/// Who the server is when it signs by itself.
pub(in crate::ops) const JOB: &str = "signing";

/// Callers that wait at the same time for something to happen to a request; one more is answered at once.
const MOST_WAITING: usize = 64;

/// Archives in memory at the same time, until their last octet was sent; one more is refused for the moment. With 3,000
/// signatures one has some 20 MB.
const MOST_BUNDLES: usize = 8;

/// What the server keeps in memory for signing.
pub struct Signing {
    /// Rung when there is something to sign.
    pub work: Notify,
    /// Rung when something happened to a request.
    changed: Notify,
    waiting: Semaphore,
    bundles: Arc<Semaphore>,
    denials: denial::Denials,
    /// Seconds since 1970 at which pending requests were last looked through.
    looked_at: AtomicI64,
    issuers: Mutex<HashMap<(String, KeySource), Arc<JobIssuer>>>,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            work: Notify::new(),
            changed: Notify::new(),
            waiting: Semaphore::new(MOST_WAITING),
            bundles: Arc::new(Semaphore::new(MOST_BUNDLES)),
            denials: denial::Denials::default(),
            looked_at: AtomicI64::new(i64::MIN),
            issuers: Mutex::default(),
        }
    }
}

impl Signing {
    /// Something happened to a request: whoever waits for it looks.
    fn tell(&self) {
        self.changed.notify_waiters();
    }
}
