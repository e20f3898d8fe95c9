//! What a published CRL holds, for people and for scripts.

use std::sync::Arc;

use ca_core::policy::Actor;
use ca_core::policy::action::ReadCrl;

use super::published::PublishedCrl;
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::OpError;

/// The newest list in memory of an authority's shard.
///
/// # Errors
/// When the policy denies it, or there is none yet.
pub fn current(app: &App, actor: &Actor, authority: &Authority, shard: u32) -> Result<Arc<PublishedCrl>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadCrl { issuer: authority.name.clone() })?;
    let slug = authority.issuer.slug();
    let missing = || OpError::NotFound(format!("no CRL of {slug} shard {shard} was published yet"));
    app.crls.current(slug, shard).ok_or_else(missing)
}
