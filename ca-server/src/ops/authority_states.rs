//! Hearing of authorities that another process has taken out of service.

use super::OpError;
use crate::app::App;
use crate::store::fields::IssuerState;
use crate::store::issuer;

/// Takes the states of the database over.
///
/// # Errors
/// When the database fails; the states known so far stay.
pub async fn refresh(app: &App) -> Result<(), OpError> {
    for (slug, state) in app.store.read(issuer::states).await? {
        // One that was made since this process started is not served before the next start.
        let Ok(authority) = app.authorities.by_slug(&slug) else { continue };
        if authority.set_state(state) && state == IssuerState::Revoked {
            tracing::error!(authority = %slug, "the authority's certificate was revoked: it issues no certificates any more");
        }
    }
    Ok(())
}
