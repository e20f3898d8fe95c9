//! Whether this server can issue now: the database answers, every HSM signs, and no issuing authority was revoked.

use std::collections::BTreeMap;

use super::hsm;
use crate::app::App;
use crate::store::fields::IssuerKind;

/// The parts that issuance needs, and whether each is well.
#[derive(Debug)]
pub struct Readiness(BTreeMap<String, bool>);

impl Readiness {
    /// Every part is well.
    pub fn is_ready(&self) -> bool {
        self.0.values().all(|well| *well)
    }

    /// Name of each part and whether it is well.
    pub fn parts(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0.iter().map(|(name, well)| (name.as_str(), *well))
    }
}

/// Asks the database, and each HSM for a signature of its canary key.
pub async fn check(app: &App) -> Readiness {
    let mut parts = BTreeMap::new();
    parts.insert("database".to_owned(), database(app).await);
    let policies = app.policies.load_full();
    for (name, hsm) in &app.hsms {
        let health = hsm::probe(&policies, &hsm::READINESS, &**hsm).await;
        if let Err(error) = &health {
            tracing::warn!(%error, "the HSM is not ready");
        }
        parts.insert(format!("hsm {name}"), health.is_ok());
    }
    for authority in app.authorities.all().iter().filter(|authority| authority.kind == IssuerKind::Issuing) {
        parts.insert(format!("authority {}", authority.name), app.authorities.by_name(&authority.name).is_ok());
    }
    Readiness(parts)
}

async fn database(app: &App) -> bool {
    match app.store.read(crate::store::migration::check).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "the database is not ready");
            false
        }
    }
}
