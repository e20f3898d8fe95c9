//! Profile versions by hash: an order is finalized under the version it was created under, whatever the files say now.

use std::sync::Arc;

use ca_core::profile::CertificateProfile;
use ca_core::time::UnixTime;
use moka::sync::Cache;

use crate::ops::OpError;
use crate::policies::Policies;
use crate::store::fields::Sha256;
use crate::store::{Connection, Store, StoreError, profile_version, signing_profile_version};

/// Versions in use, parsed once.
#[derive(Clone)]
pub struct ProfileVersions(Cache<Sha256, Arc<CertificateProfile>>);

/// Versions kept parsed; others are read from the database again.
const KEPT: u64 = 64;

impl Default for ProfileVersions {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl ProfileVersions {
    /// Remembers a version that is in the database.
    pub fn remember(&self, profile: Arc<CertificateProfile>) {
        self.0.insert(*profile.hash().as_bytes(), profile);
    }

    /// The version of that hash.
    ///
    /// # Errors
    /// [`OpError::NotFound`] when it was never stored, [`OpError::Conflict`] when it was withdrawn.
    pub async fn load(&self, store: &Store, hash: Sha256) -> Result<Arc<CertificateProfile>, OpError> {
        if let Some(known) = self.0.get(&hash) {
            return Ok(known);
        }
        let stored = store.read(move |c| profile_version::by_hash(c, hash)).await?;
        let stored = stored.ok_or_else(|| OpError::NotFound("profile version".to_owned()))?;
        if stored.withdrawn_at.is_some() {
            return Err(OpError::Conflict(format!(
                "profile {} was withdrawn in this version: order again",
                stored.name
            )));
        }
        let profile = CertificateProfile::from_toml(&stored.name, "profile_version", &stored.canonical)
            .map_err(|fault| OpError::Integrity(fault.to_string()))?;
        let profile = Arc::new(profile);
        self.remember(Arc::clone(&profile));
        Ok(profile)
    }
}

/// Profile versions and policy set in force, as the database is to know them: certificates refer to them by hash.
pub struct RulesInForce {
    profiles: Vec<(Sha256, String, String)>,
    signing: Vec<(Sha256, String, String)>,
    policy_set: (Sha256, String),
    now: UnixTime,
}

impl RulesInForce {
    /// Those of `policies`, first seen at `now` unless they are known already.
    pub fn of(policies: &Policies, now: UnixTime) -> Self {
        let row = |profile: &Arc<CertificateProfile>| {
            (*profile.hash().as_bytes(), profile.name().to_owned(), profile.canonical().to_owned())
        };
        let engine = policies.engine();
        let policy_set = (*engine.policy_set_hash().as_bytes(), engine.canonical_text().to_owned());
        let signing = policies
            .signing_profiles()
            .map(|profile| (*profile.hash().as_bytes(), profile.name().to_owned(), profile.canonical().to_owned()));
        let (profiles, signing) = (policies.profiles().map(row).collect(), signing.collect());
        Self { profiles, signing, policy_set, now }
    }

    /// Stores what is not stored yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn record(&self, c: &mut Connection) -> Result<(), StoreError> {
        for (hash, name, canonical) in &self.profiles {
            profile_version::insert(c, *hash, name, canonical, self.now)?;
        }
        for (hash, name, canonical) in &self.signing {
            signing_profile_version::insert(c, *hash, name, canonical, self.now)?;
        }
        profile_version::insert_policy_set(c, self.policy_set.0, &self.policy_set.1, self.now)
    }
}
