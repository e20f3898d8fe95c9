//! Bringing the database schema up to date.

use ca_core::policy::Actor;
use ca_core::policy::action::MigrateDatabase;

use super::OpError;
use crate::policies::Policies;
use crate::store::{DatabaseConfig, migration};

/// Applies what is missing, and answers with its names.
///
/// # Errors
/// When the policy denies it, or the database fails; a script that fails is undone.
pub async fn migrate(
    policies: &Policies,
    actor: &Actor,
    database: &DatabaseConfig,
) -> Result<Vec<&'static str>, OpError> {
    let missing = i64::try_from(migration::pending(database).await?.len()).unwrap_or(i64::MAX);
    if missing == 0 {
        return Ok(Vec::new());
    }
    let to_version = migration::latest();
    let act = MigrateDatabase { from_version: to_version.saturating_sub(missing), to_version };
    let _ = policies.engine().decide(actor, act)?;
    Ok(migration::migrate(database).await?)
}
