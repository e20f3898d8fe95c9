//! The newest CRL of each authority and shard, in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use ca_core::revocation::CrlSummary;
use ca_core::time::UnixTime;

use crate::store::crl::Crl;

/// One published list.
#[derive(Clone, Debug)]
pub struct PublishedCrl {
    /// CRLNumber.
    pub number: i64,
    /// thisUpdate.
    pub this_update: UnixTime,
    /// nextUpdate.
    pub next_update: UnixTime,
    /// Entries in the list.
    pub entries: i64,
    /// URLs in its issuing distribution point.
    pub urls: Vec<String>,
    /// The whole DER.
    pub der: Bytes,
}

impl PublishedCrl {
    /// A list with its row.
    pub fn new(row: &Crl, der: Vec<u8>) -> Self {
        let summary = CrlSummary::from_der(&der).ok();
        Self {
            number: row.number,
            this_update: row.this_update,
            next_update: row.next_update,
            entries: row.entries,
            urls: summary
                .and_then(|summary| summary.issuing_distribution_point)
                .map(|point| point.urls)
                .unwrap_or_default(),
            der: der.into(),
        }
    }
}

/// What the status listener serves.
#[derive(Debug, Default)]
pub struct PublishedCrls(RwLock<HashMap<(String, u32), Arc<PublishedCrl>>>);

impl PublishedCrls {
    /// The newest list of an authority's shard.
    pub fn current(&self, authority: &str, shard: u32) -> Option<Arc<PublishedCrl>> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lists.get(&(authority.to_owned(), shard)).cloned()
    }

    /// Number of the newest list.
    pub fn number(&self, authority: &str, shard: u32) -> Option<i64> {
        self.current(authority, shard).map(|crl| crl.number)
    }

    /// Serves `crl` from now on, unless a newer one is served already.
    pub fn replace(&self, authority: &str, shard: u32, crl: PublishedCrl) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let place = lists.entry((authority.to_owned(), shard));
        let newest = place.or_insert_with(|| Arc::new(crl.clone()));
        if newest.number < crl.number {
            *newest = Arc::new(crl);
        }
    }

    /// Every list that is served: authority, shard, list.
    pub fn all(&self) -> Vec<(String, u32, Arc<PublishedCrl>)> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lists.iter().map(|((authority, shard), crl)| (authority.clone(), *shard, Arc::clone(crl))).collect()
    }
}
