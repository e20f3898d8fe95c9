//! The first operator of an installation.

use ca_core::policy::Actor;
use zeroize::Zeroizing;

use super::accounts;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::operator;

/// Sign-in name of the first operator.
pub const NAME: &str = "admin";

/// What the first operator may do: add others, issue and revoke. Approving is for a second person.
const ROLES: [&str; 2] = ["operator", "security-officer"];

/// Adds the first operator if there is none; answers the one-time password then, and only then.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn ensure(app: &App, actor: &Actor, origin: &Origin) -> Result<Option<Zeroizing<String>>, OpError> {
    if !app.store.read(|c| operator::list(c, "", 1)).await?.is_empty() {
        return Ok(None);
    }
    accounts::add(app, actor, origin, NAME, ROLES.map(str::to_owned).to_vec()).await.map(Some)
}
