//! Renewing the certificates that serve all requests of a profile before they end, whether or not anybody asks for signatures.

use std::time::Duration;

use ca_core::signing::profile::CertificateMode;

use super::{care, certificate};
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::SigningCheckKind;

/// What did not succeed is tried again after so long: a third of a certificate's life is left.
const PAUSE: Duration = Duration::from_secs(600);

/// Renews what is due. Profiles that are frozen, and those that have no certificate yet, are left alone.
///
/// # Errors
/// When the database fails. A certificate that cannot be renewed is seen where operators look.
pub async fn all(app: &App) -> Result<(), OpError> {
    let policies = app.policies.load_full();
    for profile in policies.signing_profiles() {
        if profile.limits().frozen || profile.certificate().mode != CertificateMode::Static {
            continue;
        }
        let kind = SigningCheckKind::Renewal;
        match certificate::is_due(app, profile).await {
            Ok(false) => care::settle(app, profile, kind).await?,
            Ok(true) => {
                care::take(app, profile, kind, PAUSE, || certificate::renew(app, profile)).await?;
            }
            Err(error) => care::take(app, profile, kind, PAUSE, || async { Err(error) }).await?,
        }
    }
    care::gauges(app).await
}
