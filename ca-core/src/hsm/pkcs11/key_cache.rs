//! Where keys were found, for as long as one login lasts: searching a token costs more than signing.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use cryptoki::object::ObjectHandle;

use crate::x509::SubjectPublicKeyInfo;

/// A private key on the token.
pub(super) struct Located {
    pub(super) private: ObjectHandle,
    pub(super) public_key: SubjectPublicKeyInfo,
    pub(super) label: String,
}

/// Found keys by locator. It lives and dies with a connection, so a handle is never used in another generation.
#[derive(Default)]
pub(super) struct KeyCache(RwLock<HashMap<String, Arc<Located>>>);

impl KeyCache {
    pub(super) fn find(&self, locator: &str) -> Option<Arc<Located>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(locator).cloned()
    }

    pub(super) fn remember(&self, locator: &str, key: &Arc<Located>) {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(locator.to_owned(), Arc::clone(key));
    }

    pub(super) fn forget(&self, locator: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(locator);
    }
}
