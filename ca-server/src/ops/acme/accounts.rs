//! Accounts with their parsed keys, kept for a second: long enough for a burst of requests, short enough that what
//! another replica or the command line did to an account is noticed within it.

use std::sync::Arc;
use std::time::Duration;

use ca_core::acme::Jwk;
use moka::sync::Cache;

use crate::ops::OpError;
use crate::store::Store;
use crate::store::account::{self, Account};
use crate::store::fields::AccountId;

/// An account and the key that its requests are verified with.
#[derive(Debug)]
pub struct KnownAccount {
    /// The row.
    pub account: Account,
    /// Its key, parsed.
    pub jwk: Jwk,
}

/// The newest look at each account.
#[derive(Clone)]
pub struct AccountCache(Cache<AccountId, Arc<KnownAccount>>);

const LARGEST: u64 = 10_000;
const LIFETIME: Duration = Duration::from_secs(1);

impl Default for AccountCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(LARGEST).time_to_live(LIFETIME).build())
    }
}

impl AccountCache {
    /// The account of that endpoint and id.
    ///
    /// # Errors
    /// When the database fails or its key cannot be read.
    pub async fn load(
        &self,
        store: &Store,
        endpoint: &str,
        id: AccountId,
    ) -> Result<Option<Arc<KnownAccount>>, OpError> {
        if let Some(known) = self.0.get(&id).filter(|known| known.account.endpoint == endpoint) {
            return Ok(Some(known));
        }
        let name = endpoint.to_owned();
        let Some(account) = store.look_up(move |c| account::by_id(c, &name, id)).await? else { return Ok(None) };
        let known = Arc::new(parse(account)?);
        self.0.insert(id, Arc::clone(&known));
        Ok(Some(known))
    }

    /// Forgets an account that this process has changed.
    pub fn forget(&self, id: AccountId) {
        self.0.invalidate(&id);
    }
}

fn parse(account: Account) -> Result<KnownAccount, OpError> {
    let jwk = Jwk::from_json(account.jwk.as_bytes())
        .map_err(|fault| OpError::Integrity(format!("acme_account {}: {fault}", account.id)))?;
    Ok(KnownAccount { jwk, account })
}
